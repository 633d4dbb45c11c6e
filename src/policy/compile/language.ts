/** What the language of policies has and what it leaves out, with what to write instead. Data only. */

/** Source text and what it compiles to are kept small enough that neither can hurt. */
export const MAX_FILES = 32;
export const MAX_SOURCE_CHARS = 128 * 1024;
/** Deepest nesting of the syntax tree. */
export const MAX_NESTING = 120;
/** Parentheses inside each other in a .ts file, before its types are stripped. */
export const MAX_TYPED_PARENTHESES = 18;
export const MAX_STRING = 4096;
/** Values in one call, and parameters of one function. */
export const MAX_ARGUMENTS = 64;
/** Values that ... may put into one call, on top. */
export const MAX_SPREAD = 128;
/** Units of depth: a call of a function of up to 127 nodes is one. */
export const MAX_DEPTH = 200;
/** An object may have numbered entries below this; arrays, maps and typed arrays are for more. */
export const MAX_OBJECT_INDEX = 1024;

/** Refused node kinds: what they are called, and what to write instead. Kinds of neither table do not exist in acorn. */
export const REFUSED_NODES: Record<string, [what: string, instead: string]> = {
  ForInStatement: ['for-in loops', 'for (const key of Object.keys(object))'],
  WithStatement: ['with', 'name the object'],
  DebuggerStatement: ['debugger', 'console.log(...), which `oomph run` prints'],
  AwaitExpression: ['await', 'plain calls: a hook answers at once'],
  YieldExpression: ['yield', 'an array, or a function called again'],
  TaggedTemplate: ['tagged templates', 'a function call'],
  TaggedTemplateExpression: ['tagged templates', 'a function call'],
  ImportExpression: ['import()', 'an import at the top of the file'],
  MetaProperty: ['new.target and import.meta', 'nothing: a policy knows only its request and mem'],
  StaticBlock: ['static blocks', 'static fields'],
  ExportAllDeclaration: ['export *', 'export { name } from ...'],
};

/** Free names that mean something elsewhere, and what to use instead. */
export const REFUSED_NAMES: Record<string, string> = {
  Date: 'request.timeMs, the simulated time',
  performance: 'request.timeMs, the simulated time',
  RegExp: 'includes, startsWith, indexOf, split',
  JSON: 'console.log(value), which prints objects too',
  BigInt: 'plain numbers: every value here is below 2^53',
  BigInt64Array: 'Float64Array or Int32Array',
  BigUint64Array: 'Float64Array or Uint32Array',
  Promise: 'plain calls: a hook answers at once',
  setTimeout: 'a check of request.timeMs in the hook',
  setInterval: 'a check of request.timeMs in the hook',
  setImmediate: 'a plain call',
  queueMicrotask: 'a plain call',
  Symbol: 'strings or numbers as keys',
  Proxy: 'plain objects',
  Reflect: 'plain property access',
  WeakMap: 'Map',
  WeakSet: 'Set',
  WeakRef: 'a plain reference',
  FinalizationRegistry: 'a plain reference',
  Function: 'a function written in the file',
  eval: 'a function written in the file',
  arguments: 'a rest parameter: (...values)',
  Intl: 'String(value)',
  Atomics: 'Int32Array',
  SharedArrayBuffer: 'Int32Array',
  ArrayBuffer: 'Int32Array, Uint8Array, Float64Array and the like',
  DataView: 'Int32Array, Uint8Array, Float64Array and the like',
  WebAssembly: 'plain functions: they are compiled as well',
  Iterator: 'arrays',
  globalThis: 'a variable of the file',
  global: 'a variable of the file',
  window: 'a variable of the file',
  self: 'a variable of the file',
  process: 'nothing: a policy has no access to the computer it runs on',
  require: "import { name } from './file.ts'",
  module: 'export default definePolicy({ ... })',
  exports: 'export default definePolicy({ ... })',
  Buffer: 'Uint8Array',
  fetch: 'nothing: a policy has no access to the network',
  structuredClone: 'a copy: [...array] or { ...object }',
  alert: 'console.log(...)',
  print: 'console.log(...)',
  printf: 'console.log(...)',
  printk: 'console.log(...)',
  NULL: 'null',
  None: 'null',
  nil: 'null',
  True: 'true',
  False: 'false',
  len: 'the length of an array: list.length',
  range: 'for (let i = 0; i < n; i++) { ... }',
  sizeof: 'a number of your own',
  min: 'Math.min(...)',
  max: 'Math.max(...)',
  abs: 'Math.abs(...)',
  floor: 'Math.floor(...)',
};

