import type { ChallengePlan, StepPlan } from '../../../src/contract/plan.ts';
import { GFP_ATOMIC, GFP_DMA, GFP_KERNEL, REQ_ORDER, REQ_TASK } from '../../../src/engine/index.ts';
import { type Cause, Explainer, explain } from '../../../src/harness/cause.ts';
import type { AllocationCause } from '../../../src/harness/causeAllocation.ts';
import { MARK_KINDS, type MarkKind } from '../../../src/harness/marks.ts';
import type { PlayedPolicy } from '../../../src/harness/play.ts';
import { Session } from '../../../src/harness/session.ts';
import { compileTape } from '../../../src/workload/compile.ts';
import { alloc, at, constant, free, goal, hold, plan, repeat, task } from '../workload/plans.ts';
import { CHECKED, kernelPlan } from './kernelMachine.ts';
import { type Decide, record } from './recorded.ts';

function played(p: ChallengePlan, decide: Decide | null = null): Session {
  const tape = compileTape(p, 1);
  const policy: PlayedPolicy | null = decide === null ? null : record(p, tape, decide);
  const session = new Session(p, tape, policy, 1);
  session.seek(session.nrOps);
  return session;
}

function marksOf(session: Session, kind: MarkKind): number[] {
  const { marks } = session;
  return [...Array(marks.length).keys()].filter(i => MARK_KINDS[marks.kind[i]] === kind);
}

function causeOf<K extends Cause['kind']>(
  session: Session,
  kind: MarkKind,
  nr: number,
): Extract<Cause, { kind: K }> {
  return explain(session, marksOf(session, kind)[nr]) as Extract<Cause, { kind: K }>;
}

const PIN = 0;
const CARD = 1;
/** Two pages stay in every block of 256; then somebody wants one. 16 MiB of ZONE_DMA, flat. */
const pinned = plan(
  [
    task(
      'pin',
      at(...Array.from({ length: 16 }, (_, i) => 1000 * (i + 1))),
      [{ ...alloc('p', 1, { gfp: GFP_KERNEL }), line: 21, column: 11 } as StepPlan],
      { line: 19, column: 7 },
    ),
    task('card', at(500_000), [alloc('ring', 8, { gfp: GFP_ATOMIC | GFP_DMA }), hold(10), free('ring')]),
  ],
  { policy: { ...plan([]).policy, hooks: ['block', 'zonelist'] } },
);
let pins = 0;
const scatter: Decide = {
  block: request => (request[REQ_TASK] === PIN && request[REQ_ORDER] === 1 ? 256 * pins++ + 6 : -1),
};

test('fragmentation: the blocks that came nearest, what pins them, and the decision that put it there', () => {
  pins = 0;
  const cause = causeOf<'allocation'>(played(pinned, scatter), 'failure', 0);
  expect(cause).toMatchObject({
    kind: 'allocation',
    task: 'card',
    order: 8,
    gfp: GFP_ATOMIC | GFP_DMA,
    mayWait: false,
    why: 'fragmentation',
    timeUs: 500_000,
  });
  expect(cause.by.text).toContain('card asks for order 8');
  expect(cause.zones).toHaveLength(1);
  const [dma] = cause.zones;
  expect(dma).toMatchObject({ name: 'DMA', largest: 7, why: 'fragmentation' });
  // All but the pins and a few in per-CPU lists.
  expect(dma.freePages).toBeGreaterThan(4000);
  expect(dma.need).toBeLessThan(dma.freePages);
  expect(cause.blocks).toHaveLength(3);
  for (const [i, block] of cause.blocks.entries()) {
    expect(block).toMatchObject({ pfn: 256 * i, pages: 256, freePages: 254, pinnedPages: 2, nrPins: 1 });
    const [pin] = block.pins;
    expect(pin).toMatchObject({ pfn: 256 * i + 6, order: 1, kind: 'kernel', task: 'pin', event: i });
    expect(pin.ageUs).toBe(500_000 - 1000 * (i + 1));
    expect(pin.by).toMatchObject({ event: i, line: 21, column: 11 });
    expect(pin.decisions[0]).toMatchObject({
      hook: 'block',
      given: 256 * i + 6,
      done: 256 * i + 6,
      rule: '',
    });
    expect(pin.decisions[0].linux).not.toBe(pin.decisions[0].done);
  }
  expect(cause.holders).toEqual([
    { task: 'pin', kind: 'kernel', pages: 32, blocks: 16, oldestUs: 499_000, youngestUs: 484_000 },
  ]);
});

test('found in steps it is the same, and the run stands behind the failure', () => {
  pins = 0;
  const session = played(pinned, scatter);
  const [mark] = marksOf(session, 'failure');
  const explainer = new Explainer(session, mark);
  expect(explainer.percent).toBe(0);
  let steps = 0;
  while (!explainer.step(3)) steps++;
  expect(steps).toBeGreaterThan(2);
  expect(explainer.cause).toEqual(explain(session, mark));
  expect(session.op).toBe(session.marks.op[mark]);
});

