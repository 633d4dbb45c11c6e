/** What the value of a goal is made of: whose it is, which prices and waits were paid, and what is counted beside it. */
import { METRICS, type MetricName } from '../contract/metrics.ts';
import type { ChallengePlan, GoalPlan, MetricFilter } from '../contract/plan.ts';
import type { CyclesSpent } from '../contract/verdict.ts';
import { MAX_NR_ZONES, MAX_ORDER, ZONE_NAMES, ZONE_SPANNED, ZONE_STRIDE } from '../engine/index.ts';
import { cyclesSpent } from './cyclesSpent.ts';
import type { Measured } from './measured.ts';
import { measure, unitOf } from './metrics.ts';

/** A part of the value: a task's, a zone's, an order's. */
export interface GoalShare {
  of: 'task' | 'zone' | 'order';
  name: string;
  value: number;
}

/** Something else that was counted and has to do with it. */
export interface GoalBeside {
  metric: MetricName;
  /** Narrowed to the goal's task; '' for all. */
  task: string;
  value: number;
  unit: string;
  meaning: string;
}

export interface GoalMakeup {
  /** Parts that are not nought, the largest first; none where the value has none. */
  shares: GoalShare[];
  otherShares: number;
  /** Of cycles: what they were paid for. */
  spent: CyclesSpent[];
  beside: GoalBeside[];
}

const SHARES = 8;

/** What explains a metric, for the same task where it can be told apart; the parts of a sum stand first. */
const BESIDE: Partial<Record<MetricName, readonly MetricName[]>> = {
  'page_alloc.stall_time': [
    'page_alloc.stalls',
    'page_alloc.kswapd_wakeups',
    'reclaim.direct',
    'reclaim.scanned',
    'reclaim.stolen',
    'vm.dirty',
    'disk.busy',
  ],
  'page_alloc.stalls': ['page_alloc.stall_time', 'page_alloc.kswapd_wakeups', 'reclaim.direct'],
  'task.wait_time': [
    'task.cpu_wait',
    'reclaim.wait_time',
    'task.disk_wait',
    'page_alloc.stall_time',
    'task.runs',
    'sched.switches',
    'faults.major',
    'disk.requests',
    'disk.busy',
  ],
  'task.cpu_wait': ['task.runs', 'sched.switches', 'irq.count', 'softirq.count'],
  'task.disk_wait': [
    'disk.requests',
    'disk.busy',
    'faults.major',
    'swap.in',
    'swap.out',
    'page_cache.hit_rate',
  ],
  'task.queue_wait': ['task.runs', 'task.wait_time', 'task.cpu_wait', 'reclaim.wait_time', 'task.disk_wait'],
  'task.runs': [
    'task.queue_wait',
    'task.wait_time',
    'task.cpu_wait',
    'reclaim.wait_time',
    'task.disk_wait',
    'page_alloc.stall_time',
    'fork.failures',
    'oom.kills',
  ],
  'reclaim.wait_time': [
    'reclaim.direct',
    'reclaim.scanned',
    'reclaim.stolen',
    'reclaim.kswapd_stolen',
    'vm.dirty',
    'vm.writeback',
    'disk.busy',
  ],
  'reclaim.direct': ['reclaim.scanned', 'reclaim.stolen', 'reclaim.kswapd_stolen', 'vm.dirty', 'vm.anon'],
  'irq.latency': ['irq.count', 'softirq.count'],
  'disk.busy': ['disk.requests', 'faults.major', 'swap.in', 'swap.out', 'page_cache.hit_rate', 'vm.dirty'],
  'page_cache.hit_rate': ['page_cache.pages', 'reclaim.stolen', 'faults.major', 'disk.requests', 'vm.anon'],
  'dcache.hit_rate': ['slab.pages', 'slab.reaped', 'reclaim.direct', 'reclaim.stolen'],
  'cache.misses': ['cache.miss_rate', 'slab.pages', 'pcp.moved'],
  'cache.miss_rate': ['cache.misses'],
  'buddy.unusable': ['zone.free', 'buddy.splits', 'buddy.merges', 'buddy.largest_free', 'zone.used'],
  'buddy.largest_free': ['zone.free', 'buddy.unusable', 'buddy.splits', 'buddy.merges', 'zone.used'],
  'buddy.blocks_free': ['zone.free', 'buddy.unusable', 'buddy.largest_free', 'zone.used'],
  'buddy.splits': ['buddy.merges', 'page_alloc.allocs', 'pcp.moved'],
  'buddy.merges': ['buddy.splits', 'page_alloc.allocs', 'pcp.moved'],
  'pcp.moved': ['page_alloc.allocs', 'pcp.held'],
  'zone.free': ['zone.used', 'pcp.held', 'slab.pages', 'page_cache.pages', 'vm.anon', 'buddy.unusable'],
  'zone.used': ['zone.free', 'slab.pages', 'page_cache.pages', 'vm.anon'],
  'slab.pages': ['slab.objects_active', 'slab.waste', 'slab.grown', 'slab.freed', 'slab.reaped'],
  'slab.waste': ['slab.pages', 'slab.objects_active', 'slab.grown', 'slab.freed', 'slab.reaped'],
  'kmap.flushes': ['kmap.held', 'kmap.waits', 'tlb.flushes'],
  'kmap.waits': ['kmap.held', 'kmap.flushes'],
  'tlb.flushes': ['kmap.flushes', 'vmalloc.used'],
  'swap.out': ['vm.anon', 'swap.used', 'page_cache.pages', 'reclaim.scanned'],
  'swap.in': ['vm.anon', 'swap.used', 'swap.out', 'faults.major'],
  'page_alloc.served': ['page_alloc.allocs', 'page_alloc.failures', 'page_alloc.stalls'],
  'page_alloc.fallbacks': ['page_alloc.allocs', 'zone.free'],
};

