import { Ajv2020 } from 'ajv/dist/2020.js';
import { parse as parseCsv } from 'csv-parse/sync';
import type { AssignedChallenge, AssignmentPlan } from '../../../src/contract/assignment.ts';
import type { ChallengeResult, GradedSubmission, SeedMark } from '../../../src/contract/grading.ts';
import type { ChallengePlan } from '../../../src/contract/plan.ts';
import { submissionMarks } from '../../../src/harness/coursework/marks.ts';
import { check50Json } from '../../../src/report/coursework/check50.ts';
import { feedbackMarkdown } from '../../../src/report/coursework/feedbackMarkdown.ts';
import {
  canvasGradebook,
  type GradedAccount,
  moodleWorksheet,
} from '../../../src/report/coursework/gradebooks.ts';
import { gradesCsv } from '../../../src/report/coursework/gradesCsv.ts';
import { type GradescopeResults, gradescopeResults } from '../../../src/report/coursework/gradescope.ts';
import { feedbackHtml } from '../../../src/report/coursework/html/feedbackHtml.ts';
import { junitXml } from '../../../src/report/coursework/junit.ts';
import { summaryText } from '../../../src/report/coursework/summary.ts';
import { faults, LEGAL, parse } from './junitRules.ts';

const HIDDEN = new Set([4242, 4343]);

