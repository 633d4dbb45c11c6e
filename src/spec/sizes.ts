import type { IntDist } from '../contract/plan.ts';

/** Distinct values up to which a range of bytes becomes one of pages exactly; beyond it the ends hardly weigh. */
const MOST_VALUES = 1000;

/** A distribution of sizes as one of pages, rounded up: each number of pages weighs as many bytes as come to it. */
export function pagesOfSize(size: IntDist, pageBytes: number): IntDist {
  return scaled(
    size,
    bytes => Math.ceil(bytes / pageBytes),
    pages => pages * pageBytes,
  );
}

/** A distribution of byte offsets as one of the pages they lie in. */
export function pagesOfOffset(offset: IntDist, pageBytes: number): IntDist {
  return scaled(
    offset,
    bytes => Math.floor(bytes / pageBytes),
    page => (page + 1) * pageBytes - 1,
  );
}

/**
 * @param unit   which value the bytes come to, never falling
 * @param lastOf the largest number of bytes that comes to a value
 */
function scaled(dist: IntDist, unit: (bytes: number) => number, lastOf: (value: number) => number): IntDist {
  switch (dist.kind) {
    case 'constant':
      return { kind: 'constant', value: unit(dist.value) };
    case 'exponential':
      return { kind: 'exponential', mean: Math.max(1, unit(dist.mean)) };
    case 'uniform': {
      const [low, high] = [unit(dist.low), unit(dist.high)];
      const isEven = unit(dist.low - 1) < low && lastOf(high) === dist.high;
      if (low === high) return { kind: 'constant', value: low };
      if (isEven || high - low >= MOST_VALUES) return { kind: 'uniform', low, high };
      const values: number[] = [];
      const cumulative: number[] = [];
      for (let value = low; value <= high; value++) {
        values.push(value);
        cumulative.push(Math.min(lastOf(value), dist.high) - dist.low + 1);
      }
      return { kind: 'choice', values, cumulative };
    }
    case 'in_turn':
      return { kind: 'in_turn', values: dist.values.map(unit) };
    case 'choice': {
      const weights = new Map<number, number>();
      for (let i = 0, before = 0; i < dist.values.length; i++) {
        const value = unit(dist.values[i]);
        weights.set(value, (weights.get(value) ?? 0) + dist.cumulative[i] - before);
        before = dist.cumulative[i];
      }
      const values = [...weights.keys()];
      if (values.length === 1) return { kind: 'constant', value: values[0] };
      let total = 0;
      return { kind: 'choice', values, cumulative: [...weights.values()].map(weight => (total += weight)) };
    }
  }
}
