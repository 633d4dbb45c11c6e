// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the text of policies
/**
 * Policies that try to break out, to hang, to eat the memory, to dodge their budgets or to answer with something else
 * than an integer; each with the verdict it must end in.
 */

/**
 * `refused CODE`: the compiler says so. `fault CODE`: that fault at the first call of the hook.
 * `prints TEXT`: no fault, and the console shows that.
 */
export type Expected = `refused ${string}` | `fault ${string}` | `prints ${string}`;

export interface HostileCase {
  name: string;
  /** A whole file, or with `body` the inside of a zonelist hook that goes on to answer as Linux would. */
  text: string;
  expected: Expected;
}

/** Inside the hook. */
const body = (name: string, text: string, expected: Expected, before = ''): HostileCase => ({
  name,
  text: `${before}\nexport default { zonelist(request, mem) {\n${text}\nreturn mem.AS_LINUX; } };`,
  expected,
});

const file = (name: string, text: string, expected: Expected): HostileCase => ({ name, text, expected });

/** The hook answers with this. */
const answer = (name: string, value: string, expected: Expected, before = ''): HostileCase =>
  file(name, `${before}\nexport default { zonelist(request, mem) { return ${value}; } };`, expected);

const NAME = 'refused E-POLICY-NAME';
const PROPERTY = 'refused E-POLICY-PROPERTY';
const KIND = 'refused E-POLICY-LEFT-OUT';
const FUEL = 'fault out-of-fuel';
const MEMORY = 'fault out-of-memory';
const DEPTH = 'fault call-depth';
const THREW = 'fault threw';

