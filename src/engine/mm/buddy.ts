/**
 * The buddy system of one zone: blocks of 2^order pages on one list an order, newest first.
 * Source: mm/page_alloc.c of 2.6.0, where these steps are __rmqueue(), expand() and __free_pages_bulk().
 *
 * Deviation: 2.6.0 finds a free buddy by one bit a pair in free_area[].map; here the state byte of a block's first
 * page says that it is free and of which order. Both give the same answer for every legal sequence of calls.
 */

import {
  AS_LINUX,
  FAULT,
  HOOK_BLOCK,
  HOOK_COALESCE,
  HOOK_PLACEMENT,
  PLACE_HEAD,
  PLACE_TAIL,
  REQ_EVENT,
  REQ_LINUX,
  REQ_ORDER,
  REQ_PFN,
  REQ_ZONE,
} from '../lib/hooks.ts';
import { EV_MERGE, EV_SPLIT, STAT_MERGES, STAT_SPLITS } from '../trace/events.ts';
import { askPolicy, beginAsk, endAsk } from './ask_policy.ts';
import { MAX_ORDER, OBSERVED_TRACE, ZONE_SHIFT, ZONE_SPANNED, ZONE_START } from './mmzone.ts';
import { NIL, PAGE_ALLOCATED, PAGE_FREE, PAGE_ORDER } from './page.ts';
import { addFree, type Pgdat, zoneOf } from './pgdat.ts';

/**
 * Take a block of 2^order pages from a zone's free lists: the head of the first list that has one, halved as often as
 * it is too large. At each cut the lower half goes to the head of its list and the upper half is kept.
 *
 * Where a policy left buddies apart, they are joined before a request is told that there is no block.
 *
 * @returns first PFN, or NIL when no list from `order` up has a block
 * Invariant: ZONE_FREE falls by 2^order; the parts listed and the part returned cover the block; the state bytes of the
 *            part returned are all 0
 * Source:    mm/page_alloc.c, __rmqueue() and expand()
 */
export function rmqueue(m: Pgdat, z: number, order: number): number {
  if ((m.observed & HOOK_BLOCK) !== 0) {
    const page = rmqueueChosen(m, z, order);
    if (page !== NIL) return page;
  }
  const { links, state } = m;
  const wanted = m.sentinelBase + z * MAX_ORDER + order;
  const end = wanted - order + MAX_ORDER;
  let head = wanted;
  let page = links[head << 1];
  while (page === head) {
    if (++head === end) return m.apart === 0 ? NIL : rmqueueMerged(m, z, order);
    page = links[head << 1];
  }
  const next = links[page << 1];
  links[head << 1] = next;
  links[(next << 1) | 1] = head;
  state[page] = 0;
  if (head !== wanted) {
    const splits = head - wanted;
    if ((m.observed & OBSERVED_TRACE) !== 0) {
      m.trace?.record(m.request[REQ_EVENT], EV_SPLIT, page, order + splits, order);
    }
    m.stat[STAT_SPLITS] += splits;
    let size = 1 << (order + splits);
    let mark = PAGE_FREE | (order + splits);
    do {
      head--;
      size >>= 1;
      mark--;
      const first = links[head << 1];
      links[head << 1] = page;
      links[page << 1] = first;
      links[(page << 1) | 1] = head;
      links[(first << 1) | 1] = page;
      state[page] = mark;
      page |= size;
    } while (head !== wanted);
  }
  addFree(m, z, -(1 << order));
  return page;
}

/**
 * Put a block back, joining it with its buddy as often as that is free.
 *
 * @param pfn   first PFN, aligned to 2^order; its state byte must already be 0 or about to be overwritten
 * Invariant:   ZONE_FREE grows by 2^order
 * Source:      mm/page_alloc.c, __free_pages_bulk()
 */
export function freeBlock(m: Pgdat, z: number, pfn: number, order: number): void {
  if ((m.observed & (HOOK_PLACEMENT | HOOK_COALESCE)) !== 0) {
    freeBlockAsked(m, z, pfn, order);
    return;
  }
  const { links, state } = m;
  // `| 0`: as int32 from the start, for an argument arrives boxed and would stay so round the loop.
  let page = pfn | 0;
  let o = order | 0;
  state[pfn] = 0;
  while (o < MAX_ORDER - 1) {
    const buddy = page ^ (1 << o);
    if (state[buddy] !== (PAGE_FREE | o)) break;
    const next = links[buddy << 1];
    const prev = links[(buddy << 1) | 1];
    links[prev << 1] = next;
    links[(next << 1) | 1] = prev;
    state[buddy] = 0;
    page &= buddy;
    o++;
  }
  addFree(m, z, 1 << order);
  if (o !== order) {
    m.stat[STAT_MERGES] += o - order;
    if ((m.observed & OBSERVED_TRACE) !== 0) m.trace?.record(m.request[REQ_EVENT], EV_MERGE, page, o, z);
  }
  state[page] = PAGE_FREE | o;
  const at = m.sentinelBase + z * MAX_ORDER + o;
  const next = links[at << 1];
  links[at << 1] = page;
  links[page << 1] = next;
  links[(page << 1) | 1] = at;
  links[(next << 1) | 1] = page;
}

