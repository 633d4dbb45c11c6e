import { __GFP_COLD, GFP_ATOMIC, GFP_DMA, GFP_HIGHUSER, GFP_KERNEL } from '../../../src/engine/index.ts';
import { gfpText } from '../../../src/report/gfpText.ts';

test('gfp masks by the kernel names, the combined ones first', () => {
  expect(gfpText(GFP_KERNEL)).toBe('GFP_KERNEL');
  expect(gfpText(GFP_HIGHUSER)).toBe('GFP_HIGHUSER');
  expect(gfpText(GFP_ATOMIC | GFP_DMA)).toBe('GFP_ATOMIC|GFP_DMA');
  expect(gfpText(GFP_KERNEL | __GFP_COLD | 0x8000)).toBe('GFP_KERNEL|__GFP_COLD|0x8000');
  expect(gfpText(0)).toBe('0');
});
