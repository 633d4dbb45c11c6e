/**
 * What each mechanism costs, in CPU cycles of a machine of 2003, and the one sum that a score is made of.
 *
 * Deviation: round numbers of the right size rather than measurements of one CPU: an L1 hit is a few cycles, a locked
 * operation about 100, clearing a page about one cycle a byte. A miss of the data cache costs the same wherever it
 * happens: less than one alone would, more than one of a stream. The disk's own time is no CPU time: it is in
 * STAT_DISK_BUSY_US and in how long tasks sleep.
 */
import {
  STAT_ANON_ZEROED,
  STAT_CACHE_HITS,
  STAT_CACHE_MISSES,
  STAT_CONTEXT_SWITCHES,
  STAT_DCACHE_HITS,
  STAT_DCACHE_MISSES,
  STAT_DIRECT_ALLOCS,
  STAT_DIRECT_FREES,
  STAT_DISK_REQUESTS,
  STAT_FILE_HITS,
  STAT_FILE_MISSES,
  STAT_FORKS,
  STAT_INTERRUPTS,
  STAT_KMAP_ATOMICS,
  STAT_KMAP_FLUSHES,
  STAT_KMAPS,
  STAT_KSWAPD_WAKEUPS,
  STAT_MERGES,
  STAT_OOM_KILLS,
  STAT_PAGES_ZEROED,
  STAT_PCP_BATCHES,
  STAT_PCP_REFILLED,
  STAT_PCP_SPILLED,
  STAT_PGACTIVATE,
  STAT_PGFAULT,
  STAT_PGMAJFAULT,
  STAT_PGREFILL,
  STAT_PGROTATED,
  STAT_PGSCAN,
  STAT_PGSTEAL,
  STAT_PSWPIN,
  STAT_PSWPOUT,
  STAT_RECLAIM_CALLS,
  STAT_SLAB_FLUSHES,
  STAT_SLAB_FREED,
  STAT_SLAB_GROWN,
  STAT_SLAB_REAPED,
  STAT_SLAB_REFILLS,
  STAT_SLABS_SCANNED,
  STAT_SOFTIRQS,
  STAT_SPLITS,
  STAT_TLB_FLUSHES,
  STAT_VMALLOC_PAGES,
  STAT_ZONES_SKIPPED,
} from '../trace/events.ts';

export interface Cost {
  /** Stable name, by which a challenge overrides it: `costs: {split: 40}`. */
  key: string;
  /** Counter it is charged by; -1: once for every allocation or free that is asked for. */
  stat: number;
  /** Of a bare machine with pages of 4 KiB; what follows says where others differ. */
  cycles: number;
  what: string;
  /** On machines with reclaim, whose parts are charged one by one. */
  cyclesWithVm?: number;
  /** On machines with a data cache, whose lines are charged one by one. */
  cyclesWithCache?: number;
  /** Proportional to the page size: cycles are those of 4096 bytes. */
  perPage?: true;
}

/** Override bounds: whole cycles. A millisecond of a 3 GHz CPU is the most that one step can sensibly take. */
export const MIN_COST = 0;
export const MAX_COST = 3_000_000;

