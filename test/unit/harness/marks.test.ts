import { GFP_ATOMIC } from '../../../src/engine/index.ts';
import { MARK_KINDS } from '../../../src/harness/marks.ts';
import { runSeed } from '../../../src/harness/runSeed.ts';
import { Session } from '../../../src/harness/session.ts';
import { tellingFailure } from '../../../src/harness/telling.ts';
import { compileTape } from '../../../src/workload/compile.ts';
import { alloc, at, free, goal, hold, plan, repeat, task } from '../workload/plans.ts';
import { record } from './recorded.ts';

const TASK = (index: number) => ({ task: index, zone: -1, order: -1 });
/** `noise` fails first and often; `card` fails later, and it is the one that a goal is about. */
const p = plan(
  [
    task('noise', at(100_000, 200_000, 300_000), [alloc('n', 9, { gfp: GFP_ATOMIC }), hold(10), free('n')]),
    task('card', at(250_000, 350_000), [alloc('c', 9, { gfp: GFP_ATOMIC }), hold(10), free('c')]),
    task('hog', at(1000), [repeat(15, alloc('h', 8, { gfp: GFP_ATOMIC })), hold(9_000_000), free('h')]),
  ],
  {
    goals: [
      goal('page_alloc.failures', 'at_most', 1, { where: TASK(1) }),
      goal('page_alloc.served', 'at_least', 999),
    ],
  },
);
const tape = compileTape(p, 1);

function marked(session: Session): { op: number; kind: string; ref: number }[] {
  const { marks } = session;
  return Array.from({ length: marks.length }, (_, i) => ({
    op: marks.op[i],
    kind: MARK_KINDS[marks.kind[i]],
    ref: marks.ref[i],
  }));
}

function played(): Session {
  const session = new Session(p, tape, null, 1);
  session.seek(session.nrOps);
  return session;
}

test('failures and lost goals are marked where they happen, once, however the run is moved', () => {
  const session = played();
  const marks = marked(session);
  const failures = marks.filter(mark => mark.kind === 'failure');
  expect(failures).toHaveLength(5);
  for (const [nr, mark] of failures.entries()) {
    session.seek(mark.op - 1);
    expect(session.failures).toHaveLength(nr);
    session.step(1);
    expect(session.failures).toHaveLength(nr + 1);
  }
  // The second failure of the card loses its goal; the other goal is decided at the end.
  expect(marks.filter(mark => mark.kind === 'goal')).toEqual([
    { op: failures[4].op, kind: 'goal', ref: 0 },
    { op: tape.nrOps, kind: 'goal', ref: 1 },
  ]);
  session.seek(0);
  session.seek(session.nrOps);
  expect(marked(session)).toEqual(marks);
  const steps = new Session(p, tape, null, 1);
  while (!steps.done) steps.step(1);
  expect(marked(steps)).toEqual(marks);
});

test('the failure told first is that of the task whose goal is lost', () => {
  const session = played();
  const telling = session.tellingMark();
  session.seek(session.marks.op[telling]);
  expect(session.lastOp).toContain('card asks for order 9');
  expect(tellingFailure(runSeed(p, 1, null))!.task).toBe('card');
  const noGoals = { ...p, goals: [] };
  const other = new Session(noGoals, tape, null, 1);
  other.seek(other.nrOps);
  expect(MARK_KINDS[other.marks.kind[other.tellingMark()]]).toBe('failure');
  expect(other.marks.ref[other.tellingMark()]).toBe(0);
});

test('faults of a policy are marked', () => {
  const q = { ...p, policy: { ...p.policy, hooks: ['zonelist' as const] } };
  const policy = record(q, tape, { zonelist: request => (request[8] === 3 ? 77 : -1) });
  const session = new Session(q, tape, policy, 1);
  session.seek(session.nrOps);
  expect(marked(session).filter(mark => mark.kind === 'fault')).toEqual([{ op: 4, kind: 'fault', ref: 0 }]);
});
