/** The goals and how far they are from being lost; the score so far beside par and gold. */
import { Cells, type Style } from '../cells.ts';
import { duration, metric, short } from '../format.ts';
import type { LiveGoal, LiveScore } from '../gameRun.ts';
import { type Look, lookOf } from '../look.ts';
import type { Model } from '../model.ts';
import { clip, textWidth, wrap } from '../width.ts';

/** How much there is to spare, in words. */
export function marginText(goal: LiveGoal): string {
  if (goal.lostAtUs >= 0) return `lost at ${duration(goal.lostAtUs)}`;
  const room = goal.compare === 'at_most' ? goal.wanted - goal.value : goal.value - goal.wanted;
  if (goal.compare === 'equals') return room === 0 ? 'as wanted' : `wanted ${metric(goal.wanted, goal.unit)}`;
  if (room < 0) return `${metric(-room, goal.unit)} ${goal.compare === 'at_most' ? 'too many' : 'missing'}`;
  return room === 0 ? 'none to spare' : `${metric(room, goal.unit)} to spare`;
}

/** Lost for good, failing as things stand, or held: sign and colour. */
export function goalMark(goal: LiveGoal, look: Look): { text: string; style: Style } {
  const { glyphs, theme } = look;
  if (goal.held) return { text: glyphs.held, style: theme.good };
  return goal.lost ? { text: glyphs.lost, style: theme.bad } : { text: glyphs.pending, style: theme.warn };
}

function scoreStyle(score: LiveScore, look: Look): Style {
  const within = (limit: number): boolean =>
    score.better === 'lower' ? score.value <= limit : score.value >= limit;
  if (within(score.gold)) return look.theme.star;
  return within(score.par) ? look.theme.good : look.theme.warn;
}

export function goals(model: Model, width: number, height: number): Cells {
  const look = lookOf(model);
  const { glyphs, theme } = look;
  const cells = new Cells(width, height);
  const run = model.play?.run;
  if (!run) return cells;
  const texts = run.goals.map(goal => wrap(goal.text, width - 2));
  const roomy = texts.reduce((sum, lines) => sum + lines.length + 1, 0) + run.scores.length * 2 + 1;
  let y = 0;
  run.goals.forEach((goal, i) => {
    const mark = goalMark(goal, look);
    cells.text(0, y, mark.text, mark.style);
    const value = metric(goal.value, goal.unit);
    if (roomy <= height) {
      for (const line of texts[i]) cells.text(2, y++, line, theme.text);
      const x = cells.text(2, y, value, mark.style);
      cells.clipped(x + 2, y++, marginText(goal), theme.dim, width - x - 2, glyphs.ellipsis);
      return;
    }
    cells.text(2, y, clip(goal.text, width - 3 - textWidth(value), glyphs.ellipsis), theme.text);
    cells.text(width - textWidth(value), y++, value, mark.style);
  });
  if (roomy <= height) y++;
  for (const score of run.scores) {
    if (y >= height) break;
    const value = short(score.value);
    cells.clipped(0, y, score.metric, theme.dim, width - value.length - 1, glyphs.ellipsis);
    cells.text(width - value.length, y++, value, scoreStyle(score, look));
    if (roomy <= height) {
      const marks = `par ${short(score.par)}  gold ${short(score.gold)}`;
      cells.text(Math.max(0, width - marks.length), y++, marks, theme.dim);
    }
  }
  return cells;
}