export const ESCAPES: HostileCase[] = [
  body('the constructor of a constructor', `({}).constructor.constructor('return process')();`, PROPERTY),
  body('a constructor under a literal key', `({})['constructor'];`, PROPERTY),
  body('a constructor under a made-up key', `console.log(({})['con' + 'structor']);`, 'prints undefined'),
  body('the constructor of a function', `console.log((() => 1)['con' + 'structor']);`, 'prints undefined'),
  body(
    'the constructor of an array',
    `console.log([]['con' + 'structor'], 'a'['con' + 'structor'], (5)['con' + 'structor']);`,
    'prints undefined undefined undefined',
  ),
  body(
    'the constructor of an error',
    `try { null.x; } catch (e) { console.log(e['con' + 'structor']); }`,
    'prints undefined',
  ),
  body(
    'the constructor of mem, of request and of their functions',
    `const k = 'con' + 'structor'; console.log(mem[k], request[k], mem.free[k], mem.free['pro' + 'totype']);`,
    'prints undefined undefined undefined undefined',
  ),
  body(
    'a constructor by destructuring',
    `const { ['con' + 'structor']: c } = []; console.log(c);`,
    'prints undefined',
  ),
  body('a constructor spelt in a template', 'console.log([][`${"con"}structor`]);', 'prints undefined'),
  body(
    'constructors of iterators',
    `const i = [1].values(); console.log(i['con' + 'structor'], new Map().entries()['con' + 'structor'], i['__pro' + 'to__']);`,
    'prints undefined undefined undefined',
  ),
  body(
    'helpers of iterators',
    `console.log([1].values()['map'], [1].values()['toArray']);`,
    'prints undefined undefined',
  ),
  body(
    '__proto__ read',
    `console.log(({})['__pro' + 'to__'], []['__pro' + 'to__']);`,
    'prints undefined undefined',
  ),
  body(
    '__proto__ written',
    `const o = {}; o['__pro' + 'to__'] = mem; console.log(o.AS_LINUX, o['__pro' + 'to__'] === mem);`,
    'prints undefined true',
  ),
  body('__proto__ by name', `({}).__proto__.x = 1;`, PROPERTY),
  body('__proto__ in a literal', `console.log({ __proto__: mem });`, PROPERTY),
  body('__defineGetter__', `({}).__defineGetter__('x', () => 1);`, PROPERTY),
  body(
    '__defineGetter__ by a made-up key',
    `console.log(({})['__define' + 'Getter__']);`,
    'prints undefined',
  ),
  body('a prototype', `Map.prototype.get = () => 1;`, NAME),
  body('the prototype of a function', `(function () {}).prototype.x = 1;`, PROPERTY),
  body('Object.getPrototypeOf', `Object.getPrototypeOf({});`, NAME),
  body('Object.defineProperty', `Object.defineProperty(mem, 'x', {});`, NAME),
  body('Reflect', `Reflect.ownKeys(mem);`, NAME),
  body('Proxy', `new Proxy(mem, {});`, NAME),
  body('Symbol', `Symbol.iterator;`, NAME),
  body('globalThis', `globalThis.process;`, NAME),
  body('this in the hook', `console.log(this);`, 'prints undefined'),
  body('this in a plain function', `console.log((function () { return this; })());`, 'prints undefined'),
  body(
    'this in a callback',
    `console.log([1].map(function () { return this; })[0], [2, 1].sort(function () { console.log(this); return 0; }).length);`,
    'prints undefined',
  ),
  body('this at the top', '', 'prints undefined', `const t = this; console.log(t);`),
  body('arguments', `arguments.callee.caller;`, NAME),
  body('caller of a function', `(function f() { return f.caller; })();`, PROPERTY),
  body(
    'caller by a made-up key',
    `console.log((function f() { return f['cal' + 'ler']; })());`,
    'prints undefined',
  ),
  body('eval', `eval('1');`, NAME),
  body('eval in disguise', `\\u0065val('1');`, NAME),
  body('an indirect eval', `(0, eval)('1');`, NAME),
  body('Function', `new Function('return process')();`, NAME),
  body('AsyncFunction by its function', `(async () => {}).constructor;`, KIND),
  body('a generator function', `(function* () {}).constructor;`, KIND),
  body('a tagged template', 'String.raw`x`;', KIND),
  body('import()', `import('node:fs');`, KIND),
  file(
    'importing a module of Node',
    `import fs from 'node:fs';\nexport default { zonelist() { return 1; } };`,
    'refused E-POLICY-IMPORT',
  ),
  file(
    'importing a package',
    `import x from 'acorn';\nexport default { zonelist() { return x; } };`,
    'refused E-POLICY-IMPORT',
  ),
  file(
    'importing a file that was not handed in',
    `import x from '../../../../etc/passwd';\nexport default { zonelist() { return x; } };`,
    'refused E-POLICY-IMPORT-MISSING',
  ),
  file(
    'importing what is not offered',
    `import { boot } from 'oomph';\nexport default { zonelist() { return boot; } };`,
    'refused E-POLICY-IMPORT',
  ),
  body('require', `require('fs');`, NAME),
  body('process', `process.exit(0);`, NAME),
  body('import.meta', `import.meta.url;`, KIND),
  body('new.target', `(function () { new.target; })();`, KIND),
  body('with', `with (mem) { free(0); }`, 'refused E-POLICY-SYNTAX'),
  body('an HTML comment', `let x = 1; <!-- x\nx--> 0;`, 'refused E-POLICY-SYNTAX'),
  body('debugger', `debugger;`, KIND),
  body('a regular expression', `/(a+)+$/.test('aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab');`, KIND),
  body('RegExp', `new RegExp('(a+)+$');`, NAME),
  body('a match with a string', `'aaa'.match('(a+)+$');`, 'refused E-POLICY-METHOD'),
  body('WebAssembly', `new WebAssembly.Module(new Uint8Array(8));`, NAME),
  body('SharedArrayBuffer', `new SharedArrayBuffer(8);`, NAME),
  body('Atomics.wait', `Atomics.wait(new Int32Array(1), 0, 0);`, NAME),
  body('a clock', `Date.now();`, NAME),
  body('another clock', `performance.now();`, NAME),
  body('chance', `Math.random();`, NAME),
  body('a BigInt', `10n ** 1000000n;`, KIND),
  body('a promise', `Promise.resolve().then(() => 1);`, NAME),
  body('a timer', `setTimeout(() => 1, 0);`, NAME),
  body('await', `await 1;`, 'refused E-POLICY-SYNTAX'),
  body('a getter in a literal', `console.log({ get x() { return 1; } });`, KIND),
  body('a getter in a class', `class A { get x() { return 1; } } new A().x;`, KIND),
  body('a static block', `class A { static { for (;;) {} } } new A();`, KIND),
  body('super with a key', `console.log({ m() { return super['con' + 'structor']; } }.m());`, KIND),
  body('super by name', `console.log({ m() { return super.toString; } }.m());`, 'prints undefined'),
  body('writing through super', `console.log({ m() { super.x = 1; } }.m());`, KIND),
  body('a class of nothing', `class A extends null {} new A();`, 'refused E-POLICY-CLASS'),
  body(
    'a class of an expression',
    `class A extends (() => 1).constructor {} new A();`,
    'refused E-POLICY-CLASS',
  ),
  body('a class of a builtin', `class A extends Map {} new A();`, 'refused E-POLICY-CLASS'),
  body('Error.prepareStackTrace', `Error.prepareStackTrace = (e, frames) => frames;`, NAME),
  body('Error.captureStackTrace', `Error.captureStackTrace({});`, NAME),
  body(
    'the stack of an error',
    `try { null.x; } catch (e) { console.log('<' + e.stack + '>'); }`,
    'prints <>',
  ),
  body('the stack of a made error', `console.log('<' + new Error('x').stack + '>');`, 'prints <>'),
  body(
    'the buffer of a typed array',
    `console.log(new Int32Array(4).buffer, new Uint8Array(2).byteOffset);`,
    'prints undefined undefined',
  ),
  body('writing to mem', `mem.free = () => 1;`, 'refused E-POLICY-CONST'),
  body('writing to mem by another name', `const m = mem; m.free = () => 1;`, THREW),
  body('writing to request by another name', `const r = request; r.gfp = 0;`, THREW),
  body('writing to a function of mem', `const f = mem.free; f.x = 1;`, THREW),
  body('replacing mem', `mem = {};`, 'refused E-POLICY-CONST'),
  body('deleting from mem', `const m = mem; delete m.free;`, THREW),
  body('changing a builtin function', `const n = Number; n['call'] = 1;`, THREW),
  body('changing a method of all arrays', `const p = [].push; p['x'] = 1;`, THREW),
  body('freezing a typed array', `Object.freeze(new Int32Array(4));`, THREW),
  body(
    'names of the counters',
    `let $f = 1e9, $d = -1e9, $dead = 0, $out = () => 1, $a = () => 1, $1 = 0; $f += 1e9; for (;;) { $f = 1e9; $out(); $a($d, $dead, $1); }`,
    FUEL,
  ),
  body('labels named like counters', `$out: for (;;) { continue $out; }`, FUEL),
  body('properties named like counters', `const o = { $f: 1, $m: 2 }; o.$f = 1e9; for (;;) o.$f++;`, FUEL),
  body(
    'a name of the printer',
    `$_0: for (;;) { const x$_0 = 1; if (x$_0) break $_0; } console.log('out');`,
    'prints out',
  ),
  body('a shadowed builtin', `const Math = { max: () => 7 }; console.log(Math.max(1, 2));`, 'prints 7'),
  body('a shadowed undefined', `const f = undefined => undefined; console.log(f(3));`, 'prints 3'),
  body('a break-out of a string', `console.log("\\"); for (;;) {} (\\"");`, 'prints "); for (;;) {} ("'),
  body('line separators in strings', `console.log('a\u2028b'.length);`, 'prints 3'),
  body('a comment that ends the wrapper', `/* }})(); for(;;){} */ console.log('here'); // })`, 'prints here'),
  body('a directive', `(function () { 'use asm'; 'use strict'; console.log(this); })();`, 'prints undefined'),
  body(
    'private names on what the engine gives',
    'class B { constructor(o) { return o; } } class A extends B { #x = 1; } new A(mem); new A(request); console.log(Object.keys(request).length);',
    'prints 10',
  ),
  body(
    'a field on a function of mem',
    'class B { constructor(o) { return o; } } class A extends B { x = 1; } new A(mem.free);',
    THREW,
  ),
  body(
    'a field of mem hidden by a class',
    'class B { constructor(o) { return o; } } class A extends B { free = 1; } new A(mem);',
    THREW,
  ),
  body(
    'a request kept after its hook',
    'kept.push(() => request.event); if (request.event === 6) console.log(kept.map(f => f()).join());',
    'prints 6,6,6,6',
    'const kept = [];',
  ),
  body(
    'a copy of the request, changed',
    "const c = { ...request }; c.gfp = 'x'; Object.assign(c, { task: 9 }); console.log(request.gfp, request.task);",
    'prints 208 0',
  ),
  body(
    'mem in a private field',
    'w ??= new W(mem); console.log(w.free() === mem.free(1));',
    'prints true',
    'class W { #m; constructor(m) { this.#m = m; } free() { return this.#m.free(1); } } let w;',
  ),
];

