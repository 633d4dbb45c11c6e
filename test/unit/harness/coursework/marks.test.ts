import type { AssignedChallenge, AssignmentPlan } from '../../../../src/contract/assignment.ts';
import type { ChallengeResult, SeedMark } from '../../../../src/contract/grading.ts';
import { hiddenSeeds } from '../../../../src/harness/coursework/hiddenSeeds.ts';
import { challengeMarks, submissionMarks } from '../../../../src/harness/coursework/marks.ts';

const assigned = (change: Partial<AssignedChallenge> = {}): AssignedChallenge => ({
  challenge: 'zones/a',
  file: 'a.ts',
  points: 1000,
  credit: 'seeds',
  publicSeeds: [1, 2],
  hiddenSeeds: 0,
  visibility: 'hidden',
  bonus: [],
  line: 1,
  column: 1,
  ...change,
});

type Reached = 'gold' | 'par' | 'none';

function mark(seed: number, held: boolean[], reached: Reached = 'none'): SeedMark {
  return {
    seed,
    outcome: held.every(Boolean) ? 'won' : 'lost',
    stars: 0,
    goals: held.map(h => ({
      text: '',
      held: h,
      value: 0,
      wanted: 0,
      unit: 'count',
      compare: 'at_most',
      lostAtEvent: -1,
      lostAtUs: -1,
    })),
    score: [{ metric: 'cycles', unit: 'cycles', better: 'lower', value: 1, par: 2, gold: 1, reached }],
    nrFaults: 0,
    firstFault: '',
    firstFailure: '',
    stateHash: '',
  };
}

const played = (...seeds: SeedMark[]): ChallengeResult => ({
  kind: 'played',
  policyHash: '',
  tokens: 1,
  seeds,
});
const none: ChallengeResult = { kind: 'missing', message: '', diagnostics: [] };
const open: ReadonlySet<number> = new Set();

test('the share of seeds won, rounded once and halves up', () => {
  const two = played(mark(1, [true]), mark(2, [false]), mark(3, [true]));
  expect(challengeMarks(assigned(), two, open).points).toBe(667);
  expect(
    challengeMarks(assigned({ points: 1 }), played(mark(1, [true]), mark(2, [false])), open).points,
  ).toBe(1);
  expect(challengeMarks(assigned(), none, open)).toMatchObject({ points: 0, bonus: 0 });
});

test('all seeds or nothing, and the share of goals', () => {
  const most = played(mark(1, [true, true]), mark(2, [true, false]));
  expect(challengeMarks(assigned({ credit: 'all' }), most, open).points).toBe(0);
  expect(challengeMarks(assigned({ credit: 'all' }), played(mark(1, [true])), open).points).toBe(1000);
  expect(challengeMarks(assigned({ credit: 'goals' }), most, open).points).toBe(750);
  expect(challengeMarks(assigned({ credit: 'all' }), played(), open).points).toBe(0);
});

test('a bonus is for those who reach it on every seed and win', () => {
  const bonus = [
    { metric: 'cycles' as const, at: 'par' as const, points: 100 },
    { metric: 'cycles' as const, at: 'gold' as const, points: 200 },
  ];
  const of = (...seeds: SeedMark[]) => challengeMarks(assigned({ bonus }), played(...seeds), open).bonus;
  expect(of(mark(1, [true], 'gold'), mark(2, [true], 'gold'))).toBe(300);
  expect(of(mark(1, [true], 'gold'), mark(2, [true], 'par'))).toBe(100);
  expect(of(mark(1, [true], 'gold'), mark(2, [true], 'none'))).toBe(0);
  expect(of(mark(1, [true], 'gold'), mark(2, [false], 'gold'))).toBe(0);
});

test('what public and hidden seeds come to by themselves', () => {
  const result = played(mark(1, [true]), mark(2, [true]), mark(900, [false]));
  expect(challengeMarks(assigned(), result, new Set([900]))).toMatchObject({
    points: 667,
    publicPoints: 1000,
    hiddenPoints: 0,
  });
});

describe('a submission', () => {
  const plan = (change: Partial<AssignmentPlan> = {}): AssignmentPlan => ({
    id: 'hw/1',
    title: '',
    text: '',
    challenges: [assigned(), assigned({ points: 500 }), assigned({ points: 2000 })],
    best: 3,
    deadlineMs: 0,
    late: { graceMs: 0, perDay: 1000, days: 3 },
    starter: [],
    leaderboard: [],
    ...change,
  });
  const results = [played(mark(1, [true])), played(mark(1, [true])), none];
  const hidden = [open, open, open];

  test('adds up what counts', () => {
    expect(submissionMarks(plan(), results, hidden, 0)).toMatchObject({
      earned: 1500,
      total: 1500,
      outOf: 3500,
    });
    const best = submissionMarks(plan({ best: 1 }), results, hidden, 0);
    expect(best).toMatchObject({ earned: 1000, total: 1000, outOf: 2000 });
    expect(best.challenges.map(({ counts }) => counts)).toEqual([true, false, false]);
  });

  test('lateness takes its part, and in the end everything', () => {
    const total = (days: number): number => submissionMarks(plan(), results, hidden, days).total;
    expect([0, 1, 3, 4].map(total)).toEqual([1500, 1350, 1050, 0]);
    const dear = plan({ late: { graceMs: 0, perDay: 6000, days: 9 } });
    expect(submissionMarks(dear, results, hidden, 2).total).toBe(0);
  });
});

test('hidden seeds follow from the secret alone, and are never public ones', () => {
  const secret = new TextEncoder().encode('a secret of more than sixteen bytes');
  const seeds = hiddenSeeds(secret, 'hw/1', 'zones/a', 5, []);
  expect(seeds).toEqual(hiddenSeeds(secret, 'hw/1', 'zones/a', 5, []));
  expect(new Set(seeds).size).toBe(5);
  expect(hiddenSeeds(secret, 'hw/1', 'zones/b', 5, [])).not.toEqual(seeds);
  expect(hiddenSeeds(secret.slice(1), 'hw/1', 'zones/a', 5, [])).not.toEqual(seeds);
  const passed = hiddenSeeds(secret, 'hw/1', 'zones/a', 4, [seeds[1]]);
  expect(passed).toEqual([seeds[0], seeds[2], seeds[3], seeds[4]]);
});
