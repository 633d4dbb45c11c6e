/** Colours by role, for 256 colours, 16 colours and none. Nothing is told by colour alone: every role has a glyph or a word too. */
import { BOLD, DEFAULT_COLOUR, INVERSE, type Style, style, UNDERLINE } from './cells.ts';

export type ColourDepth = 'none' | '16' | '256';

export interface Theme {
  depth: ColourDepth;
  text: Style;
  dim: Style;
  strong: Style;
  title: Style;
  frame: Style;
  heading: Style;
  accent: Style;
  good: Style;
  bad: Style;
  warn: Style;
  star: Style;
  /** The row the cursor stands on. */
  selected: Style;
  /** The bars at the top and the bottom. */
  bar: Style;
  barStrong: Style;
  barKey: Style;
  progress: Style;
  progressLeft: Style;
  /** Map, by KIND_: a cell that is full of it; one that has free pages too. */
  kind: readonly Style[];
  kindPartly: readonly Style[];
  /** Map, free cells by order 0..10; and a cell inside a larger free block. */
  free: readonly Style[];
  freeBody: Style;
  /** Map, the cell under the cursor. */
  cursor: Style;
}

const D = DEFAULT_COLOUR;

const COLOURS_256: Theme = {
  depth: '256',
  text: style(D),
  dim: style(244),
  strong: style(D, D, BOLD),
  title: style(D, D, BOLD),
  frame: style(240),
  heading: style(74, D, BOLD),
  accent: style(74),
  good: style(71, D, BOLD),
  bad: style(167, D, BOLD),
  warn: style(172),
  star: style(178, D, BOLD),
  selected: style(255, 24, BOLD),
  bar: style(250, 236),
  barStrong: style(255, 236, BOLD),
  barKey: style(117, 236, BOLD),
  progress: style(74, D, BOLD),
  progressLeft: style(240),
  // hole, user, kernel, page cache, driver, slab, stack, page table, vmalloc, anonymous, reserved, pcp, free
  kind: [
    style(240),
    style(153, 25),
    style(223, 130),
    style(159, 30),
    style(225, 90),
    style(230, 94),
    style(224, 124),
    style(189, 60),
    style(194, 28),
    style(195, 26),
    style(245, 237),
    style(229, 58),
    style(65, 233),
  ],
  kindPartly: [
    style(240),
    style(75, 17),
    style(214, 52),
    style(80, 23),
    style(176, 53),
    style(179, 236),
    style(210, 52),
    style(147, 17),
    style(114, 22),
    style(111, 18),
    style(242, 235),
    style(185, 234),
    style(65, 233),
  ],
  free: [
    style(137, 233),
    style(137, 233),
    style(101, 233),
    style(101, 233),
    style(65, 233),
    style(65, 233),
    style(71, 233),
    style(71, 233),
    style(77, 233),
    style(77, 22),
    style(120, 22),
  ],
  freeBody: style(238, 233),
  cursor: style(16, 220, BOLD),
};

const COLOURS_16: Theme = {
  depth: '16',
  text: style(D),
  dim: style(D),
  strong: style(D, D, BOLD),
  title: style(D, D, BOLD),
  frame: style(D),
  heading: style(6, D, BOLD),
  accent: style(6),
  good: style(2, D, BOLD),
  bad: style(1, D, BOLD),
  warn: style(3),
  star: style(3, D, BOLD),
  selected: style(D, D, BOLD | INVERSE),
  bar: style(D, D, INVERSE),
  barStrong: style(D, D, BOLD | INVERSE),
  barKey: style(D, D, BOLD | INVERSE),
  progress: style(6, D, BOLD),
  progressLeft: style(D),
  kind: [
    style(D),
    style(4, D, BOLD),
    style(3, D, BOLD),
    style(6, D, BOLD),
    style(5, D, BOLD),
    style(3, D, BOLD),
    style(1, D, BOLD),
    style(5, D, BOLD),
    style(6, D, BOLD),
    style(4, D, BOLD),
    style(D),
    style(D, D, BOLD),
    style(2),
  ],
  kindPartly: [
    style(D),
    style(4),
    style(3),
    style(6),
    style(5),
    style(3),
    style(1),
    style(5),
    style(6),
    style(4),
    style(D),
    style(D, D, BOLD),
    style(2),
  ],
  free: [
    ...Array<Style>(3).fill(style(1)),
    ...Array<Style>(5).fill(style(2)),
    ...Array<Style>(3).fill(style(2, D, BOLD)),
  ],
  freeBody: style(2),
  cursor: style(3, D, BOLD | INVERSE),
};

const COLOURS_NONE: Theme = {
  depth: 'none',
  text: style(D),
  dim: style(D),
  strong: style(D, D, BOLD),
  title: style(D, D, BOLD),
  frame: style(D),
  heading: style(D, D, BOLD),
  accent: style(D),
  good: style(D, D, BOLD),
  bad: style(D, D, BOLD | UNDERLINE),
  warn: style(D),
  star: style(D, D, BOLD),
  selected: style(D, D, INVERSE),
  bar: style(D, D, INVERSE),
  barStrong: style(D, D, BOLD | INVERSE),
  barKey: style(D, D, BOLD | INVERSE),
  progress: style(D, D, BOLD),
  progressLeft: style(D),
  kind: [style(D), ...Array<Style>(11).fill(style(D, D, BOLD)), style(D)],
  kindPartly: Array<Style>(13).fill(style(D)),
  free: Array<Style>(11).fill(style(D)),
  freeBody: style(D),
  cursor: style(D, D, BOLD | INVERSE | UNDERLINE),
};

export const THEMES: Readonly<Record<ColourDepth, Theme>> = {
  none: COLOURS_NONE,
  '16': COLOURS_16,
  '256': COLOURS_256,
};

/**
 * What the terminal can show, by the environment. `NO_COLOR` with any text in it wins (no-color.org); `TERM` decides
 * the rest, because a wrong guess towards 256 colours is unreadable and one towards 16 is only plain.
 */
export function colourDepth(env: Readonly<Record<string, string | undefined>>): ColourDepth {
  if (env['NO_COLOR']) return 'none';
  const term = env['TERM'] ?? '';
  if (/^vt(52|100|102|220)|-m(ono)?$/.test(term)) return 'none';
  if (/truecolor|24bit/.test(env['COLORTERM'] ?? '')) return '256';
  if (/256|direct|kitty|ghostty|alacritty|wezterm|foot|iterm/i.test(term)) return '256';
  if (/iterm|wezterm|vscode|apple_terminal|ghostty/i.test(env['TERM_PROGRAM'] ?? '')) return '256';
  if (env['WT_SESSION']) return '256';
  return '16';
}

/** True when the locale's encoding is UTF-8: the first of these variables that is set decides, as in setlocale(3). */
export function localeIsUtf8(env: Readonly<Record<string, string | undefined>>, platform: string): boolean {
  for (const name of ['LC_ALL', 'LC_CTYPE', 'LANG']) {
    const value = env[name];
    if (value) return /utf-?8/i.test(value);
  }
  return platform === 'win32' || platform === 'darwin';
}
