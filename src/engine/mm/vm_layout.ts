/** Fields of the columns of vm.ts. */

/** Zone z has these at `zone[(z << VZ_SHIFT) + VZ_…]`. Source: include/linux/mmzone.h, struct zone */
export const VZ_NR_ACTIVE = 0;
export const VZ_NR_INACTIVE = 1;
/** Pages scanned since the last page was given back to the zone's free lists. */
export const VZ_PAGES_SCANNED = 2;
/** 1: everything was scanned twice for nothing; only short looks from now on. */
export const VZ_ALL_UNRECLAIMABLE = 3;
/** Pages of the active list owed to refill_inactive_zone(). */
export const VZ_REFILL_COUNTER = 4;
export const VZ_TEMP_PRIORITY = 5;
export const VZ_PREV_PRIORITY = 6;
export const VZ_SHIFT = 3;

/** Pages of the machine by what they are, `count[VC_…]`. Source: include/linux/page-flags.h, struct page_state */
export const VC_NR_MAPPED = 0;
export const VC_NR_DIRTY = 1;
export const VC_NR_WRITEBACK = 2;
export const VC_NR_UNSTABLE = 3;
export const VC_NR_PAGECACHE = 4;
export const VC_NR_SWAPCACHE = 5;
/** nr_swap_pages: slots free; total_swap_pages. */
export const VC_NR_SWAP_PAGES = 7;
export const VC_TOTAL_SWAP_PAGES = 8;
export const VC_FIELDS = 16;

/** Process p has these at `process[p * P_STRIDE + P_…]`, doubles. */
export const P_ALIVE = 0;
/** Pages of address space. */
export const P_TOTAL_VM = 1;
/** Pages present. */
export const P_RSS = 2;
export const P_START_US = 3;
/** utime + stime, microseconds. */
export const P_CPU_US = 4;
/** -20..19 */
export const P_NICE = 5;
/** 1: uid 0 with every capability. */
export const P_ROOT = 6;
/** 1: PF_MEMDIE, chosen by the OOM killer. */
export const P_KILLED = 7;
export const P_STRIDE = 8;

/** `fields.mapping` of a page: 0 none, a file's number + 1, or the swap cache. */
export const MAPPING_SWAP = 0xffff;

/**
 * A page table entry of anonymous memory, `pte[i]`: 0 none; present: `pfn << PTE_SHIFT | PTE_PRESENT` with the bits that the
 * processor sets; swapped out: `slot << PTE_SHIFT | PTE_SWAP`.
 */
export const PTE_PRESENT = 1;
export const PTE_YOUNG = 2;
export const PTE_DIRTY = 4;
export const PTE_SWAP = 8;
export const PTE_SHIFT = 4;

/** Entries of a struct pagevec. Source: include/linux/pagevec.h */
export const PAGEVEC_SIZE = 16;

/** `reclaim`: in whose name pages are reclaimed at this moment. */
export const RECLAIM_NONE = 0;
/** A task in try_to_free_pages(): PF_MEMALLOC is set. */
export const RECLAIM_DIRECT = 1;
/** kswapd: PF_MEMALLOC and PF_KSWAPD are set. */
export const RECLAIM_KSWAPD = 2;

/** Static variables of out_of_memory(), jiffies. */
export const OOM_FIRST = 0;
export const OOM_LAST = 1;
export const OOM_COUNT = 2;
export const OOM_LASTKILL = 3;
export const OOM_FIELDS = 4;

/** Shrinkers that a machine has room for. */
export const MAX_SHRINKERS = 64;
