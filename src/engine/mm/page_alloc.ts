/**
 * Getting and giving back pages.
 * Source: mm/page_alloc.c of 2.6.0, __alloc_pages() and the functions of include/linux/gfp.h.
 */
import {
  BLOCK_HOOKS,
  HOOK_KSWAPD,
  HOOK_PCP,
  HOOK_WATERMARK,
  HOOK_ZONELIST,
  REQ_CPU,
  REQ_CTX,
  REQ_EVENT,
  REQ_GFP,
  REQ_ORDER,
  REQ_PASS,
} from '../lib/hooks.ts';
import { KernelBug } from '../lib/kernelBug.ts';
import {
  EV_ALLOC,
  EV_FAIL,
  EV_FREE,
  EV_KSWAPD,
  STAT_DIRECT_ALLOCS,
  STAT_DIRECT_FREES,
  STAT_KSWAPD_WAKEUPS,
  STAT_RECLAIM_CALLS,
  STAT_ZONES_SKIPPED,
} from '../trace/events.ts';
import { freeBlock, rmqueue } from './buddy.ts';
import { __GFP_HIGH, __GFP_NOFAIL, __GFP_NORETRY, __GFP_REPEAT, __GFP_WAIT, GFP_ZONEMASK } from './gfp.ts';
import { isAsleep, KTHREAD_KSWAPD, wakeKthread } from './kthread.ts';
import {
  CTL_FIRST,
  CTL_REQUEST,
  MAX_ORDER,
  OBSERVED_FIELDS,
  OBSERVED_HOOKS,
  OBSERVED_TRACE,
  PCP_CHOSEN,
  PCP_HEAD,
  PCP_NEVER,
  PCP_PAGES,
  PCP_PUT,
  PCP_RING,
  PCP_SHIFT,
  PCP_TAKE,
  ZONE_DMA,
  ZONE_FREE,
  ZONE_HIGH,
  ZONE_HIGHMEM,
  ZONE_LOW,
  ZONE_MIN,
  ZONE_NORMAL,
  ZONE_SHIFT,
} from './mmzone.ts';
import { NIL, PAGE_ALLOCATED, PAGE_PCP, PAGE_RESERVED } from './page.ts';
import { askWatermark, askZonelist, beginObserved, nameRequest, wakeMark } from './page_alloc_policy.ts';
import { freePagesCheck, prepNewPage, putPageTestzero } from './page_fields.ts';
import { putAsked, putPcp, takeAsked, takePcp } from './pcp.ts';
import { type Pgdat, zoneOf } from './pgdat.ts';
import {
  CONTROL_STAGE,
  CTX_HARDIRQ,
  CTX_MEMALLOC,
  CTX_REALTIME,
  CTX_SOFTIRQ,
  OUTCOME_WAKE,
  PASS_LOW,
  PASS_MIN,
  PASS_RECLAIMED,
  PATH_ATOMIC,
  PATH_FIRST,
  PATH_KSWAPD,
  PATH_NORETRY,
  PATH_ORDER,
  PATH_RETRY,
  PATH_WAIT,
  STAGE_BITS,
  STAGE_MASK,
  STAGE_REBALANCE,
  STAGE_RECLAIM,
} from './request.ts';
import { pagesCameBack, processKilled, RECLAIM_NONE, type Vm } from './vm.ts';
import { blkCongestionWait, goOnFreeing, tryToFreePages } from './vmscan.ts';

/**
 * The heart of the page allocator: 2^order pages from the first zone of the request's list that may give them.
 *
 * @param gfp   mask of gfp.ts
 * @param order 0..MAX_ORDER-1; a larger one is refused
 * @param cpu   CPU whose per-CPU lists serve an order-0 request
 * @param ctx   CTX_ bits
 * @returns     first PFN, count 1; NIL on failure, and then `m.path` says which way it failed
 * Source:      mm/page_alloc.c, __alloc_pages()
 *
 * A machine with virtual memory (vm.ts) reclaims as the kernel does. Where the kernel's task sleeps, NIL comes back with
 * PATH_WAIT, and the same call with the same `control` goes on behind the sleep (resumeRequest()).
 *
 * Deviation: on a machine without vm.ts there is nothing to reclaim, so the pass after it fails as the pass before, and
 * where the kernel would wait for ever the request comes back with PATH_RETRY for its caller to ask again.
 */
