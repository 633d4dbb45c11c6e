/**
 * Rows of a tape on their way to the sandboxed process. A column of some thousand rows is mostly one number, or numbers
 * that lie close together: it is sent as one of FORMS, a third of what it is in memory all in all.
 */
import type { Tape } from '../../contract/tape.ts';
import { CHUNK_ROWS, encodeFrame, FRAME_ROWS } from './frames.ts';

const COLUMNS = [
  'timeUs',
  'instance',
  'slot',
  'a',
  'b',
  'task',
  'gfp',
  'site',
  'object',
  'daemon',
  'op',
  'order',
  'cpu',
  'ctx',
  'flags',
] as const satisfies readonly (keyof Tape)[];

/** What a column begins with; all but RAW go on with a number of 8 bytes, to which the rest is added. */
const CONSTANT = 0;
const BYTES = 1;
const WORDS = 2;
const LONGS = 4;
/** Each number is the one before it and a word more. */
const STEPS = 3;
/** Numbers of 8 bytes: fractions, and what is too far apart. */
const RAW = 8;
const HEAD = 9;

export interface TapeShape {
  nrOps: number;
  nrSlots: number;
  nrInstances: number;
  nrDaemons: number;
}

/** The column at hand: one kind of array, whatever the column is in, keeps the loops over it fast. */
const numbers = new Float64Array(CHUNK_ROWS);

/** Rows [first, first + count) of a tape as a frame. @param count at most CHUNK_ROWS */
export function encodeRows(tape: Tape, first: number, count: number): Uint8Array {
  const bytes = new Uint8Array(2 + COLUMNS.length * (HEAD + 8 * count));
  const view = new DataView(bytes.buffer);
  view.setUint16(0, count, true);
  let at = 2;
  for (const name of COLUMNS) {
    numbers.set(tape[name].subarray(first, first + count));
    at = encodeColumn(bytes, view, at, count);
  }
  return encodeFrame(FRAME_ROWS, bytes.subarray(0, at));
}

/** @returns where the next column begins */
function encodeColumn(bytes: Uint8Array, view: DataView, start: number, count: number): number {
  const form = formOf(count);
  bytes[start] = form;
  let at = start + HEAD;
  if (form === RAW) {
    for (let i = 0; i < count; i++, at += 8) view.setFloat64(at - 8, numbers[i], true);
    return at - 8;
  }
  const base = form === STEPS ? numbers[0] : least(count);
  view.setFloat64(start + 1, base, true);
  if (form === BYTES) for (let i = 0; i < count; i++) bytes[at++] = numbers[i] - base;
  else if (form === WORDS)
    for (let i = 0; i < count; i++, at += 2) view.setUint16(at, numbers[i] - base, true);
  else if (form === LONGS)
    for (let i = 0; i < count; i++, at += 4) view.setUint32(at, numbers[i] - base, true);
  else if (form === STEPS) {
    for (let i = 0; i < count; i++, at += 2)
      view.setUint16(at, i === 0 ? 0 : numbers[i] - numbers[i - 1], true);
  }
  return at;
}

function least(count: number): number {
  let min = numbers[0];
  for (let i = 1; i < count; i++) if (numbers[i] < min) min = numbers[i];
  return min;
}

/** The shortest form that gives the column at hand back as it is. */
function formOf(count: number): number {
  let min = numbers[0];
  let max = min;
  let whole = true;
  let largestStep = 0;
  let leastStep = 0;
  for (let i = 0; i < count; i++) {
    const value = numbers[i];
    if (value < min) min = value;
    else if (value > max) max = value;
    if (!Number.isSafeInteger(value)) whole = false;
    const step = i === 0 ? 0 : value - numbers[i - 1];
    if (step > largestStep) largestStep = step;
    else if (step < leastStep) leastStep = step;
  }
  const range = max - min;
  if (!whole) return RAW;
  if (range === 0) return CONSTANT;
  if (range <= 0xff) return BYTES;
  if (range <= 0xffff) return WORDS;
  if (leastStep >= 0 && largestStep <= 0xffff) return STEPS;
  return range <= 0xffff_ffff ? LONGS : RAW;
}

/** Memory of tapes that are played one after the other. */
export class TapeMemory {
  private rows: Tape;

  constructor() {
    this.rows = emptyTape(0);
  }

