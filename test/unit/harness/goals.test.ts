import type { GoalPlan } from '../../../src/contract/plan.ts';
import { boot, GFP_ATOMIC } from '../../../src/engine/index.ts';
import { Goals, holds } from '../../../src/harness/goals.ts';
import { compileTape } from '../../../src/workload/compile.ts';
import { TapePlayer } from '../../../src/workload/player.ts';
import { alloc, at, free, goal, hold, plan, repeat, task } from '../workload/plans.ts';

test.each([
  ['at_most', 5, [true, true, false]],
  ['at_least', 5, [false, true, true]],
  ['equals', 5, [false, true, false]],
] as const)('%s', (compare, value, expected) => {
  expect([4, 5, 6].map(now => holds(goal('cycles', compare, value), now))).toEqual(expected);
});

/** 100 pages from 10 us on, given back at 1000 us: the middle is worse than the end. */
function judge(...goals: GoalPlan[]) {
  const p = plan([task('t', at(10), [repeat(100, alloc('x')), hold(990), free('x')])], { goals });
  const tape = compileTape(p, 1);
  const machine = boot(p.machine);
  const player = new TapePlayer(p, machine, tape);
  const board = new Goals({ ...p, goals }, { machine, player, policy: { nrFaults: 0, tokens: 0 } });
  board.watch();
  player.afterOp = () => board.watch();
  return { player, board, end: () => player.playUntil(tape.nrOps) };
}

test('a goal at the end looks at the end only, an always goal at the worst moment', () => {
  const { board, end } = judge(
    goal('zone.used', 'at_most', 0),
    goal('zone.used', 'at_most', 99, { always: true }),
    goal('zone.used', 'at_most', 100, { always: true }),
  );
  end();
  const [last, lost, held] = board.results();
  expect(last).toMatchObject({ held: true, value: 0, lostAtEvent: -1, lostAtUs: -1 });
  expect(lost).toMatchObject({ held: false, value: 100, lostAtEvent: 99, lostAtUs: 10 });
  expect(held).toMatchObject({ held: true, value: 100, lostAtEvent: -1 });
});

test('a total that must stay small is lost with the operation that takes it past its limit', () => {
  const { board, player, end } = judge(
    goal('page_alloc.allocs', 'at_most', 29),
    goal('page_alloc.allocs', 'at_most', 100),
    goal('page_alloc.allocs', 'at_least', 200),
  );
  player.playUntil(29);
  expect(board.results()[0]).toMatchObject({ held: true, value: 29, lostAtEvent: -1 });
  const saved = board.save();
  end();
  const [past, within, least] = board.results();
  expect(past).toMatchObject({ held: false, value: 100, lostAtEvent: 29, lostAtUs: 10 });
  expect(within).toMatchObject({ held: true, value: 100, lostAtEvent: -1, lostAtUs: -1 });
  expect(least).toMatchObject({ held: false, lostAtEvent: -1 });
  board.load(saved);
  expect(board.results()[0]).toMatchObject({ lostAtEvent: -1 });
});

test('at_least always keeps the smallest value, equals the one furthest off', () => {
  const { board, end } = judge(
    goal('zone.free', 'at_least', 4000, { always: true }),
    goal('zone.used', 'equals', 30, { always: true }),
  );
  const before = board.results()[0].value;
  end();
  const [least, equal] = board.results();
  expect(least.value).toBeLessThan(before);
  expect(least.value).toBeGreaterThan(3900);
  expect(equal).toMatchObject({ held: false, value: 100, lostAtEvent: 0 });
});

test('what an always goal went through can be put back', () => {
  const { board, player, end } = judge(goal('zone.used', 'at_most', 50, { always: true }));
  player.playUntil(20);
  const saved = board.save();
  const then = board.results();
  end();
  expect(board.results()).not.toEqual(then);
  board.load(saved);
  expect(board.results()[0]).toMatchObject({ held: true, value: 20 });
});

test('a goal that nothing has ever violated in a run with failures still fails on them', () => {
  const p = plan([task('t', at(0), [repeat(5, alloc('x', 10, { gfp: GFP_ATOMIC }))])]);
  const goals = [goal('page_alloc.failures', 'at_most', 0, { always: true })];
  const machine = boot(p.machine);
  const player = new TapePlayer(p, machine, compileTape(p, 1));
  const board = new Goals({ ...p, goals }, { machine, player, policy: { nrFaults: 0, tokens: 0 } });
  player.afterOp = () => board.watch();
  player.playUntil(5);
  expect(board.results()[0]).toMatchObject({ held: false, value: 2, lostAtEvent: 3 });
});
