/** Counts over all pages, as the kernel's own views take them. */
import {
  arrayInfo,
  MAX_NR_ZONES,
  type Machine,
  NIL,
  PAGE_ALLOCATED,
  PAGE_RESERVED,
  slabTotals,
  ZONE_FREE,
  ZONE_HIGHMEM,
  ZONE_STRIDE,
} from '../../engine/index.ts';

export interface PageCounts {
  /** PG_reserved. */
  reserved: number;
  /** page_count() of 1: the first page of each block that is handed out. */
  counted: number;
  /** Reserved pages above low memory. */
  reservedHigh: number;
}

export function countPages(m: Machine): PageCounts {
  const counts = { reserved: 0, counted: 0, reservedHigh: 0 };
  for (let pfn = 0; pfn < m.nrPages; pfn++) {
    const state = m.state[pfn];
    if (state === PAGE_RESERVED) {
      counts.reserved++;
      if (pfn >= m.normalEnd) counts.reservedHigh++;
    } else if ((state & PAGE_ALLOCATED) !== 0) counts.counted++;
  }
  return counts;
}

/** Source: mm/page_alloc.c, nr_free_pages() */
export function freePagesOf(m: Machine): { all: number; high: number } {
  let all = 0;
  for (let z = 0; z < MAX_NR_ZONES; z++) all += m.zone[z * ZONE_STRIDE + ZONE_FREE];
  return { all, high: m.zone[ZONE_HIGHMEM * ZONE_STRIDE + ZONE_FREE] };
}

/** page_state nr_slab: pages in slabs of every cache. */
export function slabPages(m: Machine): number {
  const { slab } = m;
  return slab === null ? 0 : slabTotals(slab).pages;
}

/** avail and limit of a cache's shared array. */
export function sharedOf(m: Machine, cache: number): { avail: number; limit: number } {
  const shared = arrayInfo(m.slab!, cache, NIL);
  return shared === null ? { avail: 0, limit: 0 } : { avail: shared.entries.length, limit: shared.limit };
}
