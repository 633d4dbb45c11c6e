import { METRICS, type MetricName } from '../../../src/contract/metrics.ts';
import {
  boot,
  GFP_KERNEL,
  getVmArea,
  kfree,
  kmalloc,
  kmap,
  kunmap,
  LOG_ALLOC_FAILURE,
  LOG_PANIC,
  type Machine,
  printk,
  STAT_ALLOCSTALL,
  STAT_CACHE_HITS,
  STAT_CACHE_MISSES,
  STAT_DISK_BUSY_US,
  STAT_FILE_HITS,
  STAT_FILE_MISSES,
  STAT_KERNEL_BUGS,
  STAT_OOPSES,
  STAT_PGFAULT,
  STAT_PGMAJFAULT,
  STAT_PSWPOUT,
  STAT_STACK_OVERFLOWS,
  VM_IOREMAP,
  vmalloc,
} from '../../../src/engine/index.ts';
import { type Measured, measure } from '../../../src/harness/metrics.ts';
import { compileTape } from '../../../src/workload/compile.ts';
import { TapePlayer } from '../../../src/workload/player.ts';
import { alloc, at, plan, task } from '../workload/plans.ts';

function bench(ramPages = 16_384): { run: Measured; machine: Machine; value: (name: MetricName) => number } {
  const p = plan([], { machine: { ...plan([]).machine, ramPages, slab: true } });
  const machine = boot(p.machine);
  const player = new TapePlayer(p, machine, compileTape(p, 1));
  const run = { machine, player, policy: { nrFaults: 0, tokens: 0 } };
  return { run, machine, value: name => measure(run, name) };
}

test('slab: pages and objects as slabinfo counts them, waste as what is left', () => {
  const { machine, value } = bench();
  const slab = machine.slab!;
  const before = { pages: value('slab.pages'), objects: value('slab.objects_active') };
  const waste = value('slab.waste');
  expect(before.pages).toBeGreaterThan(0);
  expect(waste).toBeLessThan(before.pages * 4096);
  // size-4096 takes one page an object, and its head array is filled by the batch.
  const first = kmalloc(slab, 4096, GFP_KERNEL, 0, 0);
  const { pages, objects } = { pages: value('slab.pages'), objects: value('slab.objects_active') };
  expect(pages).toBeGreaterThan(before.pages);
  expect(objects - before.objects).toBeGreaterThanOrEqual(1);
  expect(value('slab.grown')).toBeGreaterThan(0);
  kfree(slab, first, 0);
  expect(value('slab.objects_active')).toBe(objects);
});

test('waits: each kind by itself, all but that for a turn together', () => {
  const tasks = ['a', 'b'].map(name => task(name, at(0), [alloc('x')]));
  const p = plan(tasks);
  const player = new TapePlayer(p, boot(p.machine), compileTape(p, 1));
  const { tally } = player;
  for (const [column, us] of [
    [tally.cpuWaitUs, 1],
    [tally.memoryWaitUs, 10],
    [tally.diskWaitUs, 100],
    [tally.queueWaitUs, 1000],
  ] as const)
    column.set([us, 2 * us]);
  const run = { machine: player.machine, player, policy: { nrFaults: 0, tokens: 0 } };
  const of = (name: MetricName) => [-1, 0, 1].map(t => measure(run, name, { task: t, zone: -1, order: -1 }));
  expect(of('task.cpu_wait')).toEqual([3, 1, 2]);
  expect(of('task.disk_wait')).toEqual([300, 100, 200]);
  expect(of('task.queue_wait')).toEqual([3000, 1000, 2000]);
  expect(of('task.wait_time')).toEqual([333, 111, 222]);
});

test('vmalloc space: what areas hold, and the longest hole', () => {
  const { machine, value } = bench();
  const v = machine.vmalloc!;
  expect(value('vmalloc.used')).toBe(0);
  const whole = value('vmalloc.largest_hole');
  expect(whole).toBe(v.end - v.start);
  vmalloc(v, 20_000, 0, 0);
  expect(value('vmalloc.used')).toBe(20_480 + 4096);
  getVmArea(v, 65_536, VM_IOREMAP, 0, 0);
  expect(value('vmalloc.used')).toBe(24_576 + 65_536 + 4096);
  expect(value('vmalloc.largest_hole')).toBe(whole - value('vmalloc.used'));
});

test('kmap: slots with users, sweeps, and sleeps', () => {
  const { machine, value } = bench(262_144);
  const high = machine.highmem!;
  const slots = high.pkmapCount.length;
  const first = machine.normalEnd;
  for (let i = 0; i < slots; i++) expect(kmap(high, first + i)).not.toBe(0);
  expect(value('kmap.held')).toBe(slots);
  expect(value('kmap.waits')).toBe(0);
  const flushes = value('kmap.flushes');
  expect(kmap(high, first + slots)).toBe(0);
  expect(value('kmap.waits')).toBe(1);
  kunmap(high, first + 3);
  expect(value('kmap.held')).toBe(slots - 1);
  kmap(high, first + slots);
  expect(value('kmap.flushes')).toBeGreaterThan(flushes);
  expect(value('tlb.flushes')).toBe(value('kmap.flushes'));
});

test('counters of the engine, and shares of two', () => {
  const { machine, value } = bench();
  const { stat } = machine;
  stat[STAT_OOPSES] = 2;
  stat[STAT_STACK_OVERFLOWS] = 3;
  stat[STAT_KERNEL_BUGS] = 5;
  stat[STAT_ALLOCSTALL] = 7;
  stat[STAT_PGFAULT] = 100;
  stat[STAT_PGMAJFAULT] = 30;
  stat[STAT_PSWPOUT] = 11;
  stat[STAT_DISK_BUSY_US] = 12_345;
  const names = ['kernel.oopses', 'stack.overflows', 'kernel.bugs', 'reclaim.direct'] as const;
  expect(names.map(value)).toEqual([2, 3, 5, 7]);
  const vm = ['faults.minor', 'faults.major', 'swap.out', 'disk.busy'] as const;
  expect(vm.map(value)).toEqual([70, 30, 11, 12_345]);
  expect([value('cache.miss_rate'), value('page_cache.hit_rate')]).toEqual([0, 1000]);
  stat[STAT_CACHE_HITS] = 2;
  stat[STAT_CACHE_MISSES] = 1;
  stat[STAT_FILE_HITS] = 2;
  stat[STAT_FILE_MISSES] = 1;
  expect([value('cache.miss_rate'), value('page_cache.hit_rate')]).toEqual([333, 666]);
});

test('panics are counted from the log, also after a seek back', () => {
  const { machine, value } = bench();
  printk(machine, LOG_PANIC, 1);
  printk(machine, LOG_ALLOC_FAILURE, 1);
  printk(machine, LOG_PANIC, 1);
  expect(value('kernel.panics')).toBe(2);
  machine.printk.length = 1;
  expect(value('kernel.panics')).toBe(1);
  printk(machine, LOG_PANIC, 1);
  expect(value('kernel.panics')).toBe(2);
});

test('what needs a part of the machine says so', () => {
  for (const name of ['slab.pages', 'vmalloc.used'] as const) expect(METRICS[name].needs).toBe('slab');
  expect(METRICS['kmap.held'].needs).toBe('highmem');
  expect(METRICS['cycles'].needs).toBeUndefined();
});
