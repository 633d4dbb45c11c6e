import {
  __GFP_DMA,
  __GFP_HIGHMEM,
  __GFP_NORETRY,
  __GFP_NOWARN,
  __GFP_REPEAT,
  GFP_ATOMIC,
  GFP_HIGHUSER,
  GFP_KERNEL,
  GFP_NOFS,
} from '../../../../src/engine/index.ts';
import { maskText, readMask, usableMask, waitsForEver } from '../../../../src/workload/import/gfpWords.ts';

test.each([
  // As kernels of all ages print GFP_KERNEL, GFP_ATOMIC, GFP_HIGHUSER.
  ['0x1f0', '2.4.18', GFP_KERNEL | GFP_ATOMIC],
  ['0x1d2', '2.4.18', GFP_HIGHUSER],
  ['0x20', '2.4.10', GFP_ATOMIC],
  ['0xd0', '2.6.9', GFP_KERNEL],
  ['0xd0', '', GFP_KERNEL],
  ['0x20', '', GFP_ATOMIC],
  ['0x201da', '3.10.0', GFP_HIGHUSER | 0x100],
  ['0x280da', '', GFP_HIGHUSER],
  ['0x24000c0', '', GFP_KERNEL],
  ['0x2080020', '4.9.24', GFP_ATOMIC],
  ['0x14000c0', '', GFP_KERNEL],
  ['0x6000c0', '', GFP_KERNEL],
  ['0x480020', '4.19.0', GFP_ATOMIC],
  ['0xcc0', '', GFP_KERNEL],
  ['0xa20', '5.15.0', GFP_ATOMIC],
  ['0x100cca', '6.12.0', GFP_HIGHUSER],
  ['0x140cca', '', GFP_HIGHUSER],
  ['0x40dc0(GFP_KERNEL|__GFP_COMP|__GFP_ZERO)', '5.4.19', GFP_KERNEL],
  ['GFP_ATOMIC|GFP_NOWARN|GFP_NOMEMALLOC', '', GFP_ATOMIC | __GFP_NOWARN],
  ['GFP_HIGHUSER_MOVABLE|__GFP_NORETRY', '', GFP_HIGHUSER | __GFP_NORETRY],
  ['GFP_NOWAIT', '', 0],
  ['GFP_WAIT|GFP_IO|0x100000', '', GFP_NOFS],
])('%s of kernel "%s"', (text, version, mask) => {
  expect(readMask(text, version)?.mask).toBe(mask);
});

test('what 2.6.0 does not have is named', () => {
  expect(readMask('0x40dc0(GFP_KERNEL|__GFP_COMP|__GFP_ZERO)', '')?.lost).toEqual([
    '__GFP_COMP',
    '__GFP_ZERO',
  ]);
  expect(readMask('0x4020', '2.6.29')?.lost).toEqual(['__GFP_COMP']);
  expect(readMask('GFP_HIGHUSER_MOVABLE', '')?.lost).toEqual(['__GFP_MOVABLE']);
  expect(readMask('0xd0', '')?.lost).toEqual([]);
});

test.each([
  ['0x24000c0', '4.9.24'],
  ['0x14000c0', '4.14.141'],
  ['0x6000c0', '4.19.0'],
  ['0xcc0', '5.4.0'],
])('nothing of GFP_KERNEL is lost: %s of %s', (text, version) => {
  expect(readMask(text, version)).toEqual({ mask: GFP_KERNEL, lost: [] });
});

test.each(['', 'nonsense', 'gfp', '0x', '(null)', '12:34', '0x123456789ab'])('%s is no mask', text => {
  expect(readMask(text, '')).toBeNull();
});

test('a mask is one that a step may have', () => {
  expect(usableMask(GFP_HIGHUSER, true)).toBe(GFP_KERNEL);
  expect(usableMask(__GFP_DMA | __GFP_HIGHMEM, false)).toBe(__GFP_DMA);
  expect(usableMask(GFP_ATOMIC | __GFP_NORETRY, false)).toBe(GFP_ATOMIC);
  expect(usableMask(GFP_KERNEL | __GFP_NORETRY | __GFP_REPEAT, false)).toBe(GFP_KERNEL | __GFP_NORETRY);
  expect(maskText(GFP_HIGHUSER | GFP_ATOMIC | __GFP_NOWARN)).toBe('[GFP_HIGHUSER, GFP_ATOMIC, __GFP_NOWARN]');
  expect(maskText(0)).toBe('[__GFP_NOWARN]');
});

test('who waits for ever and who fails', () => {
  expect(waitsForEver(GFP_KERNEL, 3, false)).toBe(true);
  expect(waitsForEver(GFP_KERNEL, 4, false)).toBe(false);
  expect(waitsForEver(GFP_KERNEL, 3, true)).toBe(false);
  expect(waitsForEver(GFP_ATOMIC, 0, false)).toBe(false);
  expect(waitsForEver(GFP_KERNEL | __GFP_REPEAT, 9, false)).toBe(true);
  expect(waitsForEver(GFP_KERNEL | __GFP_NORETRY, 0, false)).toBe(false);
});
