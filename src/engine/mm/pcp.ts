/**
 * Per-CPU lists of single pages, hot and cold.
 * Source: mm/page_alloc.c of 2.6.0, buffered_rmqueue(), rmqueue_bulk(), free_hot_cold_page(), free_pages_bulk().
 *
 * Both bulk moves take or give whole aligned runs at once where the kernel goes page by page; the lists end the same, and
 * so do the counters: a block of n pages that comes apart or together is n - 1 splits or merges.
 * A batch of sixteen that is one block has a way of its own, with pcp_batch.ts: a tenth more speed where nearly all are.
 */
import {
  AS_LINUX,
  BLOCK_HOOKS,
  FAULT,
  HOOK_BLOCK,
  HOOK_COALESCE,
  HOOK_PCP,
  HOOK_PLACEMENT,
  REQ_BATCH,
  REQ_COLD,
  REQ_COUNT,
  REQ_CPU,
  REQ_EVENT,
  REQ_HIGH,
  REQ_LINUX,
  REQ_LOW,
  REQ_REFILL,
  REQ_ZONE,
} from '../lib/hooks.ts';
import {
  EV_REFILL,
  EV_SPILL,
  EV_SPLIT,
  STAT_MERGES,
  STAT_PCP_BATCHES,
  STAT_PCP_REFILLED,
  STAT_PCP_SPILLED,
  STAT_SPLITS,
} from '../trace/events.ts';
import { freeBlock, rmqueue } from './buddy.ts';
import {
  CTL_PCP,
  CTL_REQUEST,
  MAX_NR_ZONES,
  MAX_ORDER,
  OBSERVED_TRACE,
  PCP_BATCH,
  PCP_HEAD,
  PCP_HIGH,
  PCP_LOW,
  PCP_PAGES,
  PCP_RING,
  PCP_SHIFT,
  PCP_TAIL,
} from './mmzone.ts';
import { NIL, PAGE_FREE, PAGE_PCP } from './page.ts';
import { BATCH_ORDER, BATCH_PAGES, isBatch, listBatch } from './pcp_batch.ts';
import { addFree, type Pgdat, pcpCount, pcpOf, setPcpLimits } from './pgdat.ts';
import { pagesCameBack } from './vm.ts';

/**
 * Move up to `count` single pages from a zone's free lists to the tail of a per-CPU list.
 *
 * A block that fits whole goes in descending order of its pages, which is what taking its upper half again and again
 * comes to; a larger one is first cut down to the largest power of two that fits.
 *
 * @returns pages moved; fewer than `count` when the zone has no more
 * Source:  mm/page_alloc.c, rmqueue_bulk()
 */
export function refill(m: Pgdat, z: number, list: number, count: number): number {
  const { ctl } = m;
  const at = (list + CTL_PCP) | PCP_TAIL;
  const tail = ctl[at];
  let moved = 0;
  if ((m.observed & HOOK_BLOCK) !== 0) moved = refillSingly(m, z, list, count);
  else if (count === BATCH_PAGES && (tail & (BATCH_PAGES - 1)) === 0 && noSmallBlock(m, z)) {
    const page = rmqueue(m, z, BATCH_ORDER);
    if (page !== NIL) {
      const { stateWords } = m;
      stateWords[page >> 3] = PCP_WORD;
      stateWords[(page >> 3) | 1] = PCP_WORD;
      listBatch(ctl, (list + CTL_PCP) | PCP_PAGES | (tail & (PCP_RING - 1)), page | (BATCH_PAGES - 1));
      m.stat[STAT_SPLITS] += BATCH_PAGES - 1;
      moved = BATCH_PAGES;
    }
  } else moved = refillInBlocks(m, z, list, count);
  ctl[at] = tail + moved;
  setPcpLimits(m, z, list);
  m.stat[STAT_PCP_REFILLED] += moved;
  m.stat[STAT_PCP_BATCHES]++;
  return moved;
}

/** Whether a zone has no free block smaller than a batch, so that a batch would be taken as one block. */
function noSmallBlock(m: Pgdat, z: number): boolean {
  const { links } = m;
  const head = m.sentinelBase + z * MAX_ORDER;
  return (
    ((links[head << 1] ^ head) |
      (links[(head + 1) << 1] ^ (head + 1)) |
      (links[(head + 2) << 1] ^ (head + 2)) |
      (links[(head + 3) << 1] ^ (head + 3))) ===
    0
  );
}

