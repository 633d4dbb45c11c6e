import type { Tell } from './connection.ts';

/** What Redis refuses, said once for as long as it does. */
export class Trouble {
  private readonly tell: Tell;
  private last = '';

  constructor(tell: Tell) {
    this.tell = tell;
  }

  met(error: unknown): void {
    const message = error instanceof Error ? error.message : String(error);
    if (message === this.last) return;
    this.last = message;
    // The connection speaks for itself, and a script that Redis forgot in a restart is sent again.
    const isConnection = error instanceof AggregateError || (error as NodeJS.ErrnoException)?.syscall;
    if (isConnection || /NOSCRIPT|EXECABORT|Connection is closed/.test(message)) return;
    this.tell(`Redis refuses (${lineOf(message)}): ${adviceOn(message)}`);
  }

  over(): void {
    this.last = '';
  }
}

const lineOf = (message: string): string => message.split('\n')[0].slice(0, 200);

function adviceOn(message: string): string {
  if (/^OOM|maxmemory/.test(message))
    return 'it is full; trying on. Give it more (CONFIG SET maxmemory 256mb)';
  if (/MISCONF/.test(message)) return 'it cannot write its file; trying on. See its log';
  if (/READONLY/.test(message)) return 'it became a replica; trying on';
  return 'trying on';
}
