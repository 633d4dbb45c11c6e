/** The child's end of the pipes: it waits for each frame, and nothing else happens meanwhile. */
import { readSync, writeSync } from 'node:fs';
import { encodeFrame, encodeJson, FrameReader } from './frames.ts';

const FROM_HARNESS = 0;
const TO_HARNESS = 3;
/** The harness sends no frame longer than this: sources are at most 128 Ki characters. */
const MAX_FRAME = 16 << 20;

export class Pipes {
  private readonly reader = new FrameReader(MAX_FRAME);
  private readonly waiting: { type: number; payload: Uint8Array }[] = [];
  private readonly buffer = new Uint8Array(1 << 16);
  private readonly pause = new Int32Array(new SharedArrayBuffer(4));
  private readonly wait = Atomics.wait;

  /** @returns null when the harness has closed the pipe */
  next(): { type: number; payload: Uint8Array } | null {
    for (;;) {
      const frame = this.waiting.shift();
      if (frame !== undefined) return frame;
      const n = this.retry(() => readSync(FROM_HARNESS, this.buffer, 0, this.buffer.length, null));
      if (n === 0) return null;
      this.waiting.push(...this.reader.push(this.buffer.subarray(0, n)));
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