function refillSingly(m: Pgdat, z: number, list: number, count: number): number {
  const { pcp } = m;
  const tail = pcp[list + PCP_TAIL];
  let moved = 0;
  for (; moved < count; moved++) {
    const page = rmqueue(m, z, 0);
    if (page === NIL) break;
    m.state[page] = PAGE_PCP;
    pcp[list + PCP_PAGES + ((tail + moved) & (PCP_RING - 1))] = page;
  }
  return moved;
}

function refillInBlocks(m: Pgdat, z: number, list: number, count: number): number {
  const { ctl, links, state } = m;
  const pages = (list + CTL_PCP) | PCP_PAGES;
  const lowest = m.sentinelBase + z * MAX_ORDER;
  let tail = ctl[(list + CTL_PCP) | PCP_TAIL];
  let order = 0;
  let left = count;
  do {
    let head = lowest + order;
    let page = links[head << 1];
    while (page === head) {
      if (++order === MAX_ORDER) return finishRefill(m, z, count - left);
      page = links[++head << 1];
    }
    const next = links[page << 1];
    links[head << 1] = next;
    links[(next << 1) | 1] = head;
    state[page] = 0;
    if (1 << order > left) {
      const found = order;
      do {
        order--;
        head--;
        const first = links[head << 1];
        links[head << 1] = page;
        links[page << 1] = first;
        links[(page << 1) | 1] = head;
        links[(first << 1) | 1] = page;
        state[page] = PAGE_FREE | order;
        page |= 1 << order;
      } while (1 << order > left);
      m.stat[STAT_SPLITS] += found - order;
      if ((m.observed & OBSERVED_TRACE) !== 0) {
        m.trace?.record(m.request[REQ_EVENT], EV_SPLIT, page & -(1 << found), found, order);
      }
    }
    const size = 1 << order;
    m.stat[STAT_SPLITS] += size - 1;
    let top = page + size - 1;
    for (; top >= page; top--, tail++) {
      state[top] = PAGE_PCP;
      ctl[pages | (tail & (PCP_RING - 1))] = top;
    }
    left -= size;
  } while (left > 0);
  return finishRefill(m, z, count);
}

function finishRefill(m: Pgdat, z: number, moved: number): number {
  if (moved !== 0) addFree(m, z, -moved);
  return moved;
}

/** PAGE_PCP eight times over, as one word of `stateWords`. */
const PCP_WORD = new Float64Array(new Uint8Array(8).fill(PAGE_PCP).buffer)[0];

/**
 * Give `count` pages from the tail of a per-CPU list, oldest first, back to the free lists.
 *
 * @param count 0..the pages in the list
 * Source:      mm/page_alloc.c, free_pages_bulk()
 */
export function spill(m: Pgdat, z: number, list: number, count: number): void {
  const { ctl } = m;
  const at = (list + CTL_PCP) | PCP_TAIL;
  const end = ctl[at] - count;
  const last = (list + CTL_PCP) | PCP_PAGES | ((end + BATCH_PAGES - 1) & (PCP_RING - 1));
  if (
    count === BATCH_PAGES &&
    (end & (BATCH_PAGES - 1)) === 0 &&
    (m.observed & (HOOK_PLACEMENT | HOOK_COALESCE)) === 0 &&
    isBatch(ctl, last)
  ) {
    const block = ctl[last] & -BATCH_PAGES;
    const { stateWords } = m;
    stateWords[block >> 3] = 0;
    stateWords[(block >> 3) | 1] = 0;
    m.stat[STAT_MERGES] += BATCH_PAGES - 1;
    freeBlock(m, z, block, BATCH_ORDER);
  } else spillInRuns(m, z, list, count, end);
  ctl[at] = end;
  setPcpLimits(m, z, list);
  m.stat[STAT_PCP_SPILLED] += count;
  m.stat[STAT_PCP_BATCHES]++;
}

