import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  EXPONENTIAL_QUANTILES,
  QUANTILE_BITS,
  QUANTILE_SCALE_BITS,
} from '../../../src/workload/exponentialTable.ts';
import { exponentialTable, tableSource } from '../../../src/workload/makeExponentialTable.ts';

/** Bounds of ln(p/q), 1 < p/q <= 2, times 2^160: Mercator's series of -ln(1 - x), x = (p - q)/p <= 1/2, with its remainder. */
function logBounds(p: bigint, q: bigint): [bigint, bigint] {
  const one = 1n << 160n;
  let numerator = p - q;
  let denominator = p;
  let low = 0n;
  let k = 1n;
  for (; k <= 200n; k++) {
    low += (one * numerator) / (denominator * k);
    numerator *= p - q;
    denominator *= p;
  }
  // Each term was rounded down by less than 1; the terms left out are less than one more of the last kind, twice.
  return [low, low + 200n + (2n * one * numerator) / (denominator * k) + 1n];
}

/** Bounds of -ln(1 - i/1024): ln 2 as often as it fits, and the rest in Mercator's range. */
function quantileBounds(i: number): [bigint, bigint] {
  let p = 1024n;
  const q = BigInt(1024 - i);
  let halvings = 0n;
  while (p > 2n * q) {
    p /= 2n;
    halvings++;
  }
  const [lowTwo, highTwo] = logBounds(2n, 1n);
  const [low, high] = p === q ? [0n, 0n] : logBounds(p, q);
  return [low + halvings * lowTwo, high + halvings * highTwo];
}

test('every entry is -ln(1 - i/1024) rounded to the nearest integer, by a series that the maker does not use', () => {
  expect(QUANTILE_BITS).toBe(10);
  expect(EXPONENTIAL_QUANTILES).toHaveLength(1024);
  const half = 1n << (160n - BigInt(QUANTILE_SCALE_BITS) - 1n);
  for (let i = 0; i < 1024; i++) {
    const [low, high] = quantileBounds(i);
    const entry = BigInt(EXPONENTIAL_QUANTILES[i]) << (160n - BigInt(QUANTILE_SCALE_BITS));
    const within = low >= entry - half && high <= entry + half;
    if (!within) throw new Error(`entry ${i} is ${EXPONENTIAL_QUANTILES[i]}`);
  }
});

test('the bounds catch an entry that is one off', () => {
  const [low, high] = quantileBounds(700);
  const step = 1n << (160n - BigInt(QUANTILE_SCALE_BITS));
  const wrong = BigInt(EXPONENTIAL_QUANTILES[700] + 1) * step;
  expect(low >= wrong - step / 2n && high <= wrong + step / 2n).toBe(false);
});

test('the file is what its maker writes', () => {
  expect(exponentialTable(QUANTILE_BITS, QUANTILE_SCALE_BITS)).toEqual(EXPONENTIAL_QUANTILES);
  const file = join(__dirname, '../../../src/workload/exponentialTable.ts');
  expect(readFileSync(file, 'utf8')).toBe(tableSource());
});
