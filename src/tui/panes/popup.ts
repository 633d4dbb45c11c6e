/** A text over the screen. */
import { Cells } from '../cells.ts';
import { framed, lookOf } from '../look.ts';
import type { Model } from '../model.ts';
import { paragraphs } from '../width.ts';

export function popup(model: Model, width: number, height: number): Cells {
  const look = lookOf(model);
  if (!model.popup) return new Cells(0, 0);
  const outer = Math.min(72, width - 4);
  const lines = paragraphs(model.popup.text, outer - 4);
  const rows = Math.min(height, lines.length + 2);
  const cells = new Cells(outer, rows);
  const inner = framed(cells, { x: 0, y: 0, width: outer, height: rows }, model.popup.title, look, true);
  lines.slice(0, inner.height).forEach((line, i) => {
    cells.text(inner.x, inner.y + i, line, look.theme.text);
  });
  return cells;
}
