import seedrandom from 'seedrandom';
import type { IntDist } from '../contract/plan.ts';
import { EXPONENTIAL_QUANTILES, QUANTILE_BITS, QUANTILE_SCALE_BITS } from './exponentialTable.ts';

const TWO_32 = 0x1_0000_0000;
const TWO_53 = 0x20_0000_0000_0000;
/** -ln(1 - u) of the last table entry: what a draw that falls beyond it is longer by. */
const TAIL = EXPONENTIAL_QUANTILES[EXPONENTIAL_QUANTILES.length - 1];
const BIN_BITS = 32 - QUANTILE_BITS;
const BINS = 2 ** QUANTILE_BITS;
const BIN_WIDTH = 2 ** BIN_BITS;
const SCALE = 2 ** QUANTILE_SCALE_BITS;

/**
 * A named stream of random integers. Streams of different names share nothing, so what one task draws does not
 * depend on which other tasks there are. Only seedrandom's `int32` is used (four ARC4 bytes): its doubles go
 * through a division.
 */
export class Stream {
  private readonly int32: () => number;
  /** How often each list has given a value. */
  private readonly turns = new Map<IntDist, number>();

  constructor(name: string) {
    this.int32 = seedrandom(name).int32;
  }

  uint32(): number {
    return this.int32() >>> 0;
  }

  /** Uniform integer in [0, n), 1 <= n <= 2^53, without bias: draws that would favour small values are thrown away. */
  below(n: number): number {
    if (n <= TWO_32) {
      const limit = TWO_32 - (TWO_32 % n);
      let draw = this.int32() >>> 0;
      while (draw >= limit) draw = this.int32() >>> 0;
      return draw % n;
    }
    const limit = TWO_53 - (TWO_53 % n);
    let draw = this.uint53();
    while (draw >= limit) draw = this.uint53();
    return draw % n;
  }

  /**
   * Exponential integer with that mean, rounded down; always >= 0.
   *
   * The table holds -ln(1 - u) at u = i/1024; between entries a straight line (mean 0.014 % too long). Beyond the
   * last entry the distribution has no memory, so the draw is that entry plus a new draw.
   */
  exponential(mean: number): number {
    let base = 0;
    for (;;) {
      const draw = this.int32() >>> 0;
      const bin = draw >>> BIN_BITS;
      if (bin === BINS - 1) {
        base += TAIL;
        continue;
      }
      const low = EXPONENTIAL_QUANTILES[bin];
      const rise = EXPONENTIAL_QUANTILES[bin + 1] - low;
      const part = Math.floor((rise * (draw % BIN_WIDTH)) / BIN_WIDTH);
      return Math.floor(((base + low + part) * mean) / SCALE);
    }
  }

  draw(dist: IntDist): number {
    switch (dist.kind) {
      case 'constant':
        return dist.value;
      case 'uniform':
        return dist.low + this.below(dist.high - dist.low + 1);
      case 'exponential':
        return this.exponential(dist.mean);
      case 'choice': {
        const { cumulative, values } = dist;
        const ticket = this.below(cumulative[cumulative.length - 1]);
        let i = 0;
        while (cumulative[i] <= ticket) i++;
        return values[i];
      }
      case 'in_turn': {
        const turn = this.turns.get(dist) ?? 0;
        this.turns.set(dist, turn + 1);
        return dist.values[turn % dist.values.length];
      }
    }
  }

  private uint53(): number {
    const high = this.int32() >>> 11;
    return high * TWO_32 + (this.int32() >>> 0);
  }
}