export const HANGS: HostileCase[] = [
  body('for ever', `for (;;) {}`, FUEL),
  body('while true', `while (true);`, FUEL),
  body('do while', `do {} while (1);`, FUEL),
  body('for ever in the test', `for (let i = 0; i < 1; i += 0) ;`, FUEL),
  body('for ever in the update', `for (let i = 0; ; (() => { for (;;) ; })()) i++;`, FUEL),
  body('an array that grows under its loop', `const a = [1]; for (const x of a) a.push(x);`, MEMORY),
  body(
    'a map that grows under its loop',
    `const m = new Map([[0, 0]]); for (const [k] of m) { m.delete(k); m.set(k + 1, 0); }`,
    MEMORY,
  ),
  body(
    'forEach of a set that grows',
    `const s = new Set([0]); s.forEach(k => { s.delete(k); s.add(k + 1); });`,
    MEMORY,
  ),
  body('catch swallows the verdict', `for (;;) { try { for (;;) {} } catch { } }`, FUEL),
  body(
    'catch of everything, many times',
    `const f = () => { try { for (;;) {} } catch { return f(); } }; f();`,
    FUEL,
  ),
  body('finally goes on', `try { for (;;) {} } finally { for (;;) {} }`, FUEL),
  body('finally returns', `try { for (;;) {} } finally { return 1; }`, FUEL),
  body('finally continues a loop', `for (;;) { try { for (;;) {} } finally { continue; } }`, FUEL),
  body('finally breaks out', `out: for (;;) { try { for (;;) {} } finally { break out; } } return 1;`, FUEL),
  body('throwing and catching for ever', `for (;;) { try { throw 1; } catch {} }`, FUEL),
  body('errors for ever', `for (;;) { try { null.x; } catch {} }`, FUEL),
  body('recursion', `const f = () => f(); f();`, DEPTH),
  body('recursion that swallows its end', `const f = () => { try { f(); } catch { f(); } }; f();`, DEPTH),
  body('recursion with finally', `const f = () => { try { f(); } finally { f(); } }; f();`, DEPTH),
  body('mutual recursion', `const f = n => g(n), g = n => f(n); f(1);`, DEPTH),
  body('recursion in a default parameter', `const f = (x = f()) => x; f();`, DEPTH),
  body('recursion in a pattern', `const f = ({ x = f({}) }) => x; f({});`, DEPTH),
  body('recursion in a field', `class A { x = new A(); } new A();`, 'refused E-POLICY-FIELD-CALL'),
  body('recursion in a constructor', `class A { constructor() { new A(); } } new A();`, DEPTH),
  body(
    'recursion in a super constructor',
    `class A { constructor() { make(); } } class B extends A {} const make = () => new B(); make();`,
    DEPTH,
  ),
  body('recursion through sort', `const f = () => [2, 1].sort(f)[0]; f();`, DEPTH),
  body('recursion through map', `const f = () => [1].map(f); f();`, DEPTH),
  body('recursion through reduce', `const f = () => [1, 2].reduce(f); f();`, DEPTH),
  body('recursion through Array.from', `const f = () => Array.from([1], f); f();`, DEPTH),
  body(
    'recursion through forEach of a map',
    `const m = new Map([[1, 1]]); const f = () => m.forEach(f); f();`,
    DEPTH,
  ),
  body('recursion through toString', `const o = { toString() { return '' + o; } }; '' + o;`, THREW),
  body('recursion through a key', `const o = { toString() { return [][o]; } }; [][o];`, THREW),
  body('recursion through a comparison', `const o = { toString() { return o < o; } }; o < o;`, THREW),
  body('recursion through join', `const a = []; a.push({ toString: () => a.join() }); a.join();`, THREW),
  body(
    'recursion of a wide function',
    `const f = () => { ${Array.from({ length: 60 }, (_, i) => `let v${i} = ${i};`).join('')} ${Array.from({ length: 60 }, (_, i) => `v${i}++;`).join('')} return f(); }; f();`,
    DEPTH,
  ),
  body(
    'a call with many values at each depth',
    `const big = Array.from({ length: 128 }, (_, i) => i); const f = (...v) => f(...v); f(...big);`,
    DEPTH,
  ),
  body(
    'a stack probe',
    `let d = 0; const f = () => { d++; f(); }; try { f(); } catch (e) { console.log('caught', e); }`,
    DEPTH,
  ),
  body(
    'a chain of classes',
    `${Array.from({ length: 300 }, (_, i) => (i === 0 ? 'class C0 {}' : `class C${i} extends C${i - 1} {}`)).join(' ')} new C299();`,
    DEPTH,
  ),
  body(
    'sorting with a mad comparator',
    `const a = Array.from({ length: 2000 }, (_, i) => i); for (;;) a.sort(() => mem.random(3) - 1);`,
    FUEL,
  ),
  body(
    'sorting strings',
    `const a = Array.from({ length: 2000 }, (_, i) => 'x' + i); for (;;) a.sort();`,
    MEMORY,
  ),
  body(
    'comparing long strings',
    `const a = 'x'.repeat(4000) + 'a', b = 'x'.repeat(4000) + 'b'; let n = 0; for (;;) { if (a === b) n++; if (a < b) n++; }`,
    FUEL,
  ),
  body(
    'searching long strings',
    `const a = 'x'.repeat(4000), b = 'x'.repeat(2000) + 'y'; for (;;) a.indexOf(b);`,
    FUEL,
  ),
  body(
    'numbers from long strings',
    `const a = '1'.repeat(4000); let n = 0; for (;;) { n = n + (a | 0); n += +a; n ^= a * 1; }`,
    FUEL,
  ),
  body(
    'parsing long strings',
    `const a = '1'.repeat(4000); for (;;) { parseFloat(a); Number(a); parseInt(a, 10); }`,
    FUEL,
  ),
  body(
    'long strings into a typed array',
    `const a = '1'.repeat(4000), t = new Float64Array(1); for (;;) t[0] = a;`,
    FUEL,
  ),
  body('long strings as keys', `const o = {}, a = 'x'.repeat(4000); for (;;) { o[a]; a in o; }`, FUEL),
  body(
    'a set of a large array',
    `const a = Array.from({ length: 5000 }, (_, i) => i); for (;;) new Set(a);`,
    MEMORY,
  ),
  body(
    'copies of a large array',
    `const a = Array.from({ length: 5000 }, (_, i) => i); for (;;) { const [x, ...r] = a; }`,
    MEMORY,
  ),
  body(
    'includes in a large array',
    `const a = Array.from({ length: 5000 }, (_, i) => i); for (;;) a.includes(-1);`,
    FUEL,
  ),
  body(
    'a long comma expression',
    `let n = 0; for (;;) { ${Array.from({ length: 500 }, () => 'n++').join(', ')}; }`,
    FUEL,
  ),
  body(
    'shifting a large array',
    `const a = Array.from({ length: 5000 }, (_, i) => i); for (;;) { a.unshift(1); a.shift(); a.splice(1, 1, 2); }`,
    FUEL,
  ),
  body(
    'keys of a large object',
    `const o = {}; for (let i = 0; i < 900; i++) o[i] = i; for (;;) Object.keys(o);`,
    MEMORY,
  ),
  body('walking the zone', `for (;;) mem.lowestFree(mem.NORMAL, 10);`, FUEL),
  body('walking a free list', `for (;;) mem.nrFree(mem.NORMAL, 10);`, FUEL),
  body('the number of turns is a string', `for (let i = '0'; i < '9'; ) ;`, FUEL),
  body(
    'NaN for the counters',
    `const a = []; try { a.length = NaN; } catch {} try { new Array(NaN); } catch {} try { 'a'.repeat(NaN); } catch {} for (;;) ;`,
    FUEL,
  ),
  body('a length that lies', `const f = { length: -1e9 };`, PROPERTY),
  body('a length that lies by a made-up key', `const f = {}; f['len' + 'gth'] = -1e9;`, THREW),
  body('a length in a class', `class A { length = -1e9; } new A();`, PROPERTY),
  file(
    'for ever at the top',
    `for (;;) {}\nexport default { zonelist() { return 1; } };`,
    'refused E-POLICY-TOP-LEVEL',
  ),
  file(
    'recursion at the top',
    `const f = () => f();\nf();\nexport default { zonelist() { return 1; } };`,
    'refused E-POLICY-TOP-LEVEL',
  ),
  file(
    'throwing at the top',
    `throw new Error('no');\nexport default { zonelist() { return 1; } };`,
    'refused E-POLICY-TOP-LEVEL',
  ),
  file(
    'a hook that is no function',
    `const h = 5;\nexport default { zonelist: h };`,
    'refused E-POLICY-HOOK-VALUE',
  ),
  body('asking for what there is not', 'for (;;) mem.free(99);', FUEL),
  body(
    'comparing strings in a switch',
    "const s = 'x'.repeat(4000), u = 'x'.repeat(3999) + 'y'; for (;;) switch (s) { case u: case u: case u: case u: case u: case u: case u: case u: case u: case u: case u: case u: case u: case u: case u: case u: case u: case u: case u: case u: case u: case u: case u: case u: case u: case u: case u: case u: case u: case u: case u: case u: case u: case u: case u: case u: case u: case u: case u: case u: case u: case u: case u: case u: case u: case u: case u: case u: case u: case u: }",
    FUEL,
  ),
  body('sorting a typed array', 'const t = new Float64Array(50000); for (;;) t.sort();', FUEL),
  body(
    'filling a typed array',
    'const t = new Float64Array(1000); for (;;) t.fill(1).reverse().set(t);',
    FUEL,
  ),
  body(
    'loops in helpers',
    'go(0);',
    FUEL,
    'const go = n => { for (let i = 0; i < 1e9; i++) step(i); }; const step = i => i;',
  ),
  body(
    'a reduce that lengthens its array',
    'const a = [1]; a.reduce((s, x) => { a.push(x); return s; }, 0);',
    MEMORY,
  ),
];