/** One task takes everything there is. */
const short = plan([
  task('hog', at(1000), [repeat(4090, alloc('h', 0, { gfp: GFP_ATOMIC })), hold(9_000_000), free('h')]),
  task('card', at(500_000), [alloc('ring', 0, { gfp: GFP_ATOMIC }), hold(10), free('ring')]),
]);

test('want of pages: who holds them, how long', () => {
  const session = played(short);
  const failures = marksOf(session, 'failure');
  const cause = causeOf<'allocation'>(session, 'failure', failures.length - 1);
  expect(cause.task).toBe('card');
  expect(cause.why).toBe('pages');
  expect(cause.zones[0].freePages).toBeLessThan(cause.zones[0].need);
  expect(cause.holders[0]).toMatchObject({ task: 'hog', oldestUs: 499_000, youngestUs: 499_000 });
  expect(cause.holders[0].pages).toBeGreaterThan(3500);
  expect(cause.decisions).toEqual([]);
});

test('a zone that the policy kept closed is told as such', () => {
  const q = plan(
    [
      task('hog', at(1000), [
        repeat(15, alloc('h', 8, { gfp: GFP_ATOMIC | GFP_DMA })),
        hold(9_000_000),
        free('h'),
      ]),
      task('card', at(500_000), [alloc('ring', 8, { gfp: GFP_ATOMIC }), hold(10), free('ring')]),
    ],
    {
      machine: { ...plan([]).machine, ramPages: 16_384 },
      policy: { ...plan([]).policy, hooks: ['zonelist'] },
    },
  );
  const session = played(q, { zonelist: request => (request[REQ_TASK] === CARD ? 1 : -1) });
  const cause = causeOf<'allocation'>(session, 'failure', 0);
  expect(cause.task).toBe('card');
  expect(cause.why).toBe('policy');
  expect(cause.zones.map(({ name, why }) => [name, why])).toEqual([
    ['Normal', 'policy'],
    ['DMA', 'pages'],
  ]);
  expect(cause.decisions[0]).toMatchObject({ hook: 'zonelist', done: 1, linux: 18 });
});

test('what the kernel took before the workload began has no operation', () => {
  const machine = { ...CHECKED, ramPages: 4096 };
  const q = plan(
    [
      task('card', at(500_000), [
        repeat(12, alloc('ring', 9, { gfp: GFP_ATOMIC | GFP_DMA })),
        hold(10),
        free('ring'),
      ]),
    ],
    { machine },
  );
  const cause = causeOf<'allocation'>(played(q), 'failure', 0);
  const all = cause.blocks.flatMap((block: AllocationCause['blocks'][number]) => block.pins);
  expect(all.some(pin => pin.by === null && pin.event < 0 && pin.task === '')).toBe(true);
});

test('a stack that overflowed: the chain, and the frame that crossed', () => {
  const cause = causeOf<'stack'>(played(kernelPlan(10)), 'bug', 0);
  expect(cause.kind).toBe('stack');
  expect(cause.limit).toBeLessThan(8192);
  const { frames, crossed, limit } = cause;
  expect(crossed).toBeGreaterThanOrEqual(0);
  expect(frames[crossed].depth).toBeGreaterThan(limit);
  expect(frames[crossed + 1].depth).toBeLessThanOrEqual(limit);
  expect(frames.map(frame => frame.function)).toContain('do_read');
});

const USUAL_VM = {
  diskBytesPerSecond: 60e6,
  diskSeekUs: 500,
  diskRequests: 128,
  swapPages: 0,
  swappiness: 60,
  dirtyRatio: 40,
  dirtyBackgroundRatio: 10,
  dirtyWritebackCentisecs: 500,
  dirtyExpireCentisecs: 3000,
  pageCluster: 3,
  filePages: [],
};

test('a process that is killed for memory: who had what, and its points', () => {
  const touch = (pages: number): StepPlan => ({
    kind: 'touch_area',
    name: 'heap',
    pages: constant(pages),
    at: { kind: 'sequential' },
    write: true,
  });
  const grow = (pages: number): StepPlan[] => [
    { kind: 'mmap', as: 'heap', pages: constant(pages) },
    repeat(pages / 10, touch(10), hold(1000)),
    hold(50_000_000),
    { kind: 'munmap', name: 'heap' },
  ];
  const process = { fork: 'copy', nice: 0, root: false } as const;
  const q = plan(
    [task('small', at(10), grow(1500), { process }), task('big', at(20), grow(3400), { process })],
    { machine: { ...CHECKED, ramPages: 4096, vm: USUAL_VM }, lengthUs: 400_000_000 },
  );
  const session = played(q);
  const cause = causeOf<'oom'>(session, 'oom', 0);
  expect(cause).toMatchObject({ kind: 'oom', victim: 'big' });
  const [first, second] = cause.processes;
  expect(first).toMatchObject({ task: 'big', victim: true, totalVm: 3400 });
  expect(second).toMatchObject({ task: 'small', victim: false, totalVm: 1500 });
  if (cause.how === 'badness') expect(first.points).toBeGreaterThan(second.points);
  expect(cause.report[0]).toMatch(/^(Out of Memory: Killed|VM: killing) process/);
});

