/**
 * Takes the host's means away from the process before a policy is loaded: what the permission model leaves (network,
 * module loader, signals, other processes' memory) cannot be named any more, not even by code that broke out of its realm.
 */

/** Of the language: what the engine, the compiler and the realm need. */
const KEPT_GLOBALS = new Set([
  'globalThis',
  'Infinity',
  'NaN',
  'undefined',
  'isFinite',
  'isNaN',
  'parseFloat',
  'parseInt',
  'Array',
  'ArrayBuffer',
  'BigInt',
  'Boolean',
  'DataView',
  'Error',
  'EvalError',
  'Float32Array',
  'Float64Array',
  'Int16Array',
  'Int32Array',
  'Int8Array',
  'JSON',
  'Map',
  'Math',
  'Number',
  'Object',
  'Promise',
  'RangeError',
  'ReferenceError',
  'Reflect',
  'RegExp',
  'Set',
  'String',
  'Symbol',
  'SyntaxError',
  'TypeError',
  'Uint16Array',
  'Uint32Array',
  'Uint8Array',
  'Uint8ClampedArray',
  'WeakMap',
  'WeakSet',
  'URIError',
  'AggregateError',
]);

/** Of `process`: what Node itself looks up on it until the process ends. */
const KEPT_OF_PROCESS = new Set([
  'exitCode',
  'version',
  'versions',
  'arch',
  'platform',
  'release',
  'config',
  'features',
  '_exiting',
]);

export function scrub(): void {
  const { process } = globalThis;
  const methods = Object.getPrototypeOf(process) as object;
  for (const object of [process, methods]) {
    for (const key of Reflect.ownKeys(object)) {
      if (typeof key === 'string' && !KEPT_OF_PROCESS.has(key)) remove(object, key);
    }
  }
  Object.setPrototypeOf(process, null);
  for (const key of Reflect.ownKeys(globalThis)) {
    if (typeof key === 'string' && !KEPT_GLOBALS.has(key)) remove(globalThis, key);
  }
}

function remove(object: object, key: string): void {
  if (Reflect.deleteProperty(object, key)) return;
  // Not configurable: at least it holds nothing any more.
  Reflect.defineProperty(object, key, { value: undefined });
}
