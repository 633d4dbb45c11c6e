// biome-ignore-all lint/complexity/useMathMinMax: Math is gone from the realm when these run
/**
 * Methods of arrays and typed arrays that pay for their work, put in the place of the realm's own. Turned into text and run in the policy's realm (see facade.ts). Those
 * that take a function are plain loops, so that what a comparison or a callback sees is the same on every engine.
 */
type Callback = (value: unknown, index: number, list: unknown) => unknown;

export function arrayMethods(
  use: (fuel: number) => void,
  alloc: (bytes: number) => void,
  ops: Record<string, (...values: unknown[]) => unknown>,
): Record<string, object> {
  const { isArray } = Array;
  const { isView } = ArrayBuffer;
  const { apply } = Reflect;
  const { isNaN: isNotNumber } = Number;
  const ErrorOfType = TypeError;
  const ErrorOfRange = RangeError;
  const TypedArray = Object.getPrototypeOf(Int32Array.prototype) as Record<string, unknown>;
  const sortTyped = TypedArray['sort'] as () => void;
  const fillTyped = TypedArray['fill'] as () => void;
  const setTyped = TypedArray['set'] as () => void;
  const subarrayOf = TypedArray['subarray'] as () => void;
  const typedEntries = TypedArray['entries'] as () => object;
  const typedKeys = TypedArray['keys'] as () => object;
  const typedValues = TypedArray['values'] as () => object;
  const { entries, keys, values } = Array.prototype as unknown as Record<string, () => object>;
  const { preventExtensions } = Object;
  const num = ops['$num'] as (value: unknown) => number;
  const str = ops['$str'] as (value: unknown) => string;
  const same = ops['$same'] as (a: unknown, b: unknown) => boolean;
  const less = ops['$lt'] as (a: unknown, b: unknown) => boolean;
  const concat = ops['$add'] as (a: string, b: string) => string;

  const fail = (message: string): never => {
    alloc(256);
    throw new ErrorOfType(message);
  };

  /** `this` of an array method. */
  const listOf = (self: unknown): unknown[] => {
    if (isArray(self)) return self;
    return fail('this method is for arrays');
  };
  const anyList = (self: unknown): unknown[] => {
    if (isArray(self) || isView(self)) return self as unknown[];
    return fail('this method is for arrays');
  };
  const functionOf = (f: unknown): Callback => {
    if (typeof f !== 'function') return fail('this method needs a function');
    return f as Callback;
  };
  const sameZero = (a: unknown, b: unknown): boolean =>
    typeof a === 'string' ? same(a, b) : a === b || (isNotNumber(a) && isNotNumber(b));
  /** Without its fraction; 0 for what is no number. */
  const whole = (n: number): number => (n - n === 0 ? n - (n % 1) : isNotNumber(n) ? 0 : n);
  /** An index as slice, fill and the like take it. */
  const clamp = (value: unknown, length: number, missing: number): number => {
    if (value === undefined) return missing;
    let n = num(value);
    n = whole(n);
    return n < 0 ? (n + length < 0 ? 0 : n + length) : n > length ? length : n;
  };
  /** An iterator that a policy holds must not get a `next` of its own: for ... of would call it unseen. */
  const iterate = (self: unknown, ofArray: () => object, ofTyped: () => object): object =>
    preventExtensions(apply(isArray(anyList(self)) ? ofArray : ofTyped, self, []));
  const add = (list: unknown[], value: unknown): void => {
    alloc(12);
    list[list.length] = value;
  };
  const made = (): unknown[] => {
    alloc(32);
    return [];
  };
  /** Holes are passed over by the methods that take a function. */
  const isHole = (list: unknown[], i: number): boolean => list[i] === undefined && !(i in list);

  // --- reading, for arrays and typed arrays

  const readers = {
    entries(this: unknown) {
      return iterate(this, entries, typedEntries);
    },
    keys(this: unknown) {
      return iterate(this, keys, typedKeys);
    },
    values(this: unknown) {
      return iterate(this, values, typedValues);
    },
    at(this: unknown, index: unknown) {
      const a = anyList(this);
      const i = whole(num(index === undefined ? 0 : index));
      return a[i < 0 ? a.length + i : i];
    },
    every(this: unknown, f: unknown) {
      const a = anyList(this);
      const call = functionOf(f);
      for (let i = 0; i < a.length; i++) {
        use(2);
        if (!isHole(a, i) && !call(a[i], i, a)) return false;
      }
      return true;
    },
    some(this: unknown, f: unknown) {
      const a = anyList(this);
      const call = functionOf(f);
      for (let i = 0; i < a.length; i++) {
        use(2);
        if (!isHole(a, i) && call(a[i], i, a)) return true;
      }
      return false;
    },
    find(this: unknown, f: unknown) {
      const a = anyList(this);
      const call = functionOf(f);
      for (let i = 0; i < a.length; i++) {
        use(2);
        const value = a[i];
        if (call(value, i, a)) return value;
      }
      return undefined;
    },
    findIndex(this: unknown, f: unknown) {
      const a = anyList(this);
      const call = functionOf(f);
      for (let i = 0; i < a.length; i++) {
        use(2);
        if (call(a[i], i, a)) return i;
      }
      return -1;
    },
    findLast(this: unknown, f: unknown) {
      const a = anyList(this);
      const call = functionOf(f);
      for (let i = a.length - 1; i >= 0; i--) {
        use(2);
        const value = a[i];
        if (call(value, i, a)) return value;
      }
      return undefined;
    },
    findLastIndex(this: unknown, f: unknown) {
      const a = anyList(this);
      const call = functionOf(f);
      for (let i = a.length - 1; i >= 0; i--) {
        use(2);
        if (call(a[i], i, a)) return i;
      }
      return -1;
    },
    forEach(this: unknown, f: unknown) {
      const a = anyList(this);
      const call = functionOf(f);
      for (let i = 0, n = a.length; i < n && i < a.length; i++) {
        use(2);
        if (!isHole(a, i)) call(a[i], i, a);
      }
    },
    includes(this: unknown, wanted: unknown, from: unknown) {
      const a = anyList(this);
      for (let i = clamp(from, a.length, 0); i < a.length; i++) {
        use(1);
        if (sameZero(a[i], wanted)) return true;
      }
      return false;
    },
    indexOf(this: unknown, wanted: unknown, from: unknown) {
      const a = anyList(this);
      for (let i = clamp(from, a.length, 0); i < a.length; i++) {
        use(1);
        if (same(a[i], wanted) && !isHole(a, i)) return i;
      }
      return -1;
    },
    lastIndexOf(this: unknown, wanted: unknown) {
      const a = anyList(this);
      for (let i = a.length - 1; i >= 0; i--) {
        use(1);
        if (same(a[i], wanted) && !isHole(a, i)) return i;
      }
      return -1;
    },
    join(this: unknown, separator: unknown) {
      const a = anyList(this);
      const between = separator === undefined ? ',' : str(separator);
      let joined = '';
      for (let i = 0; i < a.length; i++) {
        use(2);
        if (i > 0) joined = concat(joined, between);
        const value = a[i];
        if (value !== undefined && value !== null) joined = concat(joined, str(value));
      }
      return joined;
    },
    reduce(this: unknown, f: unknown, ...start: unknown[]) {
      const a = anyList(this);
      const call = functionOf(f) as unknown as (
        sum: unknown,
        value: unknown,
        index: number,
        list: unknown,
      ) => unknown;
      let i = 0;
      let sum = start[0];
      if (start.length === 0) {
        while (i < a.length && isHole(a, i)) i++;
        use(i);
        if (i >= a.length) return fail('reduce of an empty array needs a first value');
        sum = a[i++];
      }
      for (; i < a.length; i++) {
        use(2);
        if (!isHole(a, i)) sum = call(sum, a[i], i, a);
      }
      return sum;
    },
    reverse(this: unknown) {
      const a = anyList(this);
      use(1 + a.length);
      for (let i = 0, j = a.length - 1; i < j; i++, j--) {
        const kept = a[i];
        a[i] = a[j];
        a[j] = kept;
      }
      return a;
    },
  };

  // --- arrays

  const arrays = {
    concat(this: unknown, ...others: unknown[]) {
      const joined = made();
      const a = listOf(this);
      use(1 + a.length);
      for (let i = 0; i < a.length; i++) add(joined, a[i]);
      for (let j = 0; j < others.length; j++) {
        const other = others[j];
        if (!isArray(other)) add(joined, other);
        else {
          use(1 + other.length);
          for (let i = 0; i < other.length; i++) add(joined, other[i]);
        }
      }
      return joined;
    },
    fill(this: unknown, value: unknown, from: unknown, to: unknown) {
      const a = listOf(this);
      const end = clamp(to, a.length, a.length);
      for (let i = clamp(from, a.length, 0); i < end; i++) {
        use(1);
        a[i] = value;
      }
      return a;
    },
    filter(this: unknown, f: unknown) {
      const a = listOf(this);
      const call = functionOf(f);
      const kept = made();
      for (let i = 0, n = a.length; i < n && i < a.length; i++) {
        use(2);
        if (isHole(a, i)) continue;
        const value = a[i];
        if (call(value, i, a)) add(kept, value);
      }
      return kept;
    },
    flatMap(this: unknown, f: unknown) {
      const a = listOf(this);
      const call = functionOf(f);
      const flat = made();
      for (let i = 0, n = a.length; i < n && i < a.length; i++) {
        use(2);
        if (isHole(a, i)) continue;
        const value = call(a[i], i, a);
        if (!isArray(value)) add(flat, value);
        else {
          use(value.length);
          for (let j = 0; j < value.length; j++) if (!isHole(value, j)) add(flat, value[j]);
        }
      }
      return flat;
    },
    map(this: unknown, f: unknown) {
      const a = listOf(this);
      const call = functionOf(f);
      const mapped = made();
      alloc(12 * a.length);
      mapped.length = a.length;
      for (let i = 0, n = a.length; i < n && i < a.length; i++) {
        use(2);
        if (!isHole(a, i)) mapped[i] = call(a[i], i, a);
      }
      return mapped;
    },
    pop(this: unknown) {
      const a = listOf(this);
      const last = a[a.length - 1];
      if (a.length > 0) a.length--;
      return last;
    },
    push(this: unknown, ...values: unknown[]) {
      const a = listOf(this);
      for (let i = 0; i < values.length; i++) add(a, values[i]);
      return a.length;
    },
    shift(this: unknown) {
      const a = listOf(this);
      return remove(a, 0, 1)[0];
    },
    slice(this: unknown, from: unknown, to: unknown) {
      const a = listOf(this);
      const start = clamp(from, a.length, 0);
      const end = clamp(to, a.length, a.length);
      const part = made();
      use(1 + (end > start ? end - start : 0));
      for (let i = start; i < end; i++) add(part, a[i]);
      return part;
    },
    sort(this: unknown, compare: unknown) {
      const a = listOf(this);
      const { length } = a;
      alloc(16 + 24 * length);
      use(2 + 2 * length);
      let values: unknown[] = [];
      let missing = 0;
      for (let i = 0; i < length; i++) {
        if (a[i] === undefined) missing++;
        else values[values.length] = a[i];
      }
      if (compare === undefined) values = sortByText(values);
      else {
        const call = functionOf(compare) as unknown as (a: unknown, b: unknown) => unknown;
        values = merged(values, (x, y) => num(call(x, y)) > 0);
      }
      for (let i = 0; i < values.length; i++) a[i] = values[i];
      for (let i = 0; i < missing; i++) a[values.length + i] = undefined;
      return a;
    },
    splice(this: unknown, ...args: unknown[]) {
      const a = listOf(this);
      const start = clamp(args[0], a.length, 0);
      let count = args.length === 0 ? 0 : a.length - start;
      if (args.length > 1) {
        const wanted = clamp(args[1], a.length, 0);
        count = num(args[1]) < 0 ? 0 : wanted < count ? wanted : count;
      }
      const added = args.length > 2 ? args.length - 2 : 0;
      const tail = a.length - start - count;
      use(1 + tail + added);
      alloc(12 * added);
      const removed = made();
      for (let i = 0; i < count; i++) {
        use(1);
        add(removed, a[start + i]);
      }
      if (added > count) for (let i = tail - 1; i >= 0; i--) a[start + added + i] = a[start + count + i];
      else if (added < count) for (let i = 0; i < tail; i++) a[start + added + i] = a[start + count + i];
      for (let i = 0; i < added; i++) a[start + i] = args[2 + i];
      a.length = start + added + tail;
      return removed;
    },
    unshift(this: unknown, ...values: unknown[]) {
      const a = listOf(this);
      const n = values.length;
      use(1 + a.length);
      alloc(12 * n);
      for (let i = a.length - 1; i >= 0; i--) a[i + n] = a[i];
      for (let i = 0; i < n; i++) a[i] = values[i];
      return a.length;
    },
  };

  const remove = (a: unknown[], start: number, count: number): unknown[] => {
    const removed = [a[start]];
    const tail = a.length - start - count;
    use(1 + (tail > 0 ? tail >> 2 : 0));
    for (let i = start + count; i < a.length; i++) a[i - count] = a[i];
    if (a.length >= count) a.length -= count;
    return removed;
  };

  /** A stable merge sort: the same comparisons on every engine. */
  const merged = (values: unknown[], isAfter: (a: unknown, b: unknown) => boolean): unknown[] => {
    let from = values;
    let to: unknown[] = [];
    const n = values.length;
    for (let width = 1; width < n; width *= 2) {
      for (let left = 0; left < n; left += 2 * width) {
        const middle = left + width < n ? left + width : n;
        const right = left + 2 * width < n ? left + 2 * width : n;
        let i = left;
        let j = middle;
        for (let k = left; k < right; k++) {
          use(3);
          to[k] = i < middle && (j >= right || !isAfter(from[i], from[j])) ? from[i++] : from[j++];
        }
      }
      const other = from;
      from = to;
      to = other;
    }
    return from;
  };

  const sortByText = (values: unknown[]): unknown[] => {
    const pairs: unknown[] = [];
    alloc(64 * values.length);
    for (let i = 0; i < values.length; i++) pairs[i] = { key: str(values[i]), value: values[i] };
    const sorted = merged(pairs, (x, y) => less((y as { key: string }).key, (x as { key: string }).key));
    for (let i = 0; i < sorted.length; i++) sorted[i] = (sorted[i] as { value: unknown }).value;
    return sorted;
  };

  // --- typed arrays

  const viewOf = (self: unknown): Int32Array => {
    if (isView(self)) return self as Int32Array;
    return fail('this method is for typed arrays');
  };
  /** An empty one of the same kind: `make` knows the constructors. */
  const kinds: { ctor: new (n: number) => Int32Array; proto: object }[] = [];
  const like = (view: Int32Array, length: number): Int32Array => {
    use(1 + (length >> 3));
    alloc(64 + 8 * length);
    for (let i = 0; i < kinds.length; i++)
      if (view instanceof kinds[i].ctor) return new kinds[i].ctor(length);
    return fail('not a typed array');
  };

  const typed = {
    fill(this: unknown, value: unknown, from: unknown, to: unknown) {
      const a = viewOf(this);
      use(1 + (a.length >> 3));
      const end = clamp(to, a.length, a.length);
      return apply(fillTyped, a, [num(value), clamp(from, a.length, 0), end] as never);
    },
    map(this: unknown, f: unknown) {
      const a = viewOf(this);
      const call = functionOf(f);
      const mapped = like(a, a.length);
      for (let i = 0; i < a.length; i++) {
        use(2);
        mapped[i] = num(call(a[i], i, a));
      }
      return mapped;
    },
    set(this: unknown, source: unknown, offset: unknown) {
      const a = viewOf(this);
      const from = anyList(source);
      const at = offset === undefined ? 0 : num(offset);
      if (!(at >= 0 && at % 1 === 0 && at + from.length <= a.length))
        throw new ErrorOfRange('set goes beyond the end');
      use(1 + from.length);
      if (isView(source)) {
        apply(setTyped, a, [source, at] as never);
        return;
      }
      for (let i = 0; i < from.length; i++) a[at + i] = num(from[i]);
    },
    slice(this: unknown, from: unknown, to: unknown) {
      const a = viewOf(this);
      const start = clamp(from, a.length, 0);
      const end = clamp(to, a.length, a.length);
      const part = like(a, end > start ? end - start : 0);
      for (let i = start; i < end; i++) part[i - start] = a[i];
      return part;
    },
    sort(this: unknown, compare: unknown) {
      const a = viewOf(this);
      const { length } = a;
      if (compare === undefined) {
        use(2 + 8 * length);
        return apply(sortTyped, a, [] as never);
      }
      const call = functionOf(compare) as unknown as (a: unknown, b: unknown) => unknown;
      alloc(16 + 24 * length);
      use(2 + 2 * length);
      const values: unknown[] = [];
      for (let i = 0; i < length; i++) values[i] = a[i];
      const sorted = merged(values, (x, y) => num(call(x, y)) > 0);
      for (let i = 0; i < length; i++) a[i] = sorted[i] as number;
      return a;
    },
    subarray(this: unknown, from: unknown, to: unknown) {
      const a = viewOf(this);
      alloc(128);
      const start = clamp(from, a.length, 0);
      const end = clamp(to, a.length, a.length);
      return apply(subarrayOf, a, [start, end < start ? start : end] as never);
    },
  };

  return { readers, arrays, typed, kinds };
}
