import { METRIC_NAMES, METRICS, type MetricName } from '../contract/metrics.ts';
import type { ChallengePlan, MetricFilter } from '../contract/plan.ts';
import type { NamedFilter } from '../contract/verdict.ts';
import {
  cyclesOf,
  MAX_NR_ZONES,
  MAX_ORDER,
  type Machine,
  nrFree,
  pcpCount,
  pcpOf,
  STAT_KERNEL_BUGS,
  STAT_MERGES,
  STAT_PCP_REFILLED,
  STAT_PCP_SPILLED,
  STAT_SPLITS,
  ZONE_FREE,
  ZONE_NAMES,
  ZONE_STRIDE,
} from '../engine/index.ts';
import { TALLY_ORDERS } from '../workload/tally.ts';
import { MACHINE_METERS } from './machineMeters.ts';
import { endZone, firstZone, type Measured, type Meter, sumOver } from './measured.ts';

export type { Measured };

export const NO_FILTER: MetricFilter = { task: -1, zone: -1, order: -1 };

/** Sum of a tally over tasks and orders, or those that the filter names. */
function count(column: Float64Array, where: MetricFilter): number {
  const nrTasks = column.length / TALLY_ORDERS;
  const firstTask = Math.max(where.task, 0);
  const endTask = where.task < 0 ? nrTasks : where.task + 1;
  const firstOrder = Math.max(where.order, 0);
  const endOrder = where.order < 0 ? TALLY_ORDERS : where.order + 1;
  let sum = 0;
  for (let task = firstTask; task < endTask; task++) {
    for (let order = firstOrder; order < endOrder; order++) sum += column[task * TALLY_ORDERS + order];
  }
  return sum;
}

function freePagesOf(m: Machine, where: MetricFilter): number {
  let sum = 0;
  for (let z = firstZone(where); z < endZone(where); z++) sum += m.zone[z * ZONE_STRIDE + ZONE_FREE];
  return sum;
}

/** Blocks of 2^order that the larger and equal free blocks would make. */
function blocksFree(m: Machine, where: MetricFilter, order: number): number {
  let blocks = 0;
  for (let z = firstZone(where); z < endZone(where); z++) {
    for (let o = order; o < MAX_ORDER; o++) blocks += nrFree(m, z, o) * 2 ** (o - order);
  }
  return blocks;
}

function largestFree(m: Machine, where: MetricFilter): number {
  const { links, sentinelBase } = m;
  for (let order = MAX_ORDER - 1; order >= 0; order--) {
    for (let z = firstZone(where); z < endZone(where); z++) {
      const head = sentinelBase + z * MAX_ORDER + order;
      if (links[2 * head] !== head) return order;
    }
  }
  return -1;
}

function served(run: Measured, where: MetricFilter): number {
  const asked = count(run.player.tally.asked, where);
  return asked === 0 ? 1000 : Math.floor((count(run.player.tally.served, where) * 1000) / asked);
}

function unusable(run: Measured, where: MetricFilter): number {
  const free = freePagesOf(run.machine, where);
  if (free === 0) return 1000;
  const order = where.order < 0 ? 9 : where.order;
  const inLarge = blocksFree(run.machine, where, order) * 2 ** order;
  return Math.floor(((free - inLarge) * 1000) / free);
}

function pcpHeld(m: Machine, where: MetricFilter): number {
  let pages = 0;
  for (let z = firstZone(where); z < endZone(where); z++) {
    for (let cpu = 0; cpu < m.cpus; cpu++) {
      pages += pcpCount(m, pcpOf(z, cpu, 0)) + pcpCount(m, pcpOf(z, cpu, 1));
    }
  }
  return pages;
}

function zoneUsed(run: Measured, where: MetricFilter): number {
  const { usedPages } = run.player.tally;
  let pages = 0;
  for (let i = 0; i < usedPages.length; i++) {
    const zone = i % MAX_NR_ZONES;
    if (where.zone >= 0 && zone !== where.zone) continue;
    if (where.task >= 0 && i - zone !== where.task * MAX_NR_ZONES) continue;
    pages += usedPages[i];
  }
  return pages;
}

const METERS: Record<MetricName, Meter> = {
  'page_alloc.failures': (run, where) => count(run.player.tally.failures, where),
  'page_alloc.stalls': (run, where) => count(run.player.tally.stalls, where),
  'page_alloc.stall_time': (run, where) => sumOver(run.player.tally.stallUs, where.task),
  'page_alloc.allocs': (run, where) => count(run.player.tally.served, where),
  'page_alloc.served': served,
  'page_alloc.kswapd_wakeups': (run, where) => sumOver(run.player.tally.kswapdWakeups, where.zone),
  'page_alloc.fallbacks': (run, where) => count(run.player.tally.fallbacks, where),
  'buddy.splits': run => run.machine.stat[STAT_SPLITS],
  'buddy.merges': run => run.machine.stat[STAT_MERGES],
  'buddy.largest_free': (run, where) => largestFree(run.machine, where),
  'buddy.blocks_free': (run, where) => blocksFree(run.machine, where, Math.max(where.order, 0)),
  'buddy.unusable': unusable,
  'pcp.moved': run => run.machine.stat[STAT_PCP_REFILLED] + run.machine.stat[STAT_PCP_SPILLED],
  'pcp.held': (run, where) => pcpHeld(run.machine, where),
  'zone.free': (run, where) => freePagesOf(run.machine, where),
  'zone.used': zoneUsed,
  cycles: run => cyclesOf(run.machine.stat, run.player.tally.calls[0], run.costs),
  'kernel.bugs': run => run.player.tally.bugs[0] + run.machine.stat[STAT_KERNEL_BUGS],
  ...MACHINE_METERS,
  'policy.faults': run => run.policy.nrFaults,
  'policy.tokens': run => run.policy.tokens,
};

/** What measures a metric, for those who do so after every operation. */
export const meterOf = (metric: MetricName): Meter => METERS[metric];

/** A number that is another one whenever a metric may be, where it is quicker had than the metric. */
export const PULSES: Partial<Record<MetricName, (run: Measured) => number>> = {
  'page_alloc.failures': run => run.player.incidents.length,
};

/** The metric's value now, an integer in its unit. */
export function measure(run: Measured, metric: MetricName, where: MetricFilter = NO_FILTER): number {
  return METERS[metric](run, where);
}

/** Every metric without a filter. */
export function measureAll(run: Measured): Record<string, number> {
  const all: Record<string, number> = {};
  for (const name of METRIC_NAMES) all[name] = measure(run, name);
  return all;
}

export function namedFilter(plan: ChallengePlan, where: MetricFilter): NamedFilter {
  const named: NamedFilter = {};
  if (where.task >= 0) named.task = plan.workload.tasks[where.task].name;
  if (where.zone >= 0) named.zone = ZONE_NAMES[where.zone];
  if (where.order >= 0) named.order = where.order;
  return named;
}

/** `page_alloc.failures of task sb16`, as a person reads it. */
export function metricText(plan: ChallengePlan, metric: MetricName, where: MetricFilter): string {
  let text: string = metric;
  if (where.task >= 0) text += ` of task ${plan.workload.tasks[where.task].name}`;
  if (where.zone >= 0) text += ` in zone ${ZONE_NAMES[where.zone]}`;
  if (where.order >= 0) text += `, order ${where.order}`;
  return text;
}

export function unitOf(metric: MetricName): string {
  return METRICS[metric].unit;
}
