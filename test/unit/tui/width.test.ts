import { clip, fold, paragraphs, textWidth, wrap } from '../../../src/tui/width.ts';

test('counts columns', () => {
  expect(textWidth('page')).toBe(4);
  expect(textWidth('漢字')).toBe(4);
  expect(textWidth('e\u0301')).toBe(1);
  expect(textWidth('👍')).toBe(2);
});

test('cuts with a mark, and never within a wide character', () => {
  expect(clip('abcdef', 6, '…')).toBe('abcdef');
  expect(clip('abcdef', 4, '…')).toBe('abc…');
  expect(clip('漢字漢', 4, '…')).toBe('漢…');
  expect(clip('abc', 0, '…')).toBe('');
});

test('wraps at words, keeps line breaks, blank lines and indents', () => {
  expect(wrap('one two three', 8)).toEqual(['one two', 'three']);
  expect(wrap('a\n\nb\n', 8)).toEqual(['a', '', 'b']);
  expect(wrap('  code here now', 9)).toEqual(['  code', '  here', '  now']);
  expect(wrap('', 8)).toEqual(['']);
});

test('breaks what has no blanks', () => {
  expect(wrap('abcdefghij', 4)).toEqual(['abcd', 'efgh', 'ij']);
  expect(wrap('ab abcdefgh', 4)).toEqual(['ab', 'abcd', 'efgh']);
  expect(wrap('in policies/zones/card.ts', 15)).toEqual(['in', 'policies/zones/', 'card.ts']);
  for (const width of [2, 3, 5]) {
    for (const line of wrap('漢字漢字 漢字 abcdefg', width))
      expect(textWidth(line)).toBeLessThanOrEqual(width);
  }
});

test('folding keeps blanks and breaks at one near the edge', () => {
  expect(fold('[    5.0] sb16: page', 20)).toEqual(['[    5.0] sb16: page']);
  expect(fold('DMA: 0*4kB 1*8kB 0*16kB', 12)).toEqual(['DMA: 0*4kB', '1*8kB 0*16kB']);
  expect(fold('abcdefgh', 3)).toEqual(['abc', 'def', 'gh']);
  expect(fold('漢字漢字', 3)).toEqual(['漢', '字', '漢', '字']);
});

test('paragraphs are filled anew, lists and code keep their lines', () => {
  expect(paragraphs('one\ntwo\n\nthree', 20)).toEqual(['one two', '', 'three']);
  expect(paragraphs('it asks for\n16 KiB and\n1. this', 30)).toEqual(['it asks for 16 KiB and', '1. this']);
  expect(paragraphs('list:\n- a\n- b\n  code', 20)).toEqual(['list:', '- a', '- b', '  code']);
});