export const BOMBS: HostileCase[] = [
  body('pushing for ever', `const a = []; for (;;) a.push(a.length);`, MEMORY),
  body('an array of arrays', `let a = []; for (;;) a = [a, a];`, MEMORY),
  body('storing beyond the end', `const a = []; for (let i = 0; ; i++) a[i] = i;`, MEMORY),
  body('a long array', `new Array(1e9);`, MEMORY),
  body('a length of many millions', `const a = []; a.length = 3e7;`, MEMORY),
  body('a length by a made-up key', `const a = []; a['len' + 'gth'] = 3e7;`, MEMORY),
  body('a far index', `const a = []; a[4e9] = 1;`, THREW),
  body('arrays with gaps', `const all = []; for (;;) { const a = []; a[1000] = 1; all.push(a); }`, MEMORY),
  body('objects with far indexes', `const o = {}; o[5000] = 1;`, THREW),
  body(
    'objects with numbered entries',
    `const all = []; for (;;) { const o = {}; o[1000] = 1; all.push(o); }`,
    MEMORY,
  ),
  body('indexes with fractions', `const a = new Array(10); for (let i = 0; ; i++) a[i / 1e6] = i;`, MEMORY),
  body('negative indexes', `const a = new Array(10); for (let i = 1; ; i++) a[-i] = i;`, MEMORY),
  body('a large typed array', `new Float64Array(1e8);`, MEMORY),
  body('many typed arrays', `const all = []; for (;;) all.push(new Uint8Array(1 << 16));`, MEMORY),
  body(
    'copies of typed arrays',
    `const t = new Uint8Array(1 << 16), all = []; for (;;) all.push(t.slice());`,
    MEMORY,
  ),
  body('doubling a string', `let s = 'x'; for (;;) s += s;`, THREW),
  body('doubling a string, caught', `let s = 'x'; for (;;) { try { s += s; } catch { s = 'x'; } }`, MEMORY),
  body('a repeated string', `'x'.repeat(1e9);`, THREW),
  body('a padded string', `'x'.padStart(1e9);`, THREW),
  body('a joined string', `new Array(1e5).join('xxxxxxxxxx');`, THREW),
  body('a template', 'let s = "x"; for (;;) s = `${s}${s}`;', THREW),
  body('many strings', `const all = []; for (let i = 0; ; i++) all.push('x'.repeat(4000) + i);`, MEMORY),
  body(
    'strings cut out of strings',
    `const s = 'x'.repeat(4000), all = []; for (;;) all.push(s.slice(1));`,
    MEMORY,
  ),
  body('split strings', `const s = 'x'.repeat(4000), all = []; for (;;) all.push(s.split(''));`, MEMORY),
  body('upper case that grows', `const s = '\\u0390'.repeat(4000); s.toUpperCase();`, THREW),
  body('a map', `const m = new Map(); for (let i = 0; ; i++) m.set(i, i);`, MEMORY),
  body('a set', `const m = new Set(); for (let i = 0; ; i++) m.add(i);`, MEMORY),
  body('an object', `const o = {}; for (let i = 0; ; i++) o['k' + i] = i;`, MEMORY),
  body(
    'properties by name',
    `const all = []; for (;;) { const o = {}; ${Array.from({ length: 200 }, (_, i) => `o.p${i} = 1;`).join('')} all.push(o); }`,
    MEMORY,
  ),
  body('closures', `const all = []; for (;;) all.push(() => all);`, MEMORY),
  body('instances', `class A { a = 1; b = [2]; } const all = []; for (;;) all.push(new A());`, MEMORY),
  body('classes', `const all = []; for (;;) all.push(class { m() {} });`, MEMORY),
  body('functions as objects', `const all = []; for (;;) { function f() {} all.push(f); }`, MEMORY),
  body('errors', `const all = []; for (;;) all.push(new Error('x'));`, MEMORY),
  body(
    'errors of the engine',
    `const all = []; for (;;) { try { null.x; } catch (e) { all.push(e); } }`,
    'fault out-of-fuel',
  ),
  body('an array pushed onto itself', `const a = [1]; for (;;) a.push(...a);`, MEMORY),
  body('a spread array', `let a = [1]; for (;;) a = [...a, ...a];`, MEMORY),
  body('concat', `let a = [1]; for (;;) a = a.concat(a);`, MEMORY),
  body('flatMap', `let a = [1]; for (;;) a = a.flatMap(x => [x, x]);`, MEMORY),
  body('Array.from of a length', `Array.from({ length: 1e9 });`, MEMORY),
  body('a call with a million values', `const a = new Array(1e5).fill(1); ((...v) => v)(...a);`, THREW),
  body(
    'Math.max of a million values',
    `if (request.event === 0) console.log(Math.max(...new Array(1e5).fill(1)));`,
    'prints 1',
  ),
  body(
    'entries of an object',
    `const o = { a: 1, b: 2 }, all = []; for (;;) all.push(Object.entries(o));`,
    MEMORY,
  ),
  body('copies of an object', `const o = { a: 1, b: 2 }, all = []; for (;;) all.push({ ...o });`, MEMORY),
  body('iterators', `const all = [], a = [1]; for (;;) all.push([...a.entries()]);`, MEMORY),
  body(
    'sorted copies',
    `const all = [], a = new Array(1000).fill(1); for (;;) all.push(a.slice().sort());`,
    MEMORY,
  ),
  body(
    'memory that was used up, caught',
    `const all = []; try { for (;;) all.push(new Array(1000)); } catch { } return 1;`,
    MEMORY,
  ),
  body('a console flood', `for (let i = 0; i < 1e9; i++) console.log('x'.repeat(400));`, MEMORY),
  body(
    'a cyclic object on the console',
    `const o = { a: [] }; o.a.push(o); console.log(o);`,
    'prints {a: [{a: […]}]}',
  ),
  body(
    'a deep object on the console',
    `let o = 1; for (let i = 0; i < 10000; i++) o = [o]; console.log(o);`,
    'prints [[[[…]]]]',
  ),
  body(
    'a wide object on the console',
    `if (request.event === 0) console.log(new Array(1e5).fill(0).length, [...new Array(100).fill(7)]);`,
    `prints 100000 [${Array.from({ length: 20 }, () => 7).join(', ')}, …]`,
  ),
  body('control characters on the console', `console.log('\\u001b[2Jx');`, 'prints \ufffd[2Jx'),
  file(
    'a bomb at the top',
    `const a = [];\nfor (;;) a.push(a);\nexport default { zonelist() { return 1; } };`,
    'refused E-POLICY-TOP-LEVEL',
  ),
  body('lines of nothing', 'for (;;) console.log();', FUEL),
  body('characters that steer a terminal', "console.log('\\u202e\\u0007\\r\\nx');", 'prints ����x'),
  body(
    'arrays that are emptied',
    'const a = []; for (;;) { for (let i = 0; i < 1000; i++) a.push(i); a.length = 0; }',
    MEMORY,
  ),
  body(
    'keys that are deleted',
    "const o = {}; for (let i = 0; ; i++) { o['k' + i] = 1; delete o['k' + i]; }",
    MEMORY,
  ),
  body(
    'private fields on objects of others',
    'const all = []; class B { constructor(o) { return o; } } class A extends B { #x = [1]; } for (;;) all.push(new A({}));',
    MEMORY,
  ),
  body('objects from entries', "for (;;) Object.fromEntries([['a', 1], ['b', 2]]);", MEMORY),
];

