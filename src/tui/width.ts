/**
 * How many terminal columns a text takes, and what of a text from a file may reach the terminal at all. A challenge
 * file is written by anybody: no escape sequence in it may get through.
 */

/** Ranges of code points that take two columns: East Asian Wide and Fullwidth, and pictographs. Source: Unicode TR 11. */
const WIDE: readonly (readonly [number, number])[] = [
  [0x1100, 0x115f],
  [0x231a, 0x231b],
  [0x2e80, 0x303e],
  [0x3041, 0x33ff],
  [0x3400, 0x4dbf],
  [0x4e00, 0x9fff],
  [0xa000, 0xa4cf],
  [0xa960, 0xa97f],
  [0xac00, 0xd7a3],
  [0xf900, 0xfaff],
  [0xfe30, 0xfe6f],
  [0xff00, 0xff60],
  [0xffe0, 0xffe6],
  [0x1f300, 0x1f64f],
  [0x1f680, 0x1f6ff],
  [0x1f900, 0x1faff],
  [0x20000, 0x3fffd],
];

/** Joined to the character before them, or invisible: combining marks, zero-width and direction marks, selectors. */
const ZERO: readonly (readonly [number, number])[] = [
  [0x00ad, 0x00ad],
  [0x0300, 0x036f],
  [0x0483, 0x0489],
  [0x0591, 0x05bd],
  [0x0610, 0x061a],
  [0x064b, 0x065f],
  [0x1ab0, 0x1aff],
  [0x1dc0, 0x1dff],
  [0x200b, 0x200f],
  [0x2028, 0x202e],
  [0x2060, 0x206f],
  [0x20d0, 0x20ff],
  [0xfe00, 0xfe0f],
  [0xfe20, 0xfe2f],
  [0xfeff, 0xfeff],
  [0xe0000, 0xe01ef],
];

function within(table: readonly (readonly [number, number])[], code: number): boolean {
  for (const [low, high] of table) {
    if (code < low) return false;
    if (code <= high) return true;
  }
  return false;
}

/** Columns of one code point: 0, 1 or 2. */
export function charWidth(code: number): number {
  if (code < 0x300) return code === 0xad ? 0 : 1;
  if (within(ZERO, code)) return 0;
  return within(WIDE, code) ? 2 : 1;
}

/** What a control character, a lone surrogate or a private character is shown as. */
const UNPRINTABLE = 0xfffd;

/** The code point to show in its place, or -1 for none. */
export function printable(code: number): number {
  if (code === 0x09 || code === 0xa0) return 0x20;
  if (code < 0x20 || (code >= 0x7f && code < 0xa0)) return UNPRINTABLE;
  if (code < 0x300) return code === 0xad ? -1 : code;
  if (code >= 0xd800 && code <= 0xf8ff) return UNPRINTABLE;
  return within(ZERO, code) ? -1 : code;
}

export function textWidth(text: string): number {
  let width = 0;
  for (const char of text) {
    const code = printable(char.codePointAt(0)!);
    if (code >= 0) width += charWidth(code);
  }
  return width;
}

/** `text`, or as much of it as fits with `mark` at its end. */
export function clip(text: string, width: number, mark: string): string {
  if (textWidth(text) <= width) return text;
  const room = width - textWidth(mark);
  if (room < 0) return '';
  let out = '';
  let used = 0;
  for (const char of text) {
    const code = printable(char.codePointAt(0)!);
    if (code < 0) continue;
    const columns = charWidth(code);
    if (used + columns > room) break;
    out += char;
    used += columns;
  }
  return out + mark;
}

/**
 * Lines of at most `width` columns. Words stay whole where they can; a line break in the text is a line break, an
 * empty line stays; lines that start with spaces keep them (code, kernel messages).
 */
export function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  for (const paragraph of text.replace(/\r\n?/g, '\n').replace(/\n+$/, '').split('\n')) {
    const indent = /^ */.exec(paragraph)![0].slice(0, Math.max(0, width - 1));
    let line = indent;
    let used = indent.length;
    let empty = true;
    for (let word of paragraph.trim().split(/\s+/)) {
      let columns = textWidth(word);
      if (!empty && used + 1 + columns > width) {
        lines.push(line);
        line = indent;
        used = indent.length;
        empty = true;
      }
      while (used + columns > width) {
        const room = Math.max(2, width - used);
        const whole = clip(word, room, '') || word.slice(0, 1);
        // A path is broken behind a slash.
        const head = whole.slice(0, whole.lastIndexOf('/') + 1) || whole;
        lines.push(line + head);
        word = word.slice(head.length);
        columns = textWidth(word);
        line = indent;
        used = indent.length;
      }
      if (!empty) {
        line += ' ';
        used += 1;
      }
      line += word;
      used += columns;
      empty = false;
    }
    lines.push(line.trimEnd());
  }
  return lines;
}

/** Pieces of at most `width` columns of a line whose blanks matter; broken at a blank where one is near the edge. */
export function fold(line: string, width: number): string[] {
  const pieces: string[] = [];
  let rest = line;
  while (textWidth(rest) > width) {
    let head = clip(rest, width, '') || rest.slice(0, 1);
    const blank = head.lastIndexOf(' ');
    if (blank > width / 2 && rest[head.length] !== ' ') head = head.slice(0, blank + 1);
    pieces.push(head.trimEnd());
    rest = rest.slice(head.length);
  }
  return [...pieces, rest];
}

/**
 * A text from a folded YAML block keeps the author's line breaks inside paragraphs; joined, it fills any width. An
 * indented line or a list item starts a line of its own.
 */
export function paragraphs(text: string, width: number): string[] {
  const joined = text
    .replace(/\r\n?/g, '\n')
    .trim()
    .replace(/([^\n])\n(?!\s|[-*] |\d+[.)] )/g, '$1 ');
  return wrap(joined, width);
}
