/** Submissions that were marked, with two public seeds and two hidden ones. */
import type { AssignedChallenge, AssignmentPlan } from '../../../../src/contract/assignment.ts';
import type { ChallengeResult, GradedSubmission, SeedMark } from '../../../../src/contract/grading.ts';
import type { ChallengePlan } from '../../../../src/contract/plan.ts';
import { submissionMarks } from '../../../../src/harness/coursework/marks.ts';

export const HIDDEN = new Set([4242, 4343]);

export const challenge = { title: 'The card', score: [{ metric: 'cycles' }] } as unknown as ChallengePlan;
export const assigned = (change: Partial<AssignedChallenge> = {}): AssignedChallenge => ({
  challenge: 'zones/card',
  file: 'card.ts',
  points: 1000,
  credit: 'seeds',
  publicSeeds: [1, 2],
  hiddenSeeds: 2,
  visibility: 'after_published',
  bonus: [{ metric: 'cycles', at: 'gold', points: 250 }],
  line: 1,
  column: 1,
  ...change,
});
export const plan = (change: Partial<AssignedChallenge> = {}): AssignmentPlan => ({
  id: 'hw/1',
  title: 'Home <work> *one*',
  text: '',
  challenges: [assigned(change)],
  best: 1,
  deadlineMs: null,
  late: { graceMs: 0, perDay: 1000, days: 9 },
  starter: [],
  leaderboard: ['cycles'],
});
export const tasks = [{ plan: challenge, name: 'zones/card', hidden: HIDDEN, publicSeeds: 2 }];

export const mark = (seed: number, won: boolean, reached: 'gold' | 'none' = 'none'): SeedMark => ({
  seed,
  outcome: won ? 'won' : 'lost',
  stars: won ? 1 : 0,
  goals: [
    {
      text: 'failures, at most 0',
      held: won,
      value: won ? 0 : 7,
      wanted: 0,
      unit: 'count',
      compare: 'at_most',
      lostAtEvent: won ? -1 : 99,
      lostAtUs: won ? -1 : 1000,
    },
  ],
  score: [
    { metric: 'cycles', unit: 'cycles', better: 'lower', value: 1000 + seed, par: 2, gold: 1, reached },
  ],
  nrFaults: won ? 0 : 2,
  firstFault: won ? '' : 'card.ts:1:2, in zonelist, event 3: ``` must be a number',
  firstFailure: won ? '' : 'sb16: page allocation failure. order:2, mode:0x21',
  stateHash: '0',
});

export function graded(
  result: ChallengeResult,
  change: Partial<AssignedChallenge> = {},
  daysLate = 0,
): GradedSubmission {
  return {
    id: 'Ada <b> & *Bo*',
    problem: '',
    submittedMs: null,
    challenges: [{ result, file: 'a/card.ts', note: '' }],
    marks: submissionMarks(plan(change), [result], [HIDDEN], daysLate),
  };
}
export const played = (...seeds: SeedMark[]): ChallengeResult => ({
  kind: 'played',
  policyHash: 'h',
  tokens: 9,
  seeds,
});
export const MIXED = played(mark(1, true), mark(2, false), mark(4242, true), mark(4343, true));
export const WON = played(...[1, 2, 4242, 4343].map(seed => mark(seed, true, 'gold')));
export const BROKEN: ChallengeResult = { kind: 'refused', message: 'card.ts:1:2: no', diagnostics: [] };

/** Whatever a student may see: no hidden seed, nor what was measured on one. */
export const leaks = (text: string): boolean => /4242|4343|5242|5343/.test(text);
