import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { jsonReport } from '../../../../src/report/testing/json.ts';
import { MIXED, NASTY_RUN, testRun } from './runs.ts';

const schema = JSON.parse(readFileSync(join(__dirname, '../../../../schemas/test.schema.json'), 'utf8'));
const validate = new Ajv2020({ allErrors: true, strict: true, strictRequired: false }).compile(schema);

test.each([
  ['a mixed run', MIXED],
  ['nasty texts', NASTY_RUN],
  ['nothing', testRun([])],
  ['a shard', { ...MIXED, shard: { index: 1, of: 4, nrCases: 9 } }],
])('%s fits schemas/test.schema.json and comes back whole', (_, run) => {
  const read = JSON.parse(jsonReport(run));
  expect(validate(read) ? [] : validate.errors).toEqual([]);
  expect(read).toEqual(run);
});

test('the schema knows every key and wants each of them', () => {
  const whole = JSON.parse(jsonReport(MIXED));
  const places: [string, () => Record<string, unknown>][] = [
    ['run', () => whole],
    ['spec', () => whole.specs[0]],
    ['case', () => whole.specs[0].cases[1]],
    ['check', () => whole.specs[0].cases[1].checks[1]],
  ];
  for (const [name, place] of places) {
    const object = place();
    object['more'] = 1;
    expect([name, validate(whole)]).toEqual([name, false]);
    delete object['more'];
    for (const key of Object.keys(object)) {
      const { [key]: value } = object;
      delete object[key];
      expect([name, key, validate(whole)]).toEqual([name, key, false]);
      object[key] = value;
    }
  }
  expect(validate(whole)).toBe(true);
});
