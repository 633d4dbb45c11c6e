import type { Diagnostic } from '../../contract/diagnostic.ts';

/** A place in a player's file: lines and columns from 1. */
export interface Place {
  file: string;
  line: number;
  column: number;
}

/** A policy has no more faults than that. */
const MAX_FAULTS = 100;
/** Of longer lines only what stands around the place is shown. */
const FRAME_COLUMNS = 400;

/** Diagnostics of one policy, each with the lines around it. */
export class Faults {
  readonly list: Diagnostic[] = [];
  private readonly lines = new Map<string, string[]>();
  private readonly seen = new Set<string>();

  /** Whatever is added from now on is left out. */
  get full(): boolean {
    return this.list.length >= MAX_FAULTS;
  }

  addSource(file: string, text: string): void {
    // As the parser counts them.
    this.lines.set(file, text.split(/\r\n|[\n\r\u2028\u2029]/));
  }

  /** One diagnostic; a second one with the same code at the same place is left out, and so is all beyond MAX_FAULTS. */
  add(place: Place, length: number, code: string, message: string, more: Partial<Diagnostic> = {}): void {
    const key = `${code} ${place.file} ${place.line} ${place.column}`;
    if (this.seen.has(key) || this.full) return;
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
      ...(lines.length > 0 ? { frame: frameOf(lines.slice(first - 1, at + 1), first, place.column) } : {}),
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

function frameOf(lines: string[], firstLine: number, column: number): NonNullable<Diagnostic['frame']> {
  if (lines.every(line => line.length <= FRAME_COLUMNS)) return { firstLine, lines };
  const firstColumn = Math.max(1, column - FRAME_COLUMNS / 4);
  const cut = lines.map(line => line.slice(firstColumn - 1, firstColumn - 1 + FRAME_COLUMNS));
  return { firstLine, lines: cut, firstColumn };
}
