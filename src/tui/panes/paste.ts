/** The box that a replay code is pasted into. */
import { Cells } from '../cells.ts';
import { grouped } from '../format.ts';
import { framed, lookOf } from '../look.ts';
import type { Model } from '../model.ts';
import { paragraphs } from '../width.ts';

const ENDS = 28;

export function paste(model: Model, width: number, height: number): Cells {
  const look = lookOf(model);
  const { glyphs, theme } = look;
  if (!model.paste) return new Cells(0, 0);
  const { text, problem } = model.paste;
  const outer = Math.min(76, width - 4);
  const shown =
    text.length <= 2 * ENDS ? text : `${text.slice(0, ENDS)} ${glyphs.ellipsis} ${text.slice(-ENDS)}`;
  const count = text === '' ? '' : `${grouped(text.length)} signs`;
  const help = 'Paste the code of a run, oomph1_ and so on, then press Enter. Esc closes.';
  const lines = [
    ...paragraphs(help, outer - 4).map(line => ({ line, as: theme.dim })),
    { line: '', as: theme.text },
    { line: `${shown}_`, as: theme.strong },
    { line: count, as: theme.dim },
    ...(problem === '' ? [] : paragraphs(problem, outer - 4).map(line => ({ line, as: theme.bad }))),
  ];
  const cells = new Cells(outer, Math.min(height, lines.length + 2));
  const inner = framed(cells, { x: 0, y: 0, width: outer, height: cells.height }, 'replay code', look, true);
  lines.slice(0, inner.height).forEach(({ line, as }, i) => {
    cells.clipped(inner.x, inner.y + i, line, as, inner.width, glyphs.ellipsis);
  });
  return cells;
}