  /** A tape without rows. What was played on the tape before it is lost. */
  tape(shape: TapeShape): Tape {
    const { nrOps } = shape;
    if (nrOps > this.rows.nrOps)
      this.rows = emptyTape(Math.max(nrOps, Math.min(2 * this.rows.nrOps, MOST_SPARE)));
    const { rows } = this;
    // Written out, field by field as compileTape() has them: one shape for V8, or all that looks at tapes is compiled again.
    return {
      nrOps,
      nrSlots: shape.nrSlots,
      nrInstances: shape.nrInstances,
      timeUs: rows.timeUs.subarray(0, nrOps),
      op: rows.op.subarray(0, nrOps),
      task: rows.task.subarray(0, nrOps),
      instance: rows.instance.subarray(0, nrOps),
      slot: rows.slot.subarray(0, nrOps),
      gfp: rows.gfp.subarray(0, nrOps),
      order: rows.order.subarray(0, nrOps),
      cpu: rows.cpu.subarray(0, nrOps),
      ctx: rows.ctx.subarray(0, nrOps),
      flags: rows.flags.subarray(0, nrOps),
      site: rows.site.subarray(0, nrOps),
      object: rows.object.subarray(0, nrOps),
      a: rows.a.subarray(0, nrOps),
      b: rows.b.subarray(0, nrOps),
      daemon: rows.daemon.subarray(0, nrOps),
      nrDaemons: shape.nrDaemons,
    };
  }
}

/** Rows that are made room for beyond what is asked for. */
const MOST_SPARE = 1 << 18;

function emptyTape(nrOps: number): Tape {
  return {
    nrOps,
    nrSlots: 0,
    nrInstances: 0,
    timeUs: new Float64Array(nrOps),
    op: new Uint8Array(nrOps),
    task: new Uint16Array(nrOps),
    instance: new Int32Array(nrOps),
    slot: new Int32Array(nrOps),
    gfp: new Uint16Array(nrOps),
    order: new Uint8Array(nrOps),
    cpu: new Uint8Array(nrOps),
    ctx: new Uint8Array(nrOps),
    flags: new Uint8Array(nrOps),
    site: new Uint16Array(nrOps),
    object: new Uint16Array(nrOps),
    a: new Int32Array(nrOps),
    b: new Int32Array(nrOps),
    daemon: new Int16Array(nrOps),
    nrDaemons: 0,
  };
}

/** A tape that is filled as its rows arrive. */
export class ArrivingTape {
  readonly tape: Tape;
  /** Rows that are there. */
  rows = 0;
  /** Task of each slot asked for so far. */
  readonly slotTask: Uint16Array;

  constructor(shape: TapeShape, memory = new TapeMemory()) {
    this.tape = memory.tape(shape);
    this.slotTask = new Uint16Array(shape.nrSlots);
  }

  /** @param payload of a FRAME_ROWS */
  add(payload: Uint8Array): void {
    const { tape, slotTask } = this;
    const view = new DataView(payload.buffer, payload.byteOffset, payload.length);
    const count = view.getUint16(0, true);
    const first = this.rows;
    let at = 2;
    for (const name of COLUMNS) {
      const form = payload[at];
      if (form === CONSTANT) {
        tape[name].fill(view.getFloat64(at + 1, true), first, first + count);
        at += HEAD;
        continue;
      }
      at = decodeColumn(view, at, form, count);
      tape[name].set(count === CHUNK_ROWS ? numbers : numbers.subarray(0, count), first);
    }
    this.rows += count;
    for (let i = first; i < this.rows; i++) if (tape.slot[i] >= 0) slotTask[tape.slot[i]] = tape.task[i];
  }
}

/** A loop for each form: of one with them all, V8 makes the code anew with each form that it sees first. */
const DECODERS: Record<number, (view: DataView, from: number, base: number, count: number) => void> = {
  [BYTES]: (view, from, base, count) => {
    for (let i = 0; i < count; i++) numbers[i] = base + view.getUint8(from + i);
  },
  [WORDS]: (view, from, base, count) => {
    for (let i = 0; i < count; i++) numbers[i] = base + view.getUint16(from + 2 * i, true);
  },
  [LONGS]: (view, from, base, count) => {
    for (let i = 0; i < count; i++) numbers[i] = base + view.getUint32(from + 4 * i, true);
  },
  [STEPS]: (view, from, base, count) => {
    let value = base;
    for (let i = 0; i < count; i++) numbers[i] = value += view.getUint16(from + 2 * i, true);
  },
};

/** @returns where the next column begins */
function decodeColumn(view: DataView, start: number, form: number, count: number): number {
  if (form === RAW) {
    for (let i = 0; i < count; i++) numbers[i] = view.getFloat64(start + 1 + 8 * i, true);
    return start + 1 + 8 * count;
  }
  const from = start + HEAD;
  DECODERS[form](view, from, view.getFloat64(start + 1, true), count);
  return from + (form === STEPS ? 2 : form) * count;
}
