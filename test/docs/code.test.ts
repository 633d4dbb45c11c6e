import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { parse } from 'yaml';
import type { Diagnostic } from '../../src/contract/diagnostic.ts';
import { HOOK_MEANING, type HookName } from '../../src/contract/hooks.ts';
import { compilePolicy } from '../../src/policy/compile/index.ts';
import { parseAssignment } from '../../src/spec/assignment.ts';
import { parseChallenge } from '../../src/spec/challenge.ts';
import { parseChapter } from '../../src/spec/chapter.ts';
import { loadChallenge } from '../../src/spec/load.ts';
import { parseTunables } from '../../src/spec/tunables.ts';
import { type Block, blocksOf, markOf, PAGES, placeOf, ROOT } from './pages.ts';

const blocks = PAGES.flatMap(page => blocksOf(page)).filter(block => markOf(block, 'fragment') === null);
const HOOKS = Object.keys(HOOK_MEANING) as HookName[];
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const said = (place: string, diagnostics: readonly Diagnostic[]): string[] =>
  diagnostics
    .filter(({ severity }) => severity === 'error')
    .map(({ line, code, message }) => `${place} + ${line}: ${code} ${message}`);

const scripts = blocks.filter(({ language }) => ['ts', 'js', 'typescript'].includes(language));
/** A policy is what has hooks for its default export; what else there is uses the library. */
const isPolicy = ({ text }: Block): boolean => /export default (definePolicy\()?[^;]*\{/.test(text);

test('every policy that a page shows compiles', () => {
  const policies = scripts.filter(isPolicy);
  expect(policies.length).toBeGreaterThan(14);
  const faults = policies.flatMap(block => {
    const path = block.language === 'js' ? 'shown.js' : 'shown.ts';
    const load = compilePolicy({ entry: path, files: [{ path, text: block.text }] }, HOOKS, 1);
    return load.ok ? [] : said(placeOf(block), load.diagnostics);
  });
  expect(faults).toEqual([]);
});

test('every script that a page shows has the types that it says', () => {
  const folder = mkdtempSync(join(tmpdir(), 'oomph-docs-types-'));
  mkdirSync(join(folder, 'node_modules'));
  symlinkSync(ROOT, join(folder, 'node_modules/oomph'), 'junction');
  for (const name of ['@types', 'jest', '@jest'])
    symlinkSync(join(ROOT, 'node_modules', name), join(folder, 'node_modules', name), 'junction');
  const files = scripts
    .filter(({ language }) => language !== 'js')
    .map(block => {
      const name = `${block.page.replace(/\W/g, '_')}_${block.line}.ts`;
      // Bare objects get their types from the contract, as definePolicy() would give them.
      const bare = /^export default \{/m.test(block.text);
      const text = bare
        ? `import { definePolicy } from 'oomph';${block.text.replace(/^export default (\{[\s\S]*\});$/m, 'export default definePolicy($1);')}`
        : block.text;
      writeFileSync(join(folder, name), /^(im|ex)port /m.test(text) ? text : `${text}\nexport {};\n`);
      return name;
    });
  const compilerOptions = {
    noEmit: true,
    strict: true,
    skipLibCheck: true,
    target: 'es2023',
    module: 'nodenext',
    types: ['node', 'jest'],
    lib: ['es2023'],
  };
  writeFileSync(join(folder, 'package.json'), '{"type": "module"}');
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions, files }));
  const tsc = join(ROOT, 'node_modules/typescript/bin/tsc');
  const done = spawnSync(process.execPath, [tsc, '-p', folder], { encoding: 'utf8', cwd: folder });
  expect(done.stdout + done.stderr).toBe('');
});

/** What a fragment is put into: a challenge that has everything a challenge must have. */
const BASE = {
  challenge: 1,
  id: 'docs/a-fragment',
  title: 'A fragment',
  machine: { arch: 'i386', ram: '64MiB' },
  workload: {
    length: '20s',
    tasks: [
      {
        name: 'sb16',
        context: 'hardirq',
        arrive: { every: '1s' },
        run: [
          { alloc_pages: { as: 'ring', order: 2, gfp: ['GFP_ATOMIC', 'GFP_DMA'] } },
          { free_pages: 'ring' },
        ],
      },
    ],
  },
  goal: [{ metric: 'cycles', at_most: '1G' }],
  policy: { hooks: ['zonelist'], reference: 'reference.ts', naive: 'naive.ts' },
};

function faultsOf(block: Block): string[] {
  const { text } = block;
  const place = placeOf(block);
  const data: unknown = parse(text);
  if (data === null || typeof data !== 'object' || Array.isArray(data)) return [`${place}: no map of keys`];
  if ('assignment' in data) return said(place, parseAssignment(bytes(text), place).diagnostics);
  if ('chapter' in data) return said(place, parseChapter(bytes(text), place).diagnostics);
  if ('policy' in data && 'tunables' in data)
    return said(place, parseTunables(bytes(text), place, HOOKS).diagnostics);
  if ('test' in data) return specFaults(block, data);
  if ('challenge' in data) return said(place, parseChallenge(bytes(text), place).diagnostics);
  return said(place, parseChallenge(bytes(JSON.stringify({ ...BASE, ...data })), place).diagnostics);
}

/** What `of` names lies beside it: in a clone, or as the page has had its reader write it. */
function specFaults(block: Block, data: object): string[] {
  const folder = mkdtempSync(join(tmpdir(), 'oomph-docs-spec-'));
  symlinkSync(join(ROOT, 'challenges'), join(folder, 'challenges'), 'junction');
  const write = (name: string, text: string): string => {
    const file = join(folder, name);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text);
    return file;
  };
  for (const other of blocksOf(block.page)) {
    const name = markOf(other, 'file');
    if (name !== null && other.line < block.line) write(name, other.text);
  }
  const text = 'challenge' in data ? block.text : JSON.stringify({ ...BASE, ...data });
  return said(
    placeOf(block),
    loadChallenge(write(markOf(block, 'file') ?? 'specs/shown.spec.yaml', text)).diagnostics,
  );
}

test('every YAML that a page shows loads; a part of a challenge does in one', () => {
  const yaml = blocks.filter(({ language }) => ['yaml', 'yml'].includes(language));
  expect(yaml.length).toBeGreaterThan(18);
  expect(yaml.flatMap(faultsOf)).toEqual([]);
});

test('what is left out is little', () => {
  const fragments = PAGES.flatMap(page => blocksOf(page)).filter(block => markOf(block, 'fragment') !== null);
  expect(fragments.map(placeOf).length).toBeLessThanOrEqual(8);
  for (const block of fragments) expect(markOf(block, 'fragment')).toMatch(/\w{3,} \w+/);
});

test('a fault is seen', () => {
  const block = (text: string): Block => ({ page: 'a.md', line: 1, language: 'yaml', text, marks: [] });
  expect(faultsOf(block('machine: {arch: i387, ram: 64MiB}\n'))[0]).toMatch(/i387/);
  expect(faultsOf(block('goal:\n  - {metric: cycle, at_most: 1}\n'))[0]).toMatch(/E-METRIC-UNKNOWN/);
  expect(faultsOf(block('policy: 1\ntunables: {pcp.hihg: 1}\n'))[0]).toMatch(/pcp.hihg/);
});
