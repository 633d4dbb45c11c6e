import type { Tell } from './connection.ts';

/** What Redis refuses, said once for as long as it does. */
export class Trouble {
  private readonly tell: Tell;
  private last = '';

  constructor(tell: Tell) {
    this.tell = tell;
  }

  met(error: unknown): void {
    const line = lineOf(error);
    if (line === this.last) return;
    this.last = line;
    if (speaksForItself(error, line)) return;
    this.tell(`Redis refuses (${line}): trying on${adviceOn(line)}`);
  }

  over(): void {
    this.last = '';
  }
}

/** Of a transaction, what its commands were refused for. */
function lineOf(error: unknown): string {
  const { previousErrors = [] } = error as { previousErrors?: unknown[] };
  const first = previousErrors[0] ?? error;
  return (first instanceof Error ? first.message : String(first)).split('\n')[0].slice(0, 200);
}

/** The connection tells what becomes of it, and a script that Redis forgot in a restart is sent again. */
function speaksForItself(error: unknown, line: string): boolean {
  const isConnection =
    error instanceof AggregateError || (error as NodeJS.ErrnoException).syscall !== undefined;
  return isConnection || /^NOSCRIPT|Connection is closed/.test(line);
}

function adviceOn(line: string): string {
  if (/OOM/.test(line)) return '. It is full; give it more: redis-cli CONFIG SET maxmemory 256mb';
  if (/MISCONF/.test(line)) return '. It cannot write its file: see its log';
  return '';
}