/** freeBlock() with a policy that decides how far the block is merged, or where it goes. */
function freeBlockAsked(m: Pgdat, z: number, pfn: number, order: number): void {
  const { links, observed, state } = m;
  state[pfn] = 0;
  const most = (observed & HOOK_COALESCE) === 0 ? MAX_ORDER - 1 : askCoalesce(m, z, pfn, order);
  const page = mergeUpTo(m, z, pfn, order, most);
  const o = state[page] & PAGE_ORDER;
  if (o < MAX_ORDER - 1 && state[page ^ (1 << o)] === (PAGE_FREE | o)) m.apart |= 1 << z;
  addFree(m, z, 1 << order);
  let at = m.sentinelBase + z * MAX_ORDER + o;
  if ((observed & HOOK_PLACEMENT) !== 0 && placedAtTail(m, z, page, o)) at = links[(at << 1) | 1];
  insertFree(links, at, page);
}

/**
 * Join a block that is in no list with its buddy as often as that is free, but to no more than order `most`.
 *
 * @returns first PFN of the block that it has become, in no list; its state says its order
 */
function mergeUpTo(m: Pgdat, z: number, pfn: number, order: number, most: number): number {
  const { links, state } = m;
  let page = pfn;
  let o = order;
  while (o < most && state[page ^ (1 << o)] === (PAGE_FREE | o)) {
    const buddy = page ^ (1 << o);
    const next = links[buddy << 1];
    const prev = links[(buddy << 1) | 1];
    links[prev << 1] = next;
    links[(next << 1) | 1] = prev;
    state[buddy] = 0;
    state[page] = 0;
    page &= buddy;
    o++;
  }
  state[page] = PAGE_FREE | o;
  if (o !== order) {
    m.stat[STAT_MERGES] += o - order;
    if ((m.observed & OBSERVED_TRACE) !== 0) m.trace?.record(m.request[REQ_EVENT], EV_MERGE, page, o, z);
  }
  return page;
}

function insertFree(links: Int32Array, at: number, page: number): void {
  const next = links[at << 1];
  links[at << 1] = page;
  links[page << 1] = next;
  links[(page << 1) | 1] = at;
  links[(next << 1) | 1] = page;
}

/** Ask how far a block that comes back is merged now: the highest order that it may become. */
function askCoalesce(m: Pgdat, z: number, pfn: number, order: number): number {
  const most = MAX_ORDER - 1;
  if (order === most) return most;
  beginAsk(m);
  const { request } = m;
  request[REQ_ZONE] = z;
  request[REQ_PFN] = pfn;
  request[REQ_ORDER] = order;
  const answer = askPolicy(
    m,
    HOOK_COALESCE,
    most,
    order,
    most,
    `must be an order from ${order}, that of the block, to ${most}`,
  );
  endAsk(m);
  return answer;
}

/**
 * The request found no block: buddies that a policy left apart in the zone are joined, and it looks once more.
 *
 * @returns first PFN, or NIL when there still is none
 */
function rmqueueMerged(m: Pgdat, z: number, order: number): number {
  if ((m.apart & (1 << z)) === 0) return NIL;
  mergeZone(m, z);
  return rmqueue(m, z, order);
}

/**
 * Join all free buddies of a zone in the order of their addresses. What a block has become goes to the head of its list.
 *
 * Invariant: ZONE_FREE stays; no two buddies are free afterwards
 * Cost:      linear in the zone's pages
 */
