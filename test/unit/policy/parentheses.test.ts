// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the text of policies
/** What makes those who strip types try for ever is found before they begin, wherever it hides; honest code is not. */
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
