import {
  BOLD,
  backgroundOf,
  Cells,
  CONTINUED,
  flagsOf,
  foregroundOf,
  onBackground,
  style,
} from '../../../src/tui/cells.ts';
import { foldToAscii, GLYPHS } from '../../../src/tui/glyphs.ts';

test('a style keeps its colours and flags', () => {
  const as = style(120, 22, BOLD);
  expect([foregroundOf(as), backgroundOf(as), flagsOf(as)]).toEqual([120, 22, BOLD]);
  expect([foregroundOf(onBackground(as, 5)), backgroundOf(onBackground(as, 5))]).toEqual([120, 5]);
});

test('text is cut at the right edge and outside nothing is written', () => {
  const cells = new Cells(5, 2);
  expect(cells.text(3, 0, 'abc')).toBe(5);
  cells.text(-1, 1, 'xyz');
  cells.text(0, 7, 'gone');
  cells.put(9, 0, 0x41, 0);
  expect(cells.toString()).toBe('   ab\nyz');
});

test('a wide character takes two cells and is never cut in half', () => {
  const cells = new Cells(5, 1);
  expect(cells.text(0, 0, '漢字漢')).toBe(4);
  expect(cells.codes[1]).toBe(CONTINUED);
  expect(cells.row(0)).toBe('漢字');
});

test('control characters, lone surrogates and combining marks do not reach a cell', () => {
  const cells = new Cells(12, 1);
  cells.text(0, 0, 'a\x1b[mb\ud800c\u0301d');
  expect(cells.row(0)).toBe('a\ufffd[mb\ufffdcd');
});

test('blit copies what lies inside', () => {
  const from = new Cells(3, 2);
  from.text(0, 0, 'abc');
  from.text(0, 1, 'def');
  const cells = new Cells(4, 2);
  cells.blit(from, 2, 1);
  cells.blit(from, -2, -1);
  expect(cells.toString()).toBe('f\n  ab');
});

test('a box is closed at its corners', () => {
  const cells = new Cells(4, 3);
  cells.box(0, 0, 4, 3, GLYPHS.unicode.box, 0);
  expect(cells.toString()).toBe('╭──╮\n│  │\n╰──╯');
  cells.box(0, 0, 1, 1, GLYPHS.ascii.box, 0);
  expect(cells.row(0)).toBe('╭──╮');
});

test('folding to ASCII keeps every column', () => {
  const cells = new Cells(12, 1);
  cells.text(0, 0, 'é–漢≤Ω“x”');
  expect(foldToAscii(cells).row(0)).toBe('e-??<?"x"');
});
