/**
 * Methods of strings, numbers and booleans that pay for their work, put in the place of the realm's own. Turned into text and run in the policy's realm (see facade.ts).
 */
export function textMethods(
  use: (fuel: number) => void,
  alloc: (bytes: number) => void,
  ops: Record<string, (...values: unknown[]) => unknown>,
  maxString: number,
): Record<string, object> {
  const { apply } = Reflect;
  const ErrorOfType = TypeError;
  const ErrorOfRange = RangeError;
  const numberText = Number.prototype.toString;
  const fixedText = Number.prototype.toFixed;
  const text = String.prototype as unknown as Record<string, (...a: never[]) => unknown>;
  const string = {
    slice: text['slice'],
    substring: text['substring'],
    indexOf: text['indexOf'],
    lastIndexOf: text['lastIndexOf'],
    startsWith: text['startsWith'],
    endsWith: text['endsWith'],
    repeat: text['repeat'],
    split: text['split'],
    lower: text['toLowerCase'],
    upper: text['toUpperCase'],
    trim: text['trim'],
    trimStart: text['trimStart'],
    trimEnd: text['trimEnd'],
  };
  const num = ops['$num'] as (value: unknown) => number;
  const str = ops['$str'] as (value: unknown) => string;
  const concat = ops['$add'] as (a: string, b: string) => string;

  const fail = (message: string): never => {
    alloc(256);
    throw new ErrorOfType(message);
  };

  const textOf = (self: unknown): string => {
    if (typeof self === 'string') return self;
    return fail('this method is for strings');
  };
  const cut = (self: unknown, f: (...a: never[]) => unknown, args: unknown[]): unknown => {
    const s = textOf(self);
    use(1);
    alloc(24 + s.length);
    return apply(f as () => void, s, args as never);
  };
  const searched = (
    self: unknown,
    f: (...a: never[]) => unknown,
    wanted: unknown,
    from: unknown,
  ): unknown => {
    const s = textOf(self);
    const w = str(wanted);
    use(1 + ((s.length * (w.length + 1)) >> 5));
    return apply(f as () => void, s, (from === undefined ? [w] : [w, num(from)]) as never);
  };
  const optional = (value: unknown): unknown => (value === undefined ? undefined : num(value));
  const capped = (length: number): void => {
    if (!(length <= maxString)) throw new ErrorOfRange(`a string of more than ${maxString} characters`);
    use(1 + (length >> 4));
    alloc(24 + length);
  };

  const strings = {
    at(this: unknown, index: unknown) {
      const s = textOf(this);
      const n = num(index === undefined ? 0 : index);
      const i = n - n === 0 ? n - (n % 1) : n || 0;
      return s[i < 0 ? s.length + i : i];
    },
    charAt(this: unknown, index: unknown) {
      const s = textOf(this);
      const n = num(index === undefined ? 0 : index);
      return s[n - n === 0 ? n - (n % 1) : n || 0] ?? '';
    },
    charCodeAt(this: unknown, index: unknown) {
      const s = textOf(this);
      const n = num(index === undefined ? 0 : index);
      return apply(charCode, s, [n]);
    },
    concat(this: unknown, ...others: unknown[]) {
      let joined = textOf(this);
      for (let i = 0; i < others.length; i++) joined = concat(joined, str(others[i]));
      return joined;
    },
    endsWith(this: unknown, wanted: unknown, to: unknown) {
      return searched(this, string.endsWith, wanted, to);
    },
    includes(this: unknown, wanted: unknown, from: unknown) {
      return (searched(this, string.indexOf, wanted, from) as number) >= 0;
    },
    indexOf(this: unknown, wanted: unknown, from: unknown) {
      return searched(this, string.indexOf, wanted, from);
    },
    lastIndexOf(this: unknown, wanted: unknown, from: unknown) {
      return searched(this, string.lastIndexOf, wanted, from);
    },
    padEnd(this: unknown, length: unknown, fill: unknown) {
      const s = textOf(this);
      return s + padding(s, num(length), fill === undefined ? ' ' : str(fill));
    },
    padStart(this: unknown, length: unknown, fill: unknown) {
      const s = textOf(this);
      return padding(s, num(length), fill === undefined ? ' ' : str(fill)) + s;
    },
    repeat(this: unknown, times: unknown) {
      const s = textOf(this);
      const n = num(times);
      if (!(n >= 0 && n < 1e9)) throw new ErrorOfRange('repeat needs a count of 0 or more');
      const count = n - (n % 1);
      capped(s.length * count);
      return s.length === 0 ? '' : apply(string.repeat as () => void, s, [count] as never);
    },
    slice(this: unknown, from: unknown, to: unknown) {
      return cut(this, string.slice, [optional(from), optional(to)]);
    },
    split(this: unknown, separator: unknown, limit: unknown) {
      const s = textOf(this);
      if (separator === undefined) return [s];
      const by = str(separator);
      use(1 + s.length + ((s.length * (by.length + 1)) >> 5));
      alloc(32 + 40 * s.length);
      return apply(string.split as () => void, s, [by, optional(limit)] as never);
    },
    startsWith(this: unknown, wanted: unknown, from: unknown) {
      return searched(this, string.startsWith, wanted, from);
    },
    substring(this: unknown, from: unknown, to: unknown) {
      return cut(this, string.substring, [optional(from), optional(to)]);
    },
    toLowerCase(this: unknown) {
      return changed(this, string.lower);
    },
    toString(this: unknown) {
      return textOf(this);
    },
    toUpperCase(this: unknown) {
      return changed(this, string.upper);
    },
    trim(this: unknown) {
      return cut(this, string.trim, []);
    },
    trimEnd(this: unknown) {
      return cut(this, string.trimEnd, []);
    },
    trimStart(this: unknown) {
      return cut(this, string.trimStart, []);
    },
  };
  const charCode = text['charCodeAt'] as () => number;
  /** Latin, Greek and Cyrillic letters stand before it. */
  const FIRST_NEW_LETTER = 0x530;
  /** Some letters become three. */
  const changed = (self: unknown, f: (...a: never[]) => unknown): unknown => {
    const s = textOf(self);
    capped(s.length);
    let after = '';
    // Unicode adds letters every year, and versions of Node follow: only those that have long been there change.
    for (let from = 0; from < s.length; ) {
      const isOld = (apply(charCode, s, [from]) as unknown as number) < FIRST_NEW_LETTER;
      let to = from + 1;
      while (to < s.length && (apply(charCode, s, [to]) as unknown as number) < FIRST_NEW_LETTER === isOld)
        to++;
      const part = apply(string.slice as () => void, s, [from, to] as never) as unknown as string;
      after += isOld ? (apply(f as () => void, part, []) as unknown as string) : part;
      from = to;
    }
    if (after.length > maxString) throw new ErrorOfRange(`a string of more than ${maxString} characters`);
    return after;
  };
  const padding = (s: string, length: number, fill: string): string => {
    if (!(length > s.length) || fill === '') return '';
    const wanted = length - (length % 1);
    capped(wanted);
    let more = '';
    while (more.length < wanted - s.length) more += fill;
    return apply(string.slice as () => void, more, [0, wanted - s.length] as never) as unknown as string;
  };

  const numbers = {
    toString(this: unknown, radix: unknown) {
      if (typeof this !== 'number') return fail('this method is for numbers');
      use(32);
      alloc(64);
      if (radix !== undefined && radix !== 10 && this % 1 !== 0)
        return fail('only whole numbers have another base');
      const digits = apply(numberText, this, [radix === undefined ? 10 : num(radix)]);
      // A large number has a thousand digits in base 2.
      if (digits.length > 64) {
        use(digits.length);
        alloc(digits.length);
      }
      return digits;
    },
    toFixed(this: unknown, digits: unknown) {
      if (typeof this !== 'number') return fail('this method is for numbers');
      use(32);
      alloc(64);
      return apply(fixedText, this, [digits === undefined ? 0 : num(digits)]);
    },
  };

  const booleans = {
    toString(this: unknown) {
      return str(this);
    },
  };

  return { strings, numbers, booleans };
}
