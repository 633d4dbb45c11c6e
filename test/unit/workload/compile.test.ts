import type { ChallengePlan, StepPlan, TaskPlan } from '../../../src/contract/plan.ts';
import {
  CTX_HARDIRQ,
  CTX_MEMALLOC,
  CTX_REALTIME,
  OP_ALLOC,
  OP_FREE,
  OP_RETRY,
  OPF_ABANDON,
  OPF_COLD,
  OPF_VADDR,
  OPF_ZEROED,
  type Tape,
} from '../../../src/contract/tape.ts';
import { FNV_START, fnvHex, fnvInt, GFP_ATOMIC, GFP_DMA, GFP_KERNEL } from '../../../src/engine/index.ts';
import { compileTape } from '../../../src/workload/compile.ts';
import { WorkloadTooLong } from '../../../src/workload/tapeRows.ts';
import { alloc, at, constant, free, hold, plan, repeat, task } from './plans.ts';

const freePagesOf = (name: string): StepPlan => ({ kind: 'free', call: 'free_pages', name, cold: false });

const NAMES = ['alloc', 'free', 'retry'];

/** `12 alloc a#0 o2`: time, operation, task, slot, order. */
function lines(tape: Tape): string[] {
  return Array.from({ length: tape.nrOps }, (_, i) => {
    const order = tape.op[i] === OP_FREE ? '' : ` o${tape.order[i]}`;
    return `${tape.timeUs[i]} ${NAMES[tape.op[i]]} ${tape.task[i]}#${tape.slot[i]}${order}`;
  });
}

function tapeHash(tape: Tape): string {
  let h = FNV_START;
  for (let i = 0; i < tape.nrOps; i++) {
    for (const column of [tape.timeUs, tape.op, tape.task, tape.instance, tape.slot, tape.gfp, tape.order]) {
      h = fnvInt(h, column[i]);
    }
    for (const column of [tape.cpu, tape.ctx, tape.flags, tape.site]) h = fnvInt(h, column[i]);
  }
  return fnvHex(h);
}

/** What one task asks for, whatever number it has in its plan. */
function demand(tape: Tape, taskIndex: number): string[] {
  const slots = new Map<number, number>();
  const rows: string[] = [];
  for (let i = 0; i < tape.nrOps; i++) {
    if (tape.task[i] !== taskIndex) continue;
    const slot = tape.slot[i];
    if (!slots.has(slot)) slots.set(slot, slots.size);
    rows.push(`${tape.timeUs[i]} ${tape.op[i]} ${slots.get(slot)} ${tape.order[i]} ${tape.cpu[i]}`);
  }
  return rows;
}

const busy: TaskPlan[] = [
  task(
    'reader',
    { kind: 'poisson', meanGapUs: 20_000 },
    [
      alloc('a', { kind: 'choice', values: [0, 1, 3], cumulative: [5, 8, 9] }),
      hold({ kind: 'exponential', mean: 300_000 }),
      free('a'),
    ],
    { count: 3, cpu: -1 },
  ),
  task('timer', { kind: 'every', gapUs: 10_000, jitterUs: 25_000 }, [
    alloc('b', 0, { onFail: { kind: 'retry', gapUs: 700, times: 4 } }),
    hold({ kind: 'uniform', low: 1_000, high: 9_000 }),
    free('b'),
  ]),
  task(
    'burster',
    { kind: 'burst', gapUs: 900_000, size: { kind: 'uniform', low: 2, high: 9 }, withinUs: 4_000 },
    [
      repeat({ kind: 'uniform', low: 0, high: 3 }, alloc('c', 1), hold({ kind: 'exponential', mean: 2_000 })),
      hold(50_000),
      free('c'),
    ],
  ),
];

test('the same seed gives the same tape, on every machine', () => {
  const tape = compileTape(plan(busy, { machine: { ...plan([]).machine, cpus: 4 } }), 7);
  expect({
    nrOps: tape.nrOps,
    nrSlots: tape.nrSlots,
    nrInstances: tape.nrInstances,
    hash: tapeHash(tape),
  }).toMatchInlineSnapshot(`
{
  "hash": "d2be2c34",
  "nrInstances": 2507,
  "nrOps": 8628,
  "nrSlots": 2559,
}
`);
  expect(tapeHash(compileTape(plan(busy), 8))).not.toBe(tapeHash(compileTape(plan(busy), 7)));
});

test('a task keeps its demand when others come, go or change places', () => {
  const alone = demand(compileTape(plan([busy[0]]), 3), 0);
  expect(alone.length).toBeGreaterThan(1000);
  expect(demand(compileTape(plan(busy), 3), 0)).toEqual(alone);
  expect(demand(compileTape(plan([busy[2], busy[1], busy[0]]), 3), 2)).toEqual(alone);
});

