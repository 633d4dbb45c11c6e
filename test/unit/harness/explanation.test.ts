import type { ChallengePlan } from '../../../src/contract/plan.ts';
import {
  type Explanation,
  explanation,
  markOf,
  narrowest,
  type Target,
} from '../../../src/harness/explanation.ts';
import { MARK_KINDS } from '../../../src/harness/marks.ts';
import { Session } from '../../../src/harness/session.ts';
import { compileTape } from '../../../src/workload/compile.ts';
import { goal } from '../workload/plans.ts';
import { pinnedPlan, scattering } from './pinned.ts';
import { record } from './recorded.ts';

function played(p: ChallengePlan): Session {
  const session = new Session(p, compileTape(p, 1), scattering(p), 1);
  session.seek(session.nrOps);
  return session;
}

const of = (p: ChallengePlan, target: Target | null = null): Explanation => {
  const session = played(p);
  return explanation(session, session.verdict(), target);
};

const pinned = pinnedPlan([
  goal('page_alloc.failures', 'at_most', 0, { where: { task: 1, zone: -1, order: -1 } }),
  goal('zone.free', 'at_least', 5000),
  goal('zone.free', 'at_least', 100),
]);

test('the telling failure: block page by page, zones then, the report of the kernel, what happened', () => {
  const told = of(pinned);
  expect(told.what).toEqual({ kind: 'failure', number: 1, of: 3 });
  expect(told.lostGoal).toBe(0);
  if (told.cause.kind !== 'allocation') throw new Error(told.cause.kind);
  const [block] = told.cause.blocks;
  expect(told.blockCells).toHaveLength(told.cause.blocks.length);
  // b: the kernel's; e: free; letters by PAGE_KINDS, one cell a page.
  const cells = [...told.blockCells[0].matchAll(/([a-l])(\d*)/g)].map(
    ([, kind, times]) => [kind, Number(times || 1)] as const,
  );
  const pages = (wanted: string): number =>
    cells.reduce((sum, [kind, n]) => sum + (kind === wanted ? n : 0), 0);
  expect([pages('b'), pages('e'), pages('f')]).toEqual([block.pinnedPages, block.freePages, block.pcpPages]);
  expect(block).toMatchObject({ pages: 256 });
  const [dma] = told.zones;
  expect(dma).toMatchObject({ name: 'DMA', startPfn: 0, freePages: told.cause.zones[0].freePages });
  expect(told.kernelLog[0]).toBe('card: page allocation failure. order:8, mode:0x21');
  expect(told.kernelLog[1]).toBe('Mem-info:');
  expect(told.happenings.map(({ kind, task: who, times }) => [kind, who, times])).toEqual([
    ['failure', 'card', 2],
    ['goal', '', 1],
    ['failure', 'quiet', 1],
    ['goal', '', 1],
  ]);
  expect(told.counts).toEqual({ failure: 3, goal: 2 });
  expect(told.picture.at).toMatchObject({ what: 'failure', timeUs: 500_000 });
  expect(told.series!.values.at(-1)).toBe(2);
  expect(told.series!.values).toHaveLength(told.picture.timesUs.length);
});

test('any failure, any goal; the margins; what is not there says what is', () => {
  const third = of(pinned, { kind: 'failure', number: 2 });
  expect(third.cause).toMatchObject({ kind: 'allocation', task: 'quiet', order: 9 });
  expect(third.kernelSilenced).toBe(true);
  const lost = of(pinned, { kind: 'goal', number: 2 });
  expect(lost.cause).toMatchObject({ kind: 'goal', atEnd: true, held: false, metric: 'zone.free' });
  expect(lost.lostGoal).toBe(1);
  const held = of(pinned, { kind: 'goal', number: 3 });
  expect(held.cause).toMatchObject({ kind: 'goal', held: true });
  expect(held.picture.at.what).toBe('end');
  expect(held.goals[2].margin).toBe(held.goals[2].value - 100);
  expect(held.goals[1].permille).toBe(Math.floor((1000 * (held.goals[1].value - 5000)) / 5000));
  expect(narrowest(held.goals)).toBe(2);
  expect(() => of(pinned, { kind: 'failure', number: 4 })).toThrow(
    'there are 3 failed allocations on seed 1',
  );
  expect(() => of(pinned, { kind: 'oom', number: 1 })).toThrow('there are no killed processes on seed 1');
  expect(() => of(pinned, { kind: 'goal', number: 4 })).toThrow('the challenge has 3 goals');
});

test('a run in which nothing went wrong has nothing to explain', () => {
  const calm = {
    ...pinned,
    goals: [goal('zone.free', 'at_least', 1)],
    workload: { ...pinned.workload, tasks: [] },
  };
  expect(() => of(calm)).toThrow('nothing went wrong');
});

test('a fault that ended the run is the cause, not the goals that were undecided then', () => {
  const p = {
    ...pinned,
    goals: [goal('task.runs', 'at_least', 9), goal('page_alloc.allocs', 'at_least', 5000)],
    policy: { ...pinned.policy, hooks: ['zonelist' as const], onFault: 'end' as const },
  };
  const tape = compileTape(p, 1);
  const policy = record(p, tape, { zonelist: () => 0x77 }, 20);
  const session = new Session(p, tape, policy, 1);
  session.seek(session.nrOps);
  const mark = markOf(session, null);
  expect(MARK_KINDS[session.marks.kind[mark]]).toBe('fault');
});
