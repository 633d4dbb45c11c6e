/**
 * Where a place of the text without types stood in the player's file. Stripping keeps lines; within a line it takes
 * types away, so each line has a few (stripped column, source column) pairs.
 */
export class Columns {
  /** Per line, ascending stripped columns and the source columns they came from; both from 0. */
  private readonly lines: { from: number[]; to: number[] }[];

  private constructor(lines: { from: number[]; to: number[] }[]) {
    this.lines = lines;
  }

  /** For text that was not changed. */
  static same(): Columns {
    return new Columns([]);
  }

  /** From the `mappings` of a source map with one source whose lines are those of the output. */
  static fromMappings(mappings: string): Columns {
    let sourceColumn = 0;
    const lines = mappings.split(';').map(line => {
      const from: number[] = [];
      const to: number[] = [];
      let column = 0;
      for (const segment of line === '' ? [] : line.split(',')) {
        const fields = decodeVlq(segment);
        column += fields[0] ?? 0;
        sourceColumn += fields[3] ?? 0;
        from.push(column);
        to.push(sourceColumn);
      }
      return { from, to };
    });
    return new Columns(lines);
  }

  /** @param line from 1; @param column from 0. @returns column in the source, from 0 */
  toSource(line: number, column: number): number {
    const map = this.lines[line - 1];
    if (map === undefined || map.from.length === 0) return column;
    let at = -1;
    for (let i = 0; i < map.from.length && map.from[i] <= column; i++) at = i;
    return at < 0 ? column : map.to[at] + (column - map.from[at]);
  }
}

const DIGITS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';

/** One segment of a source map: signed integers, five bits a digit, least significant first. */
function decodeVlq(segment: string): number[] {
  const fields: number[] = [];
  let value = 0;
  let shift = 0;
  for (const char of segment) {
    const digit = DIGITS.indexOf(char);
    value |= (digit & 31) << shift;
    shift += 5;
    if ((digit & 32) !== 0) continue;
    fields.push((value & 1) !== 0 ? -(value >> 1) : value >> 1);
    value = 0;
    shift = 0;
  }
  return fields;
}
