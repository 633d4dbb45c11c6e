/** player.ts is what an editor shows: it says what fields.ts has, and what every hook's answer means. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
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

test('constants are numbers to the compiler: what begins as one of them may become another', () => {
  const mem = /interface Mem \{([\s\S]*?)\n\}/.exec(text)![1];
  for (const name of Object.keys(MEM_CONSTANTS)) expect(mem).toContain(`  readonly ${name}: number;`);
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

const root = join(__dirname, '../../..');

/** What an editor says of a policy, by the types of player.ts: messages without their places. */
function typeFaults(body: string): string[] {
  const folder = mkdtempSync(join(tmpdir(), 'oomph-types-'));
  try {
    const compilerOptions = {
      strict: true,
      noEmit: true,
      target: 'ES2022',
      lib: ['ES2022'],
      types: [],
      module: 'ESNext',
      moduleResolution: 'Bundler',
      paths: { oomph: [join(root, 'src/policy/player.ts')] },
    };
    writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions, files: ['policy.ts'] }));
    writeFileSync(join(folder, 'policy.ts'), `import { definePolicy } from 'oomph';\n${body}`);
    const tsc = join(root, 'node_modules/typescript/bin/tsc');
    const { stdout } = spawnSync(process.execPath, [tsc, '-p', folder], { encoding: 'utf8' });
    return [...stdout.matchAll(/error TS\d+: (.*)/g)].map(m => m[1]);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const docs = readFileSync(join(root, 'docs/policy.md'), 'utf8');
const typed = (example: string): string =>
  example
    .replace("import { definePolicy } from 'oomph';", '')
    .replace('export default {', 'export default definePolicy({')
    .replace(/\n?\};?\n$/, '\n});');

test('the examples of docs/policy.md have no fault in an editor', () => {
  const bodies = [...docs.matchAll(/```ts\n([\s\S]*?)```/g)].map(m => m[1]).slice(1);
  expect(bodies.length).toBe(13);
  const all = bodies
    .map((body, i) => typed(body).replace('export default', `export const p${i} =`))
    .join('\n');
  expect(typeFaults(all)).toEqual([]);
});

test('an editor refuses hooks that are not named, and fields that a hook does not have', () => {
  const faults = (body: string) => typeFaults(`export default definePolicy<'pcp' | 'gfp'>(${body});`);
  expect(
    faults('{ pcp: (request, mem) => request.count + mem.cpus, gfp: request => request.bytes }'),
  ).toEqual([]);
  expect(faults('{ pcp: request => request.bytes }')).toEqual([
    "Property 'bytes' does not exist on type 'PcpRequest'.",
  ]);
  expect(faults('{ reclaim: () => 1 }')[0]).toContain("'reclaim' does not exist in type");
  expect(faults("{ gfp: () => 'GFP_KERNEL' }")[0]).toContain("Type '() => string' is not assignable to type");
});
