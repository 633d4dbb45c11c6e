import type { AssignmentPlan } from '../../../../src/contract/assignment.ts';
import type { ChallengeResult, GradedSubmission, RunPicture } from '../../../../src/contract/grading.ts';
import type { ChallengePlan } from '../../../../src/contract/plan.ts';
import { submissionMarks } from '../../../../src/harness/coursework/marks.ts';
import { feedbackHtml } from '../../../../src/report/coursework/html/feedbackHtml.ts';
import { summaryHtml } from '../../../../src/report/coursework/html/summaryHtml.ts';
import { ticks } from '../../../../src/report/html/plots.ts';
import { elements, expectHarmless, textOf } from '../htmlPage.ts';

const HOSTILE = `</title></pre><script>alert(1)</script><img src=x onerror=alert(1)>"'&\u0000\u202e\ud800`;
const HIDDEN = 987654321;

const plan: AssignmentPlan = {
  id: 'hw/1',
  title: HOSTILE,
  text: '',
  challenges: [
    {
      challenge: 'zones/card',
      file: 'card.ts',
      points: 1000,
      credit: 'seeds',
      publicSeeds: [1],
      hiddenSeeds: 1,
      visibility: 'visible',
      bonus: [],
      line: 1,
      column: 1,
    },
  ],
  best: 1,
  deadlineMs: null,
  late: { graceMs: 0, perDay: 1000, days: 9 },
  starter: [],
  leaderboard: [],
};
const tasks = [
  {
    plan: { title: 'The card', score: [] } as unknown as ChallengePlan,
    name: 'zones/card',
    hidden: new Set([HIDDEN]),
  },
];

const picture = (change: Partial<RunPicture> = {}): RunPicture => ({
  seed: 1,
  lengthUs: 1_000_000,
  timesUs: [0, 500_000, 1_000_000],
  order: 3,
  zones: [
    {
      name: 'DMA',
      min: 10,
      low: 20,
      high: 30,
      free: [300, 25, 5],
      unusable: [0, 500, 1000],
      nrPages: 300,
      pagesPerCell: 4,
      cells: 'g10e60B4a',
      kinds: [10, 6, 0, 0, 244, 0, 40, 0, 0, 0, 0, 0],
    },
  ],
  at: { what: 'failure', event: 1234, timeUs: 500_000 },
  cause: `Why\n  ${HOSTILE}\n`,
  ...change,
});

const seedMark = (seed: number, outcome: 'won' | 'lost') => ({
  seed,
  outcome,
  stars: 0,
  goals: [
    {
      text: HOSTILE,
      held: false,
      value: 7,
      wanted: 0,
      unit: 'count',
      compare: 'at_most' as const,
      lostAtEvent: 99,
      lostAtUs: 1000,
    },
  ],
  score: [],
  nrFaults: 2,
  firstFault: HOSTILE,
  firstFailure: HOSTILE,
  stateHash: '0',
});

function graded(result: ChallengeResult): GradedSubmission {
  return {
    id: HOSTILE,
    problem: '',
    submittedMs: null,
    challenges: [{ result, file: HOSTILE, note: HOSTILE }],
    marks: submissionMarks(plan, [result], [new Set([HIDDEN])], 2),
  };
}
const played = (of = picture()): ChallengeResult => ({
  kind: 'played',
  policyHash: '',
  tokens: 1,
  seeds: [seedMark(1, 'lost'), seedMark(HIDDEN, 'lost')],
  picture: of,
});

test('feedback is well-formed, and nothing of a student is markup', () => {
  const html = feedbackHtml(plan, tasks, graded(played()));
  expectHarmless(html);
  const text = textOf(html);
  expect(text).toContain('2 days late: 20 % less.');
  expect(text).toContain('<script>alert(1)</script>');
  expect(text).toContain('Watermarks: pages_min 10');
  expect(text).toContain('Page map of DMA');
  expect(text).toContain('at event 1,234, 500ms (failure)');
  expect(text).not.toMatch(/NaN|undefined|Infinity/);
});

test('nothing tells a hidden seed, not even a picture that should not be there', () => {
  for (const shown of [picture(), picture({ seed: HIDDEN })]) {
    const html = feedbackHtml(plan, tasks, graded(played(shown)));
    expect(html).not.toContain(String(HIDDEN));
    expect(html.includes('Page map of')).toBe(shown.seed === 1);
    expect(html).toContain('On hidden seeds: 0 of 1 won.');
  }
});

test('without a run: the verdict and the diagnostics', () => {
  const diagnostics = [
    {
      code: 'E-POLICY-SYNTAX',
      severity: 'error',
      file: HOSTILE,
      line: 1,
      column: 2,
      message: HOSTILE,
    } as never,
  ];
  const html = feedbackHtml(plan, tasks, graded({ kind: 'refused', message: HOSTILE, diagnostics }));
  expectHarmless(html);
  expect(html).toContain('It does not compile');
  expect(html).toContain('E-POLICY-SYNTAX');
});

test('the summary links to everybody, whatever the name', () => {
  const submissions = [graded(played()), graded({ kind: 'missing', message: HOSTILE, diagnostics: [] })];
  const html = summaryHtml(plan, submissions, ['feedback/a%20b.html', 'feedback/_.html']);
  expectHarmless(html);
  const links = elements(html).flatMap(({ nodeName, attrs }) => (nodeName === 'a' ? [attrs![0].value] : []));
  expect(links).toEqual(['feedback/a%20b.html', 'feedback/_.html']);
  expect(html).toContain('1 lost, 1 missing');
  // Of the class as a whole and for each challenge: two who got nothing.
  const [total, ofCard] = html.match(/<desc id="(totals|points-1)-d">[^<]*/g)!;
  for (const told of [total, ofCard]) expect(told).toMatch(/: 2, 0, 0, 0, 0, 0, 0, 0, 0, 0\.$/);
  expect(html).not.toContain(String(HIDDEN));
  expectHarmless(summaryHtml(plan, [], []));
});

test('ticks are round and reach no further than the most', () => {
  expect(ticks(0, 4)).toEqual([0]);
  expect(ticks(3, 4)).toEqual([0, 1, 2, 3]);
  expect(ticks(2700, 4)).toEqual([0, 1000, 2000]);
  expect(ticks(40_000_000, 4)).toEqual([0, 10_000_000, 20_000_000, 30_000_000, 40_000_000]);
});
