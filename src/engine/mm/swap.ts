/**
 * Pages on their way to the LRU lists, between them and off them.
 * Source: mm/swap.c of 2.6.0.
 */
import { STAT_PGACTIVATE, STAT_PGROTATED } from '../trace/events.ts';
import { addPageToLru, delPageFromLru, lruHead, lruInsert, lruRemove } from './mm_inline.ts';
import { freeHotColdPage } from './page_alloc.ts';
import { PG_active, PG_dirty, PG_locked, PG_lru, PG_referenced, PG_writeback } from './page_flags.ts';
import { zoneOf } from './pgdat.ts';
import { cpuOf, PAGEVEC_SIZE, VC_NR_WRITEBACK, type Vm } from './vm.ts';

/**
 * A page goes to the inactive list, by way of the CPU's pagevec: until that is full or drained the pagevec holds a
 * reference, and the page is on no list.
 *
 * Source: mm/swap.c, lru_cache_add()
 */
export function lruCacheAdd(vm: Vm, pfn: number): void {
  lruCacheAddTo(vm, pfn, 0);
}

/** The same for the active list. Source: mm/swap.c, lru_cache_add_active() */
export function lruCacheAddActive(vm: Vm, pfn: number): void {
  lruCacheAddTo(vm, pfn, 1);
}

function lruCacheAddTo(vm: Vm, pfn: number, active: number): void {
  const cpu = cpuOf(vm);
  const pvec = active * vm.pgdat.cpus + cpu;
  vm.fields.count[pfn]++;
  const nr = vm.pvecNr[pvec]++;
  vm.pvecPages[pvec * PAGEVEC_SIZE + nr] = pfn;
  if (nr === PAGEVEC_SIZE - 1) pagevecLruAdd(vm, pvec, active, cpu);
}

/**
 * Every page of a CPU's pagevec goes to the head of its zone's list, and loses the pagevec's reference: one that had no
 * other is free.
 *
 * Source: mm/swap.c, __pagevec_lru_add(), __pagevec_lru_add_active()
 */
function pagevecLruAdd(vm: Vm, pvec: number, active: number, cpu: number): void {
  const { pvecPages } = vm;
  const { flags } = vm.fields;
  const bits = active === 0 ? PG_lru : PG_lru | PG_active;
  const first = pvec * PAGEVEC_SIZE;
  const nr = vm.pvecNr[pvec];
  for (let i = first; i < first + nr; i++) {
    flags[pvecPages[i]] |= bits;
    addPageToLru(vm, pvecPages[i], active);
  }
  vm.pvecNr[pvec] = 0;
  releasePages(vm, pvecPages, first, nr, 0, cpu);
}

/** What waits in the pagevecs of one CPU goes to the lists, inactive pages first. Source: mm/swap.c, lru_add_drain() */
export function lruAddDrain(vm: Vm, cpu: number): void {
  const active = vm.pgdat.cpus + cpu;
  if (vm.pvecNr[cpu] !== 0) pagevecLruAdd(vm, cpu, 0, cpu);
  if (vm.pvecNr[active] !== 0) pagevecLruAdd(vm, active, 1, cpu);
}

/**
 * Drop a reference to each page of a list; those that had no other leave the LRU and are free, sixteen at a time and the
 * last of each sixteen first.
 *
 * @param pages PFNs, from `first` on `nr` of them
 * @param cold  1: free to the cold list
 * Source:      mm/swap.c, release_pages(); mm/page_alloc.c, __pagevec_free()
 */
export function releasePages(
  vm: Vm,
  pages: Int32Array,
  first: number,
  nr: number,
  cold: number,
  cpu: number,
): void {
  const { count, flags } = vm.fields;
  let free = 0;
  for (let i = first; i < first + nr; i++) {
    const pfn = pages[i];
    if (--count[pfn] !== 0) continue;
    if ((flags[pfn] & PG_lru) !== 0) {
      flags[pfn] &= ~PG_lru;
      delPageFromLru(vm, pfn);
    }
    vm.pagesToFree[free++] = pfn;
    if (free === PAGEVEC_SIZE) {
      pagevecFree(vm, free, cold, cpu);
      free = 0;
    }
  }
  pagevecFree(vm, free, cold, cpu);
}