function spillInRuns(m: Pgdat, z: number, list: number, count: number, end: number): void {
  const { ctl, state } = m;
  const pages = (list + CTL_PCP) | PCP_PAGES;
  const singly = (m.observed & (HOOK_PLACEMENT | HOOK_COALESCE)) !== 0;
  let at = end + count - 1;
  while (at >= end) {
    const first = ctl[pages | (at & (PCP_RING - 1))];
    const step = ctl[pages | ((at - 1) & (PCP_RING - 1))] - first;
    if (singly || at === end || (step !== 1 && step !== -1)) {
      freeBlock(m, z, first, 0);
      at--;
      continue;
    }
    // A block whose pages go up starts at a multiple of its size, one whose pages go down ends below the next multiple.
    const edge = step === 1 ? first : first + 1;
    const limit = Math.min(at - end + 1, edge & -edge || PCP_RING);
    let length = 1;
    let expected = first + step;
    while (length < limit && ctl[pages | ((at - length) & (PCP_RING - 1))] === expected) {
      length++;
      expected += step;
    }
    const order = 31 - Math.clz32(length);
    const size = 1 << order;
    const lowest = step === 1 ? first : first + 1 - size;
    for (let i = lowest; i < lowest + size; i++) state[i] = 0;
    m.stat[STAT_MERGES] += size - 1;
    freeBlock(m, z, lowest, order);
    at -= size;
  }
}

/**
 * Order-0 request from a CPU's list, refilled first when it is at its low mark.
 *
 * @returns PFN, or NIL when list and zone are empty
 * Source:  mm/page_alloc.c, buffered_rmqueue()
 */
export function takePcp(m: Pgdat, z: number, cpu: number, cold: number): number {
  const { pcp } = m;
  const list = pcpOf(z, cpu, cold);
  if ((m.observed & ~BLOCK_HOOKS) !== 0) refillObserved(m, z, cpu, cold, list);
  else if (pcpCount(m, list) <= pcp[list + PCP_LOW]) refill(m, z, list, pcp[list + PCP_BATCH]);
  const head = pcp[list + PCP_HEAD];
  if (head === pcp[list + PCP_TAIL]) return NIL;
  pcp[list + PCP_HEAD] = head + 1;
  return pcp[list + PCP_PAGES + (head & (PCP_RING - 1))];
}

/**
 * A single page becomes the newest of a CPU's list; a list at its high mark spills a batch first.
 *
 * Source: mm/page_alloc.c, free_hot_cold_page()
 */
export function putPcp(m: Pgdat, z: number, cpu: number, cold: number, pfn: number): void {
  const { pcp } = m;
  const list = pcpOf(z, cpu, cold);
  if ((m.observed & ~BLOCK_HOOKS) !== 0) spillObserved(m, z, cpu, cold, list);
  else if (pcpCount(m, list) >= pcp[list + PCP_HIGH]) spill(m, z, list, pcp[list + PCP_BATCH]);
  const head = pcp[list + PCP_HEAD] - 1;
  pcp[list + PCP_HEAD] = head;
  pcp[list + PCP_PAGES + (head & (PCP_RING - 1))] = pfn;
  m.state[pfn] = PAGE_PCP;
}

/**
 * takePcp() while a policy looks on and nobody else does.
 *
 * @param asks  not 0: the policy decides what moves
 */
export function takeAsked(m: Pgdat, z: number, cpu: number, cold: number, asks: number): number {
  const { ctl } = m;
  const list = (cpu * 6 + z * 2 + cold + 1) << PCP_SHIFT;
  const head = ctl[list | PCP_HEAD];
  const count = ctl[list | PCP_TAIL] - head;
  let moves = count <= ctl[list | PCP_LOW] ? Math.min(ctl[list | PCP_BATCH], PCP_RING - 1 - count) : 0;
  if (asks !== 0) {
    const answer = ask(m, z, cpu, cold, list, 1, count, moves);
    if (answer !== moves) moves = judged(m, answer, moves, 0, PCP_RING - 1 - count);
  }
  if (moves !== 0) {
    if (refill(m, z, list - CTL_PCP, moves) === 0 && count === 0) return NIL;
  } else if (count === 0) return NIL;
  ctl[list | PCP_HEAD] = head + 1;
  return ctl[list | PCP_PAGES | (head & (PCP_RING - 1))];
}

/** putPcp() while a policy decides what moves, and nobody else looks on. */
export function putAsked(m: Pgdat, z: number, on: number, coldList: number, page: number): void {
  const { ctl } = m;
  const cpu = on | 0;
  const cold = coldList | 0;
  const pfn = page | 0;
  const list = (cpu * 6 + z * 2 + cold + 1) << PCP_SHIFT;
  const head = ctl[list | PCP_HEAD] - 1;
  const count = ctl[list | PCP_TAIL] - head - 1;
  let moves = count >= ctl[list | PCP_HIGH] ? Math.min(ctl[list | PCP_BATCH], count) : 0;
  if (count >= PCP_RING - 1) moves = Math.max(moves, 1);
  const answer = ask(m, z, cpu, cold, list, 0, count, moves);
  if (answer !== moves) moves = judged(m, answer, moves, Math.max(0, count + 2 - PCP_RING), count);
  if (moves !== 0) spill(m, z, list - CTL_PCP, moves);
  ctl[list | PCP_HEAD] = head;
  ctl[list | PCP_PAGES | (head & (PCP_RING - 1))] = pfn;
  m.state[pfn] = PAGE_PCP;
}

