import {
  backgroundOf,
  DEFAULT_COLOUR,
  flagsOf,
  foregroundOf,
  INVERSE,
  type Style,
} from '../../../src/tui/cells.ts';
import { GLYPHS } from '../../../src/tui/glyphs.ts';
import { NR_KINDS } from '../../../src/tui/map.ts';
import {
  colourDepth,
  localeIsUtf8,
  THEME_NAMES,
  THEMES,
  type Theme,
  usualTheme,
} from '../../../src/tui/theme.ts';
import { textWidth } from '../../../src/tui/width.ts';

test('the environment decides the colours', () => {
  expect(colourDepth({ TERM: 'xterm-256color' })).toBe('256');
  expect(colourDepth({ TERM: 'xterm-256color', NO_COLOR: '1' })).toBe('none');
  expect(colourDepth({ TERM: 'xterm-256color', NO_COLOR: '' })).toBe('256');
  expect(colourDepth({ TERM: 'xterm', COLORTERM: 'truecolor' })).toBe('256');
  expect(colourDepth({ TERM: 'linux' })).toBe('16');
  expect(colourDepth({ TERM: 'vt100' })).toBe('none');
  expect(colourDepth({ TERM: 'xterm-mono' })).toBe('none');
  expect(colourDepth({})).toBe('16');
});

test('the locale decides the signs: the first variable that is set', () => {
  expect(localeIsUtf8({ LANG: 'de_DE.UTF-8' }, 'linux')).toBe(true);
  expect(localeIsUtf8({ LANG: 'de_DE.UTF-8', LC_ALL: 'C' }, 'linux')).toBe(false);
  expect(localeIsUtf8({ LC_CTYPE: 'en_US.utf8', LANG: 'C' }, 'linux')).toBe(true);
  expect(localeIsUtf8({}, 'linux')).toBe(false);
  expect(localeIsUtf8({}, 'darwin')).toBe(true);
});

test('every theme has a style for every kind and order', () => {
  for (const theme of Object.values(THEMES).flatMap(depths => Object.values(depths))) {
    expect([theme.kind.length, theme.kindPartly.length, theme.free.length]).toEqual([NR_KINDS, NR_KINDS, 11]);
  }
});

const stylesOf = ({ marks, ...roles }: Theme): Style[] =>
  [...Object.values(roles), ...Object.values(marks)].flat().filter(value => typeof value === 'number');

test('16 colours use the eight every terminal has, no colours use none', () => {
  for (const name of THEME_NAMES) {
    for (const as of stylesOf(THEMES[name]['16'])) {
      expect([0x1ff, 0, 1, 2, 3, 4, 5, 6, 7]).toContain(foregroundOf(as));
    }
    for (const as of stylesOf(THEMES[name].none)) expect(foregroundOf(as)).toBe(0x1ff);
  }
  for (const as of stylesOf(THEMES.mono['256'])) expect(foregroundOf(as)).toBe(0x1ff);
});

test('a terminal that tells of its light background gets the theme for it', () => {
  expect(usualTheme({ COLORFGBG: '0;15' })).toBe('light');
  expect(usualTheme({ COLORFGBG: '0;default;7' })).toBe('light');
  expect(usualTheme({ COLORFGBG: '15;0' })).toBe('dark');
  expect(usualTheme({})).toBe('dark');
});

type Rgb = readonly [number, number, number];

/** As xterm shows it. */
function rgb(index: number): Rgb {
  if (index < 8) {
    if (index === 4) return [0, 0, 0xee];
    if (index === 7) return [0xe5, 0xe5, 0xe5];
    return [index & 1 ? 0xcd : 0, index & 2 ? 0xcd : 0, index & 4 ? 0xcd : 0];
  }
  if (index >= 232) return [8 + (index - 232) * 10, 8 + (index - 232) * 10, 8 + (index - 232) * 10];
  const steps = [0, 95, 135, 175, 215, 255];
  const cube = index - 16;
  return [steps[Math.floor(cube / 36)], steps[Math.floor(cube / 6) % 6], steps[cube % 6]];
}