export const COSTS: readonly Cost[] = [
  {
    key: 'call',
    stat: -1,
    cycles: 60,
    what: 'entering and leaving the allocator, for each allocation and each free',
  },
  {
    key: 'alloc_block',
    stat: STAT_DIRECT_ALLOCS,
    cycles: 160,
    what: 'taking the zone lock, and a block off a free list',
  },
  {
    key: 'free_block',
    stat: STAT_DIRECT_FREES,
    cycles: 160,
    what: 'taking the zone lock, and putting a block on a free list',
  },
  {
    key: 'pcp_batch',
    stat: STAT_PCP_BATCHES,
    cycles: 120,
    what: 'taking the zone lock to move a batch to or from a per-CPU list',
  },
  { key: 'split', stat: STAT_SPLITS, cycles: 30, what: 'cutting a block in two' },
  { key: 'merge', stat: STAT_MERGES, cycles: 45, what: 'joining two buddies' },
  { key: 'pcp_refill', stat: STAT_PCP_REFILLED, cycles: 15, what: 'moving a page into a per-CPU list' },
  { key: 'pcp_spill', stat: STAT_PCP_SPILLED, cycles: 15, what: 'moving a page out of a per-CPU list' },
  { key: 'zone_skip', stat: STAT_ZONES_SKIPPED, cycles: 20, what: 'looking at a zone that is not used' },
  { key: 'kswapd_wakeup', stat: STAT_KSWAPD_WAKEUPS, cycles: 400, what: 'waking kswapd' },
  {
    key: 'reclaim_call',
    stat: STAT_RECLAIM_CALLS,
    cycles: 20000,
    cyclesWithVm: 800,
    what: 'one call of try_to_free_pages',
  },
  {
    key: 'zero_page',
    stat: STAT_PAGES_ZEROED,
    cycles: 4096,
    cyclesWithCache: 512,
    perPage: true,
    what: 'clearing a page',
  },
  {
    key: 'zero_anon_page',
    stat: STAT_ANON_ZEROED,
    cycles: 4096,
    cyclesWithCache: 512,
    perPage: true,
    what: 'clearing a page of anonymous memory for its first touch',
  },
  {
    key: 'slab_refill',
    stat: STAT_SLAB_REFILLS,
    cycles: 200,
    what: 'taking the cache lock to fill a head array',
  },
  {
    key: 'slab_flush',
    stat: STAT_SLAB_FLUSHES,
    cycles: 200,
    what: 'taking the cache lock to empty a part of a head array',
  },
  {
    key: 'slab_grow',
    stat: STAT_SLAB_GROWN,
    cycles: 800,
    what: 'setting up a slab: its management, its list of free objects, its marks in mem_map',
  },
  { key: 'slab_destroy', stat: STAT_SLAB_FREED, cycles: 400, what: 'taking a slab apart' },
  {
    key: 'slab_reap',
    stat: STAT_SLAB_REAPED,
    cycles: 250,
    what: 'finding a slab that the reap timer gives back, under the cache lock with interrupts off',
  },
  {
    key: 'kmap',
    stat: STAT_KMAPS,
    cycles: 150,
    what: 'kmap of a page of high memory: kmap_lock and its hash',
  },
  {
    key: 'kmap_atomic',
    stat: STAT_KMAP_ATOMICS,
    cycles: 120,
    what: 'kmap_atomic of a page of high memory: a page table entry, and one entry of one TLB',
  },
  {
    key: 'kmap_flush',
    stat: STAT_KMAP_FLUSHES,
    cycles: 6000,
    what: 'sweeping the whole kmap pool, its caches included',
  },
  { key: 'tlb_flush', stat: STAT_TLB_FLUSHES, cycles: 1000, what: 'flushing the TLB of every CPU' },
  {
    key: 'vmalloc_page',
    stat: STAT_VMALLOC_PAGES,
    cycles: 100,
    what: 'entering a page into the page tables of vmalloc space',
  },
  { key: 'page_fault', stat: STAT_PGFAULT, cycles: 1200, what: 'a page fault' },
  {
    key: 'major_fault',
    stat: STAT_PGMAJFAULT,
    cycles: 1500,
    what: 'besides, for a fault that has to wait for the disk',
  },
  { key: 'file_hit', stat: STAT_FILE_HITS, cycles: 250, what: 'finding a page in the page cache' },
  { key: 'file_miss', stat: STAT_FILE_MISSES, cycles: 700, what: 'adding a page to the page cache' },
  { key: 'dentry_hit', stat: STAT_DCACHE_HITS, cycles: 150, what: 'a look-up that finds its object' },
  {
    key: 'dentry_miss',
    stat: STAT_DCACHE_MISSES,
    cycles: 600,
    what: 'a look-up that has to make its object',
  },
  {
    key: 'page_refill',
    stat: STAT_PGREFILL,
    cycles: 80,
    what: 'looking at a page of an active list for reclaim',
  },
  {
    key: 'page_scan',
    stat: STAT_PGSCAN,
    cycles: 150,
    what: 'looking at a page of an inactive list for reclaim',
  },
  { key: 'page_activate', stat: STAT_PGACTIVATE, cycles: 60, what: 'moving a page to an active list' },
  {
    key: 'page_rotate',
    stat: STAT_PGROTATED,
    cycles: 60,
    what: 'moving a written page to the end of its list',
  },
  {
    key: 'page_steal',
    stat: STAT_PGSTEAL,
    cycles: 350,
    what: 'reclaiming a page: off its mapping and its list',
  },
  {
    key: 'swap_in',
    stat: STAT_PSWPIN,
    cycles: 800,
    what: 'reading a page of swap space: its slot and its entry',
  },
  {
    key: 'swap_out',
    stat: STAT_PSWPOUT,
    cycles: 1200,
    what: 'writing a page to swap space: a slot, and its mappings taken away',
  },
  {
    key: 'shrink_object',
    stat: STAT_SLABS_SCANNED,
    cycles: 120,
    what: 'a shrinker looking at one of its objects',
  },
  { key: 'disk_request', stat: STAT_DISK_REQUESTS, cycles: 6000, what: 'setting up a request to the disk' },
  { key: 'oom_kill', stat: STAT_OOM_KILLS, cycles: 20000, what: 'choosing a process to kill' },
  {
    key: 'context_switch',
    stat: STAT_CONTEXT_SWITCHES,
    cycles: 1500,
    what: 'another process on a CPU: stack, page tables, TLB',
  },
  { key: 'interrupt', stat: STAT_INTERRUPTS, cycles: 1000, what: 'entering and leaving a hard interrupt' },
  { key: 'softirq', stat: STAT_SOFTIRQS, cycles: 300, what: 'running soft interrupts' },
  { key: 'fork', stat: STAT_FORKS, cycles: 30000, what: 'making a process, without its memory' },
  {
    key: 'cache_hit',
    stat: STAT_CACHE_HITS,
    cycles: 3,
    what: 'a line of memory that is in the data cache, where one is modelled',
  },
  {
    key: 'cache_miss',
    stat: STAT_CACHE_MISSES,
    cycles: 80,
    what: 'a line of memory that is not in the data cache, where one is modelled',
  },
];

