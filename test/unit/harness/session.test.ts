import { GFP_ATOMIC, stateHash } from '../../../src/engine/index.ts';
import type { PlayedPolicy } from '../../../src/harness/play.ts';
import { runSeed } from '../../../src/harness/runSeed.ts';
import { Session } from '../../../src/harness/session.ts';
import { compileTape } from '../../../src/workload/compile.ts';
import { alloc, free, goal, hold, plan, repeat, task } from '../workload/plans.ts';
import { record } from './recorded.ts';

const p = plan(
  [
    task('hog', { kind: 'every', gapUs: 400_000, jitterUs: 1000 }, [
      repeat(35, alloc('big', 7, { gfp: GFP_ATOMIC, onFail: { kind: 'retry', gapUs: 900, times: 9 } })),
      hold(250_000),
      free('big'),
    ]),
    task(
      'small',
      { kind: 'poisson', meanGapUs: 2_000 },
      [alloc('x', 3), hold({ kind: 'exponential', mean: 900_000 }), free('x')],
      { owner: 'user' },
    ),
  ],
  {
    lengthUs: 2_000_000,
    goals: [goal('zone.free', 'at_least', 800, { always: true }), goal('page_alloc.failures', 'at_most', 3)],
    score: [{ metric: 'cycles', where: { task: -1, zone: -1, order: -1 }, better: 'lower', par: 2, gold: 1 }],
  },
);
const tape = compileTape(p, 1);
const policy = record(p, tape, { zonelist: () => -1, placement: request => request[1] & 1 });

/** Everything that a viewer can see. */
function view(s: Session) {
  return {
    op: s.op,
    timeUs: s.timeUs,
    goals: s.goals,
    scores: s.scores,
    log: s.log,
    failures: s.failures,
    lastOp: s.lastOp,
    hash: stateHash(s.machine),
  };
}

describe.each<[string, PlayedPolicy | null]>([
  ['Linux', null],
  ['a policy', policy],
])('%s', (_, played) => {
  test('played to its end it is the run that was judged', () => {
    const session = new Session(p, tape, played, 1);
    session.step(tape.nrOps + 10);
    expect(session.done).toBe(true);
    expect(session.timeUs).toBe(session.lengthUs);
    const judged = runSeed(p, 1, played, 'again');
    expect(judged.metrics['page_alloc.stalls']).toBeGreaterThan(5);
    expect(judged.metrics['page_alloc.failures']).toBeGreaterThan(5);
    expect(session.verdict('again')).toEqual(judged);
  });

  test('wherever it is sent, back or forth, it shows what stepping there shows', () => {
    const stepped = new Session(p, tape, played, 1);
    const seen = new Map([[0, view(stepped)]]);
    const places: number[] = [];
    for (let op = 53; op < tape.nrOps; op += 53) places.push(op);
    places.push(tape.nrOps);
    for (const op of places) {
      stepped.step(op - stepped.op);
      seen.set(op, view(stepped));
    }
    const session = new Session(p, tape, played, 1);
    let state = 12345;
    const all = [0, ...places];
    for (let i = 0; i < 60; i++) {
      state = (state * 1103515245 + 12345) & 0x7fffffff;
      const op = all[state % all.length];
      session.seek(op);
      expect(view(session)).toEqual(seen.get(op));
    }
    session.seek(tape.nrOps);
    expect(session.verdict()).toEqual(runSeed(p, 1, played));
  });
});

test('failures say where to seek: one step from there it happens', () => {
  const session = new Session(p, tape, null, 1);
  session.seek(tape.nrOps);
  const failures = session.failures;
  const mark = failures[3];
  session.seek(mark.op);
  expect(session.failures).toHaveLength(3);
  session.step(1);
  expect(session.failures).toHaveLength(4);
  expect(session.log[3].text).toBe(`hog: page allocation failure. order:${mark.order}, mode:0x20`);
  expect(session.lastOp).toMatch(/^hog asks( again)? for order 7, gfp 0x20: none$/);
});

test('times lead to operations', () => {
  const session = new Session(p, tape, null, 1);
  expect(session.opsUntil(-1)).toBe(0);
  expect(session.opsUntil(1e12)).toBe(tape.nrOps);
  const n = session.opsUntil(tape.timeUs[100]);
  expect(tape.timeUs[n - 1]).toBe(tape.timeUs[100]);
  expect(tape.timeUs[n]).toBeGreaterThan(tape.timeUs[100]);
});

test('seeking is held within the run', () => {
  const session = new Session(p, tape, null, 1);
  session.seek(-5);
  expect(session.op).toBe(0);
  session.seek(1e9);
  expect(session.op).toBe(session.nrOps);
  session.step(-3);
  expect(session.op).toBe(session.nrOps);
});

test('slots know their owner', () => {
  const session = new Session(p, tape, null, 1);
  for (let row = 0; row < tape.nrOps; row++)
    expect(session.slotOwner[tape.slot[row]]).toBe(tape.task[row] === 0 ? 1 : 0);
});

test('a run that a fault ended is done where it ended', () => {
  const ended = record(p, tape, { zonelist: () => -1 }, 100);
  const session = new Session(p, tape, ended, 1);
  session.seek(tape.nrOps);
  expect(session.op).toBe(ended.run.nrOps);
  expect(session.done).toBe(true);
  expect(session.timeUs).toBeLessThan(session.lengthUs);
  expect(session.verdict().outcome).toBe('lost');
});

test('an empty tape is done from the start', () => {
  const empty = plan([], { lengthUs: 1000 });
  const session = new Session(empty, compileTape(empty, 1), null, 1);
  session.step(1);
  expect([session.done, session.timeUs, session.lastOp]).toEqual([true, 1000, '']);
});
