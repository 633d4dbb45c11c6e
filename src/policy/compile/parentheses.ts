/**
 * What is looked at in a TypeScript file before its types are stripped: sucrase tries several readings of a parenthesis
 * behind a type or before an arrow, twice as long at each level: 22 levels take it half a minute, 18 about a second.
 */
import { placeAt } from './tokens.ts';

/** Comments, texts, words, anything else a character at a time. Every one of them has its end in any text. */
const PIECES =
  /\/\/.*|\/\*[\s\S]*?(?:\*\/|$)|'(?:\\[\s\S]|[^'\\\n])*'?|"(?:\\[\s\S]|[^"\\\n])*"?|[\w$]+|\+\+|--|\S/g;
const BEFORE_A_VALUE = new Set(
  'return typeof case in of delete void throw new else do instanceof default extends'.split(' '),
);
const BEFORE_A_TEST = new Set(['if', 'while', 'for', 'with']);

/**
 * Brackets in each other, and what goes on in itself without a bracket or an end of something. sucrase comes to the end of
 * the stack at a thousand levels of types, which leave no trace: how deep that is differs between versions of Node.
 */
const MOST_BRACKETS = 200;
const LONGEST_RUN = 400;
const OPENS = new Set(['(', '[', '{']);
const GOES_ON = new Set(
  '< ? = - + ! ~ * / ++ -- keyof readonly infer unique typeof new extends asserts await void delete'.split(
    ' ',
  ),
);
const ENDS = new Set([
  ...[';', ',', '(', ')', '[', ']', '{', '}'],
  ...['let', 'const', 'var', 'return', 'type', 'interface', 'export', 'function', 'class'],
]);

export interface Obstacle {
  kind: 'depth' | 'regex' | 'nesting';
  line: number;
  column: number;
}

/**
 * Where parentheses stand deeper in each other than `most`, or where a regular expression begins, which policies do not
 * have and which could hide them; or null. Texts, templates and comments are passed over.
 */
export function obstacleIn(text: string, most: number): Obstacle | null {
  const pieces = new RegExp(PIECES);
  /** Braces that are open in each value of a template. */
  const braces: number[] = [];
  /** For each open parenthesis: behind it stands a statement. */
  const tests: boolean[] = [];
  let valueBefore = false;
  let word = '';
  let brackets = 0;
  let run = 0;
  let arrows = 0;
  for (let found = pieces.exec(text); found !== null; found = pieces.exec(text)) {
    const { 0: token, index } = found;
    if (token.startsWith('//') || token.startsWith('/*')) continue;
    const before: string = word;
    word = token;
    if (OPENS.has(token)) brackets++;
    else if (token === ')' || token === ']') brackets--;
    // An arrow goes on behind its parentheses.
    if (ENDS.has(token)) {
      run = 0;
      if (!'()[]'.includes(token)) arrows = 0;
    } else if (GOES_ON.has(token)) run++;
    else if (token === '>' && before === '=') arrows++;
    if (run > LONGEST_RUN || arrows > LONGEST_RUN || brackets + braces.length > MOST_BRACKETS) {
      return { kind: 'nesting', ...placeAt(text, index) };
    }
    if (token === '/' && !valueBefore) return { kind: 'regex', ...placeAt(text, index) };
    if (token === '(') {
      if (tests.push(BEFORE_A_TEST.has(before)) > most) return { kind: 'depth', ...placeAt(text, index) };
      valueBefore = false;
    } else if (token === ')') valueBefore = tests.pop() !== true;
    else if (token === '{') {
      if (braces.length > 0) braces[braces.length - 1]++;
      valueBefore = false;
    } else if (token === '}') {
      valueBefore = false;
      if (braces.length === 0 || braces[braces.length - 1]-- > 0) {
        brackets--;
        continue;
      }
      braces.pop();
      pieces.lastIndex = passTemplate(text, index + 1, braces);
      valueBefore = text[pieces.lastIndex - 1] === '`';
    } else if (token === '`') {
      pieces.lastIndex = passTemplate(text, index + 1, braces);
      valueBefore = text[pieces.lastIndex - 1] === '`';
    } else if (token === '!' || token === '++' || token === '--') {
      // Behind a value they belong to it.
    } else valueBefore = /^[\w$'"\]]/.test(token) && !BEFORE_A_VALUE.has(token);
  }
  return null;
}

/** @returns where a template goes on as code: behind its end, or in a value, which is then noted in `braces` */
function passTemplate(text: string, from: number, braces: number[]): number {
  for (let i = from; i < text.length; i++) {
    if (text[i] === '\\') i++;
    else if (text[i] === '`') return i + 1;
    else if (text[i] === '$' && text[i + 1] === '{') {
      braces.push(0);
      return i + 2;
    }
  }
  return text.length;
}