/** Values that can be added up to the whole: of an extreme or a share parts say nothing of the sum. */
const addsUp = (metric: MetricName): boolean =>
  METRICS[metric].unit !== 'permille' && METRICS[metric].unit !== 'order';

export function goalMakeup(plan: ChallengePlan, run: Measured, { metric, where }: GoalPlan): GoalMakeup {
  const shares = sharesOf(plan, run, metric, where);
  return {
    shares: shares.slice(0, SHARES),
    otherShares: Math.max(0, shares.length - SHARES),
    spent: metric === 'cycles' ? cyclesSpent(run) : [],
    beside: (BESIDE[metric] ?? [])
      .map(name => besideOf(plan, run, name, where))
      .filter(({ value }) => value !== 0),
  };
}

function sharesOf(plan: ChallengePlan, run: Measured, metric: MetricName, where: MetricFilter): GoalShare[] {
  const filters = METRICS[metric].where;
  const present = (zone: number): boolean => run.machine.zone[zone * ZONE_STRIDE + ZONE_SPANNED] > 0;
  const zones = [...Array(MAX_NR_ZONES).keys()].filter(present);
  const names: Record<GoalShare['of'], readonly string[]> = {
    task: plan.workload.tasks.map(({ name }) => name),
    zone: ZONE_NAMES,
    order: Array.from({ length: MAX_ORDER }, (_, order) => `order ${order}`),
  };
  const numbers: Record<GoalShare['of'], number[]> = {
    task: [...plan.workload.tasks.keys()],
    zone: zones,
    order: addsUp(metric) && metric.startsWith('page_alloc.') ? [...Array(MAX_ORDER).keys()] : [],
  };
  return filters.flatMap(of => {
    if (where[of] >= 0 || numbers[of].length < 2) return [];
    const found = numbers[of].map(number => ({
      of,
      name: names[of][number],
      value: measure(run, metric, { ...where, [of]: number }),
    }));
    return found
      .filter(({ value }) => !addsUp(metric) || value !== 0)
      .sort((a, b) => (METRICS[metric].better === 'lower' ? b.value - a.value : a.value - b.value));
  });
}

function besideOf(plan: ChallengePlan, run: Measured, metric: MetricName, where: MetricFilter): GoalBeside {
  const { where: takes, meaning } = METRICS[metric];
  const task = takes.includes('task') ? where.task : -1;
  const zone = takes.includes('zone') ? where.zone : -1;
  const order = takes.includes('order') ? where.order : -1;
  return {
    metric,
    task: plan.workload.tasks[task]?.name ?? '',
    value: measure(run, metric, { task, zone, order }),
    unit: unitOf(metric),
    meaning,
  };
}
