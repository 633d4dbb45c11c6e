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
];

const ANSWERS: [name: string, body: string, told: RegExp][] = [
  ['no return', 'if (request.order > 20) return 0;', /every way through the hook: is a return missing/],
  ['a name in quotes', "return 'DMA_ONLY';", /such as mem\.AS_LINUX, without quotes/],
  ['a function not called', 'return mem.nrFree;', /call the function, with \(\)/],
  ['NaN', 'return 0 / 0;', /something in the sum was none/],
  ['yes or no', 'return request.order === 0;', /must be a number, and this is yes or no/],
  ['a list', 'return [mem.DMA_ONLY];', /integer of 32 bits/],
  ['a half', 'return 0.5;', /integer of 32 bits/],
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

describe('an answer that is none', () => {
  test.each(ANSWERS)('%s', (_, body, told) => {
    const { fault } = call(hook(body), 'zonelist', { fuelPerCall: 10_000 });
    expect(fault?.message).toMatch(told);
    expect(fault?.line).toBe(1);
  });
});
