import { type CST, type Document, Lexer, Parser } from 'yaml';
import { type Findings, quote, type Span } from './findings.ts';

/** Deeper nesting than this has no meaning in a challenge. */
const MAX_DEPTH = 60;

/** Lexical units a file may have: a challenge of a hundred lines has about two thousand. */
const MAX_LEXEMES = 200_000;
/** What the lexer puts between the words of the file: start of a document, end of a broken flow, start of a scalar. */
const MARKS = new Set(['\u0002', '\u0018', '\u001f']);

/** Cut the text into tokens; null, and a finding, when there are too many to be worth the time. */
export function tokenize(text: string, findings: Findings): CST.Token[] | null {
  const parser = new Parser();
  const tokens: CST.Token[] = [];
  let nrLexemes = 0;
  let offset = 0;
  for (const lexeme of new Lexer().lex(text)) {
    if (++nrLexemes > MAX_LEXEMES) {
      const message = `the file has more than ${MAX_LEXEMES} words and marks`;
      const expected = 'a challenge written by hand, or a smaller import';
      findings.error({ start: offset, end: offset + 1 }, 'E-FILE-TOO-LARGE', message, { expected });
      return null;
    }
    if (!MARKS.has(lexeme)) offset += lexeme.length;
    for (const token of parser.next(lexeme)) tokens.push(token);
  }
  for (const token of parser.end()) tokens.push(token);
  return tokens;
}

/** Reports a file nested too deeply to be composed; the walk itself keeps its own stack. */
export function nestingFault(tokens: readonly CST.Token[], findings: Findings): boolean {
  const stack: { token: CST.Token; depth: number }[] = tokens.map(token => ({ token, depth: 0 })).reverse();
  for (let top = stack.pop(); top !== undefined; top = stack.pop()) {
    const { token, depth } = top;
    if (depth > MAX_DEPTH) {
      const span = { start: token.offset, end: token.offset + 1 };
      const expected = `at most ${MAX_DEPTH} levels`;
      findings.error(span, 'E-YAML-DEPTH', `lists and maps are nested more than ${MAX_DEPTH} deep`, {
        expected,
      });
      return true;
    }
    for (const child of children(token)) stack.push({ token: child, depth: depth + 1 });
  }
  return false;
}

function children(token: CST.Token): CST.Token[] {
  if (token.type === 'document') return token.value ? [token.value] : [];
  if (!('items' in token)) return [];
  const found: CST.Token[] = [];
  for (const item of token.items) {
    if (item.key) found.push(item.key);
    if (item.value) found.push(item.value);
  }
  return found;
}

/**
 * Report the syntax errors of all documents, one a fault.
 *
 * @returns offset of the first, or Infinity
 */
export function syntaxFaults(
  documents: readonly Document.Parsed[],
  tokens: readonly CST.Token[],
  text: string,
  findings: Findings,
): number {
  let first = Number.POSITIVE_INFINITY;
  const report = (span: Span, code: string, message: string, expected: string): void => {
    if (span.start < first) first = span.start;
    findings.error(span, code, message, { expected });
  };
  const [document, second] = documents;
  if (document === undefined) return first;
  const directives = document.directives.yaml;
  if (directives.explicit && directives.version !== '1.2') {
    const start = Math.max(0, text.indexOf('%YAML'));
    report(
      { start, end: start + 5 },
      'E-YAML-VERSION',
      `the file asks for YAML ${directives.version}; challenges are YAML 1.2`,
      'no %YAML line, or %YAML 1.2',
    );
    return first;
  }
  const unclosed = unclosedTokens(tokens);
  /** The parser has lost its way: what it says from here on is about its own guesses. */
  let lost = false;
  let lastLine = -1;
  for (let i = 0; i < document.errors.length; i++) {
    const { code, pos } = document.errors[i];
    const next = document.errors[i + 1];
    let span: Span = { start: pos[0], end: Math.max(pos[1], pos[0] + 1) };
    if (code === 'TAB_AS_INDENT') {
      report(span, 'E-YAML-TAB', 'a tab in the indentation', 'spaces; YAML allows no tabs there');
      lost = true;
      continue;
    }
    if (lost) continue;
    // The innermost: those around it are open only because it is.
    const opener = unclosed.findLast(u => u.start <= pos[0]);
    if (
      opener !== undefined &&
      (code === 'MISSING_CHAR' || code === 'BAD_INDENT' || code === 'UNEXPECTED_TOKEN')
    ) {
      lost = true;
      const closer = CLOSERS[text[opener.start]] ?? text[opener.start];
      report(
        opener,
        'E-YAML-UNCLOSED',
        `this ${quote(text[opener.start])} is never closed`,
        `${quote(closer)} after it`,
      );
      continue;
    }
    if (
      code === 'BLOCK_AS_IMPLICIT_KEY' &&
      next?.code === 'MULTILINE_IMPLICIT_KEY' &&
      next.pos[0] === pos[0]
    ) {
      // The value of the line above runs on into a line that is indented too far.
      const lineStart = text.lastIndexOf('\n', next.pos[1] - 1) + 1;
      const indent = /^ */.exec(text.slice(lineStart, next.pos[1]))?.[0].length ?? 0;
      span = { start: lineStart + indent, end: next.pos[1] };
      report(
        span,
        'E-YAML-SYNTAX',
        'this line is indented more than the ones it belongs to',
        'the indentation of the keys around it',
      );
      lastLine = findings.position(span.start).line;
      i++;
      continue;
    }
    const blanks = /^ +/.exec(text.slice(span.start, span.start + 200))?.[0].length ?? 0;
    if (blanks > 0 && (span.start === 0 || text[span.start - 1] === '\n')) {
      span = { start: span.start + blanks, end: Math.max(span.end, span.start + blanks + 1) };
    }
    if (code === 'BLOCK_AS_IMPLICIT_KEY') {
      const colon = text.indexOf(': ', span.start);
      const lineEnd = text.indexOf('\n', span.start);
      if (colon >= 0 && (lineEnd < 0 || colon < lineEnd)) span = { start: colon, end: colon + 1 };
    }
    const { line } = findings.position(span.start);
    if (line === lastLine) continue;
    lastLine = line;
    const [message, expected] = syntaxMessage(code, document.errors[i].message, text, span);
    report(span, 'E-YAML-SYNTAX', message, expected);
    if (LOSES_THE_WAY.has(code)) lost = true;
  }
  if (second !== undefined) {
    const start = documentStart(tokens, text);
    report(
      { start, end: start + 3 },
      'E-YAML-DOCUMENTS',
      `the file holds ${documents.length} documents`,
      'one challenge a file, without a second `---`',
    );
  }
  return first;
}

