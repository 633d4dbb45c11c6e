/** The one script of a policy's realm: counters, builtins, facade, the printed policy, and a trampoline for each hook. */
import { HOOKS, type HookName, REQ_EVENT } from '../../engine/index.ts';
import {
  MATH_CONSTANTS,
  MATH_FUNCTIONS,
  MAX_DEPTH,
  MAX_OBJECT_INDEX,
  MAX_SPREAD,
  MAX_STRING,
  TYPED_ARRAYS,
} from '../compile/language.ts';
import { MEM_CONSTANTS, MEM_FUNCTIONS, MEM_SIZES, type MemSizes, REQUEST_FIELDS } from '../fields.ts';
import { arrayMethods } from './arrayMethods.ts';
import { collectionMethods } from './collectionMethods.ts';
import { type FacadeNumbers, facade } from './facade.ts';
import { library } from './library.ts';
import { ASKED, ASKED_NAMES, type Ends, missedViews } from './notes.ts';
import { OPERATOR_NAMES, operators } from './operators.ts';
import { type PartNumbers, partViews } from './partViews.ts';
import { prune } from './prune.ts';
import { followTables } from './tables.ts';
import { textMethods } from './textMethods.ts';

/** Name of the script in stack traces. */
export const SCRIPT_NAME = 'policy';

/** `$status`, int32: how the last call ended. */
export const ST_CODE = 0;
/** Number of the counter that ran out, or -1. */
export const ST_SITE = 1;
/** Printed line and column, or 0, where no counter is known. */
export const ST_LINE = 2;
export const ST_COLUMN = 3;
/** Characters of message and value in the text buffer: message first. */
export const ST_MESSAGE = 4;
export const ST_VALUE = 5;
/** Console lines kept, lines dropped, characters used. */
export const ST_LINES = 6;
export const ST_DROPPED = 7;
export const ST_CHARS = 8;
/** One for each of HOOKS: 1 when the policy's hook is no function. */
export const ST_NOT_FUNCTIONS = 10;
export const STATUS_FIELDS = ST_NOT_FUNCTIONS + HOOKS.length;

/** Values of ST_CODE. */
export const CODE_OUT_OF_FUEL = 1;
export const CODE_OUT_OF_MEMORY = 2;
export const CODE_CALL_DEPTH = 3;
export const CODE_THREW = 4;
export const CODE_NOT_AN_INTEGER = 5;
/** The answer is the number that stands for "no answer". */
export const CODE_RESERVED = 6;
export const CODE_RUN_OUT_OF_FUEL = 7;

export const MAX_MESSAGE = 300;
export const MAX_VALUE = 80;
export const MAX_CONSOLE_LINES = 100;
export const MAX_CONSOLE_CHARS = 100 * 520;

/** `$fuel`, float64: what the run has left, the limit of one call. */
export const FUEL_LEFT = 0;
export const FUEL_PER_CALL = 1;

/** Columns that are bound once, in the order in which the host hands them over: name, kind. */
const OWN_COLUMNS = [
  ['request', 'Int32Array'],
  ['zone', 'Int32Array'],
  ['links', 'Int32Array'],
  ['state', 'Uint8Array'],
  ['tag', 'Int32Array'],
  ['pcp', 'Int32Array'],
  ['slotTask', 'Uint16Array'],
  ['taskOwner', 'Uint8Array'],
  ['status', 'Int32Array'],
  ['text', 'Uint16Array'],
  ['console', 'Uint16Array'],
  ['lines', 'Int32Array'],
  ['fuel', 'Float64Array'],
  ['notes', 'Float64Array'],
] as const;
/** Columns of partViews.ts, behind them. */
export const PART_COLUMNS = [
  ['vmZone', 'Int32Array'],
  ['vmCount', 'Int32Array'],
  ['flags', 'Uint16Array'],
  ['count', 'Uint16Array'],
  ['mapping', 'Uint16Array'],
  ['index', 'Int32Array'],
  ['pte', 'Int32Array'],
  ['slabOfPage', 'Int32Array'],
  ['ctl', 'Int32Array'],
  ['rows', 'Int32Array'],
  ['cold', 'Int32Array'],
  ['ctors', 'Uint8Array'],
  ['pkmapCount', 'Int32Array'],
  ['areas', 'Float64Array'],
  ['cpus', 'Int32Array'],
  ['tasks', 'Int32Array'],
  ['stacks', 'Int32Array'],
  ['process', 'Float64Array'],
  ['facts', 'Int32Array'],
] as const;

