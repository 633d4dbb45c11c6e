/** The meters of everything but the page allocator. A machine without the part reads 0, and a rate as if nobody had asked. */
import type { MACHINE_METRICS } from '../contract/machineMetrics.ts';
import type { MetricFilter } from '../contract/plan.ts';
import {
  LOG_PANIC,
  type Machine,
  NIL,
  type Printk,
  STAT_ALLOCSTALL,
  STAT_CACHE_HITS,
  STAT_CACHE_MISSES,
  STAT_CONTEXT_SWITCHES,
  STAT_DCACHE_HITS,
  STAT_DCACHE_MISSES,
  STAT_DISK_BUSY_US,
  STAT_DISK_REQUESTS,
  STAT_FILE_HITS,
  STAT_FILE_MISSES,
  STAT_FORKS,
  STAT_INTERRUPTS,
  STAT_KMAP_FLUSHES,
  STAT_KMAP_WAITS,
  STAT_KSWAPD_STEAL,
  STAT_OOM_KILLS,
  STAT_OOPSES,
  STAT_PGFAULT,
  STAT_PGMAJFAULT,
  STAT_PGSCAN,
  STAT_PGSTEAL,
  STAT_PSWPIN,
  STAT_PSWPOUT,
  STAT_SLAB_FREED,
  STAT_SLAB_GROWN,
  STAT_SLAB_REAPED,
  STAT_SOFTIRQS,
  STAT_STACK_OVERFLOWS,
  STAT_TLB_FLUSHES,
  slabTotals,
  stackHeadroom,
  VC_NR_DIRTY,
  VC_NR_MAPPED,
  VC_NR_PAGECACHE,
  VC_NR_SWAP_PAGES,
  VC_NR_SWAPCACHE,
  VC_NR_WRITEBACK,
  VC_TOTAL_SWAP_PAGES,
  VZ_NR_ACTIVE,
  VZ_NR_INACTIVE,
  VZ_SHIFT,
} from '../engine/index.ts';
import type { Tally } from '../workload/tally.ts';
import { endZone, firstZone, type Measured, type Meter, sumOver } from './measured.ts';
import { vmallocSpace } from './vmallocSpace.ts';

const counter =
  (stat: number): Meter =>
  run =>
    run.machine.stat[stat];

/** A column of the tally, one cell a task. */
const byTask =
  (column: (tally: Tally) => Float64Array): Meter =>
  (run, where) =>
    sumOver(column(run.player.tally), where.task);

const waitTime: Meter = ({ player: { tally } }, { task }) =>
  sumOver(tally.cpuWaitUs, task) + sumOver(tally.memoryWaitUs, task) + sumOver(tally.diskWaitUs, task);

function irqLatency({ player: { tally } }: Measured, { task }: MetricFilter): number {
  if (task >= 0) return tally.irqLatencyUs[task];
  let longest = 0;
  for (const us of tally.irqLatencyUs) longest = Math.max(longest, us);
  return longest;
}

/** Per thousand of both; `none` where there is neither. */
const share =
  (part: number, rest: number, none: number): Meter =>
  ({ machine: { stat } }) => {
    const all = stat[part] + stat[rest];
    return all === 0 ? none : Math.floor((stat[part] * 1000) / all);
  };

/** Panics counted so far in each log: goals ask after every operation, and a log only grows or is cut back. */
const panics = new WeakMap<Printk, { upTo: number; count: number }>();

function panicsIn(log: Printk): number {
  let known = panics.get(log);
  if (known === undefined || known.upTo > log.length) {
    known = { upTo: 0, count: 0 };
    panics.set(log, known);
  }
  for (; known.upTo < log.length; known.upTo++) if (log.kind[known.upTo] === LOG_PANIC) known.count++;
  return known.count;
}

/** Slots of the pool with a user: a count of 1 is nobody's, and still in some TLB. */
function kmapHeld({ highmem }: Machine): number {
  let held = 0;
  if (highmem !== null) for (const count of highmem.pkmapCount) if (count > 1) held++;
  return held;
}

function slabWaste(m: Machine): number {
  if (m.slab === null) return 0;
  const { pages, objectBytes } = slabTotals(m.slab);
  return pages * m.arch.pageBytes - objectBytes;
}

const vmCount = ({ machine: { vm } }: Measured, field: number): number => vm?.count[field] ?? 0;

/** Those that a process maps, and those of the swap cache that none does. Files are read and written, and never mapped. */
function anonymousPages(run: Measured): number {
  const { vm, fields } = run.machine;
  if (vm === null || fields === null) return 0;
  let pages = vmCount(run, VC_NR_MAPPED);
  if (vmCount(run, VC_NR_SWAPCACHE) === 0) return pages;
  for (const pfn of vm.swap.cache) if (pfn !== NIL && fields.pte[pfn] === 0) pages++;
  return pages;
}

