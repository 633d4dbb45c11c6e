import { MACHINE_METRICS } from './machineMetrics.ts';

/**
 * Every metric: name, unit, meaning, subsystem and which filters it takes. `harness/metrics` computes them, `spec`
 * checks names against this table, `oomph metrics` prints it.
 */
export interface MetricInfo {
  unit: 'count' | 'pages' | 'bytes' | 'cycles' | 'us' | 'order' | 'permille' | 'tokens';
  subsystem:
    | 'page_alloc'
    | 'buddy'
    | 'pcp'
    | 'zone'
    | 'slab'
    | 'vmalloc'
    | 'highmem'
    | 'cache'
    | 'kernel'
    | 'stack'
    | 'process'
    | 'reclaim'
    | 'page_cache'
    | 'vm'
    | 'swap'
    | 'disk'
    | 'policy'
    | 'run';
  meaning: string;
  /** Filters that `where` may use. */
  where: readonly ('task' | 'zone' | 'order')[];
  /** `now`: a state that may go up and down; `total`: only ever grows. */
  kind: 'now' | 'total';
  better: 'lower' | 'higher';
  /** Part of the machine without which nothing is ever counted. */
  needs?: MachinePart;
}

/** `highmem`: pages above low memory; the others are keys of the machine's config. */
export type MachinePart = 'slab' | 'highmem' | 'stacks' | 'vm' | 'processes' | 'dataCache';

const TABLE = {
  'page_alloc.failures': {
    unit: 'count',
    subsystem: 'page_alloc',
    meaning: 'allocations that returned NULL, retries of the task included',
    where: ['task', 'order'],
    kind: 'total',
    better: 'lower',
  },
  'page_alloc.stalls': {
    unit: 'count',
    subsystem: 'page_alloc',
    meaning: 'allocations that the kernel would make wait and retry (order <= 3 or __GFP_REPEAT, may sleep)',
    where: ['task', 'order'],
    kind: 'total',
    better: 'lower',
  },
  'page_alloc.stall_time': {
    unit: 'us',
    subsystem: 'page_alloc',
    meaning: 'simulated time that tasks spent waiting in __alloc_pages',
    where: ['task'],
    kind: 'total',
    better: 'lower',
  },
  'page_alloc.allocs': {
    unit: 'count',
    subsystem: 'page_alloc',
    meaning: 'allocations that were served',
    where: ['task', 'order'],
    kind: 'total',
    better: 'higher',
  },
  'page_alloc.served': {
    unit: 'permille',
    subsystem: 'page_alloc',
    meaning: 'share of the allocations asked for that were served (all, when none was asked for)',
    where: ['task', 'order'],
    kind: 'now',
    better: 'higher',
  },
  'page_alloc.kswapd_wakeups': {
    unit: 'count',
    subsystem: 'page_alloc',
    meaning: 'times that a request found a zone at or below pages_low after the first pass failed',
    where: ['zone'],
    kind: 'total',
    better: 'lower',
  },
  'page_alloc.fallbacks': {
    unit: 'count',
    subsystem: 'page_alloc',
    meaning: 'allocations served from another zone than the first of their Linux zonelist',
    where: ['task', 'order'],
    kind: 'total',
    better: 'lower',
  },
  'buddy.splits': {
    unit: 'count',
    subsystem: 'buddy',
    meaning: 'free blocks cut in two',
    where: [],
    kind: 'total',
    better: 'lower',
  },
  'buddy.merges': {
    unit: 'count',
    subsystem: 'buddy',
    meaning: 'pairs of buddies joined',
    where: [],
    kind: 'total',
    better: 'lower',
  },
  'buddy.largest_free': {
    unit: 'order',
    subsystem: 'buddy',
    meaning: 'highest order with a free block (-1: none)',
    where: ['zone'],
    kind: 'now',
    better: 'higher',
  },
  'buddy.blocks_free': {
    unit: 'count',
    subsystem: 'buddy',
    meaning: 'blocks of at least that order (0 without one) that could be cut from the free lists',
    where: ['zone', 'order'],
    kind: 'now',
    better: 'higher',
  },
  'buddy.unusable': {
    unit: 'permille',
    subsystem: 'buddy',
    meaning:
      'free pages that lie in blocks too small for that order (9 without one), per thousand free pages',
    where: ['zone', 'order'],
    kind: 'now',
    better: 'lower',
  },
  'pcp.moved': {
    unit: 'pages',
    subsystem: 'pcp',
    meaning: 'pages moved between per-CPU lists and buddy lists, both ways',
    where: [],
    kind: 'total',
    better: 'lower',
  },
  'pcp.held': {
    unit: 'pages',
    subsystem: 'pcp',
    meaning: 'pages lying in per-CPU lists, where no other CPU can have them',
    where: ['zone'],
    kind: 'now',
    better: 'lower',
  },
  'zone.free': {
    unit: 'pages',
    subsystem: 'zone',
    meaning: 'zone->free_pages, pages in per-CPU lists left out',
    where: ['zone'],
    kind: 'now',
    better: 'higher',
  },
  'zone.used': {
    unit: 'pages',
    subsystem: 'zone',
    meaning: 'pages handed out and not given back',
    where: ['zone', 'task'],
    kind: 'now',
    better: 'lower',
  },
  cycles: {
    unit: 'cycles',
    subsystem: 'run',
    meaning: 'what the kernel itself cost, by the table in docs/costs.md',
    where: [],
    kind: 'total',
    better: 'lower',
  },
  'kernel.bugs': {
    unit: 'count',
    subsystem: 'kernel',
    meaning:
      'reports of bugs: BUG, oops, sleeping where nobody may, memory freed twice, overwritten or overflowed',
    where: [],
    kind: 'total',
    better: 'lower',
  },
  ...MACHINE_METRICS,
  'policy.faults': {
    unit: 'count',
    subsystem: 'policy',
    meaning: 'answers of the policy that broke a rule',
    where: [],
    kind: 'total',
    better: 'lower',
  },
  'policy.tokens': {
    unit: 'tokens',
    subsystem: 'policy',
    meaning: 'size of the policy: its JavaScript tokens, types and comments left out (0 without one)',
    where: [],
    kind: 'now',
    better: 'lower',
  },
} satisfies Record<string, MetricInfo>;

export type MetricName = keyof typeof TABLE;
export const METRICS: Readonly<Record<MetricName, MetricInfo>> = TABLE;
export const METRIC_NAMES = Object.keys(METRICS) as MetricName[];
