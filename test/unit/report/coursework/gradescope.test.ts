import { Ajv2020 } from 'ajv/dist/2020.js';
import type { AssignedChallenge, AssignmentPlan } from '../../../../src/contract/assignment.ts';
import type { ChallengeResult } from '../../../../src/contract/grading.ts';
import { submissionMarks } from '../../../../src/harness/coursework/marks.ts';
import { type GradescopeResults, gradescopeResults } from '../../../../src/report/coursework/gradescope.ts';
import { assigned, BROKEN, graded, HIDDEN, leaks, MIXED, mark, plan, played, tasks, WON } from './marked.ts';

/** The format as Gradescope publishes it: https://gradescope-autograders.readthedocs.io/en/latest/specs/#output-format */
const FORMATS = { enum: ['text', 'html', 'simple_format', 'md', 'ansi'] };
const VISIBILITY = { enum: ['hidden', 'after_due_date', 'after_published', 'visible'] };
const isGradescope = new Ajv2020({ allowUnionTypes: true }).compile({
  type: 'object',
  additionalProperties: false,
  // Of the whole, or of each test.
  required: ['score'],
  properties: {
    score: { type: 'number' },
    execution_time: { type: 'number' },
    output: { type: 'string' },
    output_format: FORMATS,
    test_output_format: FORMATS,
    test_name_format: FORMATS,
    visibility: VISIBILITY,
    stdout_visibility: VISIBILITY,
    extra_data: { type: 'object' },
    tests: {
      type: 'array',
      items: {
        type: 'object',
        additionalProperties: false,
        required: ['name', 'score', 'max_score', 'visibility'],
        properties: {
          score: { type: 'number' },
          max_score: { type: 'number', minimum: 0 },
          status: { enum: ['passed', 'failed'] },
          name: { type: 'string', minLength: 1 },
          name_format: FORMATS,
          number: { type: 'string', pattern: '^\\d+(\\.\\d+)*$' },
          output: { type: 'string' },
          output_format: FORMATS,
          tags: { type: 'array', items: { type: 'string' } },
          visibility: VISIBILITY,
          extra_data: { type: 'object' },
        },
      },
    },
    leaderboard: {
      type: 'array',
      items: {
        type: 'object',
        additionalProperties: false,
        required: ['name', 'value'],
        properties: {
          name: { type: 'string' },
          value: { type: ['number', 'string'] },
          order: { enum: ['asc', 'desc'] },
        },
      },
    },
  },
});

/** What a student reads before anything is published. */
const shownAtOnce = ({ tests, output, leaderboard }: GradescopeResults): string =>
  JSON.stringify([tests.filter(({ visibility }) => visibility === 'visible'), output, leaderboard]);

test('Gradescope: the format that it publishes, whatever came of it', () => {
  const all = [MIXED, WON, BROKEN].flatMap(result =>
    [0, 2, 99].map(late => gradescopeResults(plan(), tasks, graded(result, {}, late))),
  );
  for (const results of all) {
    isGradescope(results);
    expect(isGradescope.errors).toBe(null);
    const numbers = results.tests.map(test => test.number);
    expect(new Set(numbers).size).toBe(numbers.length);
    // Gradescope goes by the score of the whole; the tests explain it.
    expect(results.tests.reduce((sum, { score }) => sum + score, 0)).toBeCloseTo(results.score, 9);
  }
});

test.each(['hidden', 'after_due_date', 'after_published'] as const)(
  'Gradescope: %s seeds do not show in what is visible at once',
  visibility => {
    const change = { visibility };
    // On the public seeds they are the same; on hidden ones the one wins all and the other nothing.
    const same = [mark(1, true, 'gold'), mark(2, true, 'gold')];
    const other = played(...same, mark(4242, false), mark(4343, false));
    for (const late of [0, 1, 2]) {
      const [good, bad] = [WON, other].map(result =>
        gradescopeResults(plan(change), tasks, graded(result, change, late)),
      );
      expect(good.score).not.toBe(bad.score);
      expect(shownAtOnce(good)).toBe(shownAtOnce(bad));
      expect(leaks(shownAtOnce(good))).toBe(false);
    }
  },
);

