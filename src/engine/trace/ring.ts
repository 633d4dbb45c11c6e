/**
 * The last events, five ints each: operation number, code, a, b, c (events.ts). Decoded when read.
 */
export class EventRing {
  readonly capacity: number;
  readonly rows: Int32Array;
  /** Events ever recorded; row of event n is n % capacity. */
  recorded = 0;

  /** @param capacity rows, a power of two */
  constructor(capacity: number) {
    if (capacity < 1 || (capacity & (capacity - 1)) !== 0)
      throw new RangeError('capacity must be a power of two');
    this.capacity = capacity;
    this.rows = new Int32Array(capacity * 5);
  }

  record(op: number, code: number, a: number, b: number, c: number): void {
    const at = (this.recorded++ & (this.capacity - 1)) * 5;
    const { rows } = this;
    rows[at] = op;
    rows[at + 1] = code;
    rows[at + 2] = a;
    rows[at + 3] = b;
    rows[at + 4] = c;
  }

  /** Oldest first, at most `count` of the newest. */
  last(count: number): { op: number; code: number; a: number; b: number; c: number }[] {
    const n = Math.min(count, this.recorded, this.capacity);
    const out = [];
    for (let i = this.recorded - n; i < this.recorded; i++) {
      const at = (i & (this.capacity - 1)) * 5;
      const [op, code, a, b, c] = this.rows.subarray(at, at + 5);
      out.push({ op, code, a, b, c });
    }
    return out;
  }
}
