import { GFP_NAMES } from '../engine/index.ts';

/** Names of a gfp mask, the combined ones first: `GFP_ATOMIC|GFP_DMA`. */
export function gfpText(gfp: number): string {
  const names: string[] = [];
  let left = gfp;
  const byBits = Object.entries(GFP_NAMES).sort(([, a], [, b]) => bits(b) - bits(a));
  for (const [name, mask] of byBits) {
    if (mask !== 0 && (left & mask) === mask) {
      names.push(name);
      left &= ~mask;
    }
  }
  if (left !== 0) names.push(`0x${left.toString(16)}`);
  return names.join('|') || '0';
}

function bits(mask: number): number {
  let nr = 0;
  for (let left = mask; left !== 0; left &= left - 1) nr++;
  return nr;
}
