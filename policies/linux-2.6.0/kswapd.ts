import type { KswapdRequest, Mem } from 'oomph';

/** wakeup_kswapd() in mm/vmscan.c lets it sleep above pages_low, balance_pgdat() goes on until pages_high is free. */
export function kswapd(request: KswapdRequest, mem: Mem): number {
  return request.pass === 1 ? mem.low(request.zone) : mem.high(request.zone);
}
