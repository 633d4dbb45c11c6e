/** How far the run is: state, speed, simulated time, and what is worth stopping at, known from the start. */

import type { Marks } from '../../harness/marks.ts';
import { Cells } from '../cells.ts';
import { clock, grouped, length } from '../format.ts';
import { GLYPHS } from '../glyphs.ts';
import { lookOf } from '../look.ts';
import { MARK_LOOKS, markSign, marksOf } from '../marks.ts';
import { type Model, type Play, speedText } from '../model.ts';
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

interface TimelineParts {
  state: string;
  speed: string;
  clock: string;
  /** Right of the bar. */
  right: string;
  /** First column of the bar, and how many it has. */
  x: number;
  columns: number;
}

export function timelineParts({ glyphs: set }: Model, play: Play, width: number): TimelineParts {
  const glyphs = GLYPHS[set];
  const { run } = play;
  const [sign, word] = play.playing
    ? [glyphs.playing, 'playing']
    : run.done
      ? [glyphs.finished, 'at end ']
      : [glyphs.paused, 'paused '];
  // As everywhere in oomph the first event is number 0: the last that happened, and the last there is.
  const event = run.op === 0 ? 'start' : grouped(run.op - 1);
  const parts = {
    state: `${sign} ${word}`,
    speed: speedText(play.speed, glyphs.times).padEnd(5),
    clock: clock(play.clockUs).padStart(9),
    right: `${length(run.lengthUs)}  event ${event}/${grouped(Math.max(0, run.nrOps - 1))} `,
  };
  const x = 1 + textWidth(`${parts.state} ${parts.speed} ${parts.clock} `);
  return { ...parts, x, columns: Math.max(0, width - textWidth(parts.right) - 1 - x) };
}

export function timeline(model: Model, width: number, height: number): Cells {
  const { glyphs, theme } = lookOf(model);
  const cells = new Cells(width, height);
  const { play } = model;
  if (!play) return cells;
  const { run } = play;
  const { state, speed, clock, right, x, columns } = timelineParts(model, play, width);
  let at = cells.text(1, 0, state, play.playing ? theme.good : theme.warn);
  at = cells.text(at + 1, 0, speed, theme.dim);
  cells.text(at + 1, 0, clock, theme.strong);
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
    const as = theme.marks[mark.kind];
    for (let next = 0; next < of.length; ) {
      const column = columnOf(run.marks.timeUs[of[next]]);
      cells.put(x + column, 0, sign, as);
      next = firstNotBefore(run.marks, of, ((column + 1) * run.lengthUs) / columns, next + 1);
    }
    // A policy that is at fault is so at every event: where the run stands is seen among them.
    if (mark.kind === 'fault') cells.text(x + now, 0, glyphs.barHead, theme.progress);
  }
  cells.text(x + columns + 1, 0, right, theme.dim);
  return cells;
}