export function allocPages(m: Pgdat, gfp: number, order: number, cpu: number, ctx: number): number {
  if (order === 0) {
    // Almost every request: the first zone is above its mark and the CPU's list has a page to spare.
    const { ctl } = m;
    const list = (cpu * 6 + ctl[CTL_FIRST + (gfp & GFP_ZONEMASK)] + ((gfp >> 8) & 1)) << PCP_SHIFT;
    const head = ctl[list | PCP_HEAD];
    if (head < ctl[list | PCP_TAKE]) {
      const page = ctl[list | PCP_PAGES | (head & (PCP_RING - 1))];
      ctl[list | PCP_HEAD] = head + 1;
      m.state[page] = PAGE_ALLOCATED;
      m.outcome = PATH_FIRST;
      return page;
    }
    if (ctl[list | PCP_TAKE] !== PCP_NEVER) {
      const page = takePcp(m, ctl[CTL_FIRST + (gfp & GFP_ZONEMASK)] >> 1, cpu, (gfp >> 8) & 1);
      if (page !== NIL) {
        m.state[page] = PAGE_ALLOCATED;
        m.outcome = PATH_FIRST;
        return page;
      }
    } else if (m.observed !== 0 && (m.observed & ~OBSERVED_HOOKS) === 0) return allocAsked(m, gfp, cpu, ctx);
  }
  return firstPass(m, gfp, order, cpu, ctx);
}

/**
 * The first pass with nobody watching, in one piece because most requests that are not for a single page end in it.
 * `pass` below says the same at leisure.
 */
function firstPass(m: Pgdat, gfp: number, order: number, cpu: number, ctx: number): number {
  const { ctl } = m;
  if (m.observed !== 0 || order >= MAX_ORDER) return allocSlowly(m, gfp, order, cpu, ctx);
  const shift = (ctx & CTX_REALTIME) !== 0 ? 1 : 0;
  let min = 1 << order;
  let skipped = 0;
  // Counted only when the request ends here: allocSlowly begins anew, and counts what it does itself.
  let tried = 0;
  for (let rest = m.zonelists[gfp & GFP_ZONEMASK]; rest !== 0; rest >>>= 4) {
    const z = (rest & 15) - 1;
    const at = z << ZONE_SHIFT;
    const low = ctl[at | ZONE_LOW] >> shift;
    const free = ctl[at | ZONE_FREE];
    min += low;
    if (free >= min || ((gfp & __GFP_WAIT) === 0 && free >= ctl[at | ZONE_HIGH])) {
      let page = order === 0 ? takePcp(m, z, cpu, (gfp >> 8) & 1) : NIL;
      if (page === NIL) {
        tried++;
        page = rmqueue(m, z, order);
      }
      if (page !== NIL) {
        m.stat[STAT_DIRECT_ALLOCS] += tried;
        if (skipped !== 0) m.stat[STAT_ZONES_SKIPPED] += skipped;
        m.state[page] = PAGE_ALLOCATED | order;
        m.outcome = PATH_FIRST;
        return page;
      }
    }
    skipped++;
    min += low * m.lowerZoneProtection;
  }
  return allocSlowly(m, gfp, order, cpu, ctx);
}

function allocSlowly(m: Pgdat, gfp: number, order: number, cpu: number, ctx: number): number {
  m.outcome = PATH_FIRST;
  if (order >= MAX_ORDER || order < 0) {
    m.outcome = PATH_ORDER;
    return NIL;
  }
  if (m.vm !== null && m.control[CONTROL_STAGE] !== 0 && m.vm.reclaim === RECLAIM_NONE) {
    return goOn(m, m.vm, gfp, order, cpu, ctx);
  }
  let list = m.zonelists[gfp & GFP_ZONEMASK];
  if (m.observed !== 0) list = beginObserved(m, gfp, order, cpu, ctx, list);
  return passes(m, list, list, 1 << order, gfp, order, cpu, ctx);
}

/**
 * A single page while a policy looks on and nobody else does, as far as the first zone of the list: where nearly all of
 * them end. What `passes` says at leisure, in one piece.
 */
