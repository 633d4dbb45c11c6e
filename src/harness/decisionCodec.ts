/**
 * Decisions as bytes that compress well. They are told apart by hook, because the zonelists of one hook say nothing
 * about the page numbers of another; which hook was asked when is a column of its own. Of each hook's answers either the
 * value or its step from the answer before is written, whichever packs better, in bytes of seven bits.
 */
import { HOOKS } from '../engine/index.ts';

const NR_HOOKS = HOOKS.length;
/** Hooks that every record tells of; of those named later nothing is written behind the last that was asked. */
const FIRST_HOOKS = 5;
/** A column is the values themselves, or each one's step from the one so many places before. */
const STEPS = [0, 1, 2];

/**
 * @param hooks   index in HOOKS of each decision
 * @param packed  bytes that a column comes to when it is compressed
 */
export function packDecisions(
  hooks: Uint8Array,
  decisions: Int32Array,
  packed: (column: Uint8Array) => number,
): Uint8Array {
  const values = columnsOf(hooks, decisions);
  const used = values.filter(column => column.length > 0).length;
  const told = Math.max(FIRST_HOOKS, values.findLastIndex(column => column.length > 0) + 1);
  const parts: Uint8Array[] = [used > 1 ? hooks : new Uint8Array(0)];
  const head: number[] = [];
  for (const column of values.slice(0, told)) {
    number(head, column.length);
    if (column.length === 0) continue;
    const ways = STEPS.map(step => written(column, step));
    const sizes = ways.map(packed);
    const best = sizes.indexOf(Math.min(...sizes));
    head.push(STEPS[best]);
    number(head, ways[best].length);
    parts.push(ways[best]);
  }
  return joined([Uint8Array.from(head), ...parts]);
}

/** @throws RangeError for bytes that packDecisions does not write */
export function unpackDecisions(
  bytes: Uint8Array,
  count: number,
): { hooks: Uint8Array; decisions: Int32Array } {
  const reader = new Reader(bytes);
  const columns: { length: number; step: number; bytes: number }[] = [];
  let total = 0;
  for (let hook = 0; hook < NR_HOOKS && (hook < FIRST_HOOKS || total < count); hook++) {
    const length = reader.number();
    total += length;
    const step = length === 0 ? 0 : reader.byte();
    if (!STEPS.includes(step)) throw new RangeError(`a column of kind ${step}`);
    columns.push({ length, step, bytes: length === 0 ? 0 : reader.number() });
  }
  if (columns.some(({ length, bytes: size }) => size < length))
    throw new RangeError('a column without its values');
  if (total !== count) throw new RangeError(`${total} of ${count} decisions`);
  const used = columns.filter(({ length }) => length > 0);
  const hooks = new Uint8Array(count);
  if (used.length > 1) hooks.set(reader.bytes(count));
  else if (used.length === 1) hooks.fill(columns.indexOf(used[0]));
  const values = columns.map(({ length, step, bytes: size }) => read(reader.bytes(size), length, step));
  if (!reader.atEnd) throw new RangeError('bytes behind the last decision');
  const next = new Array<number>(NR_HOOKS).fill(0);
  const decisions = new Int32Array(count);
  for (let i = 0; i < count; i++) {
    const hook = hooks[i];
    if (hook >= values.length || next[hook] >= values[hook].length)
      throw new RangeError(`decision ${i} has no value`);
    decisions[i] = values[hook][next[hook]++];
  }
  return { hooks, decisions };
}

function columnsOf(hooks: Uint8Array, decisions: Int32Array): Int32Array[] {
  const lengths = new Array<number>(NR_HOOKS).fill(0);
  for (const hook of hooks) lengths[hook]++;
  const columns = lengths.map(length => new Int32Array(length));
  const next = new Array<number>(NR_HOOKS).fill(0);
  for (let i = 0; i < decisions.length; i++) columns[hooks[i]][next[hooks[i]]++] = decisions[i];
  return columns;
}

function written(column: Int32Array, step: number): Uint8Array {
  // Five bytes of seven bits hold 32.
  const bytes = new Uint8Array(5 * column.length);
  let at = 0;
  for (let i = 0; i < column.length; i++) {
    const value = step === 0 || i < step ? column[i] : (column[i] - column[i - step]) | 0;
    // The sign goes into the lowest bit, so that small steps down are small numbers too.
    let rest = ((value << 1) ^ (value >> 31)) >>> 0;
    while (rest >= 0x80) {
      bytes[at++] = (rest & 0x7f) | 0x80;
      rest >>>= 7;
    }
    bytes[at++] = rest;
  }
  return bytes.slice(0, at);
}

function read(bytes: Uint8Array, length: number, step: number): Int32Array {
  const reader = new Reader(bytes);
  const column = new Int32Array(length);
  for (let i = 0; i < length; i++) {
    const rest = reader.number();
    const value = (rest >>> 1) ^ -(rest & 1);
    column[i] = step === 0 || i < step ? value : (column[i - step] + value) | 0;
  }
  if (!reader.atEnd) throw new RangeError('a column that is too long');
  return column;
}

function number(bytes: number[], value: number): void {
  let rest = value;
  while (rest >= 0x80) {
    bytes.push((rest & 0x7f) | 0x80);
    rest >>>= 7;
  }
  bytes.push(rest);
}

function joined(parts: Uint8Array[]): Uint8Array {
  const all = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

class Reader {
  private readonly all: Uint8Array;
  private at = 0;

  constructor(all: Uint8Array) {
    this.all = all;
  }

  get atEnd(): boolean {
    return this.at === this.all.length;
  }

  byte(): number {
    if (this.at >= this.all.length) throw new RangeError('it ends too soon');
    return this.all[this.at++];
  }

  /** 32 bits without a sign. */
  number(): number {
    let value = 0;
    for (let shift = 0; shift < 35; shift += 7) {
      const byte = this.byte();
      if (shift === 28 && byte > 0x0f) break;
      value |= (byte & 0x7f) << shift;
      if (byte < 0x80) return value >>> 0;
    }
    throw new RangeError('a number of more than 32 bits');
  }

  bytes(length: number): Uint8Array {
    if (length > this.all.length - this.at) throw new RangeError('it ends too soon');
    this.at += length;
    return this.all.subarray(this.at - length, this.at);
  }
}