test('a bug: the report, and the operations that had the memory before', () => {
  const q = plan(
    [
      task('driver', at(1000), [
        {
          kind: 'kmalloc',
          as: 'b',
          bytes: constant(100),
          gfp: GFP_KERNEL,
          onFail: { kind: 'skip' },
          line: 12,
          column: 3,
        },
        { kind: 'kfree', name: 'b' },
        { kind: 'kfree', name: 'b', again: true },
      ]),
    ],
    { machine: CHECKED },
  );
  const cause = causeOf<'bug'>(played(q), 'bug', 0);
  expect(cause.report.join('\n')).toMatch(/double free/);
  expect(cause.noticed).toBe(true);
  const words = cause.before.map(({ text }) => text);
  expect(words[0]).toContain('kmalloc for 100 bytes');
  expect(words[1]).toContain('frees an object');
  expect(cause.by.text).toContain('frees an object');
  expect(cause.by.event).toBeGreaterThan(cause.before[1].event);
  expect(cause.before[0].line).toBe(12);
});

test('a goal: by which event it was lost, and from what to what', () => {
  const q = {
    ...short,
    goals: [
      goal('zone.free', 'at_least', 3000, { always: true }),
      goal('page_alloc.served', 'at_least', 1001),
    ],
  };
  const session = played(q);
  expect(marksOf(session, 'goal')).toHaveLength(2);
  const lost = causeOf<'goal'>(session, 'goal', 0);
  expect(lost).toMatchObject({ kind: 'goal', wanted: 3000, atEnd: false, compare: 'at_least' });
  expect(lost.before).toBeGreaterThanOrEqual(3000);
  expect(lost.after).toBeLessThan(3000);
  expect(lost.by.task).toBe('hog');
  const end = causeOf<'goal'>(session, 'goal', 1);
  expect(end).toMatchObject({ atEnd: true, wanted: 1001, held: false });
  // Whose it was: hog asked more often than was served, card only once.
  const { shares, beside } = end.makeup;
  expect(shares.filter(({ of }) => of === 'task').map(({ name }) => name)).toEqual(['card', 'hog']);
  const failures = session.measure('page_alloc.failures');
  expect(beside).toContainEqual(expect.objectContaining({ metric: 'page_alloc.failures', value: failures }));
});

test('a goal on cycles names the prices, and one on waits whose and what waits they were', () => {
  const q = {
    ...short,
    goals: [goal('cycles', 'at_most', 100), goal('page_alloc.stall_time', 'at_most', 0)],
  };
  q.workload = {
    ...q.workload,
    tasks: [
      ...q.workload.tasks,
      task('late', at(600_000), [alloc('l', 0, { gfp: GFP_KERNEL }), hold(1), free('l')]),
    ],
  };
  const session = played(q);
  const [cycles, stall] = [0, 1].map(nr => causeOf<'goal'>(session, 'goal', nr));
  expect(cycles.makeup.spent.map(({ name }) => name)).toContain('call');
  expect(stall.makeup.shares).toEqual([{ of: 'task', name: 'late', value: stall.after }]);
  expect(stall.makeup.beside[0]).toMatchObject({ metric: 'page_alloc.stalls', value: 1 });
});

test('a fault of the policy is found, and what is only worth seeing has its operation', () => {
  const session = played(pinned, { zonelist: () => 0x77 });
  const cause = causeOf<'fault'>(session, 'fault', 0);
  expect(cause).toMatchObject({ kind: 'fault', event: 0 });
  expect(cause.nrFaults).toBeGreaterThan(0);
});

test('vmalloc without addresses: what was asked for, the window, and who has areas', () => {
  const skip = { kind: 'skip' } as const;
  const q = plan(
    [
      task('iptables', at(1000), [
        repeat(20, { kind: 'vmalloc', as: 'v', pages: constant(1000), onFail: skip }),
        hold(9_000_000),
        { kind: 'vfree', name: 'v' },
      ]),
      task('raid', at(500_000), [
        repeat(20, { kind: 'buffer', as: 'b', bytes: constant(4_000_000), gfp: GFP_KERNEL, onFail: skip }),
        hold(10),
        { kind: 'free_buffer', name: 'b' },
      ]),
    ],
    { machine: { ...CHECKED, ramPages: 229_376 } },
  );
  const session = played(q);
  const cause = causeOf<'window'>(session, 'failure', 0);
  expect(cause).toMatchObject({ kind: 'window', pages: 977 });
  expect(cause.by.task).toBe('raid');
  expect(cause.holders[0]).toMatchObject({ task: 'iptables', areas: 20, pages: 20_000 });
  expect(cause.holders[1].task).toBe('raid');
  expect(cause.holders[1].pages).toBe(977 * cause.holders[1].areas);
  expect(cause.largestHole).toBeLessThan(4_000_000);
});