function allocAsked(m: Pgdat, mask: number, on: number, context: number): number {
  const { ctl, observed } = m;
  // As int32 from the start: an argument arrives boxed, and each store would look what it is.
  const gfp = mask | 0;
  const cpu = on | 0;
  const ctx = context | 0;
  m.outcome = PATH_FIRST;
  ctl[CTL_REQUEST + REQ_GFP] = gfp;
  ctl[CTL_REQUEST + REQ_ORDER] = 0;
  ctl[CTL_REQUEST + REQ_CPU] = cpu;
  ctl[CTL_REQUEST + REQ_CTX] = ctx;
  ctl[CTL_REQUEST + REQ_PASS] = 0;
  let list = m.zonelists[gfp & GFP_ZONEMASK];
  if ((observed & HOOK_ZONELIST) !== 0) list = askZonelist(m, list);
  if (list === 0) return passes(m, list, list, 1, gfp, 0, cpu, ctx);
  const z = (list & 15) - 1;
  const pages = (cpu * 6 + z * 2 + ((gfp >> 8) & 1) + 1) << PCP_SHIFT;
  const head = ctl[pages | PCP_HEAD];
  if (head < ctl[pages | PCP_CHOSEN]) {
    const page = ctl[pages | PCP_PAGES | (head & (PCP_RING - 1))];
    ctl[pages | PCP_HEAD] = head + 1;
    m.state[page] = PAGE_ALLOCATED;
    return page;
  }
  const at = z << ZONE_SHIFT;
  const mark = ctl[at | ZONE_LOW] >> ((ctx & CTX_REALTIME) !== 0 ? 1 : 0);
  let need = 1 + mark;
  if ((gfp & __GFP_WAIT) === 0 && need > ctl[at | ZONE_HIGH]) need = ctl[at | ZONE_HIGH];
  if ((observed & HOOK_WATERMARK) !== 0) need = askWatermark(m, z, PASS_LOW, need);
  if (ctl[at | ZONE_FREE] >= need) {
    let page = takeAsked(m, z, cpu, (gfp >> 8) & 1, observed & HOOK_PCP);
    if (page === NIL) {
      m.stat[STAT_DIRECT_ALLOCS]++;
      page = rmqueue(m, z, 0);
    }
    if (page !== NIL) {
      m.state[page] = PAGE_ALLOCATED;
      return page;
    }
  }
  m.stat[STAT_ZONES_SKIPPED]++;
  return passes(m, list, list >>> 4, 1 + mark + mark * m.lowerZoneProtection, gfp, 0, cpu, ctx);
}

/** From the first pass on, of which `rest` is still to be tried; `min`: pass(). */
function passes(
  m: Pgdat,
  list: number,
  rest: number,
  min: number,
  gfp: number,
  order: number,
  cpu: number,
  ctx: number,
): number {
  let page = pass(m, rest, min, gfp, order, cpu, ctx, PASS_LOW);
  if (page !== NIL) {
    if ((m.hookMask & HOOK_KSWAPD) !== 0) wakeKswapdEarly(m, zoneOf(m, page));
    return handOut(m, page, gfp, order);
  }
  wakeKswapd(m, list);
  page = pass(m, list, 1 << order, gfp, order, cpu, ctx, PASS_MIN);
  if (page !== NIL) {
    m.outcome |= PATH_KSWAPD;
    return handOut(m, page, gfp, order);
  }
  if (m.vm !== null) return rebalance(m, m.vm, list, gfp, order, cpu, ctx);
  if ((ctx & CTX_MEMALLOC) !== 0 && (ctx & (CTX_SOFTIRQ | CTX_HARDIRQ)) === 0) {
    return withoutMarks(m, list, gfp, order, cpu);
  }
  if ((gfp & __GFP_WAIT) === 0) return failed(m, gfp, order, PATH_ATOMIC);
  m.stat[STAT_RECLAIM_CALLS]++;
  page = pass(m, list, 1 << order, gfp, order, cpu, ctx, PASS_RECLAIMED);
  if (page !== NIL) {
    m.outcome |= PATH_KSWAPD;
    return handOut(m, page, gfp, order);
  }
  return failed(m, gfp, order, mayRetry(gfp, order) ? PATH_RETRY : PATH_NORETRY);
}

/** PF_MEMALLOC or PF_MEMDIE: the first zone that has pages gives them. */
function withoutMarks(m: Pgdat, list: number, gfp: number, order: number, cpu: number): number {
  for (let rest = list; rest !== 0; rest >>>= 4) {
    const page = fromZone(m, (rest & 15) - 1, gfp, order, cpu);
    if (page === NIL) continue;
    m.outcome |= PATH_KSWAPD;
    return handOut(m, page, gfp, order);
  }
  return failed(m, gfp, order, PATH_ATOMIC);
}