/** The host's columns as views of the realm: an object literal, made from `$host`. */
const viewsOf = (columns: readonly (readonly [string, string])[], first: number): string =>
  columns.map(([name, kind], i) => `${name}: $of($host, ${kind}, ${first + i})`).join(', ');

/** Names of `library` that the printed code may use. */
const LIBRARY_NAMES = libraryNames();

function libraryNames(): string[] {
  const names = ['$log', '$maxOf', '$minOf', '$pushAll', '$Array_times'];
  for (const name of ['Number', 'String', 'Boolean', 'isNaN', 'isFinite', 'parseInt', 'parseFloat'])
    names.push(`$${name}`);
  for (const name of MATH_FUNCTIONS) names.push(`$M_${name}`, `$Math_${name}`);
  for (const name of MATH_CONSTANTS) names.push(`$Math_${name}`);
  for (const name of ['isFinite', 'isInteger', 'isNaN', 'isSafeInteger', 'parseFloat', 'parseInt'])
    names.push(`$Number_${name}`);
  for (const name of [
    'EPSILON',
    'MAX_SAFE_INTEGER',
    'MAX_VALUE',
    'MIN_SAFE_INTEGER',
    'MIN_VALUE',
    'NEGATIVE_INFINITY',
    'POSITIVE_INFINITY',
    'NaN',
  ])
    names.push(`$Number_${name}`);
  for (const name of ['assign', 'entries', 'freeze', 'fromEntries', 'hasOwn', 'is', 'keys', 'values'])
    names.push(`$Object_${name}`);
  for (const name of ['from', 'isArray', 'of']) names.push(`$Array_${name}`);
  names.push('$String_fromCharCode');
  for (const name of ['Map', 'Set', 'Array', 'Object', 'Error', 'TypeError', 'RangeError', ...TYPED_ARRAYS])
    names.push(`$new_${name}`);
  return names;
}

const LIMITS = { maxString: MAX_STRING, maxObjectIndex: MAX_OBJECT_INDEX, maxSpread: MAX_SPREAD };
const TABLES = {
  mathFunctions: MATH_FUNCTIONS,
  mathConstants: MATH_CONSTANTS,
  typedArrays: TYPED_ARRAYS,
  maxString: MAX_STRING,
};

const COUNTERS = `
/* var: a let would be looked at for its dead zone at each use. */
var $f = 0, $m = 0, $d = 0, $dead = 0, $thrown = -1;
const $D = ${MAX_DEPTH}, $LIMIT = $fuel[${FUEL_PER_CALL}] | 0;
const $STOP = Object.freeze({ __proto__: null });
const $Error = Error, $apply = Reflect.apply, $freeze = Object.freeze;
const $code = String.prototype.charCodeAt;
$Error.stackTraceLimit = 12;
let $reading = false;
$Error.prepareStackTrace = (error, frames) => {
  if (!$reading) return '';
  for (let i = 0; i < frames.length; i++) {
    if (frames[i].getFileName() !== $SCRIPT) continue;
    const line = frames[i].getLineNumber();
    if (line >= $FIRST && line <= $LAST) return line + ':' + frames[i].getColumnNumber();
  }
  return '';
};
const $write = (text, at, most) => {
  let n = 0;
  for (; n < text.length && n < most; n++) $text[at + n] = $apply($code, text, [n]);
  return n;
};
/* The stack of an error, 'line:column' of the innermost place in the policy, is shown to nobody else. */
const $where = error => {
  let i = 0, line = 0, column = 0, c = 0;
  $reading = true;
  const { stack } = error;
  $reading = false;
  if (typeof stack !== 'string' || stack.length > 24) return false;
  for (; i < stack.length && (c = $apply($code, stack, [i])) >= 48 && c <= 57; i++) line = line * 10 + c - 48;
  for (i++; i < stack.length && (c = $apply($code, stack, [i])) >= 48 && c <= 57; i++) column = column * 10 + c - 48;
  $status[${ST_LINE}] = line;
  $status[${ST_COLUMN}] = column;
  return line > 0;
};
const $fail = (code, site) => {
  $status[${ST_CODE}] = code;
  $status[${ST_SITE}] = site;
  $status[${ST_LINE}] = 0;
  $status[${ST_COLUMN}] = 0;
  $status[${ST_MESSAGE}] = 0;
  $status[${ST_VALUE}] = 0;
};
const $out = site => {
  if ($dead === 0) {
    $dead = $f < 0 ? ${CODE_OUT_OF_FUEL} : $m < 0 ? ${CODE_OUT_OF_MEMORY} : ${CODE_CALL_DEPTH};
    $fail($dead, site);
    if (site < 0) $where(new $Error());
  }
  throw $STOP;
};
const $use = n => { if (!(($f -= n) >= 0)) { $f = -1; $out(-1); } };
const $a = n => { if (!(($m -= n) >= 0)) { $m = -1; $out(-1); } };
const $t = (site, value) => { $thrown = site; return value; };
const $print = (site, text) => {
  const n = $status[${ST_LINES}], at = $status[${ST_CHARS}];
  if (n >= ${MAX_CONSOLE_LINES} || at + text.length > ${MAX_CONSOLE_CHARS}) { $status[${ST_DROPPED}]++; return; }
  for (let i = 0; i < text.length; i++) $console[at + i] = $apply($code, text, [i]);
  $lines[3 * n] = site;
  $lines[3 * n + 1] = $request[$EVENT];
  $lines[3 * n + 2] = text.length;
  $status[${ST_LINES}] = n + 1;
  $status[${ST_CHARS}] = at + text.length;
};
`;

