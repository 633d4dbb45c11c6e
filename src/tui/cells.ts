/** A grid of terminal cells: what a pane returns. Knows nothing of any terminal. */
import { charWidth, clip, printable } from './width.ts';

/** `flags << 18 | foreground << 9 | background`; a colour is 0..255 of the xterm palette or DEFAULT_COLOUR. */
export type Style = number;

export const DEFAULT_COLOUR = 0x1ff;
export const BOLD = 1;
export const UNDERLINE = 2;
export const INVERSE = 8;

export function style(foreground: number, background: number = DEFAULT_COLOUR, flags = 0): Style {
  return (flags << 18) | (foreground << 9) | background;
}
export const PLAIN: Style = style(DEFAULT_COLOUR);
export const foregroundOf = (of: Style): number => (of >> 9) & 0x1ff;
export const backgroundOf = (of: Style): number => of & 0x1ff;
export const flagsOf = (of: Style): number => of >> 18;
/** The same cell on another background. */
export const onBackground = (of: Style, background: number): Style => (of & ~0x1ff) | background;

const SPACE = 0x20;
/** The right half of a character of two columns. */
export const CONTINUED = 0;

/** The line drawing that boxes are made of; glyphs.ts has the sets. */
export interface BoxGlyphs {
  horizontal: string;
  vertical: string;
  topLeft: string;
  topRight: string;
  bottomLeft: string;
  bottomRight: string;
}

export class Cells {
  readonly width: number;
  readonly height: number;
  /** Code points; `CONTINUED` right of a wide one. */
  readonly codes: Uint32Array;
  readonly styles: Int32Array;

  constructor(width: number, height: number, fill: Style = PLAIN) {
    this.width = Math.max(0, width | 0);
    this.height = Math.max(0, height | 0);
    this.codes = new Uint32Array(this.width * this.height).fill(SPACE);
    this.styles = new Int32Array(this.width * this.height).fill(fill);
  }

  /** One cell of one column; outside the grid nothing happens. */
  put(x: number, y: number, code: number, as: Style): void {
    if (x < 0 || y < 0 || x >= this.width || y >= this.height) return;
    const at = y * this.width + x;
    this.codes[at] = code;
    this.styles[at] = as;
  }

  /**
   * @returns the column after the last one written. What does not fit in `room` columns (default: up to the right edge) is
   * cut without a mark; `clipped` cuts with one.
   */
  text(x: number, y: number, text: string, as: Style = PLAIN, room = this.width - x): number {
    const end = Math.min(this.width, x + room);
    for (const char of text) {
      const code = printable(char.codePointAt(0)!);
      if (code < 0) continue;
      const columns = charWidth(code);
      if (x + columns > end) break;
      this.put(x, y, code, as);
      if (columns === 2) this.put(x + 1, y, CONTINUED, as);
      x += columns;
    }
    return x;
  }

  clipped(x: number, y: number, text: string, as: Style, room: number, mark: string): number {
    return this.text(x, y, clip(text, Math.min(room, this.width - x), mark), as, room);
  }

  fill(x: number, y: number, width: number, height: number, code: number, as: Style): void {
    for (let row = y; row < y + height; row++) {
      for (let column = x; column < x + width; column++) this.put(column, row, code, as);
    }
  }

  box(x: number, y: number, width: number, height: number, line: BoxGlyphs, as: Style): void {
    if (width < 2 || height < 2) return;
    const right = x + width - 1;
    const bottom = y + height - 1;
    const horizontal = line.horizontal.codePointAt(0)!;
    const vertical = line.vertical.codePointAt(0)!;
    this.fill(x, y, width, 1, horizontal, as);
    this.fill(x, bottom, width, 1, horizontal, as);
    this.fill(x, y, 1, height, vertical, as);
    this.fill(right, y, 1, height, vertical, as);
    this.text(x, y, line.topLeft, as);
    this.text(right, y, line.topRight, as);
    this.text(x, bottom, line.bottomLeft, as);
    this.text(right, bottom, line.bottomRight, as);
  }

  /** Copy another grid into this one with its top left cell at (x, y); what lies outside is cut. */
  blit(from: Cells, x: number, y: number): void {
    for (let row = 0; row < from.height; row++) {
      const to = y + row;
      if (to < 0 || to >= this.height) continue;
      for (let column = 0; column < from.width; column++) {
        const at = x + column;
        if (at < 0 || at >= this.width) continue;
        this.codes[to * this.width + at] = from.codes[row * from.width + column];
        this.styles[to * this.width + at] = from.styles[row * from.width + column];
      }
    }
  }

  /** The text of one row, right blanks left out. */
  row(y: number): string {
    let out = '';
    for (let x = 0; x < this.width; x++) {
      const code = this.codes[y * this.width + x];
      if (code !== CONTINUED) out += String.fromCodePoint(code);
    }
    return out.trimEnd();
  }

  toString(): string {
    return Array.from({ length: this.height }, (_, y) => this.row(y)).join('\n');
  }
}

/** A part of a grid. */
export interface Rect {
  x: number;
  y: number;
  width: number;
  height: number;
}
