/** player.ts is what an editor shows: it says what fields.ts has, and what every hook's answer means. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { HOOKS, KM_TYPES } from '../../../src/engine/index.ts';
import { MEM_CONSTANTS, MEM_KM_TYPES, MEM_NAMES } from '../../../src/policy/fields.ts';
import { call, compiled, sourceOf } from './inRealm.ts';

const text = readFileSync(join(__dirname, '../../../src/policy/player.ts'), 'utf8');
const requestOf = (hook: string): string => `${hook[0].toUpperCase()}${hook.slice(1)}Request`;

/** The docstring right before a declaration, its lines joined. */
function docOf(declaration: string): string {
  const at = text.indexOf(declaration);
  expect([declaration, at > 0]).toEqual([declaration, true]);
  const start = text.lastIndexOf('/**', at);
  return text
    .slice(start, at)
    .split('\n')
    .map(line => line.replace(/^\s*(\/\*\*|\*\/|\*)?\s?/, ''))
    .join(' ')
    .replaceAll(/\s+/g, ' ');
}

const declared = (hook: string): string =>
  text.includes(`export interface ${requestOf(hook)}`)
    ? `export interface ${requestOf(hook)} `
    : `export type ${requestOf(hook)} `;

test.each(HOOKS)('%s is a member of Policy, with a request of its own', hook => {
  expect(text).toContain(
    `  /** {@link ${requestOf(hook)}} */\n  ${hook}?(request: ${requestOf(hook)}, mem: Mem): number;`,
  );
});

test.each(HOOKS)('the docstring of %s says when, what Linux does and where, and what to answer', hook => {
  const doc = docOf(declared(hook));
  expect(doc).toMatch(/^ ?Asked /);
  expect(doc).toMatch(/ Linux: .*\b(mm|arch|fs|include)\/[\w/.]+\.[ch]\b/);
  expect(doc).toMatch(/ Answer: /);
});

test.each(HOOKS.slice(HOOKS.indexOf('coalesce')))('the example of %s is a policy', hook => {
  const example = / Example: `([^`]+)`/.exec(docOf(declared(hook)));
  if (example === null) {
    expect(docOf(declared(hook))).toContain('see docs/policy.md');
    return;
  }
  const policy = compiled(sourceOf(`export default { ${example[1].replace(/\.$/, '')} };`));
  expect(policy.info.hooks).toEqual([hook]);
  const { fault, answer } = call(`export default { ${example[1]} };`, hook);
  expect([fault, Number.isInteger(answer)]).toEqual([null, true]);
});

test('literal constants have the values of the engine', () => {
  const mem = /interface Mem \{([\s\S]*?)\n\}/.exec(text)![1];
  const literals = [...mem.matchAll(/readonly (\w+): (-?\d+);/g)];
  expect(literals.length).toBeGreaterThan(25);
  for (const [, name, value] of literals) expect([name, MEM_CONSTANTS[name]]).toEqual([name, Number(value)]);
});

test('every name of mem is explained', () => {
  const mem = /interface Mem \{([\s\S]*?)\n\}/.exec(text)![1];
  let explained = false;
  for (const line of mem.split('\n')) {
    if (line.trim() === '') explained = false;
    else if (line.includes('*/')) explained = true;
    const name = /^ {2}(?:readonly )?(\w+)[:(]/.exec(line)?.[1];
    // Zones and zonelists are what they are called.
    if (name === undefined || /^(DMA|NORMAL|HIGHMEM|nrPages|cpus)/.test(name)) continue;
    expect([name, explained]).toEqual([name, true]);
  }
});

test('every type of atomic mapping that i386 has is among them', () => {
  expect([...MEM_KM_TYPES]).toEqual([...KM_TYPES]);
  for (const name of MEM_KM_TYPES) expect(MEM_NAMES).toContain(name);
});