/** Relative luminance and contrast as WCAG 2 defines them. */
function luminance(colour: Rgb): number {
  const [r, g, b] = colour.map(part => {
    const share = part / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}
function contrast(a: Rgb, b: Rgb): number {
  const [dark, light] = [luminance(a), luminance(b)].sort((x, y) => x - y);
  return (light + 0.05) / (dark + 0.05);
}

/** What an eye sees: of a reversed cell the same two colours. */
function contrastOf(as: Style, light: boolean): number {
  const [white, black]: Rgb[] = [
    [255, 255, 255],
    [0, 0, 0],
  ];
  const front = foregroundOf(as) === DEFAULT_COLOUR ? (light ? black : white) : rgb(foregroundOf(as));
  const back = backgroundOf(as) === DEFAULT_COLOUR ? (light ? white : black) : rgb(backgroundOf(as));
  expect(flagsOf(as) & ~(INVERSE | 7)).toBe(0);
  return contrast(front, back);
}

/** Frames, and what is empty, say nothing. */
const QUIET: readonly (keyof Theme)[] = ['frame', 'progressLeft', 'freeBody'];

test.each(THEME_NAMES)('theme %s: everything that says something can be read', name => {
  for (const depth of ['16', '256'] as const) {
    const theme = THEMES[name][depth];
    for (const [role, styles] of Object.entries(theme)) {
      if (role === 'depth' || QUIET.includes(role as keyof Theme)) continue;
      const list: Style[] = typeof styles === 'number' ? [styles] : Object.values(styles);
      list.forEach((as, i) => {
        // A hole of the map is nothing either.
        if (role.startsWith('kind') && i === 0) return;
        const least = depth === '256' && !/^(kind|free|marks)/.test(role) ? 4.5 : 3;
        const found = contrastOf(as, name === 'light');
        expect([role, i, depth, found >= least ? 'readable' : found.toFixed(2)]).toEqual([
          role,
          i,
          depth,
          'readable',
        ]);
      });
    }
  }
});

/** Red and green as one who lacks the cones for one of them sees them, after Viénot, Brettel and Mollon 1999, in linear light. */
function withoutGreen(colour: Rgb): Rgb {
  const [r, g, b] = colour.map(part => (part / 255) ** 2.2);
  return [0.29275 * r + 0.70725 * g, 0.29275 * r + 0.70725 * g, -0.02234 * r + 0.02234 * g + b];
}

test('the colour-blind theme: good, bad and what warns differ without telling red from green', () => {
  const { good, bad, warn } = THEMES['colour-blind']['256'];
  const distance = (a: Style, b: Style): number => {
    const [p, q] = [a, b].map(as => withoutGreen(rgb(foregroundOf(as))));
    return Math.hypot(...p.map((part, i) => part - q[i]));
  };
  expect(distance(good, bad)).toBeGreaterThan(0.3);
  expect(distance(good, warn)).toBeGreaterThan(0.3);
  expect(distance(bad, warn)).toBeGreaterThan(0.3);
  const dark = THEMES.dark['256'];
  expect(distance(dark.good, dark.bad)).toBeLessThan(0.3);
});

test('glyphs of the map take one column, differ from kind to kind, and the ASCII set is ASCII', () => {
  for (const set of Object.values(GLYPHS)) {
    for (const glyphs of [set.page, set.block, set.body]) {
      expect(glyphs).toHaveLength(NR_KINDS);
      expect(new Set(glyphs).size).toBe(NR_KINDS);
      for (const glyph of glyphs) expect(textWidth(glyph)).toBe(1);
    }
  }
  expect(JSON.stringify(GLYPHS.ascii)).toMatch(/^[\x20-\x7e]*$/);
});
