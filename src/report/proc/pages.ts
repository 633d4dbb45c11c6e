/** Counts over all pages, as the kernel's own views take them. */
import {
  arrayInfo,
  MAPPING_SWAP,
  MAX_NR_ZONES,
  type Machine,
  NIL,
  P_ALIVE,
  P_STRIDE,
  P_TOTAL_VM,
  PAGE_ALLOCATED,
  PAGE_RESERVED,
  slabTotals,
  VZ_SHIFT,
  ZONE_FREE,
  ZONE_HIGHMEM,
  ZONE_STRIDE,
} from '../../engine/index.ts';

export interface PageCounts {
  /** PG_reserved. */
  reserved: number;
  /** Reserved pages above low memory. */
  reservedHigh: number;
  /** PageSwapCache(); the pages counted below are others. */
  swapCached: number;
  /** Pages with references; only the first page of a block has any. */
  counted: number;
  /** References beyond the first of each. */
  shared: number;
}

/** As every show_mem() goes over mem_map. */
export function countPages(m: Machine): PageCounts {
  const { state, fields } = m;
  const counts = { reserved: 0, reservedHigh: 0, swapCached: 0, counted: 0, shared: 0 };
  for (let pfn = 0; pfn < m.nrPages; pfn++) {
    if (state[pfn] === PAGE_RESERVED) {
      counts.reserved++;
      if (pfn >= m.normalEnd) counts.reservedHigh++;
    } else if (fields !== null && fields.mapping[pfn] === MAPPING_SWAP) counts.swapCached++;
    else if ((state[pfn] & PAGE_ALLOCATED) !== 0) {
      counts.counted++;
      if (fields !== null) counts.shared += fields.count[pfn] - 1;
    }
  }
  return counts;
}

/** Sum over the zones of nr_active (VZ_NR_ACTIVE) or nr_inactive. Source: mm/page_alloc.c, get_zone_counts() */
export function onLists(m: Machine, field: number): number {
  let pages = 0;
  if (m.vm !== null) for (let z = 0; z < MAX_NR_ZONES; z++) pages += m.vm.zone[(z << VZ_SHIFT) + field];
  return pages;
}

/** nr_page_table_pages: those of processes, page directories left out. Source: mm/memory.c, pte_alloc_map() */
export function pageTablePages({ vm }: Machine): number {
  return vm === null ? 0 : vm.anon.nrTables - vm.anon.freeTables.length;
}

/** vm_committed_space: address space that living processes have been promised. */
export function committedPages(m: Machine): number {
  let pages = 0;
  if (m.vm === null) return 0;
  const { process, nrProcesses } = m.vm;
  for (let at = 0; at < nrProcesses * P_STRIDE; at += P_STRIDE) {
    if (process[at + P_ALIVE] !== 0) pages += process[at + P_TOTAL_VM];
  }
  return pages;
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
