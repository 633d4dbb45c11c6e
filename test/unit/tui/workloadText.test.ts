import type { HookName } from '../../../src/contract/hooks.ts';
import type { IntDist, NamedPlan, StepPlan, TaskPlan } from '../../../src/contract/plan.ts';
import { OP_ALLOC } from '../../../src/contract/tape.ts';
import { __GFP_COLD, GFP_ATOMIC, GFP_DMA, GFP_HIGHUSER, GFP_KERNEL } from '../../../src/engine/index.ts';
import { areTasksAsked } from '../../../src/report/requestText.ts';
import { stepNumbers, taskHead, taskSteps } from '../../../src/tui/workloadText.ts';
import { compileTape } from '../../../src/workload/compile.ts';
import { plan } from '../workload/plans.ts';

const LENGTH = 40_000_000;

const task = (change: Partial<TaskPlan>): TaskPlan => ({
  name: 'sb16',
  context: 'process',
  realtime: false,
  memalloc: false,
  owner: 'driver',
  cpu: -1,
  count: 1,
  fromUs: 0,
  untilUs: LENGTH,
  arrive: { kind: 'every', gapUs: 370_000, jitterUs: 0 },
  run: [],
  ...change,
});

const alloc = (as: string, gfp: number, ...orders: number[]): StepPlan => ({
  kind: 'alloc',
  call: 'alloc_pages',
  as,
  order: { kind: 'choice', values: orders, cumulative: orders.map((_, i) => i + 1) },
  gfp,
  onFail: { kind: 'skip' },
});
const free = (name: string): StepPlan => ({ kind: 'free', call: '__free_pages', name, cold: false });

test('who asks, in which context, how often and when', () => {
  const head = (change: Partial<TaskPlan>): string => taskHead(task(change), LENGTH, 'x');
  expect(head({})).toBe('sb16: driver, every 370 ms');
  const size = { kind: 'constant', value: 90 } as const;
  const arrive = { kind: 'burst', gapUs: 2_000_000, size, withinUs: 1000 } as const;
  expect(head({ context: 'hardirq', arrive, untilUs: 25_000_000 })).toBe(
    'sb16: driver in hardirq, 90 at once every 2 s, until 25 s',
  );
  expect(head({ owner: 'page_cache', count: 12, fromUs: 1_000_000 })).toBe(
    'sb16 x12: page cache, every 370 ms, from 1 s',
  );
  expect(head({ arrive: { kind: 'poisson', meanGapUs: 20_000 } })).toBe('sb16: driver, about every 20 ms');
  const timesUs = [0, 8_500_000, 9e6, 10e6, 11e6, 12e6];
  expect(head({ arrive: { kind: 'at', timesUs } })).toBe(
    'sb16: driver, at 0 s, 8.5 s, 9 s, 10 s and 2 times more',
  );
});

test('what it asks for, how long it holds it and whether it gives it back', () => {
  const uniform = { kind: 'uniform', low: 800_000, high: 1_200_000 } as const;
  const steps = (run: StepPlan[]): string => taskSteps(task({ run }), 'x');
  expect(steps([alloc('a', GFP_ATOMIC | GFP_DMA, 2), { kind: 'hold', us: uniform }, free('a')])).toBe(
    'alloc_pages(GFP_ATOMIC|GFP_DMA, 2); wait 800 ms to 1.2 s; __free_pages',
  );
  const times = { kind: 'constant', value: 300 } as const;
  const body = [
    alloc('b', GFP_HIGHUSER, 0),
    { kind: 'hold', us: { kind: 'exponential', mean: 4000 } } as const,
  ];
  const repeat: StepPlan = { kind: 'repeat', times, run: body };
  expect(steps([repeat, free('b')])).toBe(
    '300 x (alloc_pages(GFP_HIGHUSER, 0); wait about 4 ms); __free_pages',
  );
  expect(steps([repeat])).toMatch(/\); never freed$/);
  expect(steps([alloc('c', GFP_KERNEL | __GFP_COLD, 0)])).toBe(
    'alloc_pages(GFP_KERNEL|__GFP_COLD, 0); never freed',
  );
  expect(steps([alloc('d', GFP_KERNEL, 0, 3), free('d')])).toBe(
    'alloc_pages(GFP_KERNEL, 0 or 3); __free_pages',
  );
});

