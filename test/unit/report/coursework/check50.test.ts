import { Ajv2020 } from 'ajv/dist/2020.js';
import type { AssignmentPlan } from '../../../../src/contract/assignment.ts';
import type { ChallengeResult } from '../../../../src/contract/grading.ts';
import { submissionMarks } from '../../../../src/harness/coursework/marks.ts';
import { check50Json } from '../../../../src/report/coursework/check50.ts';
import { assigned, BROKEN, graded, HIDDEN, leaks, MIXED, plan, tasks, WON } from './marked.ts';

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
