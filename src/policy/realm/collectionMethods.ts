/**
 * Methods of maps and sets that pay for what they hold, put in the place of the realm's own. Turned into text and run in the policy's realm (see facade.ts).
 */
export function collectionMethods(
  use: (fuel: number) => void,
  alloc: (bytes: number) => void,
): Record<string, object> {
  const { apply } = Reflect;
  const ErrorOfType = TypeError;
  const mapSet = Map.prototype.set;
  const mapClear = Map.prototype.clear;
  const setAdd = Set.prototype.add;
  const setClear = Set.prototype.clear;
  const mapEntries = Map.prototype.entries;
  const mapKeys = Map.prototype.keys;
  const mapValues = Map.prototype.values;
  const setEntries = Set.prototype.entries;
  const setValues = Set.prototype.values;
  const { preventExtensions } = Object;
  const mapSize = Object.getOwnPropertyDescriptor(Map.prototype, 'size')!.get!;
  const setSize = Object.getOwnPropertyDescriptor(Set.prototype, 'size')!.get!;

  const functionOf = (f: unknown): ((value: unknown, key: unknown, owner: unknown) => void) => {
    if (typeof f === 'function') return f as () => void;
    alloc(256);
    throw new ErrorOfType('this method needs a function');
  };

  /** An iterator that a policy holds must not get a `next` of its own: for ... of would call it unseen. */
  const iterate = (self: unknown, iterator: () => object): object =>
    preventExtensions(apply(iterator, self as never, []));

  const maps = {
    entries(this: unknown) {
      return iterate(this, mapEntries);
    },
    keys(this: unknown) {
      return iterate(this, mapKeys);
    },
    values(this: unknown) {
      return iterate(this, mapValues);
    },
    set(this: unknown, key: unknown, value: unknown) {
      const before = apply(mapSize, this, []) as number;
      if (typeof key === 'string') use(1 + (key.length >> 5));
      apply(mapSet, this as Map<unknown, unknown>, [key, value]);
      if ((apply(mapSize, this, []) as number) !== before) alloc(80);
      return this;
    },
    clear(this: unknown) {
      use(1 + ((apply(mapSize, this, []) as number) >> 3));
      apply(mapClear, this as Map<unknown, unknown>, []);
    },
    forEach(this: unknown, f: unknown) {
      const call = functionOf(f);
      alloc(128);
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
      return iterate(this, setEntries);
    },
    keys(this: unknown) {
      return iterate(this, setValues);
    },
    values(this: unknown) {
      return iterate(this, setValues);
    },
    add(this: unknown, value: unknown) {
      const before = apply(setSize, this, []) as number;
      if (typeof value === 'string') use(1 + (value.length >> 5));
      apply(setAdd, this as Set<unknown>, [value]);
      if ((apply(setSize, this, []) as number) !== before) alloc(64);
      return this;
    },
    clear(this: unknown) {
      use(1 + ((apply(setSize, this, []) as number) >> 3));
      apply(setClear, this as Set<unknown>, []);
    },
    forEach(this: unknown, f: unknown) {
      const call = functionOf(f);
      alloc(128);
      for (const value of apply(setValues, this as Set<unknown>, []) as Iterable<unknown>) {
        use(3);
        call(value, value, this);
      }
    },
  };

  return { maps, sets };
}
