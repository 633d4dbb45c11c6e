// biome-ignore-all lint/complexity/useMathMinMax: Math is gone from the realm when these run
/**
 * What the printed code calls for its operators. Turned into text and run in the policy's realm (see facade.ts); none
 * of it calls back into the policy.
 */

export interface Limits {
  maxString: number;
  maxObjectIndex: number;
  maxSpread: number;
}

/** Names that `operators` makes, as the printed code writes them. */
export const OPERATOR_NAMES = [
  '$num',
  '$add',
  '$tpl',
  '$str',
  '$lt',
  '$le',
  '$gt',
  '$ge',
  '$same',
  '$in',
  '$key',
  '$newKey',
  '$prop',
  '$grow',
  '$setLength',
  '$delete',
  '$put',
  '$spread',
  '$args',
  '$rest',
  '$copied',
  '$heir',
] as const;
export type Operators = Record<(typeof OPERATOR_NAMES)[number], (...values: never[]) => unknown>;

export function operators(
  use: (fuel: number) => void,
  alloc: (bytes: number) => void,
  limits: Limits,
): Record<string, unknown> {
  const { maxString, maxObjectIndex, maxSpread } = limits;
  const maxHeirs = 320;
  const { isArray } = Array;
  const { hasOwn, keys, getPrototypeOf } = Object;
  const { isView } = ArrayBuffer;
  const StringOf = String;
  const MapOf = Map;
  const SetOf = Set;
  const ErrorOfType = TypeError;
  const ErrorOfRange = RangeError;
  const mapSize = Object.getOwnPropertyDescriptor(Map.prototype, 'size')!.get!;
  const setSize = Object.getOwnPropertyDescriptor(Set.prototype, 'size')!.get!;
  const { apply } = Reflect;

  const fail = (message: string): never => {
    alloc(256);
    throw new ErrorOfType(message);
  };

  /** A primitive as it is; converting an object could call the policy's own code. */
  const isObject = (value: unknown): value is object =>
    (typeof value === 'object' && value !== null) || typeof value === 'function';

  const $num = (value: unknown): number => {
    if (typeof value === 'number') return value;
    if (isObject(value)) return fail('this operator needs numbers, and got an object or a function');
    if (typeof value === 'string') use(1 + (value.length >> 2));
    return +(value as string);
  };

  const $str = (value: unknown): string => {
    if (typeof value === 'string') return value;
    if (isObject(value)) return fail('an object or a function cannot be turned into a string here');
    use(16);
    alloc(32);
    return StringOf(value);
  };

  const concat = (a: string, b: string): string => {
    const length = a.length + b.length;
    if (length > maxString) throw new ErrorOfRange(`a string of ${length} characters; at most ${maxString}`);
    use(1 + (length >> 6));
    alloc(24 + length);
    return a + b;
  };

  const $add = (a: unknown, b: unknown): unknown => {
    if (typeof a === 'number' && typeof b === 'number') return a + b;
    if (typeof a === 'string' || typeof b === 'string') return concat($str(a), $str(b));
    return $num(a) + $num(b);
  };

  const $tpl = (...parts: unknown[]): string => {
    let text = '';
    for (let i = 0; i < parts.length; i++) text = concat(text, $str(parts[i]));
    return text;
  };

  /** Both strings: compared as such; otherwise as numbers. */
  const compared = (a: unknown, b: unknown): boolean => {
    if (typeof a !== 'string' || typeof b !== 'string') return false;
    use(1 + ((a.length < b.length ? a.length : b.length) >> 5));
    return true;
  };
  const $lt = (a: unknown, b: unknown): boolean =>
    compared(a, b) ? (a as string) < (b as string) : $num(a) < $num(b);
  const $le = (a: unknown, b: unknown): boolean =>
    compared(a, b) ? (a as string) <= (b as string) : $num(a) <= $num(b);
  const $gt = (a: unknown, b: unknown): boolean =>
    compared(a, b) ? (a as string) > (b as string) : $num(a) > $num(b);
  const $ge = (a: unknown, b: unknown): boolean =>
    compared(a, b) ? (a as string) >= (b as string) : $num(a) >= $num(b);

  /** === of a string and anything. */
  const $same = (a: unknown, b: unknown): boolean => {
    compared(a, b);
    return a === b;
  };

  /** A property key: a number, or a string made of a primitive. */
  const $key = (key: unknown): number | string => {
    if (typeof key === 'number') return key;
    // What all instances of a class share must not be replaced or added to: its name means an entry of its own here.
    if (typeof key === 'string') return key === 'prototype' ? '.prototype' : key;
    if (isObject(key)) return fail('an index must be a number or a string');
    return StringOf(key);
  };

  const isNumbered = (key: number | string): boolean => {
    const n = +key;
    return n >= 0 && n < 0xffffffff && StringOf(n) === StringOf(key) && n % 1 === 0;
  };

  /** Pay for a new entry of an object that is no array. */
  const entry = (key: number | string): void => {
    if (key === 'length') fail("only arrays and strings have a 'length'");
    alloc(48);
    if (!isNumbered(key)) return;
    if (+key >= maxObjectIndex) {
      fail(`numbered entries from ${maxObjectIndex} on belong in an array, a Map or a typed array`);
    }
    alloc(12 * +key);
  };

  const $newKey = (key: unknown): number | string => {
    const name = $key(key);
    entry(name);
    return name;
  };

  /** Before `object.name = value` where the property was undefined. */
  const $prop = (object: object, name: string): void => {
    if (isObject(object) && !hasOwn(object, name)) alloc(32);
  };

  /** Before `object[key] = value` that is not an overwriting of an entry by something other than a string. */
  const $grow = (object: unknown, key: number | string, value: unknown): void => {
    if (typeof value === 'string' && isView(object)) use(1 + (value.length >> 2));
    if (isView(object) && isObject(value)) fail('a typed array holds numbers only');
    if (!isObject(object)) return;
    if (isView(object)) {
      if (typeof key === 'string' && !hasOwn(object, key)) alloc(64);
      return;
    }
    if (!isArray(object)) {
      if (!hasOwn(object, key)) entry(key);
      return;
    }
    if (key === 'length') {
      $setLength(object, value, true);
      return;
    }
    if (!isNumbered(key)) {
      if (!hasOwn(object, key)) alloc(64);
      return;
    }
    const gap = +key - object.length;
    if (gap < 0) return;
    if (gap > 1024) fail(`an entry ${gap} places beyond the end of an array: fill the array first`);
    alloc(24 * (gap + 1));
    use(1 + gap);
  };

  /** `array.length = value`; `only`: check, and leave the store to the caller. */
  const $setLength = (object: unknown, value: unknown, only = false): void => {
    if (!isArray(object)) {
      fail("only arrays have a 'length' that can be set");
      return;
    }
    const length = $num(value);
    if (!(length >= 0 && length <= 0xffffffff && length % 1 === 0))
      throw new ErrorOfRange('not a length of an array');
    const more = length - object.length;
    use(1 + ((more < 0 ? -more : 0) >> 4));
    if (more > 0) {
      alloc(8 * more);
      use(more >>> 3);
    }
    if (!only) object.length = length;
  };

  const $delete = (object: unknown, key: unknown): boolean => {
    const name = $key(key);
    if (!isObject(object)) return true;
    if (isArray(object) || isView(object)) fail('delete is for objects: use splice, or store undefined');
    return delete (object as Record<string, unknown>)[name as string];
  };

  const $in = (key: unknown, object: unknown): boolean => {
    const name = $key(key);
    if (!isObject(object)) return fail("the right side of 'in' must be an object");
    return name in object;
  };

  /** A checked `object[key] = value` for the builtins. */
  const $put = (object: object, key: unknown, value: unknown): void => {
    const name = $key(key);
    $grow(object, name, value);
    (object as Record<string, unknown>)[name as string] = value;
  };

  /** Entries that an iterable of ours will give. */
  const sizeOf = (value: unknown): number => {
    if (typeof value === 'string') return value.length;
    if (isArray(value)) return value.length;
    if (isView(value)) return (value as Uint8Array).length;
    if (value instanceof MapOf) return apply(mapSize, value, []) as number;
    if (value instanceof SetOf) return apply(setSize, value, []) as number;
    return -1;
  };

  /** What ... may take apart: measured if it can be, copied step by step if it is an iterator. */
  const measured = (value: unknown): Iterable<unknown> => {
    const size = sizeOf(value);
    if (size >= 0) {
      use(1 + size);
      alloc(16 + 16 * size);
      return value as Iterable<unknown>;
    }
    const copy: unknown[] = [];
    for (const item of value as Iterable<unknown>) {
      use(1);
      alloc(32);
      copy[copy.length] = item;
    }
    return copy;
  };

  const $spread = measured;
  const $rest = measured;
  const $args = (value: unknown): Iterable<unknown> => {
    const items = measured(value);
    const size = sizeOf(items);
    if (size > maxSpread) {
      throw new ErrorOfRange(`... puts ${size} values into a call; at most ${maxSpread}`);
    }
    return items;
  };

  /** The source of { ...object }. */
  const $copied = (value: unknown): unknown => {
    if (!isObject(value)) return value;
    if (isArray(value) || isView(value))
      return fail('{ ...array } makes an object of an array: use [...array]');
    const names = keys(value);
    use(1 + 2 * names.length);
    alloc(32 + 48 * names.length);
    for (let i = 0; i < names.length; i++) if (isNumbered(names[i])) alloc(12 * +names[i]);
    return value;
  };

  /** The parent in `class ... extends`: what is looked up in vain walks the whole chain. */
  const $heir = (parent: unknown): unknown => {
    if (typeof parent !== 'function' || !hasOwn(parent, 'prototype')) {
      return fail('a class can only extend a class');
    }
    let steps = 0;
    for (let p = getPrototypeOf(parent); p !== null; p = getPrototypeOf(p)) {
      if (++steps > maxHeirs) return fail(`a chain of more than ${maxHeirs} classes`);
    }
    return parent;
  };

  return {
    $num,
    $add,
    $tpl,
    $str,
    $lt,
    $le,
    $gt,
    $ge,
    $same,
    $in,
    $key,
    $newKey,
    $prop,
    $grow,
    $setLength,
    $delete,
    $put,
    $spread,
    $args,
    $rest,
    $copied,
    $heir,
  };
}
