/** Ordinary mistakes in a first policy: the message must name the place and say what to do about it. */
import { compilePolicy } from '../../../src/policy/compile/index.ts';
import { POLICY_FIRST_LINE } from '../../../src/policy/realm/script.ts';
import { call, sourceOf } from './inRealm.ts';

/** Message, what was expected and what was meant, of the first thing wrong with a text that does not compile. */
function refusal(text: string): string {
  const result = compilePolicy(sourceOf(text), ['zonelist'], POLICY_FIRST_LINE);
  if (result.ok) return 'compiled';
  const [{ line, column, message, expected = '', suggestions = [] }] = result.diagnostics;
  return [`${line}:${column} ${message}`, expected, suggestions.join(', ')]
    .filter(part => part !== '')
    .join(' | ');
}

const hook = (body: string): string => `export default { zonelist(request, mem) { ${body} } };`;

const COMPILE: [name: string, text: string, told: RegExp][] = [
  ['a hook misspelt', 'export default { zonelists: (r, mem) => 0 };', /no hook 'zonelists'.*\| zonelist$/],
  [
    'a hook that is closed',
    'export default { watermark: () => 0 };',
    /does not let a policy decide 'watermark' \| one of zonelist/,
  ],
  ['a constant misspelt', hook('return mem.DMA_ONY;'), /mem has no 'DMA_ONY'.*\| DMA_ONLY/],
  ['a field misspelt', hook('return request.oder;'), /no 'oder' \| one of gfp, order.*\| order$/],
  ['a field of something else', hook('return request.size;'), /no 'size' \| one of gfp, order/],
  [
    'mem left out of the parameters',
    'export default { zonelist: request => mem.DMA_ONLY };',
    /'mem' is not defined \| it as a parameter/,
  ],
  ['a name cut short', hook('return req.gfp;'), /'req' is not defined.*request/],
  ['async', 'export default { zonelist: async () => 0 };', /no async functions \| use plain functions/],
  ['Math.random', hook('return Math.random();'), /no 'Math.random'.*\| use mem\.random/],
  ['Date', hook('return Date.now();'), /no 'Date' \| use request\.timeMs/],
  ['require', "const x = require('oomph');", /no 'require' \| use import/],
  ['module.exports', 'module.exports = {};', /no 'module' \| use export default/],
  [
    'an import misspelt',
    "import { definePolicy } from 'oomf';",
    /^1:30 a policy cannot import "oomf" \| imports from 'oomph'/,
  ],
  [
    'an import that is not there',
    "import { x } from './other.ts';",
    /no file "\.\/other\.ts".*\| one of other\.ts/,
  ],
  [
    'no default export',
    "import { definePolicy } from 'oomph';\nconst p = definePolicy({});",
    /2:11 .*default export.*\| export default definePolicy/,
  ],
  ['an empty file', '', /exports no policy \| export default definePolicy/],
  ['an instance of a class', 'class P {}\nexport default new P();', /2:16 .*written out \| export default/],
  ['= for ===', hook('if (request.gfp = 1) return 0; return 1;'), /'request\.gfp' is read only/],
  ['changing the view', hook('mem.free = 3; return 0;'), /'mem\.free' is read only/],
  ['== for ===', hook('return request.order == 1 ? 0 : 1;'), /no == .*\| use ===/],
  [
    'a constant counted up',
    `let a = 0;\nconst n = 0;\n${hook('n++; return 0;')}`,
    /3:43 'n' cannot be assigned to \| declare it with let/,
  ],
  [
    'a bracket that is missing',
    'const a = () => {\n  return [1, 2;\n};\nexport default {};',
    /^3:1 '}' comes while the '\[' of line 2, column 10 is open \| a '\]' before it/,
  ],
  [
    'a brace that is missing',
    "import { definePolicy } from 'oomph';\nexport default definePolicy({ zonelist: (request, mem) => { return 0; );",
    /^2:71 '\)' comes while the '{' of line 2, column 59 is open \| a '}' before it/,
  ],
  [
    'a brace that is missing, with types',
    'const a = (x: number): number => {\n  return x;\n;\nexport default {};',
    /^1:34 this '{' is still open at the end/,
  ],
  // Numbers of the engine taken for something else.
  [
    'a mask compared with its name',
    hook("return request.gfp === 'GFP_DMA' ? mem.DMA_ONLY : mem.AS_LINUX;"),
    /'request\.gfp' is a number, which is never the text 'GFP_DMA' \| a number, such as mem\.GFP_DMA/,
  ],
  [
    'the same, taken out of the request',
    'export default { zonelist: ({ gfp }, mem) => ("HIGH" !== gfp ? 0 : 1) };',
    /'gfp' is a number, which is never the text 'HIGH'/,
  ],
  [
    'a constant called',
    hook('return mem.DMA_ONLY();'),
    /'mem\.DMA_ONLY' is a number and not a function \| .* without \(\)/,
  ],
  ['a field called', hook('return request.order();'), /'request\.order' is a number and not a function/],
  ['a zone left out', hook('return mem.free();'), /mem\.free needs a zone \| mem\.free\(mem\.NORMAL/],
  [
    'a zone by its name',
    hook("return mem.free('normal');"),
    /mem\.free takes numbers, and 'normal' is a text \| a number, such as mem\.NORMAL/,
  ],
  [
    'the parameters the other way round',
    'export default { zonelist(mem, request) { return request.order; } };',
    /mem has no 'order', the request of zonelist has \| .* in this order: \(request, mem\)/,
  ],
  // The request is one object.
  [
    'the request kept for later',
    `let last = null;\n${hook('const was = last; last = request; return was === null ? 0 : was.order;')}`,
    /same object in every call.* \| a copy: { \.\.\.request }/,
  ],
  [
    'requests collected',
    `const seen = [];\n${hook('seen.push(request); return seen[0].order;')}`,
    /same object in every call.* \| a copy/,
  ],
  [
    'the request kept in a field',
    `const state = { last: null };\n${hook('state.last = request; return 0;')}`,
    /same object in every call.* \| a copy/,
  ],
  [
    'this in a hook',
    hook('this.count = 1; return 0;'),
    /'this' is undefined in a hook \| a variable above the policy/,
  ],
  ['changing the request', hook('request.order = 0; return 0;'), /read only \| the answer of the hook/],
  // Other languages.
  [
    'Python',
    'def zonelist(request, mem):\n    return mem.DMA_ONLY',
    /\| JavaScript or TypeScript rather than Python/,
  ],
  ["Python's import", 'from oomph import definePolicy', /\| JavaScript or TypeScript rather than Python/],
  ["Python's and", hook('if (request.order > 1 and request.cpu === 0) return 0; return 1;'), /\| && for and/],
  [
    'elif',
    hook('if (request.order > 1) return 0;\nelif (request.order > 2) return 0;\nreturn 1;'),
    /\| else if/,
  ],
  ["Python's None", hook('return None;'), /no 'None' \| use null/],
  [
    'C',
    'export default {\n  int zonelist(struct request *r) { return 0; },\n};',
    /\| JavaScript or TypeScript rather than C/,
  ],
  ['printf', hook('printf("%d", request.order); return 0;'), /no 'printf' \| use console\.log/],
  [
    'function before a hook',
    'export default {\n  function zonelist(request, mem) { return 0; },\n};',
    /\| a hook without the word function/,
  ],
  [
    'a comma that is missing between hooks',
    'export default {\n  zonelist(request, mem) { return 0; }\n  other(request, mem) { return 0; },\n};',
    /^3:3 .*\| a ',' before it/,
  ],
  ['quotes of a word processor', 'import { definePolicy } from \u2018oomph\u2019;', /\| straight quotes/],
  [
    'the line of a shell',
    '#!/usr/bin/env node\nexport default {};',
    /^1:1 a policy is not started by a shell \| a file without this line/,
  ],
  ['Markdown around it', '```ts\nexport default {};\n```', /^1:1 .*Markdown.*\| the code alone/],
];

const ANSWERS: [name: string, body: string, told: RegExp][] = [
  ['no return', 'if (request.order > 20) return 0;', /every way through the hook: is a return missing/],
  ['a name in quotes', "return 'DMA_ONLY';", /such as mem\.AS_LINUX, without quotes/],
  ['a function not called', 'return mem.nrFree;', /call the function, with \(\)/],
  ['NaN', 'return 0 / 0;', /something in the sum was none/],
  ['yes or no', 'return request.order === 0;', /must be a number, and this is yes or no/],
  ['a list', 'return [mem.DMA_ONLY];', /integer of 32 bits.* objects and lists are no answer/],
  ['an object', 'return { zones: mem.DMA_ONLY };', /integer of 32 bits.* objects and lists are no answer/],
  ['a half', 'return 0.5;', /integer of 32 bits: round it/],
  [
    'a class of a function',
    'const f = () => 1; class A extends f {} return 0;',
    /a class can only extend a class/,
  ],
  ['a view made with new', 'new mem.free(0); return 0;', /mem\.free is not a constructor/],
  ['a loop without an end', 'while (true) {}', /units of fuel in one call: loop over less/],
  [
    'recursion without an end',
    'const f = (n: number): number => f(n + 1) + 1; return f(0);',
    /too deeply: does the recursion end/,
  ],
];

describe('a policy that does not compile', () => {
  test.each(COMPILE)('%s', (_, text, told) => {
    expect(refusal(text)).toMatch(told);
  });
});

describe('what only looks like one of them', () => {
  test.each([
    ['a text compared with a text', "const s = 'a'; return s === 'a' ? 0 : 1;"],
    ['this in a class', 'class A { x = 1; get() { return this.x; } } return new A().get();'],
    [
      'this in an arrow of a method',
      'class A { x = 1; get() { return [1].map(() => this.x)[0]; } } return new A().get();',
    ],
    ['a request handed to a helper', 'const f = r => r.order; const r = request; return f(r);'],
    ['a copy kept', 'const all = []; all.push({ ...request }); return all[0].order;'],
    ['a variable named print', 'const print = 1; return print;'],
  ])('%s', (_, body) => {
    expect(refusal(hook(body))).toBe('compiled');
  });

  test('this in a method of an object above the policy', () => {
    const text = `const o = { x: 1, get() { return this.x; } };\n${hook('return o.get();')}`;
    expect(refusal(text)).toBe('compiled');
  });
});

describe('an answer that is none', () => {
  test.each(ANSWERS)('%s', (_, body, told) => {
    const { fault } = call(hook(body), 'zonelist', { fuelPerCall: 10_000 });
    expect(fault?.message).toMatch(told);
    expect(fault?.line).toBe(1);
  });
});

test('the lines shown are those of the parser, which ends one at a line separator, too', () => {
  const result = compilePolicy(sourceOf(`// a\u2028const b = 1;\u2028${hook('return c;')}`), ['zonelist'], 1);
  const { line, frame } = result.ok ? { line: 0, frame: undefined } : result.diagnostics[0];
  expect([line, frame?.lines[1]]).toEqual([3, hook('return c;')]);
});

test('of a very long line only what stands around the place is shown', () => {
  const result = compilePolicy(sourceOf(`${' '.repeat(50_000)}${hook('return c;')}`), ['zonelist'], 1);
  const { column, frame } = result.ok ? { column: 0, frame: undefined } : result.diagnostics[0];
  expect(frame?.lines[0].length).toBeLessThan(1000);
  expect(frame?.lines[0][column - frame.firstColumn!]).toBe('c');
});
