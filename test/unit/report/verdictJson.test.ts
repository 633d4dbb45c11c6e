import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { verdictJson } from '../../../src/report/verdictJson.ts';
import { BUGGY, lostSeed, SPENT, seedVerdict, verdict } from './verdicts.ts';

const schema = JSON.parse(readFileSync(join(__dirname, '../../../schemas/verdict.schema.json'), 'utf8'));
const validate = new Ajv2020({ allErrors: true, strict: true, strictRequired: false }).compile(schema);
const valid = (value: unknown) => validate(JSON.parse(JSON.stringify(value)));

const whole = verdict([
  seedVerdict(1, {
    faults: [
      {
        code: 'threw',
        hook: 'block',
        event: 1,
        timeUs: 2,
        file: 'a.ts',
        line: 3,
        column: 4,
        value: '',
        message: 'boom',
      },
    ],
    nrFaults: 1,
    console: [{ file: 'a.ts', line: 1, event: 0, text: 'hello' }],
  }),
  lostSeed(2),
]);

test('what is printed is the verdict, and the schema describes it', () => {
  expect(JSON.parse(verdictJson(whole))).toEqual(whole);
  expect(valid(whole) || validate.errors).toBe(true);
  expect(valid(verdict([seedVerdict(1, { ...BUGGY, cyclesSpent: SPENT })])) || validate.errors).toBe(true);
  expect(valid(verdict([seedVerdict(1)], { policy: { name: 'none', info: null } })) || validate.errors).toBe(
    true,
  );
});

test('the schema refuses what is no verdict', () => {
  const { stateHash, ...without } = seedVerdict(1);
  expect(stateHash).toBeDefined();
  for (const wrong of [
    {},
    { ...whole, oomph: 2 },
    { ...whole, seeds: [] },
    { ...whole, stars: 4 },
    { ...whole, extra: 1 },
    { ...whole, seeds: [without] },
    { ...whole, seeds: [seedVerdict(1, { stateHash: 'xyz' })] },
    { ...whole, seeds: [seedVerdict(1, { metrics: { cycles: '1' as unknown as number } })] },
  ]) {
    expect(valid(wrong)).toBe(false);
  }
});

test('every property is described', () => {
  const missing: string[] = [];
  const visit = (node: unknown, path: string): void => {
    if (node === null || typeof node !== 'object') return;
    for (const [key, child] of Object.entries(node)) {
      if (key === 'properties') {
        for (const [name, property] of Object.entries(child as Record<string, Record<string, unknown>>)) {
          if (!property['description'] && !property['$ref']) missing.push(`${path}/${name}`);
        }
      }
      visit(child, `${path}/${key}`);
    }
  };
  visit(schema, '');
  expect(missing).toEqual([]);
});
