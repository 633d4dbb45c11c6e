/**
 * The swap cache: pages of memory that have a slot in the swap area.
 * Source: mm/swap_state.c of 2.6.0.
 */

import { REQ_EVENT } from '../lib/hooks.ts';
import {
  EV_PAGE_CACHE_ADD,
  EV_PAGE_CACHE_REMOVE,
  STAT_SWAP_CACHE_ADDS,
  STAT_SWAP_CACHE_DELETES,
} from '../trace/events.ts';
import { GFP_HIGHUSER } from './gfp.ts';
import { OBSERVED_TRACE } from './mmzone.ts';
import { NIL, TAG_ANON } from './page.ts';
import { allocPages } from './page_alloc.ts';
import { PG_dirty, PG_locked, PG_uptodate } from './page_flags.ts';
import { swapReadpage } from './page_io.ts';
import { tagBlock } from './pgdat.ts';
import { lruCacheAddActive, pageCacheRelease } from './swap.ts';
import { getSwapPage, NO_SLOT, removeExclusiveSwapPage, swapDuplicate } from './swapfile.ts';
import { MAPPING_SWAP, VC_NR_PAGECACHE, VC_NR_SWAPCACHE, type Vm } from './vm.ts';

/** The page holds the slot from now on, locked. The cache's reference is the caller's to add. */
function addToSwapCache(vm: Vm, pfn: number, slot: number): void {
  const { fields, pgdat: m } = vm;
  vm.swap.cache[slot] = pfn;
  fields.mapping[pfn] = MAPPING_SWAP;
  fields.index[pfn] = slot;
  fields.flags[pfn] |= PG_locked;
  vm.count[VC_NR_PAGECACHE]++;
  vm.count[VC_NR_SWAPCACHE]++;
  m.stat[STAT_SWAP_CACHE_ADDS]++;
  if ((m.observed & OBSERVED_TRACE) !== 0)
    m.trace?.record(m.request[REQ_EVENT], EV_PAGE_CACHE_ADD, pfn, MAPPING_SWAP, slot);
}

/**
 * Give a locked anonymous page a slot and put it into the swap cache, dirty. The cache takes a reference.
 *
 * @returns false when there is no slot
 * Source:  mm/swap_state.c, add_to_swap()
 */
export function addToSwap(vm: Vm, pfn: number): boolean {
  const slot = getSwapPage(vm);
  if (slot === NO_SLOT) return false;
  addToSwapCache(vm, pfn, slot);
  vm.fields.count[pfn]++;
  vm.fields.flags[pfn] |= PG_uptodate | PG_dirty;
  return true;
}

/**
 * A locked page is no longer in the swap cache. The cache's references to the page and to the slot are the caller's to
 * drop.
 *
 * Source: mm/swap_state.c, __delete_from_swap_cache()
 */
export function deleteFromSwapCache(vm: Vm, pfn: number): void {
  const { fields, pgdat: m } = vm;
  const slot = fields.index[pfn];
  vm.swap.cache[slot] = NIL;
  fields.mapping[pfn] = 0;
  vm.count[VC_NR_PAGECACHE]--;
  vm.count[VC_NR_SWAPCACHE]--;
  m.stat[STAT_SWAP_CACHE_DELETES]++;
  if ((m.observed & OBSERVED_TRACE) !== 0)
    m.trace?.record(m.request[REQ_EVENT], EV_PAGE_CACHE_REMOVE, pfn, MAPPING_SWAP, slot);
}

/**
 * The page that holds a slot; one that is not in memory is allocated, and its reading begins.
 *
 * @returns NIL when there is no memory for it; the machine's `path` says why
 * Source:  mm/swap_state.c, read_swap_cache_async()
 */
export function readSwapCacheAsync(vm: Vm, slot: number, cpu: number, ctx: number): number {
  const { swap, pgdat: m } = vm;
  const found = swap.cache[slot];
  if (found !== NIL) return found;
  const pfn = allocPages(m, GFP_HIGHUSER, 0, cpu, ctx);
  if (pfn === NIL) return NIL;
  // Reclaim, on the way to that page, may have given the slot's last reference up, or its page back.
  if (swap.map[slot] === 0 || swap.cache[slot] !== NIL) {
    pageCacheRelease(vm, pfn, cpu);
    return swap.cache[slot];
  }
  tagBlock(m, pfn, TAG_ANON);
  swapDuplicate(vm, slot);
  addToSwapCache(vm, pfn, slot);
  lruCacheAddActive(vm, pfn);
  swapReadpage(vm, pfn);
  return pfn;
}

/**
 * A page table entry no longer maps the page: it leaves the swap cache if nobody else wants it there, and loses the
 * entry's reference.
 *
 * Source: mm/swap_state.c, free_page_and_swap_cache()
 */
export function freePageAndSwapCache(vm: Vm, pfn: number, cpu: number): void {
  freeSwapCache(vm, pfn);
  pageCacheRelease(vm, pfn, cpu);
}

/** Source: mm/swap_state.c, free_swap_cache() */
export function freeSwapCache(vm: Vm, pfn: number): void {
  if ((vm.fields.flags[pfn] & PG_locked) === 0) removeExclusiveSwapPage(vm, pfn);
}
