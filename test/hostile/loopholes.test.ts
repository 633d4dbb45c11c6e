// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the text of policies
/** Policies that once got round a counter: each now ends in its verdict, with the budgets of an ordinary challenge. */

import { Sandbox } from '../../src/harness/sandbox/client.ts';
import { missingImports } from '../../src/policy/compile/index.ts';
import { endIn, sourceOf } from './sandboxed.ts';

const LIMIT_MS = 20_000;
const BUDGETS = { fuelPerCall: 200_000_000, fuelPerRun: 200_000_000, memoryBytes: 64 << 20 };

const list = (count: number, name: (i: number) => string): string[] =>
  Array.from({ length: count }, (_, i) => name(i));
const variables = (count: number): string => list(count, i => `v${i}`).join(',');
const hook = (body: string): string =>
  `export default { zonelist(request, mem) { ${body} return mem.AS_LINUX; } };`;
const inner = (count: number): string => `all.push(() => [${variables(count)}]);`;
const chain =
  'const mk = B => class extends B {}; let C = class {}; for (let i = 0; i < 12000; i++) C = mk(C);';
const calls = (count: number): string => list(count, () => 'mem.free(0)').join(',');
const wide = (count: number): string => list(count, i => `let v${i} = n;`).join('');

/** Integers that the function of V8 that mixes them, taken backwards, sends all to one place. */
const sharing = `
const fold = (y, s) => { let x = y; for (let i = s; i < 32; i += s) x = y ^ (x >>> s); return x; };
const inverse = a => { let x = a; for (let i = 0; i < 5; i++) x = Math.imul(x, 2 - Math.imul(a, x)); return x; };
const by = [inverse(2057), inverse(5), inverse((1 << 15) - 1)];
const sharing = n => Math.imul(fold(Math.imul(fold(Math.imul(fold((n + 1) << 16, 16), by[0]), 4), by[1]), 12) + 1 | 0, by[2]);
`;

/** The same for what is no integer of 32 bits. */
function sharingFractions(count: number): number[] {
  const all = (1n << 64n) - 1n;
  const fold = (y: bigint, s: bigint): bigint => {
    let x = y;
    for (let i = s; i < 64n; i += s) x = y ^ (x >> s);
    return x;
  };
  const inverse = (a: bigint): bigint => {
    let x = a;
    for (let i = 0; i < 6; i++) x = (x * (2n - a * x)) & all;
    return x;
  };
  const view = new DataView(new ArrayBuffer(8));
  const found: number[] = [];
  for (let n = 1n; found.length < count; n++) {
    const third = fold(((n * 1234567n) << 16n) & all, 22n);
    const second = fold((third * inverse(65n)) & all, 11n);
    const first = fold((second * inverse(21n)) & all, 31n);
    view.setBigUint64(0, ((first + 1n) * inverse((1n << 18n) - 1n)) & all);
    const value = view.getFloat64(0);
    if (Number.isFinite(value) && Math.abs(value) > 1e-300) found.push(value);
  }
  return found;
}

