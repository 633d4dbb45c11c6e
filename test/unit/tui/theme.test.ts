import { foregroundOf } from '../../../src/tui/cells.ts';
import { GLYPHS } from '../../../src/tui/glyphs.ts';
import { NR_KINDS } from '../../../src/tui/map.ts';
import { colourDepth, localeIsUtf8, THEMES } from '../../../src/tui/theme.ts';
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
  for (const theme of Object.values(THEMES)) {
    expect([theme.kind.length, theme.kindPartly.length, theme.free.length]).toEqual([NR_KINDS, NR_KINDS, 11]);
  }
});

test('16 colours use the eight every terminal has, no colours use none', () => {
  const styles = (depth: 'none' | '16'): number[] =>
    Object.values(THEMES[depth])
      .flat()
      .filter(value => typeof value === 'number');
  for (const as of styles('16')) expect([0x1ff, 0, 1, 2, 3, 4, 5, 6, 7]).toContain(foregroundOf(as));
  for (const as of styles('none')) expect(foregroundOf(as)).toBe(0x1ff);
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