function onLists({ vm }: Machine, field: number, where: MetricFilter): number {
  let pages = 0;
  for (let z = firstZone(where); vm !== null && z < endZone(where); z++) {
    pages += vm.zone[(z << VZ_SHIFT) + field];
  }
  return pages;
}

export const MACHINE_METERS: Record<keyof typeof MACHINE_METRICS, Meter> = {
  'kernel.oopses': counter(STAT_OOPSES),
  'kernel.panics': run => panicsIn(run.machine.printk),
  'stack.headroom': ({ machine: { tasks } }) => (tasks === null ? 0 : stackHeadroom(tasks)),
  'stack.overflows': counter(STAT_STACK_OVERFLOWS),
  'fork.count': counter(STAT_FORKS),
  'fork.failures': byTask(tally => tally.forkFailures),
  'irq.count': counter(STAT_INTERRUPTS),
  'irq.latency': irqLatency,
  'softirq.count': counter(STAT_SOFTIRQS),
  'sched.switches': counter(STAT_CONTEXT_SWITCHES),
  'task.wait_time': waitTime,
  'task.cpu_wait': byTask(tally => tally.cpuWaitUs),
  'task.disk_wait': byTask(tally => tally.diskWaitUs),
  'task.queue_wait': byTask(tally => tally.queueWaitUs),
  'task.runs': byTask(tally => tally.runsDone),
  'slab.pages': run => (run.machine.slab === null ? 0 : slabTotals(run.machine.slab).pages),
  'slab.objects_active': run => (run.machine.slab === null ? 0 : slabTotals(run.machine.slab).objects),
  'slab.waste': run => slabWaste(run.machine),
  'slab.grown': counter(STAT_SLAB_GROWN),
  'slab.freed': counter(STAT_SLAB_FREED),
  'slab.reaped': counter(STAT_SLAB_REAPED),
  'slab.failures': byTask(tally => tally.slabFailures),
  'dcache.hit_rate': share(STAT_DCACHE_HITS, STAT_DCACHE_MISSES, 1000),
  'vmalloc.used': run => vmallocSpace(run.machine).used,
  'vmalloc.largest_hole': run => (run.machine.vmalloc === null ? 0 : vmallocSpace(run.machine).largest),
  'vmalloc.failures': byTask(tally => tally.vmallocFailures),
  'kmap.held': run => kmapHeld(run.machine),
  'kmap.flushes': counter(STAT_KMAP_FLUSHES),
  'kmap.waits': counter(STAT_KMAP_WAITS),
  'tlb.flushes': counter(STAT_TLB_FLUSHES),
  'cache.misses': counter(STAT_CACHE_MISSES),
  'cache.miss_rate': share(STAT_CACHE_MISSES, STAT_CACHE_HITS, 0),
  'reclaim.scanned': counter(STAT_PGSCAN),
  'reclaim.stolen': counter(STAT_PGSTEAL),
  'reclaim.kswapd_stolen': counter(STAT_KSWAPD_STEAL),
  'reclaim.direct': counter(STAT_ALLOCSTALL),
  'reclaim.wait_time': byTask(tally => tally.memoryWaitUs),
  'file.failures': byTask(tally => tally.accessFailures),
  'page_cache.pages': run => vmCount(run, VC_NR_PAGECACHE) - vmCount(run, VC_NR_SWAPCACHE),
  'page_cache.hit_rate': share(STAT_FILE_HITS, STAT_FILE_MISSES, 1000),
  'vm.active': (run, where) => onLists(run.machine, VZ_NR_ACTIVE, where),
  'vm.inactive': (run, where) => onLists(run.machine, VZ_NR_INACTIVE, where),
  'vm.dirty': run => vmCount(run, VC_NR_DIRTY),
  'vm.writeback': run => vmCount(run, VC_NR_WRITEBACK),
  'vm.mapped': run => vmCount(run, VC_NR_MAPPED),
  'vm.anon': anonymousPages,
  'swap.used': run => vmCount(run, VC_TOTAL_SWAP_PAGES) - vmCount(run, VC_NR_SWAP_PAGES),
  'swap.in': counter(STAT_PSWPIN),
  'swap.out': counter(STAT_PSWPOUT),
  'faults.minor': ({ machine: { stat } }) => stat[STAT_PGFAULT] - stat[STAT_PGMAJFAULT],
  'faults.major': counter(STAT_PGMAJFAULT),
  'disk.busy': counter(STAT_DISK_BUSY_US),
  'disk.requests': counter(STAT_DISK_REQUESTS),
  'oom.kills': counter(STAT_OOM_KILLS),
};