test('more copies of a task leave the first copies alone', () => {
  const [reader] = busy;
  const two = compileTape(plan([{ ...reader, count: 2 }]), 3);
  const three = compileTape(plan([reader]), 3);
  const rows = new Set(demand(three, 0).map(row => row.replace(/ \d+ (\d+ \d+)$/, ' $1')));
  const missing = demand(two, 0).filter(row => !rows.has(row.replace(/ \d+ (\d+ \d+)$/, ' $1')));
  expect(missing).toEqual([]);
});

test('a shorter workload is a prefix of a longer one', () => {
  const short = compileTape(plan(busy, { lengthUs: 4_000_000 }), 5);
  const long = compileTape(plan(busy, { lengthUs: 9_000_000 }), 5);
  expect(short.nrOps).toBeGreaterThan(500);
  expect(lines(short)).toEqual(lines(long).slice(0, short.nrOps));
  expect(long.timeUs[short.nrOps]).toBeGreaterThanOrEqual(4_000_000);
});

test('a shorter phase is a prefix of a longer one, jitter and all', () => {
  const [, timer] = busy;
  const until = (untilUs: number) => demand(compileTape(plan([{ ...timer, untilUs }]), 5), 0);
  const before = (rows: string[], us: number) =>
    rows.filter(row => row.includes(' 0 ') && Number(row.split(' ')[0]) < us);
  const short = before(until(1_000_000), 1_000_000);
  const allocs = (rows: string[]) =>
    rows.filter(row => row.split(' ')[1] === String(OP_ALLOC)).map(row => row.split(' ')[0]);
  expect(allocs(short)).toEqual(allocs(before(until(3_000_000), 1_000_000)));
});

test('rows stand by time, then task, copy and step', () => {
  const two = [alloc('x'), free('x')];
  const tape = compileTape(plan([task('late', at(5, 1), two, { count: 2 }), task('early', at(1), two)]), 1);
  expect(lines(tape)).toEqual([
    '1 alloc 0#0 o0',
    '1 free 0#0',
    '1 alloc 0#1 o0',
    '1 free 0#1',
    '1 alloc 1#2 o0',
    '1 free 1#2',
    '5 alloc 0#3 o0',
    '5 free 0#3',
    '5 alloc 0#4 o0',
    '5 free 0#4',
  ]);
});

test('phases and the end of the workload cut runs; blocks not freed by then are held', () => {
  const every = { kind: 'every', gapUs: 10, jitterUs: 0 } as const;
  const tape = compileTape(
    plan([task('t', every, [alloc('x'), hold(25), free('x')], { fromUs: 20, untilUs: 50 })], {
      lengthUs: 60,
    }),
    1,
  );
  expect(lines(tape)).toEqual([
    '20 alloc 0#0 o0',
    '30 alloc 0#1 o0',
    '40 alloc 0#2 o0',
    '45 free 0#0',
    '55 free 0#1',
  ]);
});

test('a name in a repeat is a new block each turn', () => {
  const inTurn = compileTape(plan([task('t', at(0), [repeat(2, alloc('x'), hold(5), free('x'))])]), 1);
  expect(lines(inTurn)).toEqual(['0 alloc 0#0 o0', '5 free 0#0', '5 alloc 0#1 o0', '10 free 0#1']);
});

test('a free after the repeat frees the blocks of all turns, and a block that nothing frees is held', () => {
  const after = compileTape(
    plan([task('t', at(0), [repeat(3, alloc('x'), alloc('kept')), hold(9), free('x')])]),
    1,
  );
  expect(lines(after).slice(6)).toEqual(['9 free 0#0', '9 free 0#2', '9 free 0#4']);
  expect(after.nrSlots).toBe(6);
});

test('retry rows stand between the allocation and its free, with the order drawn once', () => {
  const retry = { onFail: { kind: 'retry', gapUs: 10, times: 5 } } as const;
  const freed = compileTape(plan([task('t', at(0), [alloc('x', 2, retry), hold(30), free('x')])]), 1);
  expect(lines(freed)).toEqual(['0 alloc 0#0 o2', '10 retry 0#0 o2', '20 retry 0#0 o2', '30 free 0#0']);
  const kept = compileTape(plan([task('t', at(0), [alloc('x', 2, retry)])], { lengthUs: 45 }), 1);
  expect(Array.from(kept.timeUs)).toEqual([0, 10, 20, 30, 40]);
  expect(kept.op[4]).toBe(OP_RETRY);
});

