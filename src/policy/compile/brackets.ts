/** Which bracket of a text that does not parse has no partner: parsers blame a place far from the missing one. */
import { placeAt, TOKEN } from './tokens.ts';

export interface LoneBracket {
  line: number;
  column: number;
  message: string;
  expected: string;
}

const CLOSES: Readonly<Record<string, string>> = { ')': '(', ']': '[', '}': '{' };
const CLOSED_BY: Readonly<Record<string, string>> = { '(': ')', '[': ']', '{': '}' };

/** @returns the first bracket that closes none or another one, or the last one left open; null: they match */
export function loneBracket(text: string): LoneBracket | null {
  const open: { bracket: string; index: number }[] = [];
  for (const { 0: token, index } of text.matchAll(TOKEN)) {
    if (token in CLOSED_BY) open.push({ bracket: token, index });
    if (!(token in CLOSES)) continue;
    const last = open.pop();
    if (last?.bracket === CLOSES[token]) continue;
    const place = placeAt(text, index);
    if (last === undefined) {
      return {
        ...place,
        message: `this '${token}' closes nothing`,
        expected: `a '${CLOSES[token]}' before it`,
      };
    }
    const { line, column } = placeAt(text, last.index);
    return {
      ...place,
      message: `'${token}' comes while the '${last.bracket}' of line ${line}, column ${column} is open`,
      expected: `a '${CLOSED_BY[last.bracket]}' before it`,
    };
  }
  const last = open.pop();
  if (last === undefined) return null;
  return {
    ...placeAt(text, last.index),
    message: `this '${last.bracket}' is still open at the end of the file`,
    expected: `a '${CLOSED_BY[last.bracket]}' for it`,
  };
}
