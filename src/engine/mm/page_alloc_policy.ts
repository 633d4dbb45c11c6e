/** What a policy decides in __alloc_pages(): the zonelist, the marks, when kswapd is woken. */
import {
  AS_LINUX,
  FAULT,
  HOOK_KSWAPD,
  HOOK_ZONELIST,
  REQ_CPU,
  REQ_CTX,
  REQ_GFP,
  REQ_LINUX,
  REQ_ORDER,
  REQ_PASS,
  REQ_ZONE,
} from '../lib/hooks.ts';
import { askPolicy, beginAsk, endAsk } from './ask_policy.ts';
import { CTL_REQUEST, ZONE_LOW, ZONE_PRESENT, ZONE_SHIFT } from './mmzone.ts';
import { NIL } from './page.ts';
import type { Pgdat } from './pgdat.ts';

/** Write the request down for whoever watches, and let a policy choose the zonelist. Returns the list to use. */
export function beginObserved(
  m: Pgdat,
  gfp: number,
  order: number,
  cpu: number,
  ctx: number,
  linux: number,
): number {
  nameRequest(m, gfp, order, cpu, ctx);
  return (m.observed & HOOK_ZONELIST) === 0 ? linux : askZonelist(m, linux);
}

/** The zonelist to go by: `linux`, unless a policy chooses from it. */
export function askZonelist(m: Pgdat, linux: number): number {
  m.ctl[CTL_REQUEST + REQ_ZONE] = NIL;
  m.ctl[CTL_REQUEST + REQ_LINUX] = linux;
  const answer = m.hooks!.zonelist();
  return answer === AS_LINUX || answer === linux ? linux : chosenZonelist(m, answer, linux);
}

function chosenZonelist(m: Pgdat, answer: number, linux: number): number {
  if (answer === FAULT) return linux;
  const rule = zonelistFault(answer, linux);
  if (rule === '') return answer;
  m.hooks!.illegal('zonelist', answer, rule);
  return linux;
}

/** For whoever watches: what is asked for. */
export function nameRequest(m: Pgdat, gfp: number, order: number, cpu: number, ctx: number): void {
  const { request } = m;
  request[REQ_GFP] = gfp;
  request[REQ_ORDER] = order;
  request[REQ_CPU] = cpu;
  request[REQ_CTX] = ctx;
  request[REQ_PASS] = 0;
}

/** '' for a zonelist that a request with Linux's list `linux` may use: some of its zones, each once. */
function zonelistFault(answer: number, linux: number): string {
  if (answer <= 0 || answer > 0xfff)
    return 'must be made of mem.zonelist(...) or a constant such as mem.DMA_ONLY';
  let seen = 0;
  for (let rest = answer; rest !== 0; rest >>>= 4) {
    const z = rest & 15;
    if (z === 0 || (seen & (1 << z)) !== 0) return 'must name each zone once';
    seen |= 1 << z;
    let allowed = linux;
    while (allowed !== 0 && (allowed & 15) !== z) allowed >>>= 4;
    if (allowed === 0) return 'must only name zones that this request can use and this machine has';
  }
  return '';
}

/** Free pages that the zone must have: `linux`, unless a policy says otherwise. */
export function askWatermark(m: Pgdat, z: number, which: number, linux: number): number {
  const { ctl } = m;
  ctl[CTL_REQUEST + REQ_ZONE] = z;
  ctl[CTL_REQUEST + REQ_PASS] = which;
  ctl[CTL_REQUEST + REQ_LINUX] = linux;
  const answer = m.hooks!.watermark();
  if (answer >= 0) return answer;
  if (answer !== AS_LINUX && answer !== FAULT)
    m.hooks!.illegal('watermark', answer, 'must be a number of pages, 0 or more, or mem.AS_LINUX');
  return linux;
}

/** kswapd, passes of the hook: it is to be woken, it is at work. */
export const KSWAPD_WAKES = 1;
export const KSWAPD_STOPS = 2;

/** Pages free at which kswapd is woken for the zone: pages_low, unless a policy says otherwise. */
export function wakeMark(m: Pgdat, z: number): number {
  beginAsk(m);
  const mark = askKswapd(m, z, KSWAPD_WAKES, m.zone[(z << ZONE_SHIFT) + ZONE_LOW]);
  endAsk(m);
  return mark;
}

/** @param linux what Linux's mark is. Between beginAsk() and endAsk() */
export function askKswapd(m: Pgdat, z: number, which: number, linux: number): number {
  const present = m.zone[(z << ZONE_SHIFT) + ZONE_PRESENT];
  m.request[REQ_ZONE] = z;
  m.request[REQ_PASS] = which;
  return askPolicy(
    m,
    HOOK_KSWAPD,
    linux,
    0,
    present,
    `must be a number of pages from 0 to ${present}, those the zone has`,
  );
}
