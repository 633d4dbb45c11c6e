/** Every character the game draws with, once for UTF-8 terminals and once for the rest; and the fallback for texts. */
import { type BoxGlyphs, type Cells, CONTINUED } from './cells.ts';

export interface GlyphSet {
  name: 'unicode' | 'ascii';
  /** What stands for the text cut off. */
  ellipsis: string;
  box: BoxGlyphs;
  /** Tee of a vertical rule under a horizontal one, and of one over it. */
  teeDown: string;
  teeUp: string;
  /** Map: by owner kind (map.ts): a single page; the first cell of a larger block; a cell inside one. */
  page: readonly string[];
  block: readonly string[];
  body: readonly string[];
  /** Between a sign and its name, where the sign is a letter too. */
  legend: string;
  /** Stars are told as `2 of 3 stars`. */
  starWords?: boolean;
  star: string;
  noStar: string;
  held: string;
  lost: string;
  pending: string;
  pointer: string;
  bullet: string;
  playing: string;
  paused: string;
  finished: string;
  barDone: string;
  barHead: string;
  barLeft: string;
  up: string;
  down: string;
  left: string;
  right: string;
  /** Scroll bar. */
  thumb: string;
  track: string;
  times: string;
  atMost: string;
  atLeast: string;
  dash: string;
  caret: string;
  /** Where the next letter typed goes. */
  cursor: string;
  /** Eighths of a column, empty first. */
  levels: readonly string[];
  spinner: readonly string[];
  /** Strips of addresses: in use, in use in part, a guard page, in use by nobody but not flushed, free. */
  strip: { used: string; partly: string; guard: string; stale: string; hole: string };
}

/** Order of `page`, `block` and `body`: the KIND_ numbers of map.ts: hole, user, kernel, page cache, driver, slab, stack, page table, vmalloc, anonymous, reserved, pcp, free. */
const UNICODE: GlyphSet = {
  name: 'unicode',
  ellipsis: '…',
  box: {
    horizontal: '─',
    vertical: '│',
    topLeft: '╭',
    topRight: '╮',
    bottomLeft: '╰',
    bottomRight: '╯',
  },
  teeDown: '┬',
  teeUp: '┴',
  page: [' ', '▪', '▴', '•', '⋄', '▫', '▿', '▹', '◃', '▵', '▒', '∘', '·'],
  block: [' ', '■', '▲', '●', '◆', '□', '▽', '▷', '◁', '△', '▒', '∘', '·'],
  body: [' ', '▪', '▴', '•', '⋄', '▫', '▿', '▹', '◃', '▵', '▒', '∘', '·'],
  legend: '',
  star: '★',
  noStar: '☆',
  held: '✔',
  lost: '✘',
  pending: '○',
  pointer: '▸',
  bullet: '•',
  playing: '▶',
  paused: '‖',
  finished: '■',
  barDone: '━',
  barHead: '╸',
  barLeft: '─',
  up: '↑',
  down: '↓',
  left: '←',
  right: '→',
  thumb: '┃',
  track: '│',
  times: '×',
  atMost: '≤',
  atLeast: '≥',
  dash: '—',
  caret: '^',
  cursor: '▏',
  levels: [' ', '▏', '▎', '▍', '▌', '▋', '▊', '▉', '█'],
  spinner: ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏'],
  strip: { used: '■', partly: '▪', guard: '┆', stale: '○', hole: '·' },
};

const ASCII: GlyphSet = {
  name: 'ascii',
  ellipsis: '~',
  box: {
    horizontal: '-',
    vertical: '|',
    topLeft: '+',
    topRight: '+',
    bottomLeft: '+',
    bottomRight: '+',
  },
  teeDown: '+',
  teeUp: '+',
  page: [' ', 'u', 'k', 'c', 'd', 's', 't', 'p', 'v', 'n', '#', 'o', '.'],
  block: [' ', 'U', 'K', 'C', 'D', 'S', 'T', 'P', 'V', 'N', '#', 'o', '.'],
  body: [' ', 'u', 'k', 'c', 'd', 's', 't', 'p', 'v', 'n', '#', 'o', '.'],
  legend: '=',
  star: '*',
  noStar: '-',
  held: '+',
  lost: 'X',
  pending: 'o',
  pointer: '>',
  bullet: '*',
  playing: '>',
  paused: '=',
  finished: '#',
  barDone: '=',
  barHead: '>',
  barLeft: '-',
  up: 'up',
  down: 'down',
  left: 'left',
  right: 'right',
  thumb: '#',
  track: '|',
  times: 'x',
  atMost: '<=',
  atLeast: '>=',
  dash: '-',
  caret: '^',
  cursor: '_',
  levels: [' ', ' ', '.', ':', '-', '=', '+', '#', '#'],
  spinner: ['|', '/', '-', '\\'],
  strip: { used: '#', partly: '+', guard: '|', stale: 'o', hole: '.' },
};

export const GLYPHS: Readonly<Record<GlyphSet['name'], GlyphSet>> = { unicode: UNICODE, ascii: ASCII };

/** For texts that are read aloud: what a sign would tell is a word. */
export const WORDS: GlyphSet = {
  ...ASCII,
  held: 'held',
  lost: 'lost',
  pending: 'not met yet',
  starWords: true,
};

/** Signs that people write in stories, by their nearest ASCII sign. */
const NEAREST: Readonly<Record<string, string>> = {
  '‘': "'",
  '’': "'",
  '“': '"',
  '”': '"',
  '«': '"',
  '»': '"',
  '–': '-',
  '—': '-',
  '…': '~',
  '×': 'x',
  '·': '.',
  '•': '*',
  '→': '>',
  '←': '<',
  '≤': '<',
  '≥': '>',
  µ: 'u',
  ß: 's',
  æ: 'a',
  ø: 'o',
};

function nearest(code: number): number {
  const char = String.fromCodePoint(code);
  const base = NEAREST[char] ?? char.normalize('NFD')[0];
  const plain = base.codePointAt(0)!;
  return plain < 0x7f ? plain : 0x3f;
}

/** Make every cell ASCII in place; a character of two columns becomes two question marks. */
export function foldToAscii(cells: Cells): Cells {
  const { codes } = cells;
  for (let i = 0; i < codes.length; i++) {
    if (codes[i] === CONTINUED) codes[i] = 0x3f;
    else if (codes[i] > 0x7e) codes[i] = nearest(codes[i]);
  }
  return cells;
}
