import type { Diagnostic } from '../../contract/diagnostic.ts';

/** A place in a player's file: lines and columns from 1. */
export interface Place {
  file: string;
  line: number;
  column: number;
}

/** Diagnostics of one policy, each with the lines around it. */
export class Faults {
  readonly list: Diagnostic[] = [];
  private readonly lines = new Map<string, string[]>();
  private readonly seen = new Set<string>();

  addSource(file: string, text: string): void {
    this.lines.set(file, text.split(/\r\n|\n|\r/));
  }

  /** One diagnostic; a second one with the same code at the same place is left out, and so is all beyond 100. */
  add(place: Place, length: number, code: string, message: string, more: Partial<Diagnostic> = {}): void {
    const key = `${code} ${place.file} ${place.line} ${place.column}`;
    if (this.seen.has(key) || this.list.length >= 100) return;
    this.seen.add(key);
    const lines = this.lines.get(place.file) ?? [];
    const at = Math.min(Math.max(place.line, 1), Math.max(lines.length, 1));
    const first = Math.max(1, at - 1);
    this.list.push({
      code,
      severity: 'error',
      file: place.file,
      line: at,
      column: Math.max(1, place.column),
      length: Math.max(1, length),
      message,
      ...more,
      ...(lines.length > 0 ? { frame: { firstLine: first, lines: lines.slice(first - 1, at + 1) } } : {}),
    });
  }

  /** In the order of the files and of the text. */
  sorted(): Diagnostic[] {
    const order = [...this.lines.keys()];
    return this.list.sort(
      (a, b) => order.indexOf(a.file) - order.indexOf(b.file) || a.line - b.line || a.column - b.column,
    );
  }
}