const challenge = { title: 'The card', score: [{ metric: 'cycles' }] } as unknown as ChallengePlan;
const assigned = (change: Partial<AssignedChallenge> = {}): AssignedChallenge => ({
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
const plan = (change: Partial<AssignedChallenge> = {}): AssignmentPlan => ({
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
const tasks = [{ plan: challenge, name: 'zones/card', hidden: HIDDEN, publicSeeds: 2 }];

const mark = (seed: number, won: boolean, reached: 'gold' | 'none' = 'none'): SeedMark => ({
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

function graded(
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
const played = (...seeds: SeedMark[]): ChallengeResult => ({
  kind: 'played',
  policyHash: 'h',
  tokens: 9,
  seeds,
});
const MIXED = played(mark(1, true), mark(2, false), mark(4242, true), mark(4343, true));
const WON = played(...[1, 2, 4242, 4343].map(seed => mark(seed, true, 'gold')));
const BROKEN: ChallengeResult = { kind: 'refused', message: 'card.ts:1:2: no', diagnostics: [] };

/** Whatever a student may see: no hidden seed, nor what was measured on one. */
const leaks = (text: string): boolean => /4242|4343|5242|5343/.test(text);

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

test('what the machine failed at is for the teacher: nobody knows what a process says that was taken over', () => {
  const failed: ChallengeResult = {
    kind: 'infrastructure',
    message: 'crashed: Error: hidden seed 4242',
    diagnostics: [],
  };
  const told = graded(failed);
  const results = gradescopeResults(plan(), tasks, told);
  const shown = [
    feedbackMarkdown(plan(), tasks, told),
    feedbackHtml(plan(), tasks, told),
    JSON.stringify(results),
  ];
  for (const text of shown) {
    expect(leaks(text)).toBe(false);
    expect(text).toContain('ask your teacher to run it again');
  }
  expect(summaryText(plan(), [told])).toContain('crashed: Error: hidden seed 4242');
});

test('Gradescope: what was not marked has its reason', () => {
  const { tests, score } = gradescopeResults(plan(), tasks, graded(BROKEN));
  expect(score).toBe(0);
  expect(tests[0]).toMatchObject({ status: 'failed', score: 0 });
  expect(tests[0].output).toContain('It does not compile');
});

/** As check50 documents it: https://cs50.github.io/check50/json_specification.html */
const isCheck50 = new Ajv2020({ allowUnionTypes: true }).compile({
  type: 'object',
  additionalProperties: false,
  required: ['slug', 'results', 'version'],
  properties: {
    slug: { type: 'string', minLength: 1 },
    version: { type: 'string', pattern: '^\\d+\\.\\d+\\.\\d+$' },
    results: {
      type: 'array',
      items: {
        type: 'object',
        additionalProperties: false,
        required: ['name', 'description', 'passed', 'log', 'cause', 'data', 'dependency'],
        properties: {
          name: { type: 'string', pattern: '^[A-Za-z_]\\w*$' },
          description: { type: 'string', minLength: 1 },
          passed: { type: ['boolean', 'null'] },
          log: { type: 'array', items: { type: 'string' } },
          cause: {
            type: ['object', 'null'],
            required: ['rationale'],
            properties: { rationale: { type: 'string' }, help: { type: ['string', 'null'] } },
          },
          data: { type: 'object' },
          dependency: { type: ['string', 'null'] },
        },
      },
    },
  },
});

test('check50: the format that it documents', () => {
  const failed: ChallengeResult = {
    kind: 'infrastructure',
    message: 'its process failed: saw event 4242',
    diagnostics: [],
  };
  for (const result of [MIXED, WON, BROKEN, failed]) {
    const of: AssignmentPlan = {
      ...plan(),
      challenges: ['1-card.ts', '1_card.ts', 'wörter.ts'].map(file => assigned({ file })),
    };
    const challenges = of.challenges.map(({ file }) => ({ result, file, note: '' }));
    const marks = submissionMarks(of, [result, result, result], [HIDDEN, HIDDEN, HIDDEN], 0);
    const json = check50Json(
      of,
      [0, 1, 2].map(() => tasks[0]),
      {
        id: 'a',
        problem: '',
        submittedMs: null,
        challenges,
        marks,
      },
    );
    isCheck50(json);
    expect(isCheck50.errors).toBe(null);
    expect(leaks(JSON.stringify(json))).toBe(false);
    const byName = new Map(json.results.map(check => [check.name, check]));
    expect(byName.size).toBe(json.results.length);
    for (const { passed, cause, dependency } of json.results) {
      // Why, where it did not pass; what could not be checked hangs on what failed.
      expect(cause === null).toBe(passed === true);
      if (dependency !== null) expect(byName.get(dependency)!.passed).toBe(passed !== null);
      else expect(passed).not.toBe(null);
    }
  }
});

test('check50: a check for the file, one for each public seed, none for hidden ones', () => {
  const { slug, results, version } = check50Json(plan(), tasks, graded(MIXED));
  expect([slug, version]).toEqual(['hw/1', '3.0.0']);
  expect(results.map(({ name, passed, dependency }) => [name, passed, dependency])).toEqual([
    ['card_loads', true, null],
    ['card_seed_1', true, 'card_loads'],
    ['card_seed_2', false, 'card_loads'],
  ]);
  expect(results[2].cause).toEqual({
    rationale: 'not met: failures, at most 0',
    help: 'see it again with: oomph run zones/card --policy a/card.ts --seed 2',
  });
  expect(leaks(JSON.stringify(results))).toBe(false);
  expect(check50Json(plan(), tasks, graded(BROKEN)).results.map(({ passed }) => passed)).toEqual([
    false,
    null,
  ]);
  for (const result of results)
    expect(Object.keys(result).sort()).toEqual([
      'cause',
      'data',
      'dependency',
      'description',
      'log',
      'name',
      'passed',
    ]);
});

test('JUnit: what Jenkins and GitLab read, whatever names there are', () => {
  const odd = { ...graded(BROKEN), id: 'x\u0000"<&>\'\ufffe\ud800 ]]>' };
  const lost: ChallengeResult = { kind: 'infrastructure', message: 'killed \u001b[31m', diagnostics: [] };
  const xml = junitXml(plan(), [graded(MIXED), odd, graded(lost), graded(WON)]);
  const root = parse(xml);
  expect(faults(root)).toEqual([]);
  expect(xml).toMatch(LEGAL);
  expect(root.attributes).toMatchObject({ tests: '4', failures: '2', errors: '1' });
  const suites = root.children;
  expect(suites[1].attributes['name']).toBe('x"<&>\' ]]>');
  for (const { attributes, children } of suites) {
    const holding = (name: string): string =>
      String(children.filter(child => child.children.some(inner => inner.name === name)).length);
    expect([attributes['tests'], attributes['failures'], attributes['errors']]).toEqual([
      String(children.length),
      holding('failure'),
      holding('error'),
    ]);
  }
  const [[mixed], , [broken], [won]] = suites.map(({ children }) => children);
  expect(mixed.children[0].attributes).toEqual({ type: 'lost', message: 'lost on 1 of 4 seeds' });
  expect(mixed.children[0].text).toBe('7.5 of 10 points');
  expect(broken.children[0].attributes['type']).toBe('infrastructure');
  expect(won).toMatchObject({ attributes: { file: 'a/card.ts', classname: 'Ada <b> & *Bo*' }, children: [] });
});

test('Markdown: names are text and not markup, no hidden seed is told', () => {
  const text = feedbackMarkdown(plan(), tasks, graded(MIXED));
  expect(text).toContain('# Home \\<work\\> \\*one\\*');
  expect(text).toContain('**7.5 of 10 points** for Ada \\<b\\> \\& \\*Bo\\*');
  expect(text).toContain('- **lost**: failures, at most 0: 7, lost at event 99');
  // A fence that what is fenced cannot close.
  expect(text).toContain('````text\ncard.ts:1:2, in zonelist, event 3: ``` must be a number\n````');
  expect(leaks(text)).toBe(false);
  expect(text).not.toMatch(/hidden/i);
  expect(feedbackMarkdown(plan({ visibility: 'visible' }), tasks, graded(MIXED))).toContain(
    'On hidden seeds: 2 of 2 won.',
  );
});

const NAMES = [
  'Ada, "the first"',
  'two\nlines',
  'tab\there',
  '  spaces  ',
  'Łukasz 東京 🎓',
  '',
  '00017',
  "O'Neil; DROP TABLE",
];
const FORMULAS = ['=cmd|1', '+1+1', '-2', '@SUM(A1)', '\t=1', '\r=1', '＝1'];

test('CSV: what is written is what is read, and nothing is a formula', () => {
  const submissions = [...NAMES, ...FORMULAS].map(id => ({ ...graded(MIXED), id }));
  const text = gradesCsv(plan(), [graded(WON), ...submissions]);
  expect(text.startsWith('\ufeffsubmission,total,out of,earned,days late,card points,card bonus,')).toBe(
    true,
  );
  expect(text.endsWith('\r\n')).toBe(true);
  const [first, ...rows]: Record<string, string>[] = parseCsv(text, { bom: true, columns: true });
  expect(first).toEqual({
    submission: 'Ada <b> & *Bo*',
    total: '12.5',
    'out of': '10',
    earned: '12.5',
    'days late': '0',
    'card points': '10',
    'card bonus': '2.5',
    'card verdict': 'won',
    problem: '',
  });
  expect(rows.map(row => row['submission'])).toEqual([...NAMES, ...FORMULAS.map(id => `'${id}`)]);
  for (const row of rows)
    for (const cell of Object.values(row)) expect(cell).not.toMatch(/^[=+\-@\t\r＝＋－＠]/);
  // A problem is a text of somebody's too: the name of a file in a zip.
  const zip = gradesCsv(plan(), [{ ...graded(BROKEN), problem: '=HYPERLINK("x")' }]);
  expect(zip).toContain('"\'=HYPERLINK(""x"")"');
});

const ACCOUNTS: GradedAccount[] = NAMES.concat(FORMULAS).map((name, i) => ({
  account: { platform: 'canvas', name, number: 100 + i },
  submission: graded(MIXED),
}));

test('Moodle: the three columns that it looks for, and its numbers of participants', () => {
  const rows: Record<string, string>[] = parseCsv(moodleWorksheet(ACCOUNTS), { columns: true });
  expect(Object.keys(rows[0])).toEqual(
    expect.arrayContaining(['Identifier', 'Grade', 'Last modified (grade)']),
  );
  // It takes what stands behind "Participant ".
  expect(rows.map(row => row['Identifier'].slice('Participant '.length))).toEqual(
    ACCOUNTS.map(({ account }) => String(account.number)),
  );
  for (const row of rows) expect([row['Grade'], row['Maximum Grade']]).toEqual(['7.5', '10']);
});

test('Canvas: students by ID, the section last before the assignment, the points that can be had', () => {
  const rows: string[][] = parseCsv(canvasGradebook(plan(), ACCOUNTS));
  const [head, possible, ...students] = rows;
  expect(head[0]).toContain('Student');
  expect(head[1]).toContain('ID');
  expect(head.slice(2)).toEqual(['SIS User ID', 'SIS Login ID', 'Section', 'Home <work> *one*']);
  expect(possible[0]).toContain('Points Possible');
  expect(possible[5]).toBe('10');
  expect(students.map(row => row[1])).toEqual(ACCOUNTS.map(({ account }) => String(account.number)));
  expect(students.every(row => row.length === head.length && row[5] === '7.5')).toBe(true);
  // Of these Canvas would make something else: the number of another assignment, a column of its own.
  const titled = (title: string): string => {
    const [[, , , , , column]]: string[][] = parseCsv(canvasGradebook({ ...plan(), title }, ACCOUNTS));
    return column;
  };
  expect(titled('Homework (17)')).toBe('Homework 17');
  expect(titled('Final Score of week 1')).not.toMatch(/Final Score/);
});

test('summary: how the class did, and who needs a look', () => {
  const unreadable: ChallengeResult = { kind: 'unreadable', message: 'the zip is torn', diagnostics: [] };
  const text = summaryText(plan(), [graded(WON), graded(MIXED), graded(unreadable)]);
  expect(text).toContain('3 submissions, out of 10\n  lowest 0, median 7.5, highest 12.5');
  expect(text).toContain('  card.ts: 1 unreadable, 1 won, 1 won some seeds');
  expect(text).toContain('To be looked at:\n  Ada <b> & *Bo*: the zip is torn');
});
