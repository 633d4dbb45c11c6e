/** Shown below 80x24 in the place of everything else. */
import { Cells } from '../cells.ts';
import { lookOf } from '../look.ts';
import { MIN_HEIGHT, MIN_WIDTH, type Model } from '../model.ts';
import { wrap } from '../width.ts';

export function tooSmall(model: Model, width: number, height: number): Cells {
  const { theme } = lookOf(model);
  const cells = new Cells(width, height);
  const text = `oomph needs ${MIN_WIDTH}x${MIN_HEIGHT}, this is ${width}x${height}. Enlarge the window to go on; q quits.`;
  const lines = wrap(text, Math.max(8, width - 2));
  const top = Math.max(0, Math.floor((height - lines.length) / 2));
  lines.forEach((line, i) => {
    cells.text(Math.max(0, Math.floor((width - line.length) / 2)), top + i, line, theme.text);
  });
  return cells;
}
