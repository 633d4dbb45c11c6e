/** What was probably meant by a text that does not parse: other languages, other editors' quotes, a comma that is missing. */

const FUNCTION = 'zonelist(request, mem) { ... }';

/** Of the line that the parser stopped in, and of what stands where it stopped. First that fits. */
const HINTS: readonly [where: 'line' | 'here' | 'before', pattern: RegExp, hint: string][] = [
  ['here', /^[\u2018\u2019\u201a\u201c\u201d\u201e\u00ab\u00bb\u00b4]/, `straight quotes: ' or "`],
  ['line', /^\s*#/, 'comments that begin with //'],
  ['line', /^\s*elif\b/, 'else if (...) { ... }'],
  [
    'line',
    /^\s*(?:def\s|from\s.*\bimport\b|import\s+\w+\s*$|print\s|(?:if|for|while|else|try|except)\b[^{}]*:\s*$)/,
    `JavaScript or TypeScript rather than Python: ${FUNCTION}`,
  ],
  ['line', /^\s*function\s+\w+\s*\(/, `a hook without the word function: ${FUNCTION}`],
  [
    'line',
    /^\s*(?:static\s+)?(?:const\s+)?(?:unsigned|int|long|void|char|bool|struct\s+\w+)\s+\**\w+\s*[(=;]/,
    `JavaScript or TypeScript rather than C: ${FUNCTION}, and let or const for variables`,
  ],
  ['here', /^and\b/, '&& for and'],
  ['here', /^or\b/, '|| for or'],
  ['before', /\bnot\s*$/, '! for not'],
  ['here', /^(?:await|async)\b/, 'plain calls: a hook answers at once'],
  ['here', /^then\b/, '{ ... }'],
  ['before', /[}\])\w'"]\s*$/, ''],
];

/**
 * @param line     from 1, where the parser stopped
 * @param column   from 1
 * @param message  of the parser
 */
export function syntaxHint(text: string, line: number, column: number, message: string): string {
  const lines = text.split(/\r\n|\n|\r/);
  const whole = (lines[line - 1] ?? '').slice(0, 1000);
  const here = whole.slice(column - 1);
  let before = whole.slice(0, column - 1);
  for (let i = line - 2; i >= 0 && before.trim() === '' && line - i < 20; i--) before = lines[i].slice(-200);
  const parts = { line: whole, here, before };
  const found = HINTS.find(([where, pattern]) => pattern.test(parts[where]))?.[2];
  if (found !== undefined && found !== '') return found;
  if (found === '' && /expected ","/.test(message)) return "a ',' before it";
  if (found === '' && /expected ";"/.test(message)) return "a ';' or a new line before it";
  if (found === '' && /}\s*$/.test(before) && /^\w+\s*[(:]/.test(here)) return "a ',' before it";
  return 'JavaScript or TypeScript, as an ES module';
}

/** What stands before a policy that was copied with what was around it, or null. */
export function strangerBefore(text: string): { line: number; message: string; expected: string } | null {
  const found = /^\s*(```|~~~|#!)/.exec(text);
  if (found === null) return null;
  const line = found[0].split('\n').length;
  return found[1] === '#!'
    ? { line, message: 'a policy is not started by a shell', expected: 'a file without this line' }
    : {
        line,
        message: 'this file is Markdown around a policy',
        expected: 'the code alone, without the lines of ``` around it',
      };
}
