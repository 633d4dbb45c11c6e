/** docs/policy.md says what the code does. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { HOOKS } from '../../../src/engine/index.ts';
import {
  MAX_DEPTH,
  MAX_FILES,
  MAX_NESTING,
  MAX_OBJECT_INDEX,
  MAX_SOURCE_CHARS,
  MAX_SPREAD,
  MAX_STRING,
} from '../../../src/policy/compile/language.ts';
import { MEM_FUNCTIONS, MEM_SIZES, REQUEST_FIELDS } from '../../../src/policy/fields.ts';
import { LOAD_FUEL } from '../../../src/policy/realm/realm.ts';
import { call, compiled, inHook, sourceOf } from './inRealm.ts';

const root = join(__dirname, '../../..');
const docs = readFileSync(join(root, 'docs/policy.md'), 'utf8');
const flat = docs.replaceAll(/\s+/g, ' ');

function sources(folder: string): string {
  return readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
    .filter(entry => entry.isFile() && entry.name.endsWith('.ts'))
    .map(entry => readFileSync(join(entry.parentPath, entry.name), 'utf8'))
    .join('\n');
}

test('every code of a diagnostic is explained, and no other', () => {
  const code = sources('src/policy') + sources('src/harness/sandbox');
  const used = new Set([...code.matchAll(/'(E-POLICY-[A-Z-]+)'/g)].map(m => m[1]));
  const explained = [...docs.matchAll(/^\| `(E-POLICY-[A-Z-]+)`/gm)].map(m => m[1]);
  expect(explained).toEqual([...used].sort());
});

test('every hook, field and function is there', () => {
  for (const hook of HOOKS) expect(docs).toContain(`| \`${hook}\``);
  for (const hook of HOOKS)
    for (const field of Object.keys(REQUEST_FIELDS[hook])) expect(docs).toContain(`\`${field}\``);
  for (const name of MEM_FUNCTIONS) expect(docs).toMatch(new RegExp(`\`${name}\\(`));
  for (const name of MEM_SIZES) expect(docs).toContain(`\`${name}\``);
});

test('the limits are those of the code', () => {
  expect(flat).toContain(`A string has at most ${MAX_STRING} characters`);
  expect(flat).toContain(`numbered entries below ${MAX_OBJECT_INDEX}`);
  expect(flat).toContain(`\`...\` puts at most ${MAX_SPREAD} values`);
  expect(flat).toContain(`${MAX_DEPTH} calls inside each other`);
  expect(flat).toContain(
    `${MAX_FILES} files, ${MAX_SOURCE_CHARS / 1024} Ki characters in all, ${MAX_NESTING} levels`,
  );
  expect(LOAD_FUEL).toBe(1_000_000);
});

const examples = [...docs.matchAll(/```ts\n([\s\S]*?)```/g)].map(m => m[1]);

test('each of the later hooks has an example', () => {
  const hooks = examples.slice(1).map(text => compiled(sourceOf(text)).info.hooks);
  expect(hooks).toEqual(HOOKS.slice(HOOKS.indexOf('coalesce')).map(hook => [hook]));
});

test.each(examples.slice(1))('an example answers with an integer: %#', example => {
  const [hook] = compiled(sourceOf(example)).info.hooks;
  const { fault, answer } = call(example, hook);
  expect([fault, Number.isInteger(answer)]).toEqual([null, true]);
});

test('the example is a policy, and fuel is what the page says it is', () => {
  const example = /```ts\n([\s\S]*?)```/.exec(docs)![1];
  // A request nobody made has every bit set, GFP_DMA too.
  expect(call(example).answer).toBe(1);
  // The function, its body, return, 1.
  expect(call('export default { zonelist() { return 1; } };').fuel).toBe(4);
  // n++ is a statement, an operator and a name.
  const once = call(inHook('let n = 0; n++;')).fuel;
  expect(call(inHook('let n = 0; n++; n++;')).fuel - once).toBe(3);
});
