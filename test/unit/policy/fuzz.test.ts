/** Whatever is handed in as a policy, the compiler answers with a program that the engine takes, or with diagnostics. */
import { HOOKS } from '../../../src/engine/index.ts';
import { compilePolicy, missingImports } from '../../../src/policy/compile/index.ts';
import { PolicyRealm } from '../../../src/policy/realm/realm.ts';
import { POLICY_FIRST_LINE } from '../../../src/policy/realm/script.ts';
import { Generator, Random } from './generate.ts';
import { LIMITS, machine, sourceOf } from './inRealm.ts';

const ROUNDS = Number(process.env['OOMPH_FUZZ'] ?? 500);

const SEEDS = [
  `import { definePolicy, type Mem } from 'oomph';
interface Seen { at: number; n?: number }
enum Where { Low, High = 4 }
class Table<T> { private rows: T[] = []; add(row: T): this { this.rows.push(row); return this; } get2(i: number) { return this.rows[i]!; } }
const table = new Table<Seen>();
export default definePolicy({
  zonelist: (request, mem: Mem) => (request.gfp & mem.GFP_DMA ? mem.DMA_ONLY : mem.NORMAL_ONLY) as number,
  placement({ order, pfn }, mem) { table.add({ at: pfn }); return order > Where.High ? mem.TAIL : mem.HEAD; },
});`,
  `const t = new Int32Array(8); let n = 0;
const f = ({ a = 1, ...rest } = {}, [b, , c] = [1, 2, 3], ...more) => { label: for (const x of more) { try { if (x) continue label; } catch { break; } finally { n++; } } return a + b * 2; };
export default { block(request, mem) { t[n & 7] ??= f({ a: n }); return \`\${n}\`.length ? mem.lowestFree(request.zone, request.order) : -1; } };`,
];

const BITS = [
  '{',
  '}',
  '(',
  ')',
  '[',
  ']',
  ';',
  ',',
  '.',
  '...',
  '=>',
  '=',
  '?.',
  '??',
  '?',
  ':',
  '`',
  '${',
  '"',
  "'",
  '/',
  '/*',
  '*/',
  '//',
  '<!--',
  '-->',
  '#',
  '@',
  '\\u0061',
  '\\',
  '\0',
  '\u2028',
  '\ud800',
  'ﬀ',
  '𝒳',
  'async ',
  'await ',
  'yield ',
  'new ',
  'import(',
  'import.meta',
  'eval',
  'arguments',
  '__proto__',
  'constructor',
  'prototype',
  'this',
  'super',
  'class A extends ',
  'static {',
  'get ',
  'set ',
  'var ',
  'let ',
  'const ',
  'function* ',
  'delete ',
  'in ',
  'of ',
  'instanceof ',
  'typeof ',
  'throw ',
  '<T>',
  'as any',
  '!',
  ': number',
  'enum E { A }',
  'namespace N { }',
  'declare ',
  'abstract ',
  'satisfies ',
  'export ',
  'default ',
  '0n',
  '1e999',
  '.5',
  '08',
  '0b12',
  '/x/g',
  '$f',
  '$out',
  '$',
  '$_0',
  '$1',
  'Infinity',
  'with (x) {',
  'debugger;',
  'using x = 1;',
]; // prettier-ignore

function mutate(text: string, r: Random): string {
  let result = text;
  for (let i = 0, n = 1 + r.below(1 + r.below(5)); i < n; i++) {
    const at = r.below(result.length + 1);
    switch (r.below(6)) {
      case 0:
        result = result.slice(0, at) + result.slice(at + 1 + r.below(12));
        break;
      case 1: {
        const from = r.below(result.length + 1);
        result = result.slice(0, at) + result.slice(from, from + r.below(60)) + result.slice(at);
        break;
      }
      case 2:
        result =
          result.slice(0, at) +
          String.fromCharCode(r.below(r.below(2) === 0 ? 128 : 65536)) +
          result.slice(at);
        break;
      default:
        result = result.slice(0, at) + r.pick(BITS) + result.slice(at);
    }
  }
  return result;
}

