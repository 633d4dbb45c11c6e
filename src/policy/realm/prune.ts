/**
 * Empties the realm: what a value of the policy can reach through its prototypes is an allow-list afterwards. Turned
 * into text and run in the policy's realm, after the builtins have taken hold of what they need.
 *
 * Prototypes stay writable and are not frozen: the policy cannot name one, and freezing makes stores 20 times slower.
 */
export function prune(methods: Record<string, object>): void {
  const { getPrototypeOf, preventExtensions, defineProperty, getOwnPropertyNames, freeze } = Object;
  const { ownKeys, getOwnPropertyDescriptor, deleteProperty } = Reflect;
  const ITERATOR: typeof Symbol.iterator = Symbol.iterator;
  const global = globalThis as unknown as Record<string, object | undefined>;

  /** `list.includes`, which is among the first to go. */
  const has = (list: readonly (string | symbol)[], key: string | symbol): boolean => {
    for (let i = 0; i < list.length; i++) if (list[i] === key) return true;
    return false;
  };

  /** Remove everything but `keep` from an object; freeze the functions that stay. */
  const strip = (object: object, keep: readonly (string | symbol)[]): void => {
    for (const key of ownKeys(object)) {
      const { value, get, configurable } = getOwnPropertyDescriptor(object, key)!;
      if (!has(keep, key)) {
        if (configurable) deleteProperty(object, key);
        else if (value !== undefined && getOwnPropertyDescriptor(object, key)!.writable) {
          defineProperty(object, key, { value: undefined });
        }
        continue;
      }
      // Function.prototype is a function too, and has yet to be emptied.
      if (typeof value === 'function' && key !== 'prototype') freeze(value);
      if (get !== undefined) freeze(get);
    }
  };

  /** Give a prototype methods of ours. */
  const put = (prototype: object, table: object): void => {
    for (const name in table) {
      const value = freeze((table as Record<string, unknown>)[name]);
      defineProperty(prototype, name, { value, writable: true, enumerable: false, configurable: true });
    }
  };

  const array = Array.prototype;
  const texts = String.prototype;
  const digits = Number.prototype;
  const flags = Boolean.prototype;
  const mapProto = Map.prototype;
  const setProto = Set.prototype;
  const typed = getPrototypeOf(Int32Array.prototype) as object;
  const iterators = [[].values(), new Map().values(), new Set().values(), ''[ITERATOR]()].map(
    i => getPrototypeOf(i) as object,
  );
  const iteratorBase = getPrototypeOf(iterators[0]) as object;
  const functions = [
    Function.prototype,
    getPrototypeOf(async () => undefined),
    getPrototypeOf(function* () {}),
    getPrototypeOf(async function* () {}),
  ] as object[];
  const generatorProto = getPrototypeOf(getPrototypeOf((function* () {})())) as object;
  const keep = new Map<object, (string | symbol)[]>([
    [Object.prototype, []],
    [array, ['length', 'entries', 'keys', 'values', ITERATOR]],
    [typed, ['length', 'entries', 'keys', 'values', ITERATOR]],
    [texts, ['length', ITERATOR]],
    [mapProto, ['get', 'has', 'size']],
    [setProto, ['has', 'size']],
    [iteratorBase, [ITERATOR]],
    [Error.prototype, ['name', 'message']],
    [TypeError.prototype, ['name', 'message']],
    [RangeError.prototype, ['name', 'message']],
    [ReferenceError.prototype, ['name', 'message']],
    [SyntaxError.prototype, ['name', 'message']],
  ]);
  for (const i of iterators) keep.set(i, ['next']);
  for (const f of functions) keep.set(f, [Symbol.hasInstance]);
  keep.set(generatorProto, []);

  // Everything else that hangs from a global, and the globals themselves.
  const found = new Set<object>(keep.keys());
  for (const name of getOwnPropertyNames(global)) {
    const value = global[name] as { prototype?: object } | undefined;
    if (typeof value === 'function') {
      const { prototype } = value as { prototype?: object };
      if (typeof prototype === 'object' && prototype !== null) found.add(prototype);
    }
  }
  const namespaces = ['Math', 'JSON', 'Reflect', 'Atomics', 'Intl', 'WebAssembly', 'console'].map(
    name => global[name],
  );
  const { Error: ErrorOf } = global;
  for (const name of getOwnPropertyNames(global)) {
    if (name === 'Error') continue;
    const value = global[name];
    if (typeof value === 'function') strip(value, ['prototype', 'length', 'name']);
    deleteProperty(global, name);
  }
  for (const object of namespaces) if (object !== undefined) strip(object, []);
  for (const object of found) {
    const kept = keep.get(object) ?? [];
    strip(object, kept);
  }
  strip(ErrorOf as object, ['prototype', 'length', 'name', 'prepareStackTrace', 'stackTraceLimit']);
  freeze(ErrorOf);

  const { readers, arrays, typed: typedOnly, strings, numbers, booleans, maps, sets } = methods;
  put(array, readers);
  put(array, arrays);
  put(typed, readers);
  put(typed, typedOnly);
  put(texts, strings);
  put(digits, numbers);
  put(flags, booleans);
  put(mapProto, maps);
  put(setProto, sets);
  const walks = (prototype: object, value: unknown): void => {
    defineProperty(prototype, ITERATOR, { value, writable: true, enumerable: false, configurable: true });
  };
  walks(mapProto, (maps as Record<string, unknown>)['entries']);
  walks(setProto, (sets as Record<string, unknown>)['values']);
  for (const object of found) preventExtensions(object);
}
