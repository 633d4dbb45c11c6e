import type { Collections } from './collectionMethods.ts';

/**
 * The functions and constructors that a policy may name: `new Map()`, `Math.min`, `Object.keys`, `console.log`. Turned
 * into text and run in the policy's realm (see facade.ts). The keys of what it returns are the names in the printed code.
 */

export interface LibraryTables {
  mathFunctions: readonly string[];
  mathConstants: readonly string[];
  typedArrays: readonly string[];
  maxString: number;
}

export function library(
  use: (fuel: number) => void,
  alloc: (bytes: number) => void,
  ops: Record<string, (...values: unknown[]) => unknown>,
  kinds: { ctor: unknown; proto: object }[],
  { maps, sets, put: mapPut, include }: Collections,
  tables: LibraryTables,
  print: (site: number, text: string) => void,
): Record<string, unknown> {
  const { isArray } = Array;
  const { isView } = ArrayBuffer;
  const { freeze, hasOwn, keys, is } = Object;
  const MapOf = Map;
  const SetOf = Set;
  const ErrorOfType = TypeError;
  const ErrorOfRange = RangeError;
  const NumberOf = Number;
  const StringOf = String;
  const ArrayOf = Array as unknown as new (length: number) => unknown[];
  const parseInteger = parseInt;
  const parseReal = parseFloat;
  const { fromCharCode } = String;
  const { apply } = Reflect;
  const { isNaN: isNotNumber } = Number;
  const mapEntries = maps['entries'] as () => unknown;
  const setValues = sets['values'] as () => unknown;
  const num = ops['$num'] as (value: unknown) => number;
  const str = ops['$str'] as (value: unknown) => string;
  const put = ops['$put'] as (object: object, key: unknown, value: unknown) => void;
  const same = ops['$same'] as (a: unknown, b: unknown) => boolean;
  const measured = ops['$spread'] as (value: unknown) => Iterable<unknown>;
  const out: Record<string, unknown> = {};

  const fail = (message: string): never => {
    alloc(256);
    throw new ErrorOfType(message);
  };
  const objectOf = (value: unknown): Record<string, unknown> => {
    if ((typeof value === 'object' && value !== null) || typeof value === 'function') {
      return value as Record<string, unknown>;
    }
    return fail('this needs an object');
  };

  // --- conversions

  out['$Number'] = (...values: unknown[]) => (values.length === 0 ? 0 : num(values[0]));
  out['$String'] = (...values: unknown[]) => (values.length === 0 ? '' : str(values[0]));
  out['$Boolean'] = (value: unknown) => !!value;
  out['$isNaN'] = (value: unknown) => isNotNumber(num(value));
  out['$isFinite'] = (value: unknown) => {
    const n = num(value);
    return n - n === 0;
  };
  const toInteger = (value: unknown, radix: unknown) => {
    const s = str(value);
    use(1 + (s.length >> 2));
    return parseInteger(s, radix === undefined ? undefined : num(radix));
  };
  const toReal = (value: unknown) => {
    const s = str(value);
    use(1 + (s.length >> 2));
    return parseReal(s);
  };
  out['$parseInt'] = toInteger;
  out['$parseFloat'] = toReal;
  out['$Number_parseInt'] = toInteger;
  out['$Number_parseFloat'] = toReal;
  const numberTests = ['isFinite', 'isInteger', 'isNaN', 'isSafeInteger'] as const;
  for (let i = 0; i < numberTests.length; i++) {
    const test = NumberOf[numberTests[i]];
    out[`$Number_${numberTests[i]}`] = (value: unknown) => test(value);
  }
  const numberConstants = [
    'EPSILON',
    'MAX_SAFE_INTEGER',
    'MAX_VALUE',
    'MIN_SAFE_INTEGER',
    'MIN_VALUE',
    'NEGATIVE_INFINITY',
    'POSITIVE_INFINITY',
    'NaN',
  ] as const;
  for (let i = 0; i < numberConstants.length; i++) {
    out[`$Number_${numberConstants[i]}`] = NumberOf[numberConstants[i]];
  }
  out['$String_fromCharCode'] = (...codes: unknown[]) => {
    let text = '';
    for (let i = 0; i < codes.length; i++) text += fromCharCode(num(codes[i]));
    alloc(24 + text.length);
    return text;
  };

  // --- Math

  const math = Math as unknown as Record<string, (...values: number[]) => number>;
  for (let i = 0; i < tables.mathFunctions.length; i++) {
    const name = tables.mathFunctions[i];
    const f = math[name];
    out[`$M_${name}`] = f;
    out[`$Math_${name}`] =
      name === 'max' || name === 'min'
        ? (...values: unknown[]) => {
            let best = name === 'max' ? -1 / 0 : 1 / 0;
            for (let j = 0; j < values.length; j++) best = f(best, num(values[j]));
            return best;
          }
        : (a: unknown, b: unknown) => f(num(a), name === 'imul' ? num(b) : 0);
  }
  for (let i = 0; i < tables.mathConstants.length; i++) {
    out[`$Math_${tables.mathConstants[i]}`] = math[tables.mathConstants[i]];
  }
  const extreme = (f: (...values: number[]) => number, start: number) => (values: unknown) => {
    let best = start;
    for (const value of measured(values)) best = f(best, num(value));
    return best;
  };
  out['$maxOf'] = extreme(Math.max, -1 / 0);
  out['$minOf'] = extreme(Math.min, 1 / 0);

  // --- objects and arrays

  const namesOf = (value: unknown): string[] => {
    const object = objectOf(value);
    if (isView(object)) return fail('Object.keys of a typed array: use its keys()');
    const names = keys(object);
    use(1 + 2 * names.length);
    alloc(32 + 40 * names.length);
    return names;
  };
  out['$Object_keys'] = namesOf;
  out['$Object_values'] = (value: unknown) => {
    const names = namesOf(value);
    const values: unknown[] = [];
    for (let i = 0; i < names.length; i++) values[i] = (value as Record<string, unknown>)[names[i]];
    return values;
  };
  out['$Object_entries'] = (value: unknown) => {
    const names = namesOf(value);
    alloc(64 * names.length);
    const entries: unknown[] = [];
    for (let i = 0; i < names.length; i++)
      entries[i] = [names[i], (value as Record<string, unknown>)[names[i]]];
    return entries;
  };
  out['$Object_assign'] = (target: unknown, ...sources: unknown[]) => {
    const object = objectOf(target);
    for (let j = 0; j < sources.length; j++) {
      const source = sources[j];
      if (source === undefined || source === null) continue;
      const names = namesOf(source);
      for (let i = 0; i < names.length; i++)
        put(object, names[i], (source as Record<string, unknown>)[names[i]]);
    }
    return object;
  };
  out['$Object_fromEntries'] = (entries: unknown) => {
    alloc(64);
    const object: Record<string, unknown> = {};
    for (const entry of measured(entries)) {
      const pair = objectOf(entry) as unknown as [unknown, unknown];
      put(object, pair[0], pair[1]);
    }
    return object;
  };
  out['$Object_freeze'] = (value: unknown) => {
    const object = objectOf(value);
    if (typeof object === 'function' || isView(object))
      return fail('Object.freeze is for plain objects and arrays');
    use(1 + 2 * (isArray(object) ? object.length : keys(object).length));
    return freeze(object);
  };
  out['$Object_hasOwn'] = (value: unknown, key: unknown) =>
    hasOwn(objectOf(value), ops['$key'](key) as string);
  out['$Object_is'] = (a: unknown, b: unknown) => {
    same(a, b);
    return is(a, b);
  };
  out['$Array_isArray'] = (value: unknown) => isArray(value);
  out['$Array_of'] = (...values: unknown[]) => {
    alloc(16 + 8 * values.length);
    return values;
  };
  out['$Array_from'] = (source: unknown, f: unknown) => {
    if (f !== undefined && typeof f !== 'function')
      return fail('Array.from needs a function as its second value');
    const list: unknown[] = [];
    let i = 0;
    for (const value of measured(source)) {
      alloc(12);
      use(2);
      list[i] = f === undefined ? value : (f as (value: unknown, index: number) => unknown)(value, i);
      i++;
    }
    return list;
  };
  const lengthOf = (value: unknown): number => {
    const n = num(value);
    if (!(n >= 0 && n <= 0xffffffff && n % 1 === 0)) throw new ErrorOfRange('not a length of an array');
    alloc(32 + 12 * n);
    use(1 + (n >>> 3));
    return n;
  };
  out['$Array_times'] = (length: unknown, f: unknown) => {
    const n = lengthOf(length);
    if (f !== undefined && typeof f !== 'function')
      return fail('Array.from needs a function as its second value');
    const list: unknown[] = [];
    for (let i = 0; i < n; i++) {
      use(2);
      list[i] = f === undefined ? undefined : (f as (value: unknown, index: number) => unknown)(undefined, i);
    }
    return list;
  };
  out['$pushAll'] = (target: unknown, source: unknown) => {
    if (!isArray(target)) {
      const { push } = objectOf(target) as { push?: unknown };
      if (typeof push !== 'function') return fail('push is not a function here');
      return apply(push as () => void, target, [...(ops['$args'](source) as Iterable<unknown>)] as never);
    }
    // A copy first: an array may be pushed onto itself.
    const values = [...measured(source)];
    for (let i = 0; i < values.length; i++) {
      alloc(12);
      target[target.length] = values[i];
    }
    return target.length;
  };

  // --- constructors

  out['$new_Array'] = (...values: unknown[]) => {
    if (values.length === 1 && typeof values[0] === 'number') return new ArrayOf(lengthOf(values[0]));
    alloc(16 + 8 * values.length);
    return values;
  };
  out['$new_Object'] = (...values: unknown[]) => {
    if (values.length > 0) return fail('Object(value): use the value itself');
    alloc(48);
    return {};
  };
  out['$new_Map'] = (entries: unknown) => {
    alloc(256);
    const map = new MapOf();
    if (entries === undefined || entries === null) return map;
    for (const entry of measured(entries)) {
      use(2);
      const pair = objectOf(entry) as unknown as [unknown, unknown];
      mapPut(map, pair[0], pair[1]);
    }
    return map;
  };
  out['$new_Set'] = (values: unknown) => {
    alloc(256);
    const set = new SetOf();
    if (values === undefined || values === null) return set;
    for (const value of measured(values)) {
      use(2);
      include(set, value);
    }
    return set;
  };
  const errors = { Error, TypeError, RangeError } as unknown as Record<
    string,
    new (
      message?: string,
    ) => Error
  >;
  for (const name in errors) {
    const ErrorOf = errors[name];
    out[`$new_${name}`] = (message: unknown) => {
      alloc(256);
      use(20);
      return message === undefined ? new ErrorOf() : new ErrorOf(str(message));
    };
  }
  const global = globalThis as unknown as Record<string, new (length: number) => Int32Array>;
  for (let i = 0; i < tables.typedArrays.length; i++) {
    const View = global[tables.typedArrays[i]];
    const bytes = (View as unknown as { BYTES_PER_ELEMENT: number }).BYTES_PER_ELEMENT;
    kinds[kinds.length] = { ctor: View, proto: View.prototype };
    out[`$new_${tables.typedArrays[i]}`] = (source: unknown) => {
      if (source === undefined || typeof source === 'number') {
        const n = source === undefined ? 0 : source;
        if (!(n >= 0 && n <= 0x3fffffff && n % 1 === 0))
          throw new ErrorOfRange('not a length of a typed array');
        alloc(160 + bytes * n);
        use(1 + (n >>> 4));
        return new View(n);
      }
      const values = [...measured(objectOf(source))];
      alloc(160 + bytes * values.length);
      const view = new View(values.length);
      for (let j = 0; j < values.length; j++) view[j] = num(values[j]);
      return view;
    };
  }

  // --- console

  const MAX_LINE = 500;
  const MAX_ITEMS = 20;
  const quoted = (text: string): string => `'${text.length > 100 ? `${apply(cut, text, [0, 100])}…` : text}'`;
  const cut = String.prototype.slice as unknown as (from: number, to: number) => string;
  /** Text of a value, never longer than a few lines and never calling the policy's own code. */
  const show = (value: unknown, depth: number): string => {
    use(4);
    if (typeof value === 'string') return depth === 0 ? value : quoted(value);
    if (typeof value === 'function') return '[function]';
    if (typeof value !== 'object' || value === null) return is(value, -0) ? '-0' : StringOf(value);
    if (depth > 2) return isArray(value) ? '[…]' : '{…}';
    let text = '';
    let n = 0;
    const item = (part: string): boolean => {
      if (n === MAX_ITEMS || text.length > MAX_LINE) {
        text += ', …';
        return false;
      }
      text += n === 0 ? part : `, ${part}`;
      n++;
      return true;
    };
    if (isArray(value) || isView(value)) {
      const list = value as unknown[];
      for (let i = 0; i < list.length; i++) if (!item(show(list[i], depth + 1))) break;
      return `[${text}]`;
    }
    if (value instanceof MapOf) {
      for (const pair of apply(mapEntries, value, []) as Iterable<[unknown, unknown]>) {
        if (!item(`${show(pair[0], depth + 1)} => ${show(pair[1], depth + 1)}`)) break;
      }
      return `Map {${text}}`;
    }
    if (value instanceof SetOf) {
      for (const entry of apply(setValues, value, []) as Iterable<unknown>)
        if (!item(show(entry, depth + 1))) break;
      return `Set {${text}}`;
    }
    const object = value as Record<string, unknown>;
    const names = keys(object);
    use(names.length);
    for (let i = 0; i < names.length; i++) {
      const name = names[i].length > 40 ? `${apply(cut, names[i], [0, 40])}…` : names[i];
      if (!item(`${name}: ${show(object[names[i]], depth + 1)}`)) break;
    }
    if (typeof object['message'] === 'string' && names.length === 0) return quoted(object['message']);
    return `{${text}}`;
  };
  out['$log'] = (site: unknown, ...values: unknown[]) => {
    let line = '';
    for (let i = 0; i < values.length && line.length <= MAX_LINE; i++) {
      line += i === 0 ? show(values[i], 0) : ` ${show(values[i], 0)}`;
    }
    if (line.length > MAX_LINE) line = `${apply(cut, line, [0, MAX_LINE])}…`;
    use(20 + line.length);
    print(site as number, line);
  };
  out['$Show'] = (value: unknown) => show(value, 1);

  for (const name in out) if (typeof out[name] === 'function') freeze(out[name]);
  return out;
}
