import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { parse } from 'yaml';
import { fits } from '../../../src/spec/accepts.ts';
import { type FileKind, readSchema } from '../../../src/spec/schemaFile.ts';

const ROOT = join(__dirname, '../../..');

const FILES: readonly [FileKind, string, least: number][] = [
  ['challenge', 'test/fixtures/malformed/valid.yaml', 500],
  ['challenge', 'challenges/04-buddy/01-two-hundred-pins/challenge.yaml', 500],
  ['chapter', 'challenges/02-zones/chapter.yaml', 10],
  ['assignment', 'examples/course/assignment.yaml', 30],
];

const WRONG: readonly unknown[] = [
  null,
  true,
  -1,
  1.5,
  'no such thing',
  '',
  [],
  {},
  [1, 1],
  { constructor: 1 },
];

/** The value with one part of it gone, changed or one too many; every part has its turn. */
function* mutants(value: unknown, put: (part: unknown) => unknown = part => part): Generator<unknown> {
  for (const wrong of WRONG) yield put(wrong);
  if (Array.isArray(value)) {
    yield put([...value, ...value]);
    for (const [i, part] of value.entries()) yield* mutants(part, other => put(value.with(i, other)));
  } else if (value !== null && typeof value === 'object') {
    yield put({ ...value, unheard_of: 1 });
    for (const [key, part] of Object.entries(value)) {
      const { [key]: _, ...rest } = value as Record<string, unknown>;
      yield put(rest);
      yield* mutants(part, other => put({ ...value, [key]: other }));
    }
  }
}

test.each(FILES)('what is compiled of the %s schema judges as the schema does: %s', (kind, path, least) => {
  const schema = readSchema(kind);
  const asWritten = new Ajv2020({ strict: false }).compile(schema);
  const whole = parse(readFileSync(join(ROOT, path), 'utf8'));
  expect(fits(kind, whole)).toBe(true);
  let [accepted, refused] = [0, 0];
  for (const mutant of mutants(whole)) {
    const fit = asWritten(mutant);
    if (fits(kind, mutant) !== fit)
      throw new Error(`${fit ? 'refuses' : 'accepts'} ${JSON.stringify(mutant)}`);
    if (fit) accepted++;
    else refused++;
  }
  expect(refused).toBeGreaterThan(least);
  expect(accepted).toBeGreaterThan(0);
});
