import type { StepPlan, TaskPlan } from '../../../src/contract/plan.ts';
import { __GFP_COLD, GFP_ATOMIC, GFP_DMA, GFP_HIGHUSER, GFP_KERNEL } from '../../../src/engine/index.ts';
import { taskHead, taskSteps } from '../../../src/tui/workloadText.ts';

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
