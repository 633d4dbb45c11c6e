/**
 * What goes through the pipes between the harness and its sandboxed process: frames of a 4-byte length (least
 * significant first), a type byte and that many bytes of payload. Rows of a tape and decisions are raw columns;
 * everything else, rare and small, is JSON.
 */
import type { Tape } from '../../contract/tape.ts';

export const HEADER_BYTES = 5;
// Taken now: the child has no globals of Node later.
const encoder = new TextEncoder();

/** To the child. */
export const FRAME_LOAD = 1;
export const FRAME_RUN = 2;
export const FRAME_ROWS = 3;
/** From the child. */
export const FRAME_READY = 16;
export const FRAME_LOADED = 17;
/** The rows so far are played; more, please. */
export const FRAME_NEED = 18;
export const FRAME_DECISIONS = 19;
export const FRAME_DONE = 20;

/** Longest payload the harness takes from the child: anything longer is not ours. */
export const MAX_FROM_CHILD = 4 << 20;
/** Rows in one FRAME_ROWS. */
export const CHUNK_ROWS = 4096;

export function encodeFrame(type: number, payload: Uint8Array): Uint8Array {
  const frame = new Uint8Array(HEADER_BYTES + payload.length);
  new DataView(frame.buffer).setUint32(0, payload.length, true);
  frame[4] = type;
  frame.set(payload, HEADER_BYTES);
  return frame;
}

export function encodeJson(type: number, value: unknown): Uint8Array {
  return encodeFrame(type, encoder.encode(JSON.stringify(value)));
}

/** Cuts a stream of bytes into frames. */
export class FrameReader {
  private pending = new Uint8Array(0);
  private readonly limit: number;

  constructor(limit: number) {
    this.limit = limit;
  }

  /** @throws RangeError for a frame longer than the limit */
  push(bytes: Uint8Array): { type: number; payload: Uint8Array }[] {
    const all = new Uint8Array(this.pending.length + bytes.length);
    all.set(this.pending);
    all.set(bytes, this.pending.length);
    const frames: { type: number; payload: Uint8Array }[] = [];
    let at = 0;
    while (all.length - at >= HEADER_BYTES) {
      const length = new DataView(all.buffer, at).getUint32(0, true);
      if (length > this.limit) throw new RangeError(`a frame of ${length} bytes`);
      if (all.length - at - HEADER_BYTES < length) break;
      const start = at + HEADER_BYTES;
      frames.push({ type: all[at + 4], payload: all.subarray(start, start + length) });
      at = start + length;
    }
    this.pending = all.slice(at);
    return frames;
  }

  /** Bytes of a frame that has not ended. */
  get rest(): number {
    return this.pending.length;
  }
}

/** The columns of a tape that go to the child, widest first so that every one is aligned. */
const COLUMNS = [
  ['timeUs', Float64Array],
  ['instance', Int32Array],
  ['slot', Int32Array],
  ['a', Int32Array],
  ['b', Int32Array],
  ['task', Uint16Array],
  ['gfp', Uint16Array],
  ['site', Uint16Array],
  ['object', Uint16Array],
  ['daemon', Int16Array],
  ['op', Uint8Array],
  ['order', Uint8Array],
  ['cpu', Uint8Array],
  ['ctx', Uint8Array],
  ['flags', Uint8Array],
] as const;

const ROW_BYTES = COLUMNS.reduce((sum, [, View]) => sum + View.BYTES_PER_ELEMENT, 0);

export interface TapeShape {
  nrOps: number;
  nrSlots: number;
  nrInstances: number;
  nrDaemons: number;
}

/** Rows [first, first + count) of a tape. */
export function encodeRows(tape: Tape, first: number, count: number): Uint8Array {
  const payload = new Uint8Array(count * ROW_BYTES);
  let at = 0;
  for (const [name] of COLUMNS) {
    const part = tape[name].subarray(first, first + count);
    payload.set(new Uint8Array(part.buffer, part.byteOffset, part.byteLength), at);
    at += part.byteLength;
  }
  return encodeFrame(FRAME_ROWS, payload);
}

/** A tape that is filled as its rows arrive. */
export class ArrivingTape {
  readonly tape: Tape;
  /** Rows that are there. */
  rows = 0;
  /** Task of each slot asked for so far. */
  readonly slotTask: Uint16Array;

  constructor(shape: TapeShape) {
    const { nrOps } = shape;
    this.tape = {
      ...shape,
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
    };
    this.slotTask = new Uint16Array(shape.nrSlots);
  }

  /** @param payload of a FRAME_ROWS */
  add(payload: Uint8Array): void {
    const { tape, slotTask } = this;
    const count = payload.length / ROW_BYTES;
    const aligned = payload.slice().buffer;
    let at = 0;
    for (const [name, View] of COLUMNS) {
      tape[name].set(new View(aligned, at, count), this.rows);
      at += count * View.BYTES_PER_ELEMENT;
    }
    const first = this.rows;
    this.rows += count;
    for (let i = first; i < this.rows; i++) if (tape.slot[i] >= 0) slotTask[tape.slot[i]] = tape.task[i];
  }
}
