import type { Place } from './faults.ts';

/** Where each printed thing came from: ascending (line, column) pairs of the printed text, both from 1. */
export interface PlaceTable {
  lines: number[];
  columns: number[];
  places: Place[];
}

/** The printed text as it grows, and where its parts came from. */
export class Output {
  private readonly parts: string[] = [];
  private line: number;
  private column = 1;
  readonly table: PlaceTable = { lines: [], columns: [], places: [] };

  /** @param firstLine number of the text's first line within the whole script */
  constructor(firstLine: number) {
    this.line = firstLine;
  }

  /** What is written next came from here. */
  mark(place: Place): void {
    this.table.lines.push(this.line);
    this.table.columns.push(this.column);
    this.table.places.push(place);
  }

  /** Text without line ends. */
  write(text: string): void {
    this.parts.push(text);
    this.column += text.length;
  }

  newline(): void {
    this.parts.push('\n');
    this.line++;
    this.column = 1;
  }

  toString(): string {
    return this.parts.join('');
  }
}

/** The place of the last part that starts at or before a printed position; undefined before the first. */
export function placeOf(table: PlaceTable, line: number, column: number): Place | undefined {
  let low = 0;
  let high = table.lines.length;
  while (low < high) {
    const mid = (low + high) >> 1;
    const before = table.lines[mid] < line || (table.lines[mid] === line && table.columns[mid] <= column);
    if (before) low = mid + 1;
    else high = mid;
  }
  return table.places[low - 1];
}