const CASES: [name: string, text: string, verdict: string][] = [
  // The stack of the engine must not be reached: how deep that is differs between versions.
  [
    'an iterator with a next of its own',
    hook('const it = [1].values(); const f = () => { for (const x of it) {} }; it.next = f; f();'),
    'fault threw',
  ],
  [
    'an iterator of a map with a next of its own',
    hook('const it = new Map().keys(); const f = () => { for (const x of it) {} }; it.next = f; f();'),
    'fault threw',
  ],
  [
    'an iterator with a next by a field',
    hook(
      'const it = [1].keys(); class A { constructor() { return it; } } class B extends A { next = 1; } new B();',
    ),
    'fault threw',
  ],
  [
    'many variables in a branch',
    hook(`const f = n => { if (n > 0) { ${wide(2000)} f(n + 1); } }; f(1);`),
    'fault call-depth',
  ],
  [
    'a var with the name of a field of request',
    'export default { zonelist({ gfp }, mem, o = { toString() { return gfp * 2; } }) { var gfp = o; o.toString(); return -1; } };',
    'refused E-POLICY-NAME',
  ],
  [
    'a template of thousands of values',
    hook(`\`${list(20_000, () => '${1}').join('')}\`;`),
    'refused E-POLICY-ARGUMENTS',
  ],
  [
    'a field that a key beside it replaces',
    'export default { zonelist({ gfp, [(gfp = { toString() { return gfp * 2; } }, "order")]: o }, mem) { return gfp * 2; } };',
    'fault threw',
  ],
  [
    'a var with the name of a field, in a helper',
    'const help = ({ gfp }, k = () => gfp * 2) => { var gfp = { toString: () => k() }; return k(); }; export default { zonelist: request => help(request) };',
    'refused E-POLICY-NAME',
  ],
  // The parser must not come near the end of the stack: the engine may take the process down there.
  ['templates in templates', '`${'.repeat(40_000), 'refused E-POLICY-NESTING'],
  ['a chain of signs', `const x = ${'- '.repeat(60_000)}1;`, 'refused E-POLICY-NESTING'],
  ['brackets without end', '('.repeat(120_000), 'refused E-POLICY-NESTING'],
  ['else if without end', hook(`if (0) ;${'else if (0) ;'.repeat(9000)}`), 'refused E-POLICY-NESTING'],
  ['new without end', `${'new '.repeat(30_000)}x;`, 'refused E-POLICY-NESTING'],
  ['arrows without end', `const x = ${'a => '.repeat(20_000)}1;`, 'refused E-POLICY-NESTING'],
  ['blocks without end', '{'.repeat(100_000), 'refused E-POLICY-NESTING'],
  ['patterns without end', `const ${'['.repeat(50_000)}a`, 'refused E-POLICY-NESTING'],
  ['classes without end', 'class A { x = '.repeat(9_000), 'refused E-POLICY-NESTING'],
  // What newer versions of Node take for letters.
  ['a name of new letters', hook('const \u1c89 = 1;'), 'refused E-POLICY-NAME'],
  ['a private name of new letters', hook('class A { #\ua7da = 1; } new A();'), 'refused E-POLICY-NAME'],
  ['a name of old letters', hook('const größe = 1, 数 = 2; console.log(größe + 数);'), 'prints 3'],
  [
    'the case of new letters',
    hook(
      "console.log('\\u1c89'.toLowerCase() === '\\u1c89', 'Ä\\ua7dcΣß'.toUpperCase().length, 'AB\\u1c89ΑΣ'.toLowerCase());",
    ),
    'prints true 5 ab\u1c89ας',
  ],
  // Memory that nobody counted.
  [
    'closures over variables of a branch that is not taken',
    hook(
      `const all = []; const f = () => { if (mem.free(0) < 0) { var ${variables(5000)}; } ${inner(5000)} }; for (;;) f();`,
    ),
    'fault out-of-memory',
  ],
  [
    'closures over the variables of a loop',
    hook(`const all = []; for (let ${variables(5000)}; ; ) { ${inner(5000)} }`),
    'fault out-of-memory',
  ],
  [
    'closures over the variables of a catch',
    hook(`const all = []; for (;;) { try { throw {}; } catch ({${variables(4000)}}) { ${inner(4000)} } }`),
    'fault out-of-memory',
  ],
  [
    'classes with many methods',
    hook(`const all = []; for (;;) all.push(class { ${list(5000, i => `m${i}() {}`).join('')} });`),
    'fault out-of-memory',
  ],
  [
    'a field with a number for a name',
    hook('const all = []; class A { 1023 = 1; } for (;;) all.push(new A());'),
    'fault out-of-memory',
  ],
  [
    'instances of a function with an array for a prototype',
    hook(
      `const all = []; function F() {} F['proto' + 'type'] = new Array(100000); for (;;) { const o = new F(); o[1000] = 1; all.push(o); }`,
    ),
    'fault out-of-memory',
  ],
  [
    'entries of functions up to their length',
    hook(`const all = []; for (;;) { const f = (${variables(64)}) => 1; f[63] = 1; all.push(f); }`),
    'fault out-of-memory',
  ],
  [
    'properties that a class hides',
    hook(
      `class A { ${list(2000, i => `m${i}() {}`).join('')} } const all = []; for (;;) { const o = new A(); ${list(2000, i => `o.m${i} = 1;`).join('')} all.push(o); }`,
    ),
    'fault out-of-memory',
  ],
  ['long numbers', hook('const all = []; for (;;) all.push((1.7e308).toString(2));'), 'fault out-of-memory'],
  // Work that nobody counted.
  ['a long chain of classes and instanceof', hook(`${chain} for (;;) C instanceof mk;`), 'fault threw'],
  ['a long chain of classes and a name that is not there', hook(`${chain} for (;;) C.x;`), 'fault threw'],
  [
    'a long chain of prototypes',
    hook(
      `class Z {} const k = 'proto' + 'type'; let o = {}; for (let i = 0; i < 40000; i++) { function G() {} G[k] = o; o = new G(); } console.log(o instanceof Z);`,
    ),
    'prints false',
  ],
  [
    'fields with much to do',
    hook(`class A { x = (${calls(9000)}); } for (;;) new A();`),
    'fault out-of-fuel',
  ],
  [
    'static fields with much to do',
    hook(`for (;;) (class { static x = (${calls(9000)}); });`),
    'fault out-of-fuel',
  ],
  // The compiler itself.
  [
    'a chain of thousands of variables',
    hook(`let v7000 = 1; ${list(7000, i => `let v${6999 - i} = v${7000 - i};`).join('')}`),
    'fault call-depth',
  ],
  // The compiler looks for what was meant by each name that nobody knows.
  [
    'thousands of names that are near to thousands of others',
    `let ${list(7500, i => `ab${i.toString(36)}`).join(',')};\n${list(7500, i => `cb${i.toString(36)};`).join('')}\nexport default { zonelist: () => 1 };`,
    'refused E-POLICY-NAME',
  ],
  [
    'tens of thousands of names in one block',
    `let ${list(26_000, i => `a${i.toString(36)}`).join(',')};\n${hook('')}`,
    'refused E-POLICY-SIZE',
  ],
  [
    'faults in lines of sixty thousand characters',
    `let ${list(900, i => 'a'.repeat(54) + i).join(',')};\n${list(900, i => `${'b'.repeat(54)}${i};`).join('')}\nexport default { zonelist: () => 1 };`,
    'refused E-POLICY-NAME',
  ],
  [
    'a delete through super',
    hook('class A { m() { delete super.x; } } new A();'),
    'refused E-POLICY-LEFT-OUT',
  ],
  ['a class of an arrow', hook('const f = () => 1; class B extends f {} new B();'), 'fault threw'],
  // Honest code that was not understood.
  [
    'an entry called prototype',
    hook(`const o = {}, k = 'proto' + 'type'; o[k] = 5; console.log(o[k], k in o, Object.hasOwn(o, k));`),
    'prints 5 true true',
  ],
  ['an empty statement with a label', hook(`a: ; b: { c: ; } console.log('ok');`), 'prints ok'],
  [
    'an end at infinity',
    hook(
      'console.log([1, 2].slice(0, Infinity), [1, 2].splice(1, Infinity), [1].fill(0, 0, Infinity), [1].at(Infinity));',
    ),
    'prints [1, 2] [2] [0] undefined',
  ],
  ['a push at the end of a chain', hook('let a; console.log(a?.b.push(...[1]));'), 'prints undefined'],
  [
    'a var with the name of what was caught',
    hook('try { throw 1; } catch (e) { var e = 2; }'),
    'refused E-POLICY-NAME',
  ],
];

