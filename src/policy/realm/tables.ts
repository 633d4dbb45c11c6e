/**
 * What the tables of V8 behind large maps and sets cost beyond what is seen: a look-up walks all numbers that share a
 * place in the table, and V8 spreads numbers without a secret, so that they can be chosen to share one; an iterator walks
 * the places of what was deleted. Both are followed here, in numbers that are the same on every engine. Turned into text
 * and run in the policy's realm (see facade.ts).
 */
export interface Tables {
  /** Say that an entry was put in. @returns false: too many share its place, and it must be taken out again */
  grown(table: object, key: unknown, size: number): boolean;
  /** Say that an entry was taken out. */
  shrunk(table: object, size: number): void;
  /** Say that all entries were taken out. */
  emptied(table: object): void;
  /** Pay for an iterator. */
  walked(table: object, size: number): void;
}

interface Followed {
  /** Entries that the table has room for, those deleted since it was made counted too. */
  room: number;
  gone: number;
  /** Numbers put in for each place; there are half as many places as there is room. */
  counts: Uint16Array;
}

export function followTables(use: (fuel: number) => void, alloc: (bytes: number) => void): Tables {
  /** Entries of a table that is not worth following. */
  const FEW = 128;
  /** Numbers that were not chosen share a place with two or three others. */
  const MOST_SHARING = 48;
  const { apply } = Reflect;
  const MapOf = Map;
  const mapKeys = Map.prototype.keys as () => Iterable<unknown>;
  const setValues = Set.prototype.values as () => Iterable<unknown>;
  const Counts = Uint16Array;
  const { imul } = Math;
  const followed = new WeakMap<object, Followed>();
  const find = WeakMap.prototype.get as unknown as () => void;
  const keep = WeakMap.prototype.set as unknown as () => void;
  const forget = WeakMap.prototype.delete as unknown as () => void;
  const real = new Float64Array(1);
  const halves = new Uint32Array(real.buffer);
  let low = 0;
  let high = 0;

  const followedOf = (table: object): Followed | undefined =>
    apply(find, followed, [table] as never) as unknown as Followed | undefined;

  /** Two halves of 32 bits: what they were, `by` places up, is added. */
  const addShifted = (l: number, h: number, by: number): void => {
    const sum = low + ((l << by) >>> 0);
    high = (high + ((h << by) | (l >>> (32 - by))) + (sum > 0xffffffff ? 1 : 0)) >>> 0;
    low = sum >>> 0;
  };
  const fold = (by: number): void => {
    low = (low ^ ((low >>> by) | (high << (32 - by)))) >>> 0;
    high = (high ^ (high >>> by)) >>> 0;
  };

  /** As V8 does: the mixing functions of Thomas Wang, of 32 bits for integers and of 64 for any other number. */
  const placeOf = (key: number): number => {
    let k = key | 0;
    if (k === key) {
      k = (~k + (k << 15)) | 0;
      k ^= k >>> 12;
      k = (k + (k << 2)) | 0;
      k ^= k >>> 4;
      k = imul(k, 2057);
      return k ^ (k >>> 16);
    }
    real[0] = key;
    const l = halves[0];
    const h = halves[1];
    low = ~l >>> 0;
    high = ~h >>> 0;
    addShifted(l, h, 18);
    fold(31);
    const l21 = low;
    const h21 = high;
    addShifted(l21, h21, 2);
    addShifted(l21, h21, 4);
    fold(11);
    addShifted(low, high, 6);
    fold(22);
    return low;
  };

  const follow = (table: object, room: number, size: number): void => {
    use(size);
    alloc(64 + room);
    const counts = new Counts(room >> 1);
    const one: Followed = { room, gone: 0, counts };
    apply(keep, followed, [table, one] as never);
    for (const key of apply(table instanceof MapOf ? mapKeys : setValues, table, [])) {
      if (typeof key === 'number') counts[placeOf(key) & (counts.length - 1)]++;
    }
  };

  const emptied = (table: object): void => {
    apply(forget, followed, [table] as never);
  };

  return {
    grown(table, key, size) {
      if (size <= FEW) return true;
      const one = followedOf(table);
      if (one === undefined) {
        follow(table, 2 * FEW, size);
        return true;
      }
      const { room, gone, counts } = one;
      if (size + gone > room) {
        follow(table, gone < room >> 1 ? 2 * room : room, size);
        return true;
      }
      if (typeof key !== 'number') return true;
      use(1);
      const place = placeOf(key) & (counts.length - 1);
      if (counts[place] < MOST_SHARING) {
        counts[place]++;
        return true;
      }
      one.gone++;
      return false;
    },
    shrunk(table, size) {
      const one = size < FEW >> 1 ? undefined : followedOf(table);
      if (one === undefined) return;
      one.gone++;
      if (size >= one.room >> 2) return;
      if (size > FEW) follow(table, one.room >> 1, size);
      else emptied(table);
    },
    emptied,
    walked(table, size) {
      const one = size < FEW >> 1 ? undefined : followedOf(table);
      if (one !== undefined) use(one.gone >> 3);
    },
  };
}