/** What a call left behind that was no usable answer. */
const ENDINGS = `
const $show = value => { $f = 1e6; $m = 1e6; $dead = 0; try { return $B.$Show(value); } catch { return ''; } };
const $wrong = value => {
  $fail(value === -2147483648 ? ${CODE_RESERVED} : ${CODE_NOT_AN_INTEGER}, -1);
  const m = $m;
  $status[${ST_VALUE}] = $write($show(value), ${MAX_MESSAGE}, ${MAX_VALUE});
  $m = m;
  return -2147483648;
};
const $ended = error => {
  if ($dead !== 0) { $dead = 0; return -2147483648; }
  $fail(${CODE_THREW}, $thrown);
  $thrown = -1;
  let text = '', m = $m;
  if (typeof error === 'object' && error !== null) {
    const { name, message } = error;
    if ($where(error)) $status[${ST_SITE}] = -1;
    if (typeof message === 'string') text = (typeof name === 'string' ? name + ': ' : '') + message;
  }
  if (text === '') text = $show(error);
  $m = m;
  $status[${ST_MESSAGE}] = $write(text, 0, ${MAX_MESSAGE});
  return -2147483648;
};
`;

/** A trampoline returns the answer as an int32, or -2^31 after writing down what went wrong. */
function trampoline(hook: HookName): string {
  return `
const $call_${hook} = () => {
  const left = $fuel[${FUEL_LEFT}];
  let start = $LIMIT;
  if (left < $LIMIT) {
    if (left <= 0) { $fail(${CODE_RUN_OUT_OF_FUEL}, -1); return -2147483648; }
    start = left | 0;
  }
  $f = start; $d = 0; $thrown = -1;
  let answer;
  try { answer = $h_${hook}($r_${hook}, $mem); }
  catch (error) { $fuel[${FUEL_LEFT}] = left - start + ($f < 0 ? 0 : $f); return $ended(error); }
  $fuel[${FUEL_LEFT}] = left - (start - $f);
  if ($dead !== 0) { $dead = 0; return -2147483648; }
  if (typeof answer === 'number' && (answer | 0) === answer && answer !== -2147483648) return answer | 0;
  return $wrong(answer);
};`;
}

/** A literal has fast properties, an object filled in a loop has not. */
function memFields(): string {
  const constants = Object.entries(MEM_CONSTANTS).map(([name, value]) => `${name}: ${value}`);
  return [...constants, ...[...MEM_SIZES, ...MEM_FUNCTIONS].map(name => `${name}: $mem_${name}`)].join(', ');
}

function requestFields(hook: HookName): string {
  return Object.entries(REQUEST_FIELDS[hook])
    .map(([name, at]) => `get ${name}() { return $request[${at}]; }`)
    .join(', ');
}

/** What of the machine is a number and stays as it is. */
export interface RealmNumbers {
  facade: FacadeNumbers;
  parts: PartNumbers;
  sizes: MemSizes;
}

/** What a policy may ask `mem` for ends there. */
export function endsOf({ facade: { MAX_NR_ZONES, MAX_ORDER, cpus, nrPages } }: RealmNumbers): Ends {
  return { zone: MAX_NR_ZONES, order: MAX_ORDER, cpu: cpus, page: nrPages };
}

/** Lines that stand before the printed policy: the printer counts from there. */
export const POLICY_FIRST_LINE =
  1 + head(1, 1, { facade: {}, parts: {}, sizes: {} } as RealmNumbers).split('\n').length;