function refillObserved(m: Pgdat, z: number, cpu: number, cold: number, list: number): void {
  const { pcp } = m;
  const held = pcpCount(m, list);
  const most = PCP_RING - 1 - held;
  let count = held <= pcp[list + PCP_LOW] ? Math.min(pcp[list + PCP_BATCH], most) : 0;
  if ((m.observed & HOOK_PCP) !== 0) {
    const answer = ask(m, z, cpu, cold, list + CTL_PCP, 1, held, count);
    if (answer !== count) count = judged(m, answer, count, 0, most);
  }
  if (count === 0) return;
  const moved = refill(m, z, list, count);
  if ((m.observed & OBSERVED_TRACE) !== 0) m.trace?.record(m.request[REQ_EVENT], EV_REFILL, z, cpu, moved);
}

function spillObserved(m: Pgdat, z: number, cpu: number, cold: number, list: number): void {
  const { pcp } = m;
  const held = pcpCount(m, list);
  const least = Math.max(0, held + 2 - PCP_RING);
  let count = Math.max(held >= pcp[list + PCP_HIGH] ? Math.min(pcp[list + PCP_BATCH], held) : 0, least);
  if ((m.observed & HOOK_PCP) !== 0) {
    const answer = ask(m, z, cpu, cold, list + CTL_PCP, 0, held, count);
    if (answer !== count) count = judged(m, answer, count, least, held);
  }
  if (count === 0) return;
  if (m.vm !== null) pagesCameBack(m.vm, z);
  spill(m, z, list, count);
  if ((m.observed & OBSERVED_TRACE) !== 0) m.trace?.record(m.request[REQ_EVENT], EV_SPILL, z, cpu, count);
}

/**
 * Ask how many pages move now.
 *
 * @param list  where the list starts in `ctl`
 * @param count pages in it
 * @param linux what Linux moves
 * @returns     the answer, which may break its rule: judged()
 */
function ask(
  m: Pgdat,
  z: number,
  cpu: number,
  cold: number,
  list: number,
  isRefill: number,
  count: number,
  linux: number,
): number {
  const { ctl } = m;
  ctl[CTL_REQUEST + REQ_ZONE] = z;
  ctl[CTL_REQUEST + REQ_CPU] = cpu;
  ctl[CTL_REQUEST + REQ_COLD] = cold;
  ctl[CTL_REQUEST + REQ_REFILL] = isRefill;
  ctl[CTL_REQUEST + REQ_COUNT] = count;
  ctl[CTL_REQUEST + REQ_LOW] = ctl[list | PCP_LOW];
  ctl[CTL_REQUEST + REQ_HIGH] = ctl[list | PCP_HIGH];
  ctl[CTL_REQUEST + REQ_BATCH] = ctl[list | PCP_BATCH];
  ctl[CTL_REQUEST + REQ_LINUX] = linux;
  return m.hooks!.pcp();
}

/** Pages that move by an answer that is not Linux's own; it must be within [least, most]. */
function judged(m: Pgdat, answer: number, linux: number, least: number, most: number): number {
  if (answer === AS_LINUX || answer === FAULT) return linux;
  if (answer >= least && answer <= most) return answer;
  m.hooks!.illegal('pcp', answer, `must be from ${least} to ${most}, the pages that can move now`);
  return linux;
}

/**
 * Spill one CPU's hot and cold lists of every zone, hot first, zone by zone.
 *
 * Source: mm/page_alloc.c, __drain_pages()
 */
export function drainCpu(m: Pgdat, cpu: number): void {
  for (let z = 0; z < MAX_NR_ZONES; z++) {
    for (let cold = 0; cold < 2; cold++) {
      const list = pcpOf(z, cpu, cold);
      if (m.vm !== null) pagesCameBack(m.vm, z);
      spill(m, z, list, pcpCount(m, list));
    }
  }
}