/** Work and memory of tables that nobody counted, with less fuel: it is spent in a second where it is counted. */
const TABLES: [name: string, text: string, verdict: string][] = [
  // V8 spreads numbers over its tables without a secret: those that share a place are easily found.
  [
    'integers that share a place in a map',
    `${sharing}const m = new Map(); ${hook('for (let i = 0; i < 20000; i++) m.set(sharing(i), 1); for (let i = 0; ; i++) m.get(i);')}`,
    'fault threw',
  ],
  [
    'integers that share a place in a new set',
    `${sharing}${hook('new Set(Array.from({ length: 9000 }, (_, i) => sharing(i)));')}`,
    'fault threw',
  ],
  [
    'integers that share a place, each refused and tried again',
    `${sharing}const s = new Set(); ${hook('for (let i = 0; ; i++) { try { s.add(sharing(i % 500)); } catch { } }')}`,
    'fault out-of-fuel',
  ],
  [
    'fractions that share a place in a set',
    hook(`const s = new Set(); for (const x of [${sharingFractions(2000)}]) s.add(x); for (;;) s.has(0.5);`),
    'fault threw',
  ],
  [
    'integers and fractions as they come in a map',
    hook(
      'const m = new Map(); for (let i = 0; i < 20000; i++) { m.set(i * 4096, i); m.set(i + 0.5, i); m.set(-i / 3, i); } console.log(m.size, m.get(8192));',
    ),
    'prints 59999 2',
  ],
  [
    'the oldest of a thousand entries taken out, again and again',
    hook(
      'const m = new Map(); for (let i = 0; i < 20000; i++) { m.set(i, i); if (m.size > 1000) m.delete(m.keys().next().value); } let n = 0; for (const [k, v] of m) n += k === v ? 1 : 0; console.log(m.size, n);',
    ),
    'prints 1000 1000',
  ],
  ...['for (const x of s) break;', 'const [x] = s;', 's.values();', 'console.log(s);'].map(
    (walk): [string, string, string] => [
      `what is left of a large set, behind what was deleted: ${walk}`,
      hook(
        `const s = new Set(); for (let i = 0; i < 100000; i++) s.add(i); for (let i = 0; i < 70000; i++) s.delete(i); for (;;) { ${walk} }`,
      ),
      'fault out-of-fuel',
    ],
  ),
];

