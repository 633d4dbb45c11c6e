/** Colours by role, for 256 colours, 16 colours and none. Nothing is told by colour alone: every role has a glyph or a word too. */
import type { MarkKind } from '../harness/marks.ts';
import { BOLD, DEFAULT_COLOUR, INVERSE, type Style, style, UNDERLINE } from './cells.ts';

export type ColourDepth = 'none' | '16' | '256';

/** For dark and for light backgrounds, for eyes that do not tell red from green, and without colours. */
export const THEME_NAMES = ['dark', 'light', 'colour-blind', 'mono'] as const;
export type ThemeName = (typeof THEME_NAMES)[number];

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
  marks: Readonly<Record<MarkKind, Style>>;
}

/** Colours of the marks on the timeline, in the order of their gravity. */
const marksIn = (
  flush: number,
  reclaim: number,
  fault: number,
  failure: number,
  bug: number,
  oom: number,
  goal: number,
): Theme['marks'] => ({
  flush: style(flush, D, BOLD),
  reclaim: style(reclaim, D, BOLD),
  fault: style(fault, D, BOLD),
  failure: style(failure, D, BOLD),
  bug: style(bug, D, BOLD),
  oom: style(oom, D, BOLD),
  goal: style(goal, D, BOLD),
});

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
    style(245, 235),
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
  marks: marksIn(72, 109, 178, 167, 214, 203, 170),
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
    style(7, 4, BOLD),
    style(3, D, BOLD),
    style(6, D, BOLD),
    style(5, D, BOLD),
    style(3, D, BOLD),
    style(1, D, BOLD),
    style(5, D, BOLD),
    style(6, D, BOLD),
    style(7, 4),
    style(D),
    style(D, D, BOLD),
    style(2),
  ],
  kindPartly: [
    style(D),
    style(7),
    style(3),
    style(6),
    style(5),
    style(3),
    style(1),
    style(5),
    style(6),
    style(7),
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
  marks: marksIn(2, 6, 3, 1, 3, 1, 5),
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
  marks: { ...marksIn(D, D, D, D, D, D, D), goal: style(D, D, BOLD | UNDERLINE) },
};

/** On white: what is bright on black is dark here. */
const LIGHT_256: Theme = {
  ...COLOURS_256,
  dim: style(242),
  frame: style(248),
  heading: style(25, D, BOLD),
  accent: style(25),
  good: style(28, D, BOLD),
  bad: style(124, D, BOLD),
  warn: style(94),
  star: style(130, D, BOLD),
  selected: style(255, 25, BOLD),
  bar: style(236, 253),
  barStrong: style(16, 253, BOLD),
  barKey: style(24, 253, BOLD),
  progress: style(25, D, BOLD),
  progressLeft: style(248),
  kind: [
    style(248),
    style(18, 153),
    style(52, 223),
    style(23, 159),
    style(53, 225),
    style(58, 230),
    style(88, 224),
    style(17, 189),
    style(22, 194),
    style(19, 195),
    style(240, 252),
    style(58, 229),
    style(22, 255),
  ],
  kindPartly: [
    style(248),
    style(25),
    style(130),
    style(23),
    style(90),
    style(94),
    style(124),
    style(60),
    style(28),
    style(26),
    style(242),
    style(58),
    style(28),
  ],
  free: [
    ...Array<Style>(2).fill(style(124, 255)),
    ...Array<Style>(2).fill(style(94, 255)),
    ...Array<Style>(4).fill(style(22, 255)),
    ...Array<Style>(3).fill(style(22, 194)),
  ],
  freeBody: style(246, 255),
  marks: marksIn(23, 25, 94, 124, 130, 88, 90),
};

