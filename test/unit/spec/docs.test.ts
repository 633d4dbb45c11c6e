import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse, parseDocument, stringify } from 'yaml';
import { parseChallenge } from '../../../src/spec/challenge.ts';

const root = join(__dirname, '../../..');
const textOf = (path: string): string => readFileSync(join(root, path), 'utf8');
const codesIn = (text: string): string[] =>
  [...text.matchAll(/['`]([EW]-[A-Z0-9]+(?:-[A-Z0-9]+)*)['`]/g)].map(m => m[1]);

const sources = readdirSync(join(root, 'src/spec'), { recursive: true, encoding: 'utf8' })
  .filter(f => f.endsWith('.ts'))
  .map(f => textOf(`src/spec/${f}`));
const used = [...new Set(sources.flatMap(codesIn))].sort();
const documented = codesIn(
  textOf('docs/diagnostics.md')
    .split('\n')
    .filter(line => line.startsWith('| `'))
    .map(line => line.split('|')[1])
    .join('\n'),
);

describe('docs/diagnostics.md', () => {
  test('describes every code of the loader, and no code twice', () => {
    expect(used.length).toBeGreaterThan(80);
    expect(documented.filter(code => used.includes(code)).sort()).toEqual(used);
    expect(new Set(documented).size).toBe(documented.length);
  });

  test('describes nothing that is not told', () => {
    const everywhere = new Set<string>();
    for (const entry of readdirSync(join(root, 'src'), { recursive: true, withFileTypes: true })) {
      if (entry.isFile() && entry.name.endsWith('.ts')) {
        for (const code of codesIn(readFileSync(join(entry.parentPath ?? entry.path, entry.name), 'utf8')))
          everywhere.add(code);
      }
    }
    for (const code of documented) expect(everywhere).toContain(code);
  });

  test('every code is brought about by a test', () => {
    const tests = readdirSync(__dirname)
      .map(f => readFileSync(join(__dirname, f), 'utf8'))
      .join('\n');
    for (const code of used) expect(tests).toContain(code);
  });
});

describe('docs/challenges.md', () => {
  const docs = textOf('docs/challenges.md');
  const blocks = [...docs.matchAll(/```yaml\n([\s\S]*?)```/g)].map(m => m[1]);
  const [whole] = blocks;
  const load = (text: string): string[] =>
    parseChallenge(new TextEncoder().encode(text), 'docs').diagnostics.map(d => `${d.code} ${d.message}`);

  test('the challenge at its head has no fault', () => {
    expect(blocks.length).toBeGreaterThan(14);
    expect(load(whole)).toEqual([]);
  });

  test.each(blocks.slice(1).map((b, i) => [i + 2, b] as const))(
    'fragment %d stands in its place without a fault',
    (_, block) => {
      expect(parseDocument(block).errors).toEqual([]);
      expect(load(stringify({ ...parse(whole), ...parse(block) }, { aliasDuplicateObjects: false }))).toEqual(
        [],
      );
    },
  );

  test('names every key of the schema, every gfp name and every hook', () => {
    const schema = JSON.parse(textOf('schemas/challenge.schema.json'));
    const names = new Set<string>([
      ...schema.$defs.gfpName.enum,
      ...schema.$defs.hook.enum,
      ...schema.$defs.zoneName.enum,
    ]);
    const collect = (part: unknown): void => {
      if (typeof part !== 'object' || part === null) return;
      for (const [key, child] of Object.entries(part)) {
        if (key === 'properties') for (const name of Object.keys(child)) names.add(name);
        if (key !== 'examples') collect(child);
      }
    };
    const { costs, ...rest } = schema.$defs;
    collect({ ...schema, $defs: rest });
    const prices = textOf('docs/costs.md').split(/[^A-Za-z0-9_]+/);
    for (const key of Object.keys(costs.properties)) expect(prices).toContain(key);
    expect(names.size).toBeGreaterThan(80);
    const said = docs.split(/[^A-Za-z0-9_.-]+/);
    for (const name of names) expect(said).toContain(name);
  });

  test('the numbers it gives are those of the sources', () => {
    for (const [file, constant, said] of [
      ['../contract/tape.ts', '4_194_304', '4194304'],
      ['policy.ts', 'DEFAULT_FUEL_PER_CALL = 10_000', 'default 10k'],
      ['policy.ts', 'DEFAULT_FUEL_PER_RUN = 200_000_000', 'default 200M'],
      ['policy.ts', 'DEFAULT_POLICY_MEMORY = 64 << 20', 'default 64MiB'],
    ]) {
      expect(textOf(`src/spec/${file}`)).toContain(constant);
      expect(docs).toContain(said);
    }
  });
});