/** One for all of them; another only where a case has ended it. */
let sandbox: Sandbox | null = null;
afterAll(() => sandbox?.close());

test.each([
  ...CASES.map(c => [...c, BUDGETS] as const),
  ...TABLES.map(c => [...c, { ...BUDGETS, fuelPerCall: 20_000_000 }] as const),
])(
  '%s',
  async (_, text, verdict, budgets) => {
    if (sandbox === null || sandbox.pid < 0) sandbox = await Sandbox.start();
    expect((await endIn(sandbox, text, budgets)).verdict).toBe(verdict);
  },
  LIMIT_MS,
);

test.each([
  ['type assertions', `${'<a>('.repeat(60)}1${')'.repeat(60)}`],
  ['arrows in default values', `${'(a = '.repeat(60)}1${') => 1'.repeat(60)}`],
])('what a file imports is found without parsing it: nested %s take for ever', (_, expression) => {
  const text = `import './other.ts';\nconst x = ${expression};\n`;
  const started = performance.now();
  expect(missingImports(sourceOf(text, 'policy.ts')).map(m => m.specifier)).toEqual(['./other.ts']);
  expect(performance.now() - started).toBeLessThan(60_000);
});

test('imports are told from what only looks like one', () => {
  const text = `import a, { b } from './a.ts'; import * as c from "./c.ts";
// import './comment.ts'
/* import './comment.ts' */ const s = "import './text.ts'", t = \`import './template.ts'\`;
import type { T } from './type.ts';
export { d } from './d.ts'
export type { E } from './e.ts';
export const from = './value.ts';
import './last.ts'`;
  expect(missingImports(sourceOf(text, 'policy.ts')).map(m => m.specifier)).toEqual([
    './a.ts',
    './c.ts',
    './d.ts',
    './last.ts',
  ]);
});
