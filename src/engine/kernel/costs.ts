/**
 * What each mechanism costs, in CPU cycles of a machine of 2003, and the one sum that a score is made of.
 *
 * Deviation: round numbers of the right size rather than measurements of one CPU: an L1 hit is a few cycles, a locked
 * operation about 100, clearing a page about one cycle a byte.
 */
import {
  STAT_DIRECT_ALLOCS,
  STAT_DIRECT_FREES,
  STAT_KSWAPD_WAKEUPS,
  STAT_MERGES,
  STAT_PAGES_ZEROED,
  STAT_PCP_BATCHES,
  STAT_PCP_REFILLED,
  STAT_PCP_SPILLED,
  STAT_RECLAIM_CALLS,
  STAT_SPLITS,
  STAT_ZONES_SKIPPED,
} from '../trace/events.ts';

export interface Cost {
  /** Counter it is charged by; -1: once for every allocation or free that is asked for. */
  stat: number;
  cycles: number;
  what: string;
}

export const COSTS: readonly Cost[] = [
  { stat: -1, cycles: 60, what: 'entering and leaving the allocator, for each allocation and each free' },
  { stat: STAT_DIRECT_ALLOCS, cycles: 160, what: 'taking the zone lock, and a block off a free list' },
  { stat: STAT_DIRECT_FREES, cycles: 160, what: 'taking the zone lock, and putting a block on a free list' },
  {
    stat: STAT_PCP_BATCHES,
    cycles: 120,
    what: 'taking the zone lock to move a batch to or from a per-CPU list',
  },
  { stat: STAT_SPLITS, cycles: 30, what: 'cutting a block in two' },
  { stat: STAT_MERGES, cycles: 45, what: 'joining two buddies' },
  { stat: STAT_PCP_REFILLED, cycles: 15, what: 'moving a page into a per-CPU list' },
  { stat: STAT_PCP_SPILLED, cycles: 15, what: 'moving a page out of a per-CPU list' },
  { stat: STAT_ZONES_SKIPPED, cycles: 20, what: 'looking at a zone that is not used' },
  { stat: STAT_KSWAPD_WAKEUPS, cycles: 400, what: 'waking kswapd' },
  { stat: STAT_RECLAIM_CALLS, cycles: 20000, what: 'one call of try_to_free_pages' },
  { stat: STAT_PAGES_ZEROED, cycles: 4096, what: 'clearing a page' },
];

/** @param calls allocations and frees asked for */
export function cyclesOf(stat: Float64Array, calls: number): number {
  let sum = 0;
  for (const cost of COSTS) sum += cost.cycles * (cost.stat < 0 ? calls : stat[cost.stat]);
  return sum;
}