test('rows carry gfp, context, flags, cpu and the step they come from', () => {
  const steps = [
    hold(1),
    repeat(1, alloc('z', 0, { call: 'get_zeroed_page', gfp: GFP_KERNEL, onFail: { kind: 'abandon' } })),
    alloc('v', 2, { call: '__get_free_pages', gfp: GFP_ATOMIC | GFP_DMA }),
    freePagesOf('v'),
    free('z', true),
  ];
  const tape = compileTape(
    plan([task('t', at(0), steps, { context: 'hardirq', realtime: true, memalloc: true, cpu: 3 })]),
    1,
  );
  expect(Array.from(tape.site)).toEqual([2, 3, 4, 5]);
  expect(Array.from(tape.gfp)).toEqual([GFP_KERNEL, GFP_ATOMIC | GFP_DMA, 0, 0]);
  expect(Array.from(tape.flags)).toEqual([
    OPF_VADDR | OPF_ZEROED | OPF_ABANDON,
    OPF_VADDR,
    OPF_VADDR,
    OPF_COLD,
  ]);
  expect(Array.from(tape.ctx)).toEqual(new Array(4).fill(CTX_HARDIRQ | CTX_REALTIME | CTX_MEMALLOC));
  expect(Array.from(tape.cpu)).toEqual([3, 3, 3, 3]);
});

test('cpu: any is drawn for each run, and every row of the run keeps it', () => {
  const machine = { ...plan([]).machine, cpus: 4 };
  const every = { kind: 'every', gapUs: 1000, jitterUs: 0 } as const;
  const tape = compileTape(
    plan([task('t', every, [alloc('x'), hold(1), free('x')], { cpu: -1 })], { machine }),
    1,
  );
  const seen = new Map<number, number>();
  for (let i = 0; i < tape.nrOps; i++) {
    expect(tape.cpu[i]).toBe(seen.get(tape.instance[i]) ?? tape.cpu[i]);
    seen.set(tape.instance[i], tape.cpu[i]);
  }
  expect(new Set(seen.values()).size).toBe(4);
});

test('poisson arrivals have their rate', () => {
  const rate = (seed: number) =>
    compileTape(plan([task('t', { kind: 'poisson', meanGapUs: 1000 }, [alloc('x')])]), seed).nrOps;
  // 10 s at 1000/s: a standard deviation is 100.
  for (const seed of [1, 2, 3]) expect(Math.abs(rate(seed) - 10_000)).toBeLessThan(350);
});

test('a burst starts its runs within the span', () => {
  const burst = { kind: 'burst', gapUs: 1_000_000, size: constant(20), withinUs: 50 } as const;
  const tape = compileTape(plan([task('t', burst, [alloc('x')])]), 1);
  expect(tape.nrOps).toBe(200);
  for (let i = 0; i < tape.nrOps; i++) expect(tape.timeUs[i] % 1_000_000).toBeLessThanOrEqual(50);
});

describe('limits', () => {
  const tooLong = (p: ChallengePlan) => () => compileTape(p, 1);
  test('a workload of too many operations is refused, with what to change', () => {
    const every = { kind: 'every', gapUs: 1, jitterUs: 0 } as const;
    let thrown: unknown;
    try {
      tooLong(plan([task('flood', every, [alloc('x')])]))();
    } catch (error) {
      thrown = error;
    }
    expect(thrown).toBeInstanceOf(WorkloadTooLong);
    expect((thrown as Error).message).toMatch(/task flood: make it arrive less often/);
  });
  test('a loop without rows ends too', () => {
    expect(tooLong(plan([task('spin', at(0), [repeat(1e12, hold(1))])]))).toThrow(/more than \d+ steps/);
    expect(tooLong(plan([task('empty', at(0), [repeat(1e12)])]))).toThrow(/more than \d+ steps/);
  });
  test('no gap, no integer seed', () => {
    const still = { kind: 'every', gapUs: 0, jitterUs: 0 } as const;
    expect(tooLong(plan([task('t', still, [alloc('x')])]))).toThrow(RangeError);
    expect(() => compileTape(plan([]), 1.5)).toThrow('a seed is an integer, not 1.5');
  });
  test('a workload too long for one sort key is sorted all the same', () => {
    const lengthUs = 2 ** 52;
    const tape = compileTape(
      plan([task('b', at(2 ** 51, 3), [alloc('x')]), task('a', at(3), [alloc('x')])], { lengthUs }),
      1,
    );
    expect(Array.from(tape.timeUs)).toEqual([3, 3, 2 ** 51]);
    expect(Array.from(tape.task)).toEqual([0, 1, 0]);
  });
});

test('a tape of 200,000 operations is compiled', () => {
  const tasks = busy.map(t => ({ ...t, count: t.count * 20 }));
  const big = plan(tasks, { lengthUs: 30_000_000 });
  compileTape(big, 1);
  const tape = compileTape(big, 2);
  expect(tape.nrOps).toBeGreaterThan(200_000);
});