test('Gradescope: which challenges are the best follows from hidden seeds, and shows with them', () => {
  const two = (change: Partial<AssignedChallenge>): AssignmentPlan => ({
    ...plan(change),
    challenges: [assigned(change), assigned({ file: 'pins.ts', visibility: 'visible', hiddenSeeds: 0 })],
  });
  const both = [...tasks, { ...tasks[0], hidden: new Set<number>() }];
  const pins = played(mark(1, true), mark(2, false));
  const results = [
    WON,
    played(mark(1, true, 'gold'), mark(2, true, 'gold'), mark(4242, false), mark(4343, false)),
  ].map(result => {
    const of = two({});
    const all = [result, pins];
    const marks = submissionMarks(of, all, [HIDDEN, new Set()], 0);
    const challenges = all.map(r => ({ result: r, file: 'card.ts', note: '' }));
    return gradescopeResults(of, both, { id: 'a', problem: '', submittedMs: null, challenges, marks });
  });
  expect(results.map(({ score }) => score)).toEqual([12.5, 5]);
  expect(shownAtOnce(results[0])).toBe(shownAtOnce(results[1]));
  expect(results[0].tests.at(-1)).toMatchObject({
    name: 'The best 1 count: without pins.ts',
    score: -5,
    visibility: 'after_published',
  });
  isGradescope(results[0]);
  expect(isGradescope.errors).toBe(null);
});

test('Gradescope: the parts add up to the marks, hidden seeds keep to themselves', () => {
  const results = gradescopeResults(plan(), tasks, graded(MIXED));
  expect(results).toMatchObject({ score: 7.5, output: '', stdout_visibility: 'hidden' });
  expect(
    results.tests.map(({ name, score, max_score, status, visibility }) => [
      name,
      score,
      max_score,
      status,
      visibility,
    ]),
  ).toEqual([
    ['The card: public seeds', 2.5, 5, 'failed', 'visible'],
    ['The card: hidden seeds', 5, 5, 'passed', 'after_published'],
  ]);
  expect(results.tests[0].output).toContain('failures, at most 0');
  expect(leaks(JSON.stringify(results.tests.filter(({ visibility }) => visibility === 'visible')))).toBe(
    false,
  );
  // Who lost a public seed is on no leaderboard.
  expect(results.leaderboard).toBeUndefined();
});

test('Gradescope: bonus, lateness and the leaderboard', () => {
  const results = gradescopeResults(plan(), tasks, graded(WON, {}, 2));
  expect(results.score).toBe(10);
  expect(
    results.tests.map(({ name, score, max_score, visibility }) => [name, score, max_score, visibility]),
  ).toEqual([
    ['The card: public seeds', 5, 5, 'visible'],
    ['The card: hidden seeds', 5, 5, 'after_published'],
    ['The card: bonus for the score', 2.5, 0, 'after_published'],
    ['2 days late: 20 % less', -2.5, 0, 'after_published'],
  ]);
  expect(results.tests.reduce((sum, { score }) => sum + score, 0)).toBe(results.score);
  // The worst of the public seeds.
  expect(results.leaderboard).toEqual([{ name: 'cycles', value: 1002, order: 'asc' }]);
});

test('Gradescope: all or nothing is worth nothing in part', () => {
  const tests = (result: ChallengeResult) =>
    gradescopeResults(plan({ credit: 'all' }), tasks, graded(result, { credit: 'all' })).tests.map(t => [
      t.score,
      t.max_score,
    ]);
  expect(tests(MIXED)).toEqual([
    [0, 0],
    [0, 10],
  ]);
  expect(tests(WON)).toEqual([
    [0, 0],
    [10, 10],
    [2.5, 0],
  ]);
});

test('Gradescope: what was not marked has its reason', () => {
  const { tests, score } = gradescopeResults(plan(), tasks, graded(BROKEN));
  expect(score).toBe(0);
  expect(tests[0]).toMatchObject({ status: 'failed', score: 0 });
  expect(tests[0].output).toContain('It does not compile');
});