function mayRetry(gfp: number, order: number): boolean {
  return (gfp & __GFP_NORETRY) === 0 && (order <= 3 || (gfp & (__GFP_REPEAT | __GFP_NOFAIL)) !== 0);
}

/**
 * Where both passes have failed: behind the kernel's label `rebalance`, up to the end or to the next sleep.
 *
 * Source: mm/page_alloc.c, __alloc_pages()
 */
function rebalance(
  m: Pgdat,
  vm: Vm,
  list: number,
  gfp: number,
  order: number,
  cpu: number,
  ctx: number,
): number {
  if (list === 0) return failed(m, gfp, order, PATH_ATOMIC);
  const spared = (ctx & CTX_MEMALLOC) !== 0 || vm.reclaim !== RECLAIM_NONE || processKilled(vm, vm.current);
  if (spared && (ctx & (CTX_SOFTIRQ | CTX_HARDIRQ)) === 0) return withoutMarks(m, list, gfp, order, cpu);
  if ((gfp & __GFP_WAIT) === 0) return failed(m, gfp, order, PATH_ATOMIC);
  m.stat[STAT_RECLAIM_CALLS]++;
  const done = tryToFreePages(vm, (list & 15) - 1, gfp, order, cpu);
  return reclaimed(m, vm, list, gfp, order, cpu, ctx, done);
}

/** try_to_free_pages() has ended, or its task sleeps in it. */
function reclaimed(
  m: Pgdat,
  vm: Vm,
  list: number,
  gfp: number,
  order: number,
  cpu: number,
  ctx: number,
  done: boolean,
): number {
  if (!done) return sleeps(m, STAGE_RECLAIM, list);
  // Reclaim may have asked for pages itself.
  if (m.hookMask !== 0) nameRequest(m, gfp, order, cpu, ctx);
  const page = pass(m, list, 1 << order, gfp, order, cpu, ctx, PASS_RECLAIMED);
  if (page !== NIL) {
    m.outcome |= PATH_KSWAPD;
    return handOut(m, page, gfp, order);
  }
  if (!mayRetry(gfp, order)) return failed(m, gfp, order, PATH_NORETRY);
  blkCongestionWait(vm, 50);
  return sleeps(m, STAGE_REBALANCE, list);
}

/** `control` of a request that sleeps: its stage, and above it the zonelist, which a policy may have chosen. */
function sleeps(m: Pgdat, stage: number, list: number): number {
  m.control[CONTROL_STAGE] = (list << STAGE_BITS) | stage;
  m.outcome |= PATH_WAIT;
  return NIL;
}

/** A request that slept goes on. What it calls may ask for pages too, so `control` is 0 from here on. */
function goOn(m: Pgdat, vm: Vm, gfp: number, order: number, cpu: number, ctx: number): number {
  const { control } = m;
  const stage = control[CONTROL_STAGE] & STAGE_MASK;
  const list = control[CONTROL_STAGE] >> STAGE_BITS;
  control[CONTROL_STAGE] = 0;
  if (m.observed !== 0) nameRequest(m, gfp, order, cpu, ctx);
  if (stage === STAGE_REBALANCE) return rebalance(m, vm, list, gfp, order, cpu, ctx);
  const done = goOnFreeing(vm, (list & 15) - 1, gfp, cpu);
  return reclaimed(m, vm, list, gfp, order, cpu, ctx, done);
}

/**
 * Go down the zonelist once. The marks add up on the way, so each lower zone is harder to get.
 *
 * @param start pages wanted, and what the zones before the first of `list` have added
 * Source: mm/page_alloc.c, the three loops of __alloc_pages(); the first is the "incremental min"
 */
