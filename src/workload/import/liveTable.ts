/** Objects that are followed at once at most: 2^20 rows of 20 bytes. */
const MOST_BITS = 20;
const EMPTY = -1;

/**
 * What is held at a time, by key, in memory that is bounded: when the table is full only every second key is followed
 * on, then every fourth, by a hash of the key, so that long and short lives keep their share.
 */
export class LiveTable {
  /** 2^sampling keys share one that is followed. */
  sampling = 0;
  count = 0;
  private bits = 12;
  private keys = new Float64Array(1 << 12).fill(EMPTY);
  private values = new Int32Array(1 << 12);
  private times = new Float64Array(1 << 12);

  follows(key: number): boolean {
    return this.sampling === 0 || (hash(key) & (2 ** this.sampling - 1)) === 0;
  }

  /** @param value any int32 @returns false: it is not followed */
  set(key: number, value: number, time: number): boolean {
    if (!this.follows(key)) return false;
    if (this.count >= this.keys.length * 0.7) {
      if (this.bits < MOST_BITS) this.rebuild(this.bits + 1);
      else {
        this.sampling++;
        this.rebuild(this.bits);
        if (!this.follows(key)) return false;
      }
    }
    const at = this.find(key);
    if (this.keys[at] === EMPTY) this.count++;
    this.keys[at] = key;
    this.values[at] = value;
    this.times[at] = time;
    return true;
  }

  /** Row of a key, or -1: good until the table changes. */
  at(key: number): number {
    const at = this.find(key);
    return this.keys[at] === EMPTY ? -1 : at;
  }

  value(at: number): number {
    return this.values[at];
  }

  time(at: number): number {
    return this.times[at];
  }

  delete(at: number): void {
    const { keys, values, times } = this;
    const mask = keys.length - 1;
    let hole = at;
    for (let i = (at + 1) & mask; keys[i] !== EMPTY; i = (i + 1) & mask) {
      const home = (hash(keys[i]) >>> 8) & mask;
      // It may move into the hole if its home is not between the hole and where it stands.
      if (((i - home) & mask) < ((i - hole) & mask)) continue;
      keys[hole] = keys[i];
      values[hole] = values[i];
      times[hole] = times[i];
      hole = i;
    }
    keys[hole] = EMPTY;
    this.count--;
  }

  each(visit: (value: number, time: number) => void): void {
    for (let i = 0; i < this.keys.length; i++)
      if (this.keys[i] !== EMPTY) visit(this.values[i], this.times[i]);
  }

  private find(key: number): number {
    const mask = this.keys.length - 1;
    let at = (hash(key) >>> 8) & mask;
    while (this.keys[at] !== EMPTY && this.keys[at] !== key) at = (at + 1) & mask;
    return at;
  }

  private rebuild(bits: number): void {
    const { keys, values, times } = this;
    this.bits = bits;
    this.keys = new Float64Array(2 ** bits).fill(EMPTY);
    this.values = new Int32Array(2 ** bits);
    this.times = new Float64Array(2 ** bits);
    this.count = 0;
    for (let i = 0; i < keys.length; i++) {
      if (keys[i] === EMPTY || !this.follows(keys[i])) continue;
      const at = this.find(keys[i]);
      this.keys[at] = keys[i];
      this.values[at] = values[i];
      this.times[at] = times[i];
      this.count++;
    }
  }
}

/** 32 bits of a number below 2^53, well mixed: addresses differ in few bits. */
function hash(key: number): number {
  let h = (key | 0) ^ Math.imul((key / 0x1_0000_0000) | 0, 0x9e3779b1);
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}
