import type { Tables } from './tables.ts';

export interface Collections {
  maps: Record<string, unknown>;
  sets: Record<string, unknown>;
  /** `map.set(key, value)`, paid for but for the call. */
  put(map: Map<unknown, unknown>, key: unknown, value: unknown): void;
  /** The same for `set.add(value)`. */
  include(set: Set<unknown>, value: unknown): void;
}

/**
 * Methods of maps and sets that pay for what they hold, put in the place of the realm's own. Turned into text and run in the policy's realm (see facade.ts).
 */
export function collectionMethods(
  use: (fuel: number) => void,
  alloc: (bytes: number) => void,
  tables: Tables,
): Collections {
  const { apply } = Reflect;
  const ErrorOfType = TypeError;
  const ErrorOfRange = RangeError;
  const mapSet = Map.prototype.set;
  const mapDelete = Map.prototype.delete;
  const mapClear = Map.prototype.clear;
  const setAdd = Set.prototype.add;
  const setDelete = Set.prototype.delete;
  const setClear = Set.prototype.clear;
  const mapEntries = Map.prototype.entries;
  const mapKeys = Map.prototype.keys;
  const mapValues = Map.prototype.values;
  const setEntries = Set.prototype.entries;
  const setValues = Set.prototype.values;
  const { preventExtensions } = Object;
  const mapSize = Object.getOwnPropertyDescriptor(Map.prototype, 'size')!.get! as () => number;
  const setSize = Object.getOwnPropertyDescriptor(Set.prototype, 'size')!.get! as () => number;

  const functionOf = (f: unknown): ((value: unknown, key: unknown, owner: unknown) => void) => {
    if (typeof f === 'function') return f as () => void;
    alloc(256);
    throw new ErrorOfType('this method needs a function');
  };

  /** An iterator that a policy holds must not get a `next` of its own: for ... of would call it unseen. */
  const iterate = (self: unknown, size: () => number, iterator: () => object): object => {
    tables.walked(self as object, apply(size, self, []));
    return preventExtensions(apply(iterator, self, []));
  };
  const crowded = (what: string): never => {
    alloc(256);
    throw new ErrorOfRange(
      `too many numbers in this ${what} share a place of its table: use other numbers, or an array`,
    );
  };
  const put = (map: Map<unknown, unknown>, key: unknown, value: unknown): void => {
    const before = apply(mapSize, map, []) as number;
    if (typeof key === 'string') use(1 + (key.length >> 5));
    apply(mapSet, map, [key, value]);
    const size = apply(mapSize, map, []) as number;
    if (size === before) return;
    alloc(80);
    if (tables.grown(map, key, size)) return;
    apply(mapDelete, map, [key]);
    crowded('Map');
  };
  const include = (set: Set<unknown>, value: unknown): void => {
    const before = apply(setSize, set, []) as number;
    if (typeof value === 'string') use(1 + (value.length >> 5));
    apply(setAdd, set, [value]);
    const size = apply(setSize, set, []) as number;
    if (size === before) return;
    alloc(64);
    if (tables.grown(set, value, size)) return;
    apply(setDelete, set, [value]);
    crowded('Set');
  };

  const maps = {
    entries(this: unknown) {
      return iterate(this, mapSize, mapEntries);
    },
    keys(this: unknown) {
      return iterate(this, mapSize, mapKeys);
    },
    values(this: unknown) {
      return iterate(this, mapSize, mapValues);
    },
    set(this: unknown, key: unknown, value: unknown) {
      put(this as Map<unknown, unknown>, key, value);
      return this;
    },
    delete(this: unknown, key: unknown) {
      const found = apply(mapDelete, this as Map<unknown, unknown>, [key]);
      if (found) tables.shrunk(this as object, apply(mapSize, this, []) as number);
      return found;
    },
    clear(this: unknown) {
      use(1 + ((apply(mapSize, this, []) as number) >> 3));
      apply(mapClear, this as Map<unknown, unknown>, []);
      tables.emptied(this as object);
    },
    forEach(this: unknown, f: unknown) {
      const call = functionOf(f);
      alloc(128);
      tables.walked(this as object, apply(mapSize, this, []) as number);
      for (const pair of apply(mapEntries, this as Map<unknown, unknown>, []) as Iterable<
        [unknown, unknown]
      >) {
        use(3);
        call(pair[1], pair[0], this);
      }
    },
  };
  const sets = {
    entries(this: unknown) {
      return iterate(this, setSize, setEntries);
    },
    keys(this: unknown) {
      return iterate(this, setSize, setValues);
    },
    values(this: unknown) {
      return iterate(this, setSize, setValues);
    },
    add(this: unknown, value: unknown) {
      include(this as Set<unknown>, value);
      return this;
    },
    delete(this: unknown, value: unknown) {
      const found = apply(setDelete, this as Set<unknown>, [value]);
      if (found) tables.shrunk(this as object, apply(setSize, this, []) as number);
      return found;
    },
    clear(this: unknown) {
      use(1 + ((apply(setSize, this, []) as number) >> 3));
      apply(setClear, this as Set<unknown>, []);
      tables.emptied(this as object);
    },
    forEach(this: unknown, f: unknown) {
      const call = functionOf(f);
      alloc(128);
      tables.walked(this as object, apply(setSize, this, []) as number);
      for (const value of apply(setValues, this as Set<unknown>, []) as Iterable<unknown>) {
        use(3);
        call(value, value, this);
      }
    },
  };

  return { maps, sets, put, include };
}
