import { type MachinePart, METRICS, type MetricName } from '../contract/metrics.ts';
import type { MetricFilter } from '../contract/plan.ts';
import { __GFP_DMA, __GFP_HIGHMEM, MAX_NR_ZONES, ZONE_HIGHMEM, ZONE_NORMAL } from '../engine/index.ts';
import { outcomes } from './gfp.ts';
import type { MachineSpec } from './machine.ts';
import type { AllocSite } from './steps/run.ts';
import type { TaskFacts } from './tasks.ts';

/** What the rest of the file says, as far as it could be read. */
export interface Facts {
  machine: MachineSpec | undefined;
  tasks: TaskFacts[] | undefined;
  /** The file lets a policy take decisions; undefined: not readable. */
  hasPolicy: boolean | undefined;
  /** A policy may decide the masks (hook gfp): what a request that may sleep cannot do, it can with another mask. */
  choosesMasks: boolean;
  /** Bytes of a page of this machine. */
  pageBytes: number;
}

export interface Bounds {
  low: number;
  high: number;
  /** Why, where it is not the nature of the metric. */
  why: string;
}

const UNBOUNDED: Bounds = { low: 0, high: Number.POSITIVE_INFINITY, why: '' };

/** Between which values a metric lies in every run of this file: only what is certain. */
export function bounds(metric: MetricName, where: MetricFilter, facts: Facts): Bounds {
  const never = neverCounts(metric, where, facts);
  if (never !== '') {
    // A rate of nothing is that of a machine where all went well.
    const idle = METRICS[metric].unit === 'permille' && METRICS[metric].better === 'higher' ? 1000 : 0;
    return { low: idle, high: idle, why: never };
  }
  // An overflow goes as far below 0 as the stack that overflowed.
  if (metric === 'stack.headroom') return { ...UNBOUNDED, low: Number.NEGATIVE_INFINITY };
  // Swap space is as large as the file says, whatever the RAM.
  if (metric === 'swap.used')
    return { ...UNBOUNDED, high: facts.machine?.config.vm?.swapPages ?? Number.POSITIVE_INFINITY };
  switch (METRICS[metric].unit) {
    case 'permille':
      return { low: 0, high: 1000, why: '' };
    case 'order':
      return { low: -1, high: 10, why: '' };
    case 'pages':
      return METRICS[metric].kind === 'total' ? UNBOUNDED : { ...UNBOUNDED, high: pagesOf(where, facts) };
    default:
      if (metric === 'buddy.blocks_free') {
        const pages = pagesOf(where, facts);
        return { ...UNBOUNDED, high: Math.floor(pages / 2 ** Math.max(0, where.order)) };
      }
      return UNBOUNDED;
  }
}

function pagesOf(where: MetricFilter, facts: Facts): number {
  const { machine } = facts;
  if (machine === undefined) return Number.POSITIVE_INFINITY;
  return where.zone < 0 ? machine.config.ramPages : machine.zonePages[where.zone];
}

/** Why nothing in the file can ever move this metric from 0; '' if something can, or if too little of it is known. */
function neverCounts(metric: MetricName, where: MetricFilter, facts: Facts): string {
  const { needs } = METRICS[metric];
  if (needs !== undefined && facts.machine !== undefined && !hasPart(facts.machine, needs))
    return NO_PART[needs];
  if (METRICS[metric].subsystem === 'policy')
    return facts.hasPolicy === false ? 'the file lets no policy decide' : '';
  if (METRICS[metric].subsystem !== 'page_alloc' || metric === 'page_alloc.served') return '';
  const tasks = facts.tasks === undefined ? [] : where.task < 0 ? facts.tasks : [facts.tasks[where.task]];
  if (tasks.length === 0 || tasks.some(t => !t.whole || t.indirect)) return '';
  const who = where.task < 0 ? 'no task' : `task ${tasks[0].name}`;
  const not = where.task < 0 ? '' : 'never ';
  const sites = tasks.flatMap(task => task.sites.map(site => ({ task, site: restrict(site, where.order) })));
  if (sites.length === 0) return '';
  const asked = sites.filter(s => s.site.orders !== 0);
  if (asked.length === 0) return `${who} ${not}asks for order ${where.order}`;
  switch (metric) {
    case 'page_alloc.failures':
      if (facts.choosesMasks) return '';
      if (asked.some(a => outcomesOf(a).mayFail)) return '';
      return `${who} ${not}makes a request that can fail; those that may sleep, of order 0 to 3, wait instead (page_alloc.stalls)`;
    case 'page_alloc.stalls':
    case 'page_alloc.stall_time':
      if (facts.choosesMasks) return '';
      if (asked.some(a => outcomesOf(a).mayStall)) return '';
      return `${who} ${not}makes a request that waits; these fail instead (page_alloc.failures)`;
    case 'page_alloc.fallbacks': {
      const { machine } = facts;
      if (machine === undefined || asked.some(a => zonesFor(a.site.gfp, machine) > 1)) return '';
      return `${who} ${not}asks where there is more than one zone to take from`;
    }
    default:
      return '';
  }
}

const NO_PART: Readonly<Record<MachinePart, string>> = {
  slab: 'the machine has no slab allocator',
  highmem: 'the machine has no high memory',
  stacks: 'the machine has no kernel stacks',
  vm: 'the machine has no page cache and no reclaim',
  processes: 'the machine has no processes: those come with `stack` or `disk`',
  dataCache: 'the machine has no data cache',
};

function hasPart({ config, zonePages }: MachineSpec, part: MachinePart): boolean {
  switch (part) {
    case 'slab':
      return config.slab === true;
    case 'highmem':
      return zonePages[ZONE_HIGHMEM] > 0;
    case 'processes':
      return config.stacks !== undefined || config.vm !== undefined;
    default:
      return config[part] !== undefined;
  }
}

function restrict(site: AllocSite, order: number): AllocSite {
  return order < 0 ? site : { ...site, orders: site.orders & (1 << order) };
}

function outcomesOf({ task, site }: { task: TaskFacts; site: AllocSite }): {
  mayFail: boolean;
  mayStall: boolean;
} {
  return outcomes(site.gfp, site.orders, {
    context: task.context,
    memalloc: task.memalloc,
    wantsAddress: false,
  });
}

/** Zones of the zonelist that this machine has. Source: mm/page_alloc.c, build_zonelists() */
function zonesFor(gfp: number, machine: MachineSpec): number {
  const best = (gfp & __GFP_DMA) !== 0 ? 0 : (gfp & __GFP_HIGHMEM) !== 0 ? ZONE_HIGHMEM : ZONE_NORMAL;
  let zones = 0;
  for (let z = 0; z <= Math.min(best, MAX_NR_ZONES - 1); z++) if (machine.zonePages[z] > 0) zones++;
  return zones;
}