test('the number of a step is what a policy sees as its site: depth first, the wrappers count', () => {
  const times = { kind: 'constant', value: 3 } as const;
  const hold: StepPlan = { kind: 'hold', us: times };
  const run: StepPlan[] = [
    alloc('a', GFP_KERNEL, 0),
    { kind: 'repeat', times, run: [hold, alloc('b', GFP_ATOMIC, 1), free('b')] },
    { kind: 'spin_lock', lock: 0, run: [alloc('c', GFP_ATOMIC, 2)] },
    free('c'),
    free('a'),
  ];
  const steps = (...hooks: HookName[]): string =>
    taskSteps(task({ run }), 'x', undefined, stepNumbers(hooks));
  expect(steps('zonelist')).toBe(
    '#0 alloc_pages(GFP_KERNEL, 0); 3 x (wait 3 us; #3 alloc_pages(GFP_ATOMIC, 1); __free_pages); ' +
      'spin_lock(0) (#6 alloc_pages(GFP_ATOMIC, 2)); __free_pages; __free_pages',
  );
  expect(steps('placement')).toMatch(/^#0 .*#3 .*#4 __free_pages\).*#6 .*#7 __free_pages; #8 __free_pages$/);
  for (const hook of ['interrupt', 'slabReap'] as const) expect(steps(hook)).not.toContain('#');
  expect(areTasksAsked(['interrupt'])).toBe(true);
  expect(areTasksAsked(['slabReap', 'slabMerge'])).toBe(false);
  // What the workload writes on its tape for the engine to pass on.
  const two = { ...plan([]), workload: { ...plan([]).workload, tasks: [task({ run: run.slice(0, 2) })] } };
  const { op, site } = compileTape(two, 1);
  const allocs = [...site].filter((_, row) => op[row] === OP_ALLOC);
  expect(new Set(allocs)).toEqual(new Set([0, 3]));
});

test('the steps of the whole machine, with the names of the workload', () => {
  const cache = { name: 'conn', size: 320, offset: 0, flags: 0, constructor: false, entries: 9, seeks: 2 };
  const named: NamedPlan = {
    caches: [cache],
    files: [{ name: 'db', pages: 100 }],
    locks: ['q'],
    functions: ['sys_read'],
  };
  const one = (value: number): IntDist => ({ kind: 'constant', value });
  const onFail = { kind: 'skip' } as const;
  const at = { kind: 'sequential' } as const;
  const lines: [StepPlan, string][] = [
    [{ kind: 'kmalloc', as: 'a', bytes: one(4096), gfp: GFP_KERNEL, onFail }, 'kmalloc(4 KiB, GFP_KERNEL)'],
    [{ kind: 'kfree', name: 'a', again: true }, 'kfree again'],
    [
      { kind: 'cache_alloc', as: 'b', cache: 0, gfp: GFP_ATOMIC, onFail },
      'kmem_cache_alloc(conn, GFP_ATOMIC)',
    ],
    [{ kind: 'cache_free', name: 'b', cache: 0 }, 'kmem_cache_free(conn)'],
    [{ kind: 'cache_shrink', cache: 0 }, 'kmem_cache_shrink(conn)'],
    [{ kind: 'vmalloc', as: 'v', pages: one(3), onFail }, 'vmalloc(3 pages)'],
    [{ kind: 'vfree', name: 'v' }, 'vfree'],
    [{ kind: 'kmap', name: 'p', page: 0 }, 'kmap(p)'],
    [{ kind: 'kunmap_atomic', name: 'p', page: 0, type: 3 }, 'kunmap_atomic(p)'],
    [{ kind: 'work', us: one(30) }, 'work 30 us'],
    [
      { kind: 'call', function: 0, frameBytes: one(220), run: [{ kind: 'work', us: one(5) }] },
      'sys_read(), 220 B of stack (work 5 us)',
    ],
    [{ kind: 'call', function: 0, frameBytes: one(1 << 20), run: [] }, 'sys_read(), 1 MiB of stack'],
    [{ kind: 'spin_lock', lock: 0, run: [{ kind: 'work', us: one(5) }] }, 'spin_lock(q) (work 5 us)'],
    [{ kind: 'local_irq_disable', run: [{ kind: 'work', us: one(5) }] }, 'local_irq_disable (work 5 us)'],
    [{ kind: 'read', file: 0, pages: one(1), at }, 'read 1 page of db in order'],
    [
      { kind: 'write', file: 0, pages: one(2), at: { kind: 'drawn', page: one(7) } },
      'write 2 pages of db at page 7',
    ],
    [{ kind: 'fsync', file: 0 }, 'fsync(db)'],
    [{ kind: 'touch_area', name: 'heap', pages: one(1), at, write: false }, 'read 1 page of heap in order'],
    [{ kind: 'touch_object', name: 'a', offset: one(0), bytes: one(8), write: true }, 'write 8 B of a'],
    [{ kind: 'lookup', cache: 0, entry: one(3) }, 'look up in conn'],
    [{ kind: 'munmap', name: 'heap' }, 'munmap'],
    [
      { kind: 'free', call: '__free_pages', name: 'p', cold: false, wrongOrder: 0 },
      '__free_pages with order 0',
    ],
  ];
  for (const [plan, text] of lines)
    expect(taskSteps(task({ run: [plan] }), 'x', named).replace('; never freed', '')).toBe(text);
});

test('what is never given back, and what goes with its process', () => {
  const mmap: StepPlan = { kind: 'mmap', as: 'heap', pages: { kind: 'constant', value: 2 } };
  expect(taskSteps(task({ run: [mmap] }), 'x')).toBe('mmap(2 pages); never freed');
  const process = { fork: 'run', nice: 0, root: false } as const;
  expect(taskSteps(task({ run: [mmap], process }), 'x')).toBe('mmap(2 pages)');
  expect(taskHead(task({ process }), LENGTH, 'x')).toBe('sb16: driver, every 370 ms, a process each time');
  const interrupt = { irq: 5, noNesting: false };
  expect(taskHead(task({ context: 'hardirq', interrupt }), LENGTH, 'x')).toBe(
    'sb16: driver in hardirq 5, every 370 ms',
  );
});