/** Property names that lead from a value to the machinery behind it. */
export const REFUSED_PROPERTIES: Record<string, string> = {
  constructor: 'a variable that holds the class',
  // Computed: written plainly it would be the table's own prototype.
  ['__proto__']: 'class ... extends',
  prototype: 'class ... extends',
  __defineGetter__: 'a method',
  __defineSetter__: 'a method',
  __lookupGetter__: 'a method',
  __lookupSetter__: 'a method',
  caller: 'a parameter',
  callee: 'a named function',
  arguments: 'a rest parameter: (...values)',
  hasOwnProperty: 'Object.hasOwn(object, key)',
  isPrototypeOf: 'instanceof',
  propertyIsEnumerable: 'Object.hasOwn(object, key)',
  valueOf: 'the value itself',
};

/** Methods that JavaScript has and a policy has not; only named in messages, and only when the program defines none. */
export const MISSING_METHODS: Record<string, string> = {
  call: 'f(...) or a method',
  apply: 'f(...values)',
  bind: '(...values) => f(first, ...values)',
  replace: 'split(old).join(new)',
  replaceAll: 'split(old).join(new)',
  match: 'includes, startsWith, indexOf',
  matchAll: 'includes, startsWith, indexOf',
  search: 'indexOf',
  test: 'includes, startsWith, indexOf',
  localeCompare: 'a < b',
  toLocaleString: 'String(value)',
  toLocaleLowerCase: 'toLowerCase()',
  toLocaleUpperCase: 'toUpperCase()',
  normalize: 'the string itself',
  codePointAt: 'charCodeAt',
  substr: 'slice',
  toPrecision: 'toFixed',
  toExponential: 'toFixed',
  reduceRight: '[...array].reverse().reduce',
  copyWithin: 'a loop',
  toSorted: '[...array].sort(...)',
  toReversed: '[...array].reverse()',
  toSpliced: '[...array] and splice',
  flat: 'flatMap or a loop',
};

/** Free names that stand for a plain value. */
export const VALUE_NAMES: Record<string, string> = {
  undefined: '(void 0)',
  NaN: '(0 / 0)',
  Infinity: '(1 / 0)',
};

/** Functions of the realm that may be called and passed on: source name to printed name. */
export const FUNCTION_NAMES: Record<string, string> = {
  Number: '$Number',
  String: '$String',
  Boolean: '$Boolean',
  isNaN: '$isNaN',
  isFinite: '$isFinite',
  parseInt: '$parseInt',
  parseFloat: '$parseFloat',
};

export const MATH_FUNCTIONS = [
  'abs',
  'ceil',
  'clz32',
  'floor',
  'fround',
  'imul',
  'max',
  'min',
  'round',
  'sign',
  'sqrt',
  'trunc',
];
export const MATH_CONSTANTS = ['E', 'LN10', 'LN2', 'LOG10E', 'LOG2E', 'PI', 'SQRT1_2', 'SQRT2'];
/** Their last bit differs between engines. */
export const MATH_REFUSED: Record<string, string> = {
  random: 'mem.random(below)',
  log2: '31 - Math.clz32(value), rounded down',
  pow: '1 << order for powers of two, or a loop',
  hypot: 'Math.sqrt(x * x + y * y)',
  cbrt: 'a loop',
};

/** `Name.member` that may be used, printed `$Name_member`. */
export const MEMBERS: Record<string, readonly string[]> = {
  Math: [...MATH_FUNCTIONS, ...MATH_CONSTANTS],
  Number: [
    'isFinite',
    'isInteger',
    'isNaN',
    'isSafeInteger',
    'parseFloat',
    'parseInt',
    'EPSILON',
    'MAX_SAFE_INTEGER',
    'MAX_VALUE',
    'MIN_SAFE_INTEGER',
    'MIN_VALUE',
    'NEGATIVE_INFINITY',
    'POSITIVE_INFINITY',
    'NaN',
  ],
  Object: ['assign', 'entries', 'freeze', 'fromEntries', 'hasOwn', 'is', 'keys', 'values'],
  Array: ['from', 'isArray', 'of'],
  String: ['fromCharCode'],
  console: ['debug', 'error', 'info', 'log', 'warn'],
};

export const TYPED_ARRAYS = [
  'Int8Array',
  'Uint8Array',
  'Uint8ClampedArray',
  'Int16Array',
  'Uint16Array',
  'Int32Array',
  'Uint32Array',
  'Float32Array',
  'Float64Array',
];

/** `new Name(...)` that may be used, printed as a call of `$new_Name`. */
export const CONSTRUCTORS = [
  'Map',
  'Set',
  'Array',
  'Object',
  'Error',
  'TypeError',
  'RangeError',
  ...TYPED_ARRAYS,
];

/** Builtins that never call back into the policy: a function that calls only these cannot recurse. */
export const LEAF_MEMBERS: ReadonlySet<string> = new Set(['Math', 'Number', 'console', 'String']);

/** Every free name that may be written, for "did you mean". */
export const KNOWN_NAMES: readonly string[] = [
  ...Object.keys(VALUE_NAMES),
  ...Object.keys(FUNCTION_NAMES),
  ...Object.keys(MEMBERS),
  ...CONSTRUCTORS,
];