function pass(
  m: Pgdat,
  list: number,
  start: number,
  gfp: number,
  order: number,
  cpu: number,
  ctx: number,
  which: number,
): number {
  const { zone } = m;
  const mayWait = (gfp & __GFP_WAIT) !== 0;
  let shift = 0;
  if (which === PASS_MIN && (gfp & __GFP_HIGH) !== 0) shift = 2;
  if (which !== PASS_RECLAIMED && (ctx & CTX_REALTIME) !== 0) shift++;
  const field = which === PASS_LOW ? ZONE_LOW : ZONE_MIN;
  let min = start;
  for (let rest = list; rest !== 0; rest >>>= 4) {
    const z = (rest & 15) - 1;
    const at = z << ZONE_SHIFT;
    const mark = zone[at + field] >> shift;
    min += mark;
    const free = zone[at + ZONE_FREE];
    let need = mayWait || min <= zone[at + ZONE_HIGH] ? min : zone[at + ZONE_HIGH];
    if ((m.observed & HOOK_WATERMARK) !== 0) need = askWatermark(m, z, which, need);
    if (free >= need) {
      const page = fromZone(m, z, gfp, order, cpu);
      if (page !== NIL) return page;
    }
    m.stat[STAT_ZONES_SKIPPED]++;
    min += mark * m.lowerZoneProtection;
  }
  return NIL;
}

/**
 * Take from one zone: a single page by the CPU's list, anything else (or when that is empty) from the free lists.
 *
 * Source: mm/page_alloc.c, buffered_rmqueue()
 */
function fromZone(m: Pgdat, z: number, gfp: number, order: number, cpu: number): number {
  if (order === 0) {
    const page = takePcp(m, z, cpu, (gfp >> 8) & 1);
    if (page !== NIL) return page;
  }
  m.stat[STAT_DIRECT_ALLOCS]++;
  return rmqueue(m, z, order);
}

function handOut(m: Pgdat, page: number, gfp: number, order: number): number {
  m.state[page] = PAGE_ALLOCATED | order;
  if ((m.observed & OBSERVED_FIELDS) !== 0) prepNewPage(m, page);
  if ((m.observed & OBSERVED_TRACE) !== 0) m.trace?.record(m.request[REQ_EVENT], EV_ALLOC, page, order, gfp);
  return page;
}

function failed(m: Pgdat, gfp: number, order: number, path: number): number {
  m.outcome |= path;
  // Who asked for something else, an object, learns from these what it was that was not there.
  m.request[REQ_GFP] = gfp;
  m.request[REQ_ORDER] = order;
  if ((m.observed & OBSERVED_TRACE) !== 0) m.trace?.record(m.request[REQ_EVENT], EV_FAIL, order, gfp, path);
  return NIL;
}

/**
 * Wake kswapd for the first zone of the list that is at its low mark, if it sleeps; without vm.ts, note every such zone.
 *
 * Source: mm/vmscan.c, wakeup_kswapd()
 */
function wakeKswapd(m: Pgdat, list: number): void {
  for (let rest = list; rest !== 0; rest >>>= 4) {
    const z = (rest & 15) - 1;
    const at = z << ZONE_SHIFT;
    const free = m.zone[at + ZONE_FREE];
    let low = m.zone[at + ZONE_LOW];
    if ((m.hookMask & HOOK_KSWAPD) !== 0) low = wakeMark(m, z);
    if (free > low) continue;
    if (!wakeKswapdFor(m, z, free, low)) return;
  }
}

/** @returns false when it was awake already */
function wakeKswapdFor(m: Pgdat, z: number, free: number, mark: number): boolean {
  if (m.vm !== null && !wakeKthread(m.vm, KTHREAD_KSWAPD)) return false;
  m.outcome |= 1 << (z + OUTCOME_WAKE);
  m.stat[STAT_KSWAPD_WAKEUPS]++;
  if ((m.observed & OBSERVED_TRACE) !== 0) m.trace?.record(m.request[REQ_EVENT], EV_KSWAPD, z, free, mark);
  return true;
}

/**
 * A zone has served a request at once. Linux does not think of kswapd then; a policy whose mark is above pages_low does, or
 * the mark would come too late: a request that finds every zone at pages_low.
 */
function wakeKswapdEarly(m: Pgdat, z: number): void {
  if (m.vm === null || !isAsleep(m.vm, KTHREAD_KSWAPD)) return;
  const mark = wakeMark(m, z);
  const free = m.zone[(z << ZONE_SHIFT) + ZONE_FREE];
  if (mark > m.zone[(z << ZONE_SHIFT) + ZONE_LOW] && free <= mark) wakeKswapdFor(m, z, free, mark);
}

