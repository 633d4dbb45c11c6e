/** Event codes of the ring and the counters that are always kept. Append only: records depend on the numbers. */
export const EV_ALLOC = 1;
export const EV_FREE = 2;
export const EV_SPLIT = 3;
export const EV_MERGE = 4;
export const EV_REFILL = 5;
export const EV_SPILL = 6;
export const EV_KSWAPD = 7;
export const EV_FAIL = 8;
export const EV_SLAB_GROW = 9;
export const EV_SLAB_DESTROY = 10;
export const EV_BAD_PAGE = 11;

/** Counters in `stat`: only what the slow ways touch, so that a per-CPU hit counts nothing. */
export const STAT_SPLITS = 0;
export const STAT_MERGES = 1;
export const STAT_PCP_REFILLED = 2;
export const STAT_PCP_SPILLED = 3;
/** Bulk moves between a per-CPU list and the free lists: one zone lock each. */
export const STAT_PCP_BATCHES = 4;
/** Times a request went beyond its first zone or first pass. */
export const STAT_ZONES_SKIPPED = 5;
export const STAT_KSWAPD_WAKEUPS = 6;
export const STAT_RECLAIM_CALLS = 7;
/** Pages cleared by get_zeroed_page. */
export const STAT_PAGES_ZEROED = 8;
/** Requests that went to the free lists themselves: one zone lock each. */
export const STAT_DIRECT_ALLOCS = 9;
export const STAT_DIRECT_FREES = 10;
export const STAT_SLAB_GROWN = 11;
export const STAT_SLAB_FREED = 12;
/** flush_tlb_all(): every unmapping of vmalloc space, every wrap of the kmap pool. */
export const STAT_TLB_FLUSHES = 13;
/** Pages that were handed out or given back in a state that is nobody's. */
export const STAT_BAD_PAGES = 14;
export const NR_STATS = 16;

/** Name and the meaning of arguments a, b, c of each event, by code. */
export const EVENT_NAMES: readonly { name: string; args: readonly [string, string, string] }[] = [
  { name: '', args: ['', '', ''] },
  { name: 'page.alloc', args: ['pfn', 'order', 'gfp'] },
  { name: 'page.free', args: ['pfn', 'order', 'cold'] },
  { name: 'buddy.split', args: ['pfn', 'order', 'down_to'] },
  { name: 'buddy.merge', args: ['pfn', 'order', 'zone'] },
  { name: 'pcp.refill', args: ['zone', 'cpu', 'pages'] },
  { name: 'pcp.spill', args: ['zone', 'cpu', 'pages'] },
  { name: 'kswapd.wake', args: ['zone', 'free', 'low'] },
  { name: 'page.fail', args: ['order', 'gfp', 'path'] },
  { name: 'slab.grow', args: ['pfn', 'order', 'objects'] },
  { name: 'slab.destroy', args: ['pfn', 'order', 'objects'] },
  { name: 'page.bad', args: ['pfn', 'flags', 'count'] },
];
