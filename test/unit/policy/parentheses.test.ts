// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the text of policies
/** What makes those who strip types try for ever is found before they begin, wherever it hides; honest code is not. */
import { compilePolicy } from '../../../src/policy/compile/index.ts';
import { obstacleIn } from '../../../src/policy/compile/parentheses.ts';

const DEEP = `${'(a = '.repeat(20)}1${') => 1'.repeat(20)}`;

test.each([
  ['plain', `const x = ${DEEP};`],
  ['behind a text in a template', `const s = \`it's\`; const x = ${DEEP}; const t = \`it's\`;`],
  ['in a value of a template', `const s = \`a \${ {} && ${DEEP} }\`;`],
  ['behind a template in a template', `const s = \`\${ \`'\` } \${ ${DEEP} }\`;`],
  ['behind a comment', `/* ( */ const x = ${DEEP}; // '`],
])('%s: too deep', (_, text) => {
  expect(obstacleIn(text, 18)?.kind).toBe('depth');
});

test.each([
  ['as a value', `const x = /'/; ${DEEP} /'/`],
  ['behind the test of an if', `if (1) /'/; ${DEEP} /'/`],
  ['behind a block', `{} /'/; ${DEEP} /'/`],
  ['behind return', `return /'/; ${DEEP} /'/`],
  ['in a value of a template', `\`\${ /'/ }\`; ${DEEP}`],
])('a regular expression %s could hide the rest', (_, text) => {
  expect(obstacleIn(text, 18)?.kind).toBe('regex');
});

test.each([
  'const a = (b + c) / 2 + "it\'s";',
  'const a = b / 2 / c[0] / f(1) / "1" / `2` / (3) / x! / n++ / 2;',
  "const a = `${b / 2} / ${(c) / 2}`; // it's (((((((((((((((((((((",
  "const s = '((((((((((((((((((((((((';\n/* ((((((((((((((((((((((((( */",
  "const t = `((((((((((((((((((((((( ${f('(((((((((((((((((((')} (((((((((((((((((((`;",
])('passed: %s', text => {
  expect(obstacleIn(text, 18)).toBeNull();
});

test.each([
  ['quotes behind backslashes', "\\'"],
  ['comments that do not end', '/*'],
  ['templates that do not end', '`${'],
  ['texts', "'"],
])('%s by the ten thousand take no time', (_, piece) => {
  const started = performance.now();
  obstacleIn(piece.repeat(60_000), 18);
  expect(performance.now() - started).toBeLessThan(5_000);
});

/** A thousand levels, at which the end of the stack would come sooner or later by the version of Node. */
const LEVELS = 1_100;
const around = (open: string, close: string) => open.repeat(LEVELS) + 1 + close.repeat(LEVELS);

test.each([
  ['object types', `type T = ${around('{a: ', '}')};`],
  ['tuples', `type T = ${around('[', ']')};`],
  ['generics', `type T = ${around('A<', '>')};`],
  ['template types', `type T = ${around('`${', '}`')};`],
  ['types of functions', `type T = ${'() => '.repeat(LEVELS)}1;`],
  ['conditional types', `type T = ${around('A extends B ? ', ' : 2')};`],
  ['keyof', `type T = ${'keyof '.repeat(LEVELS)}1;`],
  ['comparisons', `const x = ${'a<'.repeat(LEVELS)}1;`],
])('%s are nested too deeply, wherever the stack ends', (_, text) => {
  const source = {
    entry: 'p.ts',
    files: [{ path: 'p.ts', text: `${text}\nexport default { zonelist: () => 1 };` }],
  };
  const result = compilePolicy(source, ['zonelist'], 1);
  expect(result.ok ? 'compiled' : result.diagnostics[0]).toMatchObject({ code: 'E-POLICY-NESTING', line: 1 });
  expect(result.ok ? 0 : result.diagnostics[0].column).toBeGreaterThan(100);
});

test.each([
  ['a union of many', `type T = ${Array.from({ length: 900 }, (_, i) => `'a${i}'`).join(' | ')};`],
  ['lines without semicolons', Array.from({ length: 900 }, (_, i) => `let a${i} = -1 + 2`).join('\n')],
  [
    'arrows without semicolons',
    Array.from({ length: 900 }, (_, i) => `const f${i} = (a: number) => (b: number) => f(a) + b`).join('\n'),
  ],
  ['templates', Array.from({ length: 900 }, (_, i) => `const t${i} = \`\${${i}}\``).join('\n')],
  ['a table', `const a = [${Array.from({ length: 900 }, () => '{ a: [-1] }').join()}];`],
])('%s is not nested', (_, text) => {
  expect(obstacleIn(text, 18)).toBeNull();
});
