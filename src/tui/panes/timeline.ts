/** How far the run is: state, speed, simulated time, and what is worth stopping at, known from the start. */

import type { Marks } from '../../harness/marks.ts';
import { Cells } from '../cells.ts';
import { clock, grouped, length } from '../format.ts';
import { lookOf } from '../look.ts';
import { MARK_LOOKS, markSign, markStyle, marksOf } from '../marks.ts';
import { type Model, speedText } from '../model.ts';
import { textWidth } from '../width.ts';

/** First of the marks that is at `us` or later, as an index in `of`, from `low` on. */
function firstNotBefore(marks: Marks, of: Int32Array, us: number, low: number): number {
  let high = of.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (marks.timeUs[of[middle]] < us) low = middle + 1;
    else high = middle;
  }
  return low;
}

export function timeline(model: Model, width: number, height: number): Cells {
  const { glyphs, theme } = lookOf(model);
  const cells = new Cells(width, height);
  const { play } = model;
  if (!play) return cells;
  const { run } = play;
  const [sign, word] = play.playing
    ? [glyphs.playing, 'playing']
    : run.done
      ? [glyphs.finished, 'at end ']
      : [glyphs.paused, 'paused '];
  let x = cells.text(1, 0, `${sign} ${word}`, play.playing ? theme.good : theme.warn);
  x = cells.text(x + 1, 0, speedText(play.speed, glyphs.times).padEnd(5), theme.dim);
  x = cells.text(x + 1, 0, clock(play.clockUs).padStart(9), theme.strong) + 1;
  // As everywhere in oomph the first event is number 0: the last that happened, and the last there is.
  const event = run.op === 0 ? 'start' : grouped(run.op - 1);
  const right = `${length(run.lengthUs)}  event ${event}/${grouped(Math.max(0, run.nrOps - 1))} `;
  const end = width - textWidth(right) - 1;
  const columns = Math.max(0, end - x);
  const columnOf = (us: number): number =>
    Math.min(columns - 1, Math.floor((us / Math.max(1, run.lengthUs)) * columns));
  const now = columnOf(play.clockUs);
  for (let i = 0; i < columns; i++) {
    const glyph = i < now ? glyphs.barDone : i === now ? glyphs.barHead : glyphs.barLeft;
    cells.text(x + i, 0, glyph, i <= now ? theme.progress : theme.progressLeft);
  }
  // There may be hundreds of thousands: each column asks whether one falls into it.
  for (const mark of MARK_LOOKS) {
    const of = marksOf(run.marks, mark.kind);
    const sign = markSign(mark, glyphs).codePointAt(0)!;
    const as = markStyle(mark, theme.depth);
    for (let next = 0; next < of.length; ) {
      const column = columnOf(run.marks.timeUs[of[next]]);
      cells.put(x + column, 0, sign, as);
      next = firstNotBefore(run.marks, of, ((column + 1) * run.lengthUs) / columns, next + 1);
    }
  }
  cells.text(end + 1, 0, right, theme.dim);
  return cells;
}