function pagevecFree(vm: Vm, nr: number, cold: number, cpu: number): void {
  for (let i = nr - 1; i >= 0; i--) freeHotColdPage(vm.pgdat, vm.pagesToFree[i], cpu, cold);
}

/**
 * Drop the references that a pagevec holds, once the CPU's own pagevecs are drained.
 *
 * Source: mm/swap.c, __pagevec_release()
 */
export function pagevecRelease(vm: Vm, pages: Int32Array, nr: number, cold: number, cpu: number): void {
  lruAddDrain(vm, cpu);
  releasePages(vm, pages, 0, nr, cold, cpu);
}

/** The same for pages that are on no list. Source: mm/swap.c, __pagevec_release_nonlru() */
export function pagevecReleaseNonlru(vm: Vm, pages: Int32Array, nr: number, cold: number, cpu: number): void {
  const { count } = vm.fields;
  let free = 0;
  for (let i = 0; i < nr; i++) if (--count[pages[i]] === 0) vm.pagesToFree[free++] = pages[i];
  pagevecFree(vm, free, cold, cpu);
}

/**
 * Drop one reference. A page that had no other leaves the LRU and goes to the CPU's hot list.
 *
 * Source: include/linux/mm.h, put_page(); mm/swap.c, __page_cache_release()
 */
export function pageCacheRelease(vm: Vm, pfn: number, cpu: number): void {
  if (--vm.fields.count[pfn] !== 0) return;
  lruCacheDel(vm, pfn);
  freeHotColdPage(vm.pgdat, pfn, cpu, 0);
}

/** Take a page off the LRU, if it is there. */
export function lruCacheDel(vm: Vm, pfn: number): void {
  const { flags } = vm.fields;
  if ((flags[pfn] & PG_lru) === 0) return;
  flags[pfn] &= ~PG_lru;
  delPageFromLru(vm, pfn);
}

/** From the inactive to the active list. Source: mm/swap.c, activate_page() */
export function activatePage(vm: Vm, pfn: number): void {
  const { flags } = vm.fields;
  if ((flags[pfn] & (PG_lru | PG_active)) !== PG_lru) return;
  delPageFromLru(vm, pfn);
  flags[pfn] |= PG_active;
  addPageToLru(vm, pfn, 1);
  vm.pgdat.stat[STAT_PGACTIVATE]++;
}

/**
 * Somebody used the page: the first time it is referenced, the second time active. One that still waits in a pagevec stays
 * referenced.
 *
 * Source: mm/swap.c, mark_page_accessed()
 */
export function markPageAccessed(vm: Vm, pfn: number): void {
  const { flags } = vm.fields;
  if ((flags[pfn] & (PG_active | PG_referenced | PG_lru)) === (PG_referenced | PG_lru)) {
    activatePage(vm, pfn);
    flags[pfn] &= ~PG_referenced;
  } else flags[pfn] |= PG_referenced;
}

/**
 * The writing of a page that reclaim wanted has ended: it goes to the tail of the inactive list, where it is looked at
 * next. Clears PG_writeback, and counts it, when it does.
 *
 * @returns false where the page is locked, dirty again, active or on no list: the caller ends the writing itself
 * Source:  mm/swap.c, rotate_reclaimable_page()
 */
export function rotateReclaimablePage(vm: Vm, pfn: number): boolean {
  const { flags, lru } = vm.fields;
  if ((flags[pfn] & (PG_locked | PG_dirty | PG_active | PG_lru)) !== PG_lru) return false;
  const head = lruHead(vm, zoneOf(vm.pgdat, pfn), 0);
  lruRemove(lru, pfn);
  lruInsert(lru, lru[(head << 1) | 1], pfn);
  vm.pgdat.stat[STAT_PGROTATED]++;
  flags[pfn] &= ~PG_writeback;
  vm.count[VC_NR_WRITEBACK]--;
  return true;
}
