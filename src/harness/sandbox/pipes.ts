/** The child's end of the pipes: it waits for each frame, and nothing else happens meanwhile. */
import { readSync, writeSync } from 'node:fs';
import { encodeFrame, encodeJson, type Frame, FrameReader } from './frames.ts';

const FROM_HARNESS = 0;
const TO_HARNESS = 3;
/** The harness sends no frame longer than this: sources are at most 128 Ki characters. */
const MAX_FRAME = 16 << 20;

export class Pipes {
  private readonly reader = new FrameReader(MAX_FRAME);
  private readonly pause = new Int32Array(new SharedArrayBuffer(4));
  private readonly wait = Atomics.wait;

  /** @returns null when the harness has closed the pipe; the payload is there until the next call */
  next(): Frame | null {
    const { reader } = this;
    for (;;) {
      const frame = reader.next();
      if (frame !== null) return frame;
      const space = reader.space();
      const n = this.retry(() => readSync(FROM_HARNESS, space, 0, space.length, null));
      if (n === 0) return null;
      reader.wrote(n);
    }
  }

  json(type: number, value: unknown): void {
    this.write(encodeJson(type, value));
  }

  bytes(type: number, payload: Uint8Array): void {
    this.write(encodeFrame(type, payload));
  }

  private write(bytes: Uint8Array): void {
    for (let at = 0; at < bytes.length; ) {
      at += this.retry(() => writeSync(TO_HARNESS, bytes, at, bytes.length - at));
    }
  }

  /** The pipes may be of the kind that answers "not now". */
  private retry(call: () => number): number {
    for (;;) {
      try {
        return call();
      } catch (error) {
        const { code } = error as { code?: string };
        if (code === 'EOF') return 0;
        if (code !== 'EAGAIN') throw error;
        this.wait(this.pause, 0, 0, 1);
      }
    }
  }
}
