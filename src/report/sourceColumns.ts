/**
 * Lines of somebody's file on a terminal: how many columns they take, and nothing in them that a terminal would obey.
 */

/** Two columns each. Source: Unicode TR 11, East Asian Wide and Fullwidth, and pictographs. */
const WIDE =
  /\p{Emoji_Presentation}|[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\ua960-\ua97f\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff01-\uff60\uffe0-\uffe6\u{1f300}-\u{1f64f}\u{1f900}-\u{1faff}\u{20000}-\u{3fffd}]/u;
/** No column: marks that join the character before them. */
const JOINED = /\p{Mn}|\p{Me}|\p{Default_Ignorable_Code_Point}/u;
/** Control characters, those that change the direction or the line of what follows, and what is no character (nor XML). */
const DANGEROUS =
  /\p{Cc}|\p{Bidi_Control}|\p{Zl}|\p{Zp}|\p{Cs}|\p{Noncharacter_Code_Point}|[\ufeff\ufff9-\ufffb]/u;

const TAB_STOP = 4;

/** One character as it may be shown, with the columns that takes. */
interface Cell {
  text: string;
  columns: number;
}

function cellOf(char: string, column: number): Cell {
  if (char === '\t') {
    const columns = TAB_STOP - (column % TAB_STOP);
    return { text: ' '.repeat(columns), columns };
  }
  if (DANGEROUS.test(char)) {
    const code = char.codePointAt(0) ?? 0;
    // The pictures of the control characters; anything else by its number.
    if (code < 0x20) return { text: String.fromCodePoint(0x2400 + code), columns: 1 };
    if (code === 0x7f) return { text: '\u2421', columns: 1 };
    const text = `<U+${code.toString(16).toUpperCase().padStart(4, '0')}>`;
    return { text, columns: text.length };
  }
  if (JOINED.test(char)) return { text: char, columns: 0 };
  return { text: char, columns: WIDE.test(char) ? 2 : 1 };
}

/** A text of the user's, on one line and harmless. */
export function harmless(text: string): string {
  let shown = '';
  for (const char of text) shown += char === '\n' || char === '\t' ? ' ' : cellOf(char, 0).text;
  return shown;
}

export interface Underlined {
  text: string;
  /** Terminal columns before the caret, and under it. */
  before: number;
  under: number;
}

/**
 * A line cut to `width` terminal columns so that the place stays in sight; `…` stands for what was cut.
 *
 * @param column 0-based UTF-16 units before the place; @param length units it covers
 */
export function sourceWindow(line: string, column: number, length: number, width: number): Underlined {
  const cells: Cell[] = [];
  let first = -1;
  let last = -1;
  let total = 0;
  let units = 0;
  for (const char of line) {
    if (units + char.length > column && first < 0) first = cells.length;
    if (units < column + length) last = cells.length;
    const cell = cellOf(char, total);
    cells.push(cell);
    total += cell.columns;
    units += char.length;
  }
  // A place behind the end of the line: where something is missing.
  while (units <= column && cells.length < 4096) {
    if (first < 0 && units === column) first = cells.length;
    last = cells.length;
    cells.push({ text: ' ', columns: 1 });
    units++;
  }
  first = Math.max(0, Math.min(first, cells.length - 1));
  last = Math.max(first, Math.min(last, cells.length - 1));
  const columnsOf = (from: number, to: number): number => {
    let sum = 0;
    for (let i = from; i < to; i++) sum += cells[i].columns;
    return sum;
  };
  let from = 0;
  if (columnsOf(0, last + 1) > width - 1) {
    // A third of the window before the place, unless the place itself needs the room.
    const wanted = Math.floor(width / 3);
    from = first;
    while (from > 0 && columnsOf(from - 1, first) < wanted) from--;
  }
  const lead = from > 0 ? '…' : '';
  let text = lead;
  let used = lead.length;
  let to = from;
  while (to < cells.length && used + cells[to].columns <= width - 1) {
    text += cells[to].text;
    used += cells[to].columns;
    to++;
  }
  if (to < cells.length) text += '…';
  const before = lead.length + columnsOf(from, first);
  const under = columnsOf(first, Math.min(last + 1, to));
  return { text: text.trimEnd(), before, under: Math.max(1, under) };
}