const INTEGER = 'fault not-an-integer';
const ILLEGAL = 'fault illegal-answer';

export const ANSWERS: HostileCase[] = [
  answer('NaN', 'NaN', INTEGER),
  answer('undefined', 'undefined', INTEGER),
  answer('null', 'null', INTEGER),
  answer('a string', `'1'`, INTEGER),
  answer('a fraction', '1.5', INTEGER),
  answer('2^31', '2147483648', INTEGER),
  answer('infinity', '1 / 0', INTEGER),
  answer('true', 'true', INTEGER),
  answer('an array of a number', '[1]', INTEGER),
  answer('a function', '() => 1', INTEGER),
  answer('an object that would convert', '{ toString: () => 1 }', INTEGER),
  answer('an object that would convert by name', '{ valueOf() { return 1; } }', PROPERTY),
  answer('an object that hangs when converted', '{ toString() { for (;;) {} } }', INTEGER),
  answer('mem', 'mem', INTEGER),
  answer('a string of 4000 characters', `'x'.repeat(4000)`, INTEGER),
  answer('the number that means no answer', '-2147483648', ILLEGAL),
  answer('zones that are not there', '0x777', ILLEGAL),
  answer('a zone twice', 'mem.zonelist(1, 1)', ILLEGAL),
  answer('a negative number', '-2', ILLEGAL),
  answer('a large number', '2147483647', ILLEGAL),
  answer('negative zero', '(console.log("zero"), -0)', ILLEGAL),
  body('throwing null', 'throw null;', THREW),
  body('throwing nothing', 'throw undefined;', THREW),
  body('throwing a number', 'throw 1;', THREW),
  body('throwing a function', 'throw () => { for (;;) {} };', THREW),
  body(
    'throwing an object that hangs',
    `throw { toString() { for (;;) {} }, message: { toString() { for (;;) {} } } };`,
    THREW,
  ),
  body('throwing a long message', `throw new Error('x'.repeat(4000));`, THREW),
  body('throwing a forged stack', `const e = new Error('x'); e.stack = '1:1'; throw e;`, THREW),
  body('throwing mem', 'throw mem;', THREW),
  body('throwing from a callback', `[1].map(() => { throw new Error('inside'); });`, THREW),
  body('finally in the place of an answer', 'try { return -1; } finally { return 5; }', ILLEGAL),
  body(
    'throwing a name and a message without end',
    "throw { name: 'x'.repeat(4000), message: 'y'.repeat(4000) };",
    THREW,
  ),
];