/** @returns whether it compiled */
function check(text: string, entry: string): boolean {
  const source = sourceOf(text, entry);
  missingImports(source);
  const result = compilePolicy(source, HOOKS, POLICY_FIRST_LINE);
  if (!result.ok) {
    if (result.diagnostics.length === 0) throw new Error('refused without a reason');
    for (const d of result.diagnostics) {
      if (!/^E-POLICY-[A-Z-]+$/.test(d.code) || d.line < 1 || d.column < 1 || d.message === '') {
        throw new Error(`a diagnostic without a place or a text: ${JSON.stringify(d)}`);
      }
    }
    return false;
  }
  // A SyntaxError here is a printer that wrote something else than JavaScript.
  const realm = new PolicyRealm(
    result.policy,
    m,
    { slotTask: new Uint16Array(1), taskOwner: new Uint8Array(1) },
    LIMITS,
    1,
  );
  if (
    realm.hooks === null &&
    realm.fault('').code === 'threw' &&
    /SyntaxError/.test(realm.fault('').message)
  ) {
    throw new Error(realm.fault('').message);
  }
  return true;
}

const m = machine();

test('mutated programs are taken or refused, never worse', () => {
  const r = new Random(20031218);
  let taken = 0;
  for (let i = 0; i < ROUNDS; i++) {
    const base =
      i % 3 === 2
        ? `${new Generator(i).program()}\nexport default { zonelist() { return main(); } };`
        : SEEDS[i % 3];
    const text = mutate(base, r);
    const entry = i % 2 === 0 ? 'policy.ts' : 'policy.js';
    try {
      if (check(text, entry)) taken++;
    } catch (error) {
      throw new Error(`round ${i}, ${entry}: ${error instanceof Error ? error.message : error}\n${text}`);
    }
  }
  expect(taken).toBeGreaterThan(ROUNDS / 100);
  expect(taken).toBeLessThan(ROUNDS);
}, 120_000);

test('text without any sense is refused', () => {
  const r = new Random(77);
  for (let i = 0; i < 200; i++) {
    let text = '';
    for (let n = r.below(200); n >= 0; n--) text += r.pick(BITS);
    expect(check(text, i % 2 === 0 ? 'policy.ts' : 'policy.js')).toBe(false);
  }
});

test.each([
  ['parentheses', '('.repeat(30_000)],
  ['arrays', `x = ${'['.repeat(50_000)}`],
  ['closed arrays', `x = ${'['.repeat(5000)}${']'.repeat(5000)}`],
  ['blocks', '{'.repeat(60_000)],
  ['functions', '(()=>'.repeat(10_000)],
  ['templates', '`${'.repeat(20_000)],
  ['ternaries', 'a?'.repeat(30_000)],
  ['sums', `x = ${'1+'.repeat(40_000)}1`],
  ['else ifs', `${'if(a){}else '.repeat(8000)}{}`],
  ['unary', `x = ${'!'.repeat(100_000)}1`],
  ['types', `let x: ${'Array<'.repeat(10_000)}`],
  ['generics', `f${'<T extends '.repeat(10_000)}`],
  ['one long name', 'x'.repeat(120_000)],
  ['one long string', `"${'\\u0041'.repeat(20_000)}"`],
  ['comment that never ends', `/*${'*'.repeat(120_000)}`],
  ['many files worth of semicolons', ';'.repeat(130_000)],
  ['more than fits', 'a;'.repeat(100_000)],
])('%s: refused within seconds', (_, text) => {
  for (const entry of ['policy.ts', 'policy.js']) {
    const started = performance.now();
    expect(check(text, entry)).toBe(false);
    expect(performance.now() - started).toBeLessThan(60_000);
  }
});
