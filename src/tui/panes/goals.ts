/** The goals and how far they are from being lost; the score so far beside par and gold. */
import { Cells, type Style } from '../cells.ts';
import { duration, metric, metricBeside } from '../format.ts';
import type { LiveGoal, LiveScore } from '../gameRun.ts';
import { type Look, lookOf } from '../look.ts';
import type { Model } from '../model.ts';
import { clip, textWidth, wrap } from '../width.ts';

/** How much there is to spare, in words. @param bare a number of things only, where their name stands beside it */
export function marginText(goal: LiveGoal, bare = false): string {
  const amount = (value: number): string =>
    metric(value, bare && goal.unit === 'pages' ? 'count' : goal.unit);
  if (goal.lostAtUs >= 0) return `lost at ${duration(goal.lostAtUs)}`;
  const room = goal.compare === 'at_most' ? goal.wanted - goal.value : goal.value - goal.wanted;
  if (goal.compare === 'equals') return room === 0 ? 'as wanted' : `wanted ${amount(goal.wanted)}`;
  if (room < 0) return `${amount(-room)} ${goal.compare === 'at_most' ? 'too many' : 'missing'}`;
  return room === 0 ? 'none to spare' : `${amount(room)} to spare`;
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

/** How much is told of each goal and axis, from all of it to a line each. */
type Detail = 'full' | 'close' | 'terse' | 'line';
const DETAILS: readonly Detail[] = ['full', 'close', 'terse', 'line'];

class Writer {
  y = 0;
  private readonly cells: Cells;
  private readonly look: Look;
  private readonly detail: Detail;

  constructor(cells: Cells, look: Look, detail: Detail) {
    this.cells = cells;
    this.look = look;
    this.detail = detail;
  }

  goal(goal: LiveGoal): void {
    const { cells, look, detail } = this;
    const { width } = cells;
    const mark = goalMark(goal, look);
    const value = metricBeside(goal.value, [goal.wanted], goal.unit);
    cells.text(0, this.y, mark.text, mark.style);
    if (detail === 'line') {
      const text = clip(goal.text, width - 3 - textWidth(value), look.glyphs.ellipsis);
      cells.text(2, this.y, text, look.theme.text);
      this.right(value, mark.style);
      return;
    }
    const lines = wrap(goal.text, width - 2);
    for (const line of lines) cells.text(2, this.y++, line, look.theme.text);
    const last = lines[lines.length - 1];
    if (detail === 'terse' && textWidth(last) + textWidth(value) + 4 <= width) {
      this.y--;
      this.right(value, mark.style);
      return;
    }
    const x = cells.text(2, this.y, value, mark.style) + 2;
    const margin = [marginText(goal), marginText(goal, true)].find(text => textWidth(text) <= width - x);
    if (margin !== undefined || detail !== 'full') {
      const text = margin ?? marginText(goal, true);
      cells.clipped(x, this.y++, text, look.theme.dim, width - x, look.glyphs.ellipsis);
      return;
    }
    cells.clipped(2, ++this.y, marginText(goal, true), look.theme.dim, width - 2, look.glyphs.ellipsis);
    this.y++;
  }

  score(score: LiveScore): void {
    const { cells, look } = this;
    const value = metric(score.value, score.unit);
    const room = cells.width - value.length - 1;
    cells.clipped(0, this.y, score.metric, look.theme.dim, room, look.glyphs.ellipsis);
    this.right(value, scoreStyle(score, look));
    if (this.detail === 'full')
      this.right(
        `par ${metric(score.par, score.unit)}  gold ${metric(score.gold, score.unit)}`,
        look.theme.dim,
      );
  }

  private right(text: string, as: Style): void {
    this.cells.text(Math.max(0, this.cells.width - textWidth(text)), this.y++, text, as);
  }
}

export function goals(model: Model, width: number, height: number): Cells {
  const look = lookOf(model);
  const run = model.play?.run;
  if (!run) return new Cells(width, height);
  for (const detail of DETAILS) {
    // Drawn on a sheet that is long enough, to see how many rows it takes.
    const sheet = new Cells(width, Math.max(height, 8 * (run.goals.length + run.scores.length) + 8));
    const writer = new Writer(sheet, look, detail);
    for (const goal of run.goals) writer.goal(goal);
    if (detail === 'full') writer.y++;
    for (const score of run.scores) writer.score(score);
    if (writer.y > height && detail !== 'line') continue;
    const cells = new Cells(width, height);
    cells.blit(sheet, 0, 0);
    if (writer.y > height && height > 0) {
      cells.fill(0, height - 1, width, 1, 0x20, look.theme.text);
      cells.text(0, height - 1, `${look.glyphs.ellipsis} enlarge to see the rest`, look.theme.dim);
    }
    return cells;
  }
  return new Cells(width, height);
}
