import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { HOOK_MEANING } from '../../../src/contract/hooks.ts';
import { METRICS } from '../../../src/contract/metrics.ts';
import { GFP_NAMES, HOOKS, ZONE_NAMES } from '../../../src/engine/index.ts';

// biome-ignore lint/suspicious/noExplicitAny: the schema is looked into by name.
type Json = { [key: string]: any };
const schema: Json = JSON.parse(
  readFileSync(join(__dirname, '../../../schemas/challenge.schema.json'), 'utf8'),
);

/** Every part of the schema that is a schema itself. */
function walk(part: Json, path: string, visit: (part: Json, path: string) => void): void {
  visit(part, path);
  for (const key of ['properties', '$defs']) {
    for (const [name, child] of Object.entries<Json>(part[key] ?? {}))
      walk(child, `${path}/${key}/${name}`, visit);
  }
  for (const key of ['items', 'additionalProperties', 'not']) {
    if (typeof part[key] === 'object') walk(part[key], `${path}/${key}`, visit);
  }
  for (const key of ['anyOf', 'oneOf', 'allOf']) {
    for (const [i, child] of Object.entries<Json>(part[key] ?? [])) walk(child, `${path}/${key}/${i}`, visit);
  }
}

test('is JSON Schema 2020-12, valid by its meta schema', () => {
  expect(schema['$schema']).toBe('https://json-schema.org/draft/2020-12/schema');
  expect(schema['$id']).toMatch(/^https:/);
  const ajv = new Ajv2020({ allowUnionTypes: true, strictRequired: false });
  expect(ajv.validateSchema(schema)).toBe(true);
  expect(ajv.validateSchema({ ...schema, type: 'objekt' })).toBe(false);
});

test('every property has a title and a description of its own', () => {
  let seen = 0;
  walk(schema, '#', (part, path) => {
    for (const [name, property] of Object.entries<Json>(part['properties'] ?? {})) {
      const place = `${path}/properties/${name}`;
      const target =
        property['$ref'] === undefined
          ? property
          : { ...schema['$defs'][property['$ref'].split('/').pop()], ...property };
      expect([place, typeof target['title'], typeof target['description']]).toEqual([
        place,
        'string',
        'string',
      ]);
      expect(target['description'].length).toBeGreaterThan(15);
      seen++;
    }
  });
  expect(seen).toBeGreaterThan(70);
});

test('every map refuses unknown keys', () => {
  let seen = 0;
  walk(schema, '#', (part, path) => {
    const types = [part['type']].flat();
    if (!types.includes('object')) return;
    seen++;
    const open = part['additionalProperties'];
    // A choice is a map from any value to its weight.
    const expected = path.endsWith('/choice') ? 'object' : 'boolean';
    expect([path, typeof open]).toEqual([path, expected]);
    if (expected === 'boolean') expect(open).toBe(false);
  });
  expect(seen).toBeGreaterThan(20);
});

test('every reference leads somewhere', () => {
  walk(schema, '#', part => {
    if (part['$ref'] !== undefined)
      expect(schema['$defs']).toHaveProperty(part['$ref'].replace('#/$defs/', ''));
  });
});

test('its lists of names are those of the sources', () => {
  const { metric, hook, gfpName, zoneName } = schema['$defs'];
  expect(metric.enum).toEqual(Object.keys(METRICS));
  expect(hook.enum).toEqual([...HOOKS]);
  expect(gfpName.enum).toEqual(Object.keys(GFP_NAMES));
  expect(zoneName.enum).toEqual([...ZONE_NAMES]);
});

test('the editor is told the same meanings as the command line', () => {
  const { metric, hook, gfpName } = schema['$defs'];
  const meanings = Object.values(METRICS).map(
    m => `${m.meaning} [${m.unit}]${m.where.length > 0 ? `; where: ${m.where.join(', ')}` : ''}`,
  );
  expect(metric.enumDescriptions).toEqual(meanings);
  const hooks = HOOKS.map(h => HOOK_MEANING[h]);
  expect(hook.enumDescriptions.map((d: string) => d.toLowerCase().replace(/\.$/, ''))).toEqual(
    hooks.map(h => h.toLowerCase()),
  );
  expect(gfpName.enumDescriptions.length).toBe(gfpName.enum.length);
});

test('its examples satisfy it', () => {
  const ajv = new Ajv2020({ allowUnionTypes: true, strictRequired: false });
  ajv.addVocabulary(['x-expected', 'enumDescriptions']);
  ajv.addSchema(schema);
  let seen = 0;
  walk(schema, '#', (part, path) => {
    if (part['examples'] === undefined) return;
    const validate = ajv.compile({ $ref: `${schema['$id']}${path}` });
    for (const example of part['examples']) {
      expect([path, example, validate(example)]).toEqual([path, example, true]);
      seen++;
    }
  });
  expect(seen).toBeGreaterThan(40);
});