export function mergeZone(m: Pgdat, z: number): void {
  const { links, state } = m;
  m.apart &= ~(1 << z);
  const start = m.zone[(z << ZONE_SHIFT) + ZONE_START];
  const end = start + m.zone[(z << ZONE_SHIFT) + ZONE_SPANNED];
  for (let pfn = start; pfn < end; ) {
    const kind = state[pfn] & ~PAGE_ORDER;
    const order = state[pfn] & PAGE_ORDER;
    const size = kind === PAGE_FREE || kind === PAGE_ALLOCATED ? 1 << order : 1;
    // Of two buddies the upper one is seen last, and then the lower one has already become what it can be.
    if (kind === PAGE_FREE && order < MAX_ORDER - 1 && state[pfn ^ size] === state[pfn]) {
      const next = links[pfn << 1];
      const prev = links[(pfn << 1) | 1];
      links[prev << 1] = next;
      links[(next << 1) | 1] = prev;
      const page = mergeUpTo(m, z, pfn, order, MAX_ORDER - 1);
      insertFree(links, m.sentinelBase + z * MAX_ORDER + (state[page] & PAGE_ORDER), page);
      pfn = page + (1 << (state[page] & PAGE_ORDER));
    } else pfn += size;
  }
}

/** Ask where a freed block goes. */
function placedAtTail(m: Pgdat, z: number, page: number, order: number): boolean {
  const { request } = m;
  const savedOrder = request[REQ_ORDER];
  request[REQ_ZONE] = z;
  request[REQ_PFN] = page;
  request[REQ_ORDER] = order;
  request[REQ_LINUX] = PLACE_HEAD;
  const answer = m.hooks!.placement();
  request[REQ_ORDER] = savedOrder;
  if (answer === PLACE_TAIL) return true;
  if (answer !== PLACE_HEAD && answer !== AS_LINUX && answer !== FAULT) {
    m.hooks!.illegal('placement', answer, 'must be mem.HEAD, mem.TAIL or mem.AS_LINUX');
  }
  return false;
}

/** The block that rmqueue would take without a policy, or NIL. */
function linuxChoice(m: Pgdat, z: number, order: number): number {
  const base = m.sentinelBase + z * MAX_ORDER;
  for (let o = order; o < MAX_ORDER; o++) {
    const page = m.links[(base + o) << 1];
    if (page !== base + o) return page | ((1 << o) - (1 << order));
  }
  return NIL;
}

/**
 * Ask which block to take, and take it: the free block around the answer is split until the answer is a block of its
 * own, every part beside it listed at the head of its list, largest first.
 *
 * @returns first PFN, or NIL when the decision is Linux's
 */
function rmqueueChosen(m: Pgdat, z: number, order: number): number {
  const linux = linuxChoice(m, z, order);
  if (linux === NIL) return NIL;
  const { request, links, state } = m;
  request[REQ_ZONE] = z;
  request[REQ_LINUX] = linux;
  request[REQ_ORDER] = order;
  const wanted = m.hooks!.block();
  if (wanted === AS_LINUX || wanted === FAULT) return NIL;
  if (wanted < 0 || wanted >= m.nrPages || zoneOf(m, wanted) !== z) {
    m.hooks!.illegal('block', wanted, 'must be the number of a page in the zone asked about (request.zone)');
    return NIL;
  }
  if ((wanted & ((1 << order) - 1)) !== 0) {
    m.hooks!.illegal('block', wanted, `must be a multiple of ${1 << order}, the size of the block in pages`);
    return NIL;
  }
  const found = freeOrderAround(m, wanted, order);
  if (found === NIL) {
    m.hooks!.illegal('block', wanted, 'must lie inside one free block of at least the order asked for');
    return NIL;
  }
  let page = wanted & -(1 << found);
  const next = links[page << 1];
  const prev = links[(page << 1) | 1];
  links[prev << 1] = next;
  links[(next << 1) | 1] = prev;
  state[page] = 0;
  for (let o = found - 1; o >= order; o--) {
    const upper = page | (1 << o);
    const keep = wanted >= upper ? upper : page;
    const spare = wanted >= upper ? page : upper;
    const head = m.sentinelBase + z * MAX_ORDER + o;
    const first = links[head << 1];
    links[head << 1] = spare;
    links[spare << 1] = first;
    links[(spare << 1) | 1] = head;
    links[(first << 1) | 1] = spare;
    state[spare] = PAGE_FREE | o;
    page = keep;
  }
  m.stat[STAT_SPLITS] += found - order;
  addFree(m, z, -(1 << order));
  if (found !== order && (m.observed & OBSERVED_TRACE) !== 0) {
    m.trace?.record(request[REQ_EVENT], EV_SPLIT, wanted & -(1 << found), found, order);
  }
  return wanted;
}

/** Order of the free block that holds the aligned block `pfn` of `order` whole, or NIL. */
function freeOrderAround(m: Pgdat, pfn: number, order: number): number {
  for (let o = order; o < MAX_ORDER; o++) {
    const state = m.state[pfn & -(1 << o)];
    if ((state & ~PAGE_ORDER) === PAGE_FREE && (state & PAGE_ORDER) === o) return o;
  }
  return NIL;
}