function head(first: number, last: number, numbers: RealmNumbers): string {
  const { facade: own, parts, sizes } = numbers;
  const text = `(function ($host) {
'use strict';
const $SCRIPT = ${JSON.stringify(SCRIPT_NAME)}, $FIRST = ${first}, $LAST = ${last}, $EVENT = ${REQ_EVENT};
const $of = (host, View, i) => new View(host.buffers[i], host.offsets[i], host.lengths[i]);
const $views = { __proto__: null, ${viewsOf(OWN_COLUMNS, 0)} };
const { request: $request, status: $status, text: $text, console: $console, lines: $lines, fuel: $fuel } = $views;
const $parts = ((Int32Array, Uint16Array, Uint8Array, Float64Array) => $host => ({ __proto__: null, ${viewsOf(PART_COLUMNS, OWN_COLUMNS.length)} }))(Int32Array, Uint16Array, Uint8Array, Float64Array);
const $own = $parts($host);
let $bind;
$host.rebind = host => { $bind($parts(host)); };
const $load = $host.load, $memory = $host.memory;
$host = null;
${COUNTERS}
const $B = { __proto__: null };
{
  const ops = (${operators.toString()})($use, $a, ${JSON.stringify(LIMITS)});
  const lists = (${arrayMethods.toString()})($use, $a, ops);
  const texts = (${textMethods.toString()})($use, $a, ops, ${MAX_STRING});
  const tables = (${followTables.toString()})($use, $a);
  const collections = (${collectionMethods.toString()})($use, $a, tables);
  const lib = (${library.toString()})($use, $a, ops, lists.kinds, collections, ${JSON.stringify(TABLES)}, $print);
  $f = 1e9; $m = 1e9;
  const place = () => { $where(new $Error()); return [$request[$EVENT], $status[${ST_LINE}], $status[${ST_COLUMN}]]; };
  const missed = (${missedViews.toString()})($views.notes, ${JSON.stringify(ASKED)}, ${JSON.stringify(ASKED_NAMES)}, ${JSON.stringify(endsOf(numbers))}, place);
  const view = (${facade.toString()})($views, ${JSON.stringify(own)}, $use, missed);
  const part = (${partViews.toString()})($own, ${JSON.stringify(parts)}, $use, missed);
  $bind = part.rebind;
  for (const name in ops) $B[name] = Object.freeze(ops[name]);
  for (const name in lib) $B[name] = lib[name];
  for (const name in view) $B['$mem_' + name] = view[name];
  for (const name in part.functions) $B['$mem_' + name] = part.functions[name];
  (${prune.toString()})({ ...lists, ...texts, maps: collections.maps, sets: collections.sets });
}
${OPERATOR_NAMES.map(n => `const ${n} = $B.${n};`).join('\n')}
${LIBRARY_NAMES.map(n => `const ${n} = $B.${n};`).join('\n')}
${MEM_FUNCTIONS.map(n => `const $mem_${n} = $B.$mem_${n};`).join('\n')}
const ${MEM_SIZES.map(name => `$mem_${name} = ${sizes[name]}`).join(', ')};
const $mem = $freeze({ ${memFields()} });
${HOOKS.map(h => `const $r_${h} = $freeze({ ${requestFields(h)} });`).join('\n')}
${ENDINGS}
const $start = () => {`;
  return text;
}

/** Names of the builtins that the printed code uses. */
export const BUILTIN_NAMES: readonly string[] = [...OPERATOR_NAMES, ...LIBRARY_NAMES];

/**
 * @param printed    the policy as printed, its lines counted from POLICY_FIRST_LINE
 * @param hooks      those the policy has
 */
export function realmScript(printed: string, hooks: readonly HookName[], numbers: RealmNumbers): string {
  const last = POLICY_FIRST_LINE + printed.split('\n').length;
  const tail = `
${hooks.map(trampoline).join('\n')}
${hooks.map(h => `if (typeof $h_${h} !== 'function') $status[${ST_NOT_FUNCTIONS + HOOKS.indexOf(h)}] = 1;`).join('\n')}
return { __proto__: null, ${hooks.map(h => `${h}: $call_${h}`).join(', ')} };
};
$f = $load; $m = $memory; $d = 0; $dead = 0;
try {
  const made = $start();
  if ($dead === 0) return $freeze(made);
} catch (error) { $ended(error); }
return null;
})`;
  return `${head(POLICY_FIRST_LINE, last, numbers)}\n${printed}${tail}`;
}
