import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { TUNABLES } from '../../../src/contract/tunables.ts';
import { HOOKS, type HookName } from '../../../src/engine/index.ts';
import { parseTunables } from '../../../src/spec/tunables.ts';

const load = (text: string, open: readonly HookName[] = HOOKS) =>
  parseTunables(new TextEncoder().encode(text), 'tuned.yaml', open);
const faults = (text: string, open?: readonly HookName[]): string[] =>
  load(text, open).diagnostics.map(d => `${d.code} ${d.line}:${d.column}`);

test('numbers by their names', () => {
  const { values, diagnostics } = load(
    'policy: 1\ntunables: {pcp.high: 12, route.vmalloc_above: 8KiB, reserve.DMA: 1k}\n',
  );
  expect(diagnostics).toEqual([]);
  expect([...values!]).toEqual([
    ['pcp.high', 12],
    ['route.vmalloc_above', 8192],
    ['reserve.DMA', 1000],
  ]);
});

test('what is `default` is not set, and still must be a tunable of an open hook', () => {
  const { values, diagnostics } = load(
    'policy: 1\ntunables: {pcp.high: default, frame.kmalloc_above: default}\n',
  );
  expect([diagnostics, [...values!]]).toEqual([[], []]);
  expect(faults('policy: 1\ntunables: {pcp.hihg: default}\n')).toEqual(['E-TUNABLE-UNKNOWN 2:12']);
  expect(faults('policy: 1\ntunables: {pcp.high: default}\n', ['frame'])).toEqual(['E-TUNABLE-CLOSED 2:12']);
  expect(faults('policy: 1\ntunables: {pcp.high: defualt}\n')).toEqual(['E-QUANTITY 2:22']);
});

test('everything that is wrong at once, with its place', () => {
  expect(
    faults(
      'policy: 2\ntunables:\n  pcp.hihg: 12\n  pcp.batch: 33\n  reserve.DMA: -1\n  slab.limit: many\n  frame.kmalloc_above: 100\n  interrupt.room: 1KiB\nhooks: [pcp]\n',
      ['pcp', 'watermark', 'slabLimit', 'frame'],
    ),
  ).toEqual([
    'E-VERSION 1:9',
    'E-TUNABLE-UNKNOWN 3:3',
    'E-RANGE 4:14',
    'E-QUANTITY-NEGATIVE 5:16',
    'E-QUANTITY 6:15',
    'E-UNIT-MISSING 7:24',
    'E-TUNABLE-CLOSED 8:3',
    'E-KEY-UNKNOWN 9:1',
  ]);
  const [unknown] = load('policy: 1\ntunables: {pcp.hihg: 12}\n').diagnostics;
  expect(unknown.suggestions).toEqual(['pcp.high']);
  const [narrow] = load('policy: 1\ntunables: {pcp.hihg: 12}\n', ['pcp']).diagnostics;
  expect(narrow.expected).toBe('one of pcp.low, pcp.high, pcp.batch');
  const [closed] = load('policy: 1\ntunables: {pcp.high: 12}\n', ['frame']).diagnostics;
  expect(closed.expected).toBe('one of frame.kmalloc_above');
});

test('files that are none', () => {
  expect(faults('')).toEqual(['E-FILE-EMPTY 1:1']);
  expect(faults('[1]')).toEqual(['E-TOP-LEVEL 1:1']);
  expect(faults('tunables: {}\n')).toEqual(['E-KEY-MISSING 1:1', 'E-EMPTY 1:11']);
  expect(faults('policy: 1\n')).toEqual(['E-KEY-MISSING 1:1']);
  expect(faults('policy: 1\ntunables: [a\n')[0]).toMatch(/^E-YAML/);
  expect(load('policy: 1\ntunables: {pcp.high: 12, pcp.high: 13}\n').values).toBeNull();
});

test('the schema says the same', () => {
  const schema = JSON.parse(readFileSync(join(__dirname, '../../../schemas/policy.schema.json'), 'utf8'));
  const { properties } = schema.properties.tunables;
  expect(Object.keys(properties)).toEqual(Object.keys(TUNABLES));
  for (const [name, { unit, low, high, meaning }] of Object.entries(TUNABLES)) {
    expect(properties[name].description.toLowerCase()).toBe(`${meaning}.`.toLowerCase());
    if (unit === 'bytes') expect(properties[name].type).toBe('string');
    else expect([name, properties[name].minimum, properties[name].maximum]).toEqual([name, low, high]);
  }
  const ajv = new Ajv2020({ allowUnionTypes: true });
  const validate = ajv.compile(schema);
  expect(validate({ policy: 1, tunables: { 'pcp.high': 12, 'frame.kmalloc_above': '256B' } })).toBe(true);
  expect(validate({ policy: 1, tunables: { 'pcp.high': 'default', 'interrupt.room': 'default' } })).toBe(
    true,
  );
  for (const bad of [
    { policy: 1, tunables: { 'pcp.high': 'none' } },
    { policy: 2, tunables: { 'pcp.high': 12 } },
    { policy: 1 },
    { policy: 1, tunables: { x: 1 } },
    { policy: 1, tunables: {} },
  ])
    expect(validate(bad)).toBe(false);
});
