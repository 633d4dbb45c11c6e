import type { Diagnostic } from '../../../src/contract/diagnostic.ts';
import type { SourceFile } from '../../../src/contract/policy.ts';
import { HOOKS, type HookName } from '../../../src/engine/index.ts';
import { compilePolicy, missingImports } from '../../../src/policy/compile/index.ts';
import { hashSource, randomState } from '../../../src/policy/hash.ts';
import { POLICY_FIRST_LINE } from '../../../src/policy/realm/script.ts';
import { call, compiled, inHook, refusals, sourceOf } from './inRealm.ts';

function diagnosticsOf(
  text: string,
  entry = 'policy.ts',
  allowed: readonly HookName[] = HOOKS,
): Diagnostic[] {
  const result = compilePolicy(sourceOf(text, entry), allowed, POLICY_FIRST_LINE);
  return result.ok ? [] : result.diagnostics;
}

const EMPTY = 'export default { zonelist() { return 1; } };';

describe('what is refused, and where', () => {
  test.each([
    ['a name that means nothing', 'free(0);', 'E-POLICY-NAME 2:42'],
    ['Date', 'Date.now();', 'E-POLICY-NAME 2:42'],
    ['for-in', 'for (const k in mem) k;', 'E-POLICY-LEFT-OUT 2:42'],
    ['**', 'return 2 ** 3;', 'E-POLICY-LEFT-OUT 2:49'],
    ['==', 'return request.gfp == 1;', 'E-POLICY-LEFT-OUT 2:49'],
    ['a field that request does not have', 'return request.pass;', 'E-POLICY-FIELD 2:57'],
    ['a name that mem does not have', 'return mem.fre(0);', 'E-POLICY-FIELD 2:53'],
    ['assigning to a constant', 'const a = 1; a = 2;', 'E-POLICY-CONST 2:55'],
    ['a hole', 'return [1, , 2].length;', 'E-POLICY-LEFT-OUT 2:49'],
    ['rest in an inner pattern', 'const [[...a]] = [[1]];', 'E-POLICY-LEFT-OUT 2:50'],
    ['a builtin as a value', 'const m = Map;', 'E-POLICY-NAME 2:52'],
    ['two spreads in a call', 'Math.max(...[1], ...[2]);', 'E-POLICY-LEFT-OUT 2:59'],
    ['a number as a key of an object', 'return { 5000: 1 }[0];', 'E-POLICY-INDEX 2:51'],
    ['a method that is not there', `'a'.replace('a', 'b');`, 'E-POLICY-METHOD 2:46'],
    ['an async function', 'const f = async () => 1;', 'E-POLICY-LEFT-OUT 2:52'],
    ['arguments', 'return arguments.length;', 'E-POLICY-NAME 2:49'],
    ['new.target', 'return new.target;', 'E-POLICY-LEFT-OUT 2:49'],
    ['a class of a builtin', 'class A extends Error {}', 'E-POLICY-CLASS 2:58'],
  ])('%s', (_, body, expected) => {
    const text = `\nexport default { zonelist(request, mem) {${body}\nreturn 1; } };`;
    expect(refusals(text, 'policy.js')).toEqual([expected]);
  });

  test('everything at once, in the order of the text, each with a frame', () => {
    const found = diagnosticsOf(`const a = eval('1');
const b = Math.random();
export default { zonelist: () => process.exit(1), watermrak: () => 1 };`);
    expect(found.map(d => `${d.code} ${d.line}:${d.column}`)).toEqual([
      'E-POLICY-NAME 1:11',
      'E-POLICY-NAME 2:16',
      'E-POLICY-NAME 3:34',
      'E-POLICY-HOOK 3:51',
    ]);
    expect(found[1]).toMatchObject({
      length: 6,
      expected: 'use mem.random(below)',
      frame: {
        firstLine: 1,
        lines: ["const a = eval('1');", 'const b = Math.random();', expect.any(String)],
      },
    });
    expect(found[3].suggestions).toEqual(['watermark']);
  });

  test('names near the mistyped one are suggested', () => {
    const [d] = diagnosticsOf(inHook('let counter = 0; countr++; '), 'policy.js');
    expect(d.suggestions).toEqual(['counter']);
    expect(diagnosticsOf(inHook('return request.gpf;'), 'policy.js')[0].suggestions).toEqual(['gfp']);
  });

  test('in TypeScript the place is that of the source, types included', () => {
    const text = `import { definePolicy, type Mem } from 'oomph';
const f = <T extends number>(a: Array<T>, b: Map<string, T>): T => a[0] as T; const g: number = window;
export default definePolicy({ zonelist: (request, mem: Mem): number => mem.AS_LINUX });`;
    expect(refusals(text)).toEqual([`E-POLICY-NAME 2:${text.split('\n')[1].indexOf('window') + 1}`]);
  });

  test('a syntax error is one diagnostic at its place', () => {
    expect(refusals('const a = ;', 'policy.js')).toEqual(['E-POLICY-SYNTAX 1:11']);
    expect(refusals('const a: = 1;')).toEqual(['E-POLICY-SYNTAX 1:10']);
    expect(refusals('let x = 1; let x = 2;', 'policy.js')).toEqual(['E-POLICY-SYNTAX 1:16']);
  });

  test('files that are no policies', () => {
    expect(refusals('', 'policy.js')).toEqual(['E-POLICY-EXPORT 1:1']);
    expect(refusals('export const a = 1;', 'policy.js')).toEqual(['E-POLICY-EXPORT 1:1']);
    expect(refusals('export default 5;', 'policy.js')).toEqual(['E-POLICY-EXPORT 1:16']);
    expect(refusals('export default {};', 'policy.js')).toEqual(['E-POLICY-EXPORT 1:1']);
    expect(refusals('a\0b', 'policy.js')).toEqual(['E-POLICY-BINARY 1:1']);
    expect(refusals(EMPTY, 'policy.py')).toEqual(['E-POLICY-FILE-TYPE 1:1']);
    expect(refusals(';'.repeat(200_000), 'policy.js')).toEqual(['E-POLICY-SIZE 1:1']);
  });

  test('a policy that decides nothing is one, when it says so', () => {
    const text = "import { definePolicy } from 'oomph';\nexport default definePolicy({});\n";
    expect(compiled(sourceOf(text)).info.hooks).toEqual([]);
  });

  test('a hook that the challenge does not open', () => {
    const [d] = diagnosticsOf('export default { zonelist: () => 1, pcp: () => 1 };', 'policy.js', [
      'zonelist',
    ]);
    expect(`${d.code} ${d.line}:${d.column}`).toBe('E-POLICY-HOOK-CLOSED 1:37');
    expect(d.expected).toMatch(/^one of zonelist \(which zones/);
  });

  test('a method of the policy may have the name of a missing one', () => {
    expect(
      refusals(inHook('class A { replace() { return 1; } } return new A().replace();'), 'policy.js'),
    ).toEqual([]);
  });
});

describe('parentheses inside each other in TypeScript', () => {
  const nested = (levels: number) =>
    inHook(`let x: number = ${'('.repeat(levels)}1${')'.repeat(levels)}; return x;`);

  test('are refused where sucrase would take for ever', () => {
    const [refusal] = refusals(nested(30), 'policy.ts');
    expect(refusal).toMatch(/E-POLICY-NESTING/);
    expect(refusals(nested(12), 'policy.ts')).toEqual([]);
    const slow = inHook(`return ${'<number>('.repeat(40)}1${')'.repeat(40)};`);
    expect(refusals(slow, 'policy.ts')[0]).toMatch(/E-POLICY-NESTING/);
  });

  test('do not count in texts and comments', () => {
    expect(
      refusals(
        inHook(`// ${'('.repeat(40)}\n/* ${'('.repeat(40)} */ console.log('${'('.repeat(40)}'); return 1;`),
        'policy.ts',
      ),
    ).toEqual([]);
  });
});

describe('several files', () => {
  const files = (...list: [string, string][]): { entry: string; files: SourceFile[] } => ({
    entry: list[0][0],
    files: list.map(([path, text]) => ({ path, text })),
  });

  function codes(source: ReturnType<typeof files>): string[] {
    const result = compilePolicy(source, HOOKS, POLICY_FIRST_LINE);
    return result.ok ? [] : result.diagnostics.map(d => `${d.file} ${d.code} ${d.line}:${d.column}`);
  }

  test('imports of every kind mean what they say', () => {
    const source = files(
      [
        'main.ts',
        `import { definePolicy } from 'oomph';
import Base, { next, type Kind, total as sum } from './lib/a.ts';
import * as b from './b';
import { renamed } from './lib/again.js';
export default definePolicy({
  zonelist() { next(); next(); const k: Kind = 1; console.log(sum, new Base().n, b.twice(4), b.default(1), renamed, k); return 1; },
});`,
      ],
      [
        'lib/a.ts',
        `export type Kind = number;
export let total = 0;
export function next(): void { total += 1; }
const hidden = 7;
export default class { n = hidden; }`,
      ],
      [
        'b.js',
        `import { total } from './lib/a.ts';\nexport const twice = n => n * 2 + total;\nexport default n => n + 100;\nconst hidden = 1;\nexport { hidden };`,
      ],
      ['lib/again.ts', `export { hidden as renamed } from '../b.js';`],
    );
    expect(call(source).lines).toEqual(['2 7 10 101 1 1']);
  });

  test('what is missing is asked for until nothing is', () => {
    const source = files([
      'main.ts',
      `import './a.ts';\nimport { x } from './lib/b';\nimport { y } from '../up.js';\nexport default { zonelist: () => x + y };`,
    ]);
    expect(missingImports(source)).toEqual([
      { from: 'main.ts', specifier: './a.ts', candidates: ['a.ts'] },
      { from: 'main.ts', specifier: './lib/b', candidates: ['lib/b.ts', 'lib/b.js'] },
      { from: 'main.ts', specifier: '../up.js', candidates: ['../up.js', '../up.ts'] },
    ]);
    source.files.push({ path: 'lib/b.js', text: `import { z } from './c.ts'; export const x = z;` });
    expect(missingImports(source).map(m => m.candidates[0])).toEqual(['a.ts', '../up.js', 'lib/c.ts']);
  });

  test('a type import asks for nothing', () => {
    expect(missingImports(files(['main.ts', `import type { T } from './types.ts';\n${EMPTY}`]))).toEqual([]);
  });

  test('circles, missing files and missing names are named', () => {
    expect(
      codes(
        files(
          ['a.js', `import { b } from './b.js';\nexport const a = 1;\nexport default { zonelist: () => b };`],
          ['b.js', `import { a } from './a.js';\nexport const b = a;`],
        ),
      ),
    ).toEqual(['b.js E-POLICY-CYCLE 1:19']);
    expect(
      codes(files(['a.js', `import { b } from './b.js';\nexport default { zonelist: () => b };`])),
    ).toEqual(['a.js E-POLICY-IMPORT-MISSING 1:19']);
    expect(
      codes(
        files(
          [
            'a.js',
            `import { counts } from './b.js';\nimport * as b from './b.js';\nexport default { zonelist: () => counts + b.cuont + b };`,
          ],
          ['b.js', 'export const count = 1;'],
        ),
      ),
    ).toEqual([
      'a.js E-POLICY-IMPORT-NAME 1:10',
      'a.js E-POLICY-IMPORT-NAME 3:45',
      'a.js E-POLICY-NAMESPACE 3:53',
    ]);
  });

  test("another file's variable is read, not written", () => {
    expect(
      codes(
        files(
          [
            'a.js',
            `import { n } from './b.js';\nimport * as b from './b.js';\nexport default { zonelist: () => { n++; b.n = 2; return 1; } };`,
          ],
          ['b.js', 'export let n = 1;'],
        ),
      ),
    ).toEqual(['a.js E-POLICY-CONST 3:36', 'a.js E-POLICY-CONST 3:43']);
  });
});

describe('size and hash', () => {
  test('tokens are those of JavaScript: types and comments are left out', () => {
    const js = compiled(
      sourceOf('const a = 1; export default { zonelist: (request) => a + request.gfp };', 'p.js'),
    );
    const ts = compiled(
      sourceOf(
        '// what it does\nconst a: number = 1 as const; type T = { x: number }; export default { zonelist: (request: any): number => a! + request.gfp };',
      ),
    );
    expect(js.info.tokens).toBe(21);
    expect(ts.info.tokens).toBe(21);
  });

  test('FNV-1a 64 over paths and texts', () => {
    // The path and the text, each followed by a NUL, so `a` and an empty text is FNV-1a of 61 00 00.
    expect(hashSource({ entry: 'a', files: [{ path: 'a', text: '' }] })).toBe(fnv1a64([0x61, 0, 0]));
    expect(hashSource({ entry: 'ü', files: [{ path: 'ü', text: 'x' }] })).toBe(
      fnv1a64([0xc3, 0xbc, 0, 0x78, 0]),
    );
    const [a, b] = [
      { path: 'a', text: '1' },
      { path: 'b', text: '2' },
    ];
    expect(hashSource({ entry: 'a', files: [a, b] })).toBe(hashSource({ entry: 'a', files: [b, a] }));
    expect(randomState('x', 'y')).not.toBe(randomState('x', 'z'));
  });

  function fnv1a64(bytes: number[]): string {
    let hash = 0xcbf29ce484222325n;
    for (const byte of bytes) hash = ((hash ^ BigInt(byte)) * 0x100000001b3n) & 0xffffffffffffffffn;
    return hash.toString(16).padStart(16, '0');
  }
});