const LIGHT_16: Theme = {
  ...COLOURS_16,
  heading: style(4, D, BOLD),
  accent: style(4),
  good: style(0, 2, BOLD),
  bad: style(1, D, BOLD),
  warn: style(5),
  star: style(5, D, BOLD),
  progress: style(4, D, BOLD),
  kind: [
    style(D),
    style(4, D, BOLD),
    style(0, 3, BOLD),
    style(0, 6, BOLD),
    style(5, D, BOLD),
    style(0, 3),
    style(1, D, BOLD),
    style(5, D, BOLD),
    style(0, 6),
    style(4, D, BOLD),
    style(D),
    style(D, D, BOLD),
    style(0, 2),
  ],
  kindPartly: [
    style(D),
    style(4),
    style(1),
    style(4),
    style(5),
    style(1),
    style(1),
    style(5),
    style(4),
    style(4),
    style(D),
    style(D, D, BOLD),
    style(D),
  ],
  free: [
    ...Array<Style>(3).fill(style(1)),
    ...Array<Style>(5).fill(style(D)),
    ...Array<Style>(3).fill(style(0, 2)),
  ],
  freeBody: style(D),
  cursor: style(0, 3, BOLD),
  marks: marksIn(4, 4, 5, 1, 5, 1, 5),
};

/**
 * Blue against orange and yellow, which differ for every kind of colour blindness, and light against dark: nothing is told by
 * red against green. After the palette of Okabe and Ito.
 */
const COLOUR_BLIND_256: Theme = {
  ...COLOURS_256,
  heading: style(117, D, BOLD),
  accent: style(117),
  good: style(75, D, BOLD),
  bad: style(208, D, BOLD),
  warn: style(228),
  star: style(228, D, BOLD),
  progress: style(117, D, BOLD),
  kind: [
    style(240),
    style(231, 25),
    style(16, 208),
    style(16, 117),
    style(16, 175),
    style(16, 228),
    style(231, 94),
    style(231, 60),
    style(16, 153),
    style(231, 18),
    style(248, 237),
    style(16, 250),
    style(75, 233),
  ],
  kindPartly: [
    style(240),
    style(75, 233),
    style(208, 233),
    style(117, 233),
    style(175, 233),
    style(228, 233),
    style(180, 233),
    style(147, 233),
    style(153, 233),
    style(111, 233),
    style(245, 235),
    style(250, 235),
    style(75, 233),
  ],
  free: [
    ...Array<Style>(3).fill(style(208, 233)),
    ...Array<Style>(5).fill(style(75, 233)),
    ...Array<Style>(3).fill(style(117, 24)),
  ],
  marks: marksIn(153, 75, 228, 208, 228, 208, 175),
};

const COLOUR_BLIND_16: Theme = {
  ...COLOURS_16,
  good: style(6, D, BOLD),
  bad: style(0, 3, BOLD),
  warn: style(3),
  star: style(3, D, BOLD),
  kind: [
    style(D),
    style(7, 4, BOLD),
    style(3, D, BOLD),
    style(6, D, BOLD),
    style(7, D, BOLD),
    style(3, D, BOLD),
    style(0, 3),
    style(7, D, BOLD),
    style(6, D, BOLD),
    style(7, 4),
    style(D),
    style(D, D, BOLD),
    style(6),
  ],
  kindPartly: [
    style(D),
    style(7),
    style(3),
    style(6),
    style(7),
    style(3),
    style(3),
    style(7),
    style(6),
    style(7),
    style(D),
    style(D, D, BOLD),
    style(6),
  ],
  free: [
    ...Array<Style>(3).fill(style(3)),
    ...Array<Style>(5).fill(style(6)),
    ...Array<Style>(3).fill(style(6, D, BOLD)),
  ],
  freeBody: style(6),
  marks: marksIn(6, 6, 3, 3, 3, 3, 7),
};

const mono = { none: COLOURS_NONE, '16': COLOURS_NONE, '256': COLOURS_NONE };

export const THEMES: Readonly<Record<ThemeName, Readonly<Record<ColourDepth, Theme>>>> = {
  dark: { none: COLOURS_NONE, '16': COLOURS_16, '256': COLOURS_256 },
  light: { none: COLOURS_NONE, '16': LIGHT_16, '256': LIGHT_256 },
  'colour-blind': { none: COLOURS_NONE, '16': COLOUR_BLIND_16, '256': COLOUR_BLIND_256 },
  mono,
};

/** What suits the background that the terminal tells of: rxvt, Konsole and others set `COLORFGBG` to `foreground;background`. */
export function usualTheme(env: Readonly<Record<string, string | undefined>>): ThemeName {
  return /;(7|15)$/.test(env['COLORFGBG'] ?? '') ? 'light' : 'dark';
}

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