/** What the table depends on beside overrides. */
export interface CostBasis {
  pageBytes: number;
  /** The machine has a page cache and reclaim. */
  vm: boolean;
  dataCache: boolean;
}

const BARE: CostBasis = { pageBytes: 4096, vm: false, dataCache: false };

/** Cycles of one cost on such a machine. */
export function costOn(cost: Cost, basis: CostBasis): number {
  let { cycles } = cost;
  if (basis.vm) cycles = cost.cyclesWithVm ?? cycles;
  if (basis.dataCache) cycles = cost.cyclesWithCache ?? cycles;
  return cost.perPage ? (cycles * basis.pageBytes) / 4096 : cycles;
}

/** Cycles of each cost of COSTS, in its order. */
export type CostTable = Float64Array;

/**
 * The table of one machine and one challenge.
 *
 * @param overrides cycles by key: whole numbers, MIN_COST..MAX_COST, for the machine's own page size
 * Throws RangeError for a key that COSTS does not have, or cycles out of bounds.
 */
export function compileCosts(overrides?: Readonly<Record<string, number>>, basis = BARE): CostTable {
  const table = Float64Array.from(COSTS, cost => costOn(cost, basis));
  for (const [key, cycles] of Object.entries(overrides ?? {})) {
    const at = COSTS.findIndex(cost => cost.key === key);
    if (at < 0) throw new RangeError(`there is no cost '${key}'`);
    if (!Number.isInteger(cycles) || cycles < MIN_COST || cycles > MAX_COST)
      throw new RangeError(`cost '${key}' is ${MIN_COST} to ${MAX_COST} cycles, not ${cycles}`);
    table[at] = cycles;
  }
  return table;
}

const DEFAULT_TABLE = compileCosts();

/** Counter of each cost; the first is no counter but the calls. */
const COUNTERS = Int32Array.from(COSTS, cost => cost.stat);

/** @param calls allocations and frees asked for */
export function cyclesOf(stat: Float64Array, calls: number, table: CostTable = DEFAULT_TABLE): number {
  // Goals ask after every operation. All are whole numbers, so two sums at a time are as good as one, and sooner done.
  let even = table[0] * calls;
  let odd = 0;
  for (let i = 1; i < COUNTERS.length; i += 2) {
    odd += table[i] * stat[COUNTERS[i]];
    if (i + 1 < COUNTERS.length) even += table[i + 1] * stat[COUNTERS[i + 1]];
  }
  return even + odd;
}