const LOSES_THE_WAY = new Set([
  'UNEXPECTED_TOKEN',
  'BAD_INDENT',
  'MISSING_CHAR',
  'MULTILINE_IMPLICIT_KEY',
  'IMPOSSIBLE',
]);

const CLOSERS: Record<string, string> = { '[': ']', '{': '}' };

function syntaxMessage(
  code: string,
  said: string,
  text: string,
  span: Span,
): [message: string, expected: string] {
  const here = text[span.start] ?? '';
  switch (code) {
    case 'BLOCK_AS_IMPLICIT_KEY':
      return [
        'a second `: ` on one line',
        'quotes around a text that holds `: `, or the inner key on its own line',
      ];
    case 'BAD_SCALAR_START':
      return [`a text may not start with ${quote(here)}`, 'quotes around the text'];
    case 'BAD_DQ_ESCAPE':
      return [
        `${quote(text.slice(span.start, span.end))} is no escape of a text in double quotes`,
        'single quotes, or `\\\\` for a backslash',
      ];
    case 'BAD_INDENT':
      return ['wrong indentation', 'the indentation of the lines it belongs to'];
    case 'MULTILINE_IMPLICIT_KEY':
      return ['a line without `:`', '`key: value`'];
    case 'MULTIPLE_ANCHORS':
      return ['a second anchor on one value', 'one `&name`'];
    case 'KEY_OVER_1024_CHARS':
      return ['a key of more than 1024 characters', 'a short key'];
    case 'MISSING_CHAR':
      if (/^Implicit map keys|followed by map values/.test(said))
        return ['a key without `:`', '`key: value`'];
      return [plainWords(said), 'valid YAML 1.2'];
    case 'UNEXPECTED_TOKEN':
      if (/block-seq-ind on same line/.test(said))
        return ['a list item on the line of its key', 'the `- ` on a line of its own'];
      if (/at node end/.test(said))
        return [
          'the value has ended before this',
          'a line that continues what stands above it, at the same indentation',
        ];
      return [
        `${quote(text.slice(span.start, Math.min(span.end, span.start + 20)))} is not expected here`,
        'valid YAML 1.2',
      ];
    default:
      return [plainWords(said), 'valid YAML 1.2'];
  }
}

/** The library's own message, which may quote the file at any length. */
function plainWords(message: string): string {
  const short = message.length > 120 ? `${message.slice(0, 117)}...` : message;
  return short === '' ? short : short[0].toLowerCase() + short.slice(1);
}

/** Brackets and quotes that are opened and not closed, outermost first. */
function unclosedTokens(tokens: readonly CST.Token[]): Span[] {
  const found: Span[] = [];
  const stack = [...tokens].reverse();
  for (let token = stack.pop(); token !== undefined; token = stack.pop()) {
    if (token.type === 'flow-collection') {
      const closer = token.start.source === '[' ? 'flow-seq-end' : 'flow-map-end';
      if (!token.end.some(t => t.type === closer))
        found.push({ start: token.start.offset, end: token.start.offset + 1 });
    } else if (token.type === 'single-quoted-scalar' || token.type === 'double-quoted-scalar') {
      const mark = token.source[0];
      const closed =
        token.source.length > 1 &&
        token.source.endsWith(mark) &&
        (mark === "'" || !endsEscaped(token.source));
      if (!closed) found.push({ start: token.offset, end: token.offset + 1 });
    }
    for (const child of children(token).reverse()) stack.push(child);
  }
  return found.sort((a, b) => a.start - b.start);
}

/** Whether the last quote is escaped: an odd number of backslashes stands before it. */
function endsEscaped(source: string): boolean {
  let slashes = 0;
  for (let i = source.length - 2; i > 0 && source[i] === '\\'; i--) slashes++;
  return slashes % 2 === 1;
}

/** Where the second document starts: at its `---`, or at its first token. */
function documentStart(tokens: readonly CST.Token[], text: string): number {
  const starts = tokens.filter(t => t.type === 'document').map(t => t.offset);
  const start = starts[1] ?? text.length;
  const marker = text.indexOf('---', Math.max(0, start - 4));
  return marker >= 0 && marker - start < 4 ? marker : start;
}
