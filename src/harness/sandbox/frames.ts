/**
 * What goes through the pipes between the harness and its sandboxed process: frames of a 4-byte length (least
 * significant first), a type byte and that many bytes of payload. Rows of a tape are as rows.ts has them, decisions
 * integers of 4 bytes; everything else, rare and small, is JSON.
 */

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
/** Rows in one FRAME_ROWS at most. */
export const CHUNK_ROWS = 4096;

export interface Frame {
  type: number;
  payload: Uint8Array;
}

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
  private buffer = new Uint8Array(1 << 16);
  /** Bytes that wait: buffer[start..end). */
  private start = 0;
  private end = 0;
  private readonly limit: number;

  constructor(limit: number) {
    this.limit = limit;
  }

  /** @throws RangeError for a frame longer than the limit */
  push(bytes: Uint8Array): Frame[] {
    this.makeRoom(bytes.length);
    this.buffer.set(bytes, this.end);
    this.end += bytes.length;
    const frames: Frame[] = [];
    for (let frame = this.next(); frame !== null; frame = this.next()) {
      frames.push({ type: frame.type, payload: frame.payload.slice() });
    }
    return frames;
  }

  /** Where `room()` bytes or fewer may be written, to be told of by `wrote`. */
  space(): Uint8Array {
    this.makeRoom(1 << 16);
    return this.buffer.subarray(this.end);
  }

  wrote(bytes: number): void {
    this.end += bytes;
  }

  /**
   * The first frame that is there as a whole, null for none. Its payload is the reader's own memory: it is there until
   * the reader is given more.
   *
   * @throws RangeError for a frame longer than the limit
   */
  next(): Frame | null {
    const { buffer, start } = this;
    const waiting = this.end - start;
    if (waiting < HEADER_BYTES) return null;
    const length =
      (buffer[start] | (buffer[start + 1] << 8) | (buffer[start + 2] << 16) | (buffer[start + 3] << 24)) >>>
      0;
    if (length > this.limit) throw new RangeError(`a frame of ${length} bytes`);
    const from = start + HEADER_BYTES;
    if (this.end - from < length) return null;
    this.start = from + length;
    return { type: buffer[start + 4], payload: buffer.subarray(from, from + length) };
  }

  /** Bytes of a frame that has not ended. */
  get rest(): number {
    return this.end - this.start;
  }

  private makeRoom(bytes: number): void {
    const { buffer, start } = this;
    const waiting = this.end - start;
    if (this.end + bytes <= buffer.length) return;
    if (waiting + bytes > buffer.length) {
      this.buffer = new Uint8Array(Math.max(2 * buffer.length, waiting + bytes));
      this.buffer.set(buffer.subarray(start, this.end));
    } else buffer.copyWithin(0, start, this.end);
    this.start = 0;
    this.end = waiting;
  }
}
