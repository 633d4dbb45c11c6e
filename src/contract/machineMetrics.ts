/** The metrics of everything but the page allocator: slab, vmalloc, high memory, kernel stacks, reclaim, disk, contexts. */
import type { MetricInfo } from './metrics.ts';

type More = Partial<Pick<MetricInfo, 'where' | 'needs'>>;

const row =
  (kind: MetricInfo['kind'], better: MetricInfo['better']) =>
  (
    subsystem: MetricInfo['subsystem'],
    unit: MetricInfo['unit'],
    meaning: string,
    more: More = {},
  ): MetricInfo => ({
    unit,
    subsystem,
    meaning,
    where: [],
    kind,
    better,
    ...more,
  });

/** Only ever grow; the fewer the better. */
const total = row('total', 'lower');
/** Go up and down. */
const now = row('now', 'lower');
const nowHigher = row('now', 'higher');
const totalHigher = row('total', 'higher');

const BY_TASK = { where: ['task'] } as const;
const slab = { needs: 'slab' } as const;
const stacks = { needs: 'stacks' } as const;
const vm = { needs: 'vm' } as const;
const processes = { needs: 'processes', ...BY_TASK } as const;

export const MACHINE_METRICS = {
  'kernel.oopses': total('kernel', 'count', 'oopses: a process died of a bad pointer in the kernel', stacks),
  'kernel.panics': total('kernel', 'count', 'panics: the machine stands still'),
  'stack.headroom': nowHigher(
    'stack',
    'bytes',
    'THREAD_SIZE less thread_info less the deepest use of any kernel stack so far; below 0 after an overflow',
    stacks,
  ),
  'stack.overflows': total('stack', 'count', 'times that a kernel stack grew into thread_info', stacks),
  'fork.count': totalHigher('process', 'count', 'processes that were made', stacks),
  'fork.failures': total('process', 'count', 'forks that got no kernel stack or no task_struct', {
    ...stacks,
    ...BY_TASK,
  }),
  'irq.count': total('process', 'count', 'hardware interrupts that were handled', stacks),
  'irq.latency': total('process', 'us', 'longest time that an interrupt waited for its handler', {
    ...stacks,
    ...BY_TASK,
  }),
  'softirq.count': total('process', 'count', 'soft interrupts that were run', stacks),
  'sched.switches': total('process', 'count', 'times that a CPU went from one process to another', stacks),
  'task.wait_time': total(
    'process',
    'us',
    'simulated time that runs waited for a CPU, for memory or for the disk',
    {
      ...BY_TASK,
    },
  ),
  'task.cpu_wait': total('process', 'us', 'of that, for a CPU', { ...stacks, ...BY_TASK }),
  'task.disk_wait': total('process', 'us', 'of that, for the disk', { ...vm, ...BY_TASK }),
  'task.queue_wait': total(
    'process',
    'us',
    'simulated time that runs of a daemon waited for the run before them; no part of task.wait_time',
    processes,
  ),
  'task.runs': totalHigher('process', 'count', 'runs that came to their end', processes),
  'slab.pages': now('slab', 'pages', 'pages in slabs of every cache (nr_slab)', slab),
  'slab.objects_active': now(
    'slab',
    'count',
    'objects that slabs have handed out, those in per-CPU arrays included (active_objs of slabinfo)',
    slab,
  ),
  'slab.waste': now('slab', 'bytes', 'bytes of slabs that are in no active object', slab),
  'slab.grown': total('slab', 'count', 'slabs made', slab),
  'slab.freed': total('slab', 'count', 'slabs given back', slab),
  'slab.reaped': total('slab', 'count', 'of those, by cache_reap', slab),
  'slab.failures': total('slab', 'count', 'calls of kmalloc and kmem_cache_alloc that returned NULL', {
    ...slab,
    ...BY_TASK,
  }),
  'dcache.hit_rate': nowHigher(
    'slab',
    'permille',
    'lookups in caches with a shrinker that found their entry, per thousand (1000 when nothing was looked up)',
    vm,
  ),
  'vmalloc.used': now('vmalloc', 'bytes', 'addresses in areas of vmalloc space, guard pages included', slab),
  'vmalloc.largest_hole': nowHigher(
    'vmalloc',
    'bytes',
    'longest run of free addresses in vmalloc space',
    slab,
  ),
  'vmalloc.failures': total('vmalloc', 'count', 'calls of vmalloc that returned NULL', {
    ...slab,
    ...BY_TASK,
  }),
  'kmap.held': now('highmem', 'count', 'slots of the kmap pool that somebody uses', { needs: 'highmem' }),
  'kmap.flushes': total('highmem', 'count', 'times that the kmap pool was swept, and every TLB with it', {
    needs: 'highmem',
  }),
  'kmap.waits': total('highmem', 'count', 'calls of kmap that slept because no slot was left', {
    needs: 'highmem',
  }),
  'tlb.flushes': total(
    'highmem',
    'count',
    'flushes of the TLBs of all CPUs: sweeps of the kmap pool, and unmapping',
  ),
  'cache.misses': total('cache', 'count', 'lines that a data cache did not have', { needs: 'dataCache' }),
  'cache.miss_rate': now('cache', 'permille', 'of the lines touched, per thousand (0 when none was)', {
    needs: 'dataCache',
  }),
  'reclaim.scanned': total(
    'reclaim',
    'pages',
    'pages of the inactive lists that reclaim looked at (pgscan)',
    vm,
  ),
  'reclaim.stolen': total('reclaim', 'pages', 'pages that reclaim freed (pgsteal)', vm),
  'reclaim.kswapd_stolen': total('reclaim', 'pages', 'of those, by kswapd (kswapd_steal)', vm),
  'reclaim.direct': total('reclaim', 'count', 'times that a task had to reclaim for itself (allocstall)', vm),
  'reclaim.wait_time': total(
    'reclaim',
    'us',
    'simulated time that runs slept in reclaim, or throttled as writers',
    {
      ...vm,
      ...BY_TASK,
    },
  ),
  'file.failures': total(
    'page_cache',
    'count',
    'reads, writes and touches that were cut short for want of memory',
    { ...vm, ...BY_TASK },
  ),
  'page_cache.pages': now('page_cache', 'pages', 'pages of files in memory', vm),
  'page_cache.hit_rate': nowHigher(
    'page_cache',
    'permille',
    'pages of files found in memory, per thousand asked for (1000 when none was)',
    vm,
  ),
  'vm.active': now('vm', 'pages', 'pages on active lists', { ...vm, where: ['zone'] }),
  'vm.inactive': now('vm', 'pages', 'pages on inactive lists', { ...vm, where: ['zone'] }),
  'vm.dirty': now('vm', 'pages', 'pages of files that the disk does not have yet (nr_dirty)', vm),
  'vm.writeback': now('vm', 'pages', 'pages on their way to the disk (nr_writeback)', vm),
  'vm.mapped': now('vm', 'pages', 'pages mapped into processes (nr_mapped)', vm),
  'vm.anon': now('vm', 'pages', 'anonymous pages in memory', vm),
  'swap.used': now('swap', 'pages', 'slots of swap space in use', vm),
  'swap.in': total('swap', 'pages', 'pages read from swap space (pswpin)', vm),
  'swap.out': total('swap', 'pages', 'pages written to swap space (pswpout)', vm),
  'faults.minor': total('vm', 'count', 'page faults served without the disk', vm),
  'faults.major': total('vm', 'count', 'page faults that read from the disk (pgmajfault)', vm),
  'disk.busy': total('disk', 'us', 'simulated time that the disk worked', vm),
  'disk.requests': total('disk', 'count', 'requests that the disk was given', vm),
  'oom.kills': total('reclaim', 'count', 'processes that the OOM killer chose', vm),
} satisfies Record<string, MetricInfo>;
