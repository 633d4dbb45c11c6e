import type { Mem, WatermarkRequest } from 'oomph';

/** Where the walk down the zonelist begins. */
function firstZone(request: WatermarkRequest, mem: Mem): number {
  if (request.gfp & mem.__GFP_DMA) return mem.DMA;
  if (request.gfp & mem.__GFP_HIGHMEM && mem.present(mem.HIGHMEM) > 0) return mem.HIGHMEM;
  return mem.present(mem.NORMAL) > 0 ? mem.NORMAL : mem.DMA;
}

/** The sum of the marks on the way down so far. */
let sum = 0;

/**
 * The three loops of __alloc_pages() in mm/page_alloc.c. Each goes down the zonelist and adds up the marks of the zones
 * on the way, the "incremental min", so that a lower zone is harder to get for those who began in a higher one.
 */
export function watermark(request: WatermarkRequest, mem: Mem): number {
  const { zone, pass } = request;
  if (zone === firstZone(request, mem)) sum = 1 << request.order;

  // Pass 1 stops at pages_low, then kswapd is woken; pass 2 goes down to pages_min; pass 3 comes after reclaim.
  let mark = pass === 1 ? mem.low(zone) : mem.min(zone);
  let shift = 0;
  if (pass === 2 && request.gfp & mem.__GFP_HIGH) shift = 2;
  if (pass !== 3 && request.context & mem.CTX_REALTIME) shift++;
  mark >>= shift;

  sum += mark;
  // Who cannot wait is served above pages_high in any case.
  const need = request.gfp & mem.__GFP_WAIT ? sum : Math.min(sum, mem.high(zone));
  sum += mark * mem.lowerZoneProtection;
  return need;
}
