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
export const EV_KMALLOC = 12;
export const EV_KFREE = 13;
export const EV_CACHE_ALLOC = 14;
export const EV_CACHE_FREE = 15;
export const EV_VMALLOC = 16;
export const EV_VFREE = 17;
export const EV_KMAP = 18;
export const EV_KUNMAP = 19;
export const EV_FORK = 20;
export const EV_EXIT = 21;
export const EV_IRQ_ENTER = 22;
export const EV_IRQ_EXIT = 23;
export const EV_RECLAIM_BEGIN = 24;
export const EV_RECLAIM_END = 25;
export const EV_SHRINK_SLAB = 26;
export const EV_WRITEPAGE = 27;
export const EV_OOM_KILL = 28;
export const EV_SWAP_IN = 29;
export const EV_PAGE_CACHE_ADD = 30;
export const EV_PAGE_CACHE_REMOVE = 31;

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
/** Reclaim, as /proc/vmstat of 2.6.0 counts it. */
export const STAT_PGPGIN = 16;
export const STAT_PGPGOUT = 17;
export const STAT_PSWPIN = 18;
export const STAT_PSWPOUT = 19;
export const STAT_PGFAULT = 20;
export const STAT_PGMAJFAULT = 21;
export const STAT_PGACTIVATE = 22;
export const STAT_PGDEACTIVATE = 23;
export const STAT_PGREFILL = 24;
export const STAT_PGSCAN = 25;
export const STAT_PGSTEAL = 26;
export const STAT_KSWAPD_STEAL = 27;
export const STAT_PAGEOUTRUN = 28;
export const STAT_ALLOCSTALL = 29;
export const STAT_PGROTATED = 30;
export const STAT_SLABS_SCANNED = 31;
export const STAT_OOM_KILLS = 32;
/** Lines of memory touched that were in the CPU's data cache, and that were not: mm/data_cache.ts. */
export const STAT_CACHE_HITS = 33;
export const STAT_CACHE_MISSES = 34;
/** Page cache: pages found, pages read. */
export const STAT_FILE_HITS = 35;
export const STAT_FILE_MISSES = 36;
/** Requests that the disk was given, and microseconds that it was busy. */
export const STAT_DISK_REQUESTS = 37;
export const STAT_DISK_BUSY_US = 38;
/** Congestion waits of reclaim and of balance_dirty_pages. */
export const STAT_CONGESTION_WAITS = 39;
export const STAT_SLAB_REFILLS = 40;
export const STAT_SLAB_FLUSHES = 41;
export const STAT_SLAB_REAPED = 42;
export const STAT_KMAPS = 43;
export const STAT_KMAP_ATOMICS = 44;
export const STAT_VMALLOC_PAGES = 45;
export const STAT_FORKS = 46;
export const STAT_FORK_FAILURES = 47;
export const STAT_CONTEXT_SWITCHES = 48;
export const STAT_INTERRUPTS = 49;
export const STAT_SOFTIRQS = 50;
export const STAT_STACK_OVERFLOWS = 51;
export const STAT_OOPSES = 52;
/** Reports of bugs, printed or not. */
export const STAT_KERNEL_BUGS = 53;
/** Look-ups in caches with a shrinker, as fs/dcache.c is one. */
export const STAT_DCACHE_HITS = 54;
export const STAT_DCACHE_MISSES = 55;
/** Pages of anonymous memory cleared for a first touch. */
export const STAT_ANON_ZEROED = 56;
/** Sweeps of the kmap pool, and tasks that slept for a slot of it. */
export const STAT_KMAP_FLUSHES = 57;
export const STAT_KMAP_WAITS = 58;
/** Stacks whose overwritten addr_limit lets the kernel write anywhere for a user. */
export const STAT_ADDR_LIMIT_HOLES = 59;
/** Reschedules that overwritten flags of thread_info asked for. */
export const STAT_SPURIOUS_RESCHEDS = 60;
/** The swap cache's own: pages put in, pages taken out, look-ups and those that found. Source: mm/swap_state.c, swap_cache_info */
export const STAT_SWAP_CACHE_ADDS = 61;
export const STAT_SWAP_CACHE_DELETES = 62;
export const STAT_SWAP_CACHE_FINDS = 63;
export const STAT_SWAP_CACHE_FOUND = 64;
export const NR_STATS = 72;

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
  { name: 'kmalloc', args: ['object', 'bytes', 'gfp'] },
  { name: 'kfree', args: ['object', '', ''] },
  { name: 'cache.alloc', args: ['object', 'cache', 'gfp'] },
  { name: 'cache.free', args: ['object', 'cache', ''] },
  { name: 'vmalloc', args: ['address', 'pages', ''] },
  { name: 'vfree', args: ['address', '', ''] },
  { name: 'kmap', args: ['pfn', 'slot', 'type'] },
  { name: 'kunmap', args: ['pfn', 'slot', 'type'] },
  { name: 'fork', args: ['process', 'pfn', 'task'] },
  { name: 'exit', args: ['process', 'pfn', 'task'] },
  { name: 'irq.enter', args: ['cpu', 'irq', 'depth'] },
  { name: 'irq.exit', args: ['cpu', 'irq', 'depth'] },
  { name: 'reclaim.begin', args: ['order', 'gfp', 'kswapd'] },
  { name: 'reclaim.end', args: ['reclaimed', 'scanned', 'priority'] },
  { name: 'shrink.slab', args: ['shrinker', 'scanned', 'freed'] },
  { name: 'writepage', args: ['pfn', 'mapping', 'index'] },
  { name: 'oom.kill', args: ['process', 'points', ''] },
  { name: 'swap.in', args: ['pfn', 'slot', 'process'] },
  { name: 'page_cache.add', args: ['pfn', 'mapping', 'index'] },
  { name: 'page_cache.remove', args: ['pfn', 'mapping', 'index'] },
];
