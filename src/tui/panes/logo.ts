/** The name of the game, in blocks. */
import { Cells } from '../cells.ts';
import { lookOf } from '../look.ts';
import type { Model } from '../model.ts';

const LETTERS = ['▄▀▀▄ ▄▀▀▄ █▄ ▄█ █▀▀▄ █  █', '█  █ █  █ █ ▀ █ █▄▄▀ █▀▀█', ' ▀▀   ▀▀  ▀   ▀ ▀    ▀  ▀'];
const ASCII_LETTERS = [' _  _         _ |_ ', '/ \\/ \\ |\\/| |_)| |', '\\_/\\_/ |  | |  | |'];

export const LOGO_ROWS = 5;

export function logo(model: Model, width: number, height: number): Cells {
  const { glyphs, theme } = lookOf(model);
  const cells = new Cells(width, height);
  const letters = glyphs.name === 'unicode' ? LETTERS : ASCII_LETTERS;
  letters.forEach((line, y) => {
    cells.text(1, y, line, theme.heading);
  });
  const right = letters[0].length + 4;
  if (width - right > 40) {
    cells.text(right, 0, 'out of memory, please hold', theme.strong);
    cells.text(right, 1, 'A machine boots, a workload runs; you take', theme.dim);
    cells.text(right, 2, "the allocator's decisions, in TypeScript.", theme.dim);
  }
  return cells;
}
