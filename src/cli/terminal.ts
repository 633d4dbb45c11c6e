import type { WriteStream } from 'node:tty';
import pc from 'picocolors';
import { PLAIN, type Style } from '../report/style.ts';

/** Colours where a person looks: on a terminal, or where FORCE_COLOR says so; NO_COLOR always wins. */
export function styleFor(stream: { isTTY?: boolean }, env: NodeJS.ProcessEnv = process.env): Style {
  if (env['NO_COLOR']) return PLAIN;
  const forced = env['FORCE_COLOR'];
  const wanted = forced ? forced !== '0' : stream.isTTY === true && env['TERM'] !== 'dumb';
  if (!wanted) return PLAIN;
  const { green, red, dim, bold } = pc.createColors(true);
  return { good: green, bad: red, dim, strong: bold };
}

/** A line on the terminal's stderr that is written over and over; nothing where nobody watches. */
export class Progress {
  private readonly stream: WriteStream;
  private readonly shown: boolean;
  private length = 0;

  constructor(shown: boolean, stream: WriteStream = process.stderr) {
    this.stream = stream;
    this.shown = shown && stream.isTTY === true;
  }

  show(text: string): void {
    if (!this.shown) return;
    const line = text.slice(0, Math.max(20, (this.stream.columns ?? 80) - 1));
    this.stream.write(`\r${line.padEnd(this.length)}`);
    this.length = line.length;
  }

  clear(): void {
    if (this.length > 0) this.stream.write(`\r${' '.repeat(this.length)}\r`);
    this.length = 0;
  }
}