/**
 * Give back a block: the last reference goes, a single page to the CPU's hot or cold list, a larger block to the
 * free lists. A reserved page is left alone, as the kernel does.
 *
 * @param order the order it was allocated with
 * @param cold  1 puts a single page in the cold list
 * Deviation: while nobody uses the fields of page_fields.ts, only the first page of the block is checked; nothing but
 * checkPages' invariants could be wrong in the others.
 *
 * Throws KernelBug `bad-free` for a block that is not allocated, is freed twice or with another order.
 * Source: mm/page_alloc.c, __free_pages(), __free_pages_ok(), free_pages_check()
 */
export function freePages(m: Pgdat, pfn: number, order: number, cpu: number, cold: number): void {
  const { state } = m;
  if (state[pfn] === (PAGE_ALLOCATED | order)) {
    if (order === 0) {
      // The processor guesses these, and goes on before it knows the page.
      const z = pfn < m.dmaEnd ? ZONE_DMA : pfn < m.normalEnd ? ZONE_NORMAL : ZONE_HIGHMEM;
      const { ctl } = m;
      const list = (cpu * 6 + z * 2 + cold + 1) << PCP_SHIFT;
      const head = ctl[list | PCP_HEAD];
      if (head > ctl[list | PCP_PUT]) {
        ctl[list | PCP_HEAD] = head - 1;
        ctl[list | PCP_PAGES | ((head - 1) & (PCP_RING - 1))] = pfn;
        state[pfn] = PAGE_PCP;
        return;
      }
      if ((m.observed & ~BLOCK_HOOKS) === 0) {
        putPcp(m, z, cpu, cold, pfn);
        return;
      }
      if ((m.observed & ~OBSERVED_HOOKS) === 0) {
        putAsked(m, z, cpu, cold, pfn);
        return;
      }
    } else if ((m.observed & ~BLOCK_HOOKS) === 0) {
      m.stat[STAT_DIRECT_FREES]++;
      // zoneOf() without a branch: 2 less one for each end that the page is below.
      freeBlock(m, ZONE_HIGHMEM + ((pfn - m.dmaEnd) >> 31) + ((pfn - m.normalEnd) >> 31), pfn, order);
      return;
    }
  }
  freeSlowly(m, pfn, order, cpu, cold);
}

function freeSlowly(m: Pgdat, pfn: number, order: number, cpu: number, cold: number): void {
  if (m.state[pfn] !== (PAGE_ALLOCATED | order)) {
    badFree(m, pfn, order);
    return;
  }
  if ((m.observed & OBSERVED_FIELDS) !== 0) {
    if (!putPageTestzero(m, pfn)) return;
    freePagesCheck(m, pfn, order);
  }
  if ((m.observed & OBSERVED_TRACE) !== 0) m.trace?.record(m.request[REQ_EVENT], EV_FREE, pfn, order, cold);
  const z = zoneOf(m, pfn);
  if (order === 0) {
    putPcp(m, z, cpu, cold, pfn);
    return;
  }
  m.stat[STAT_DIRECT_FREES]++;
  if (m.vm !== null) pagesCameBack(m.vm, z);
  freeBlock(m, z, pfn, order);
}

/**
 * A single page that nobody has a reference to any more goes to the CPU's hot or cold list. Only with the fields in use.
 *
 * Source: mm/page_alloc.c, free_hot_cold_page()
 */
export function freeHotColdPage(m: Pgdat, pfn: number, cpu: number, cold: number): void {
  if (m.state[pfn] !== PAGE_ALLOCATED) {
    badFree(m, pfn, 0);
    return;
  }
  freePagesCheck(m, pfn, 0);
  if ((m.observed & OBSERVED_TRACE) !== 0) m.trace?.record(m.request[REQ_EVENT], EV_FREE, pfn, 0, cold);
  putPcp(m, zoneOf(m, pfn), cpu, cold, pfn);
}

function badFree(m: Pgdat, pfn: number, order: number): void {
  if (pfn >= 0 && pfn < m.nrPages && m.state[pfn] === PAGE_RESERVED) return;
  if (!(pfn >= 0 && pfn < m.nrPages)) throw new KernelBug('bad-free', `pfn ${pfn} does not exist`, pfn);
  const state = m.state[pfn];
  const why =
    state >= PAGE_ALLOCATED
      ? `was allocated with order ${state & 15}`
      : 'is not the first page of an allocated block (freed twice?)';
  throw new KernelBug('bad-free', `freeing pfn ${pfn} with order ${order}: it ${why}`, pfn);
}
