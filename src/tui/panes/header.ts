/** The bar at the top: where one is. */
import { totalStars } from '../campaign.ts';
import { Cells } from '../cells.ts';
import { lookOf } from '../look.ts';
import { entryOf, type Model, progressOf, seedOf } from '../model.ts';
import { textWidth } from '../width.ts';

export function starsText(
  stars: number,
  glyphs: { star: string; noStar: string; starWords?: boolean },
): string {
  if (glyphs.starWords) return `${Math.max(0, stars)} of 3 stars`;
  return glyphs.star.repeat(Math.max(0, stars)) + glyphs.noStar.repeat(3 - Math.max(0, stars));
}

export function header(model: Model, width: number, height: number): Cells {
  const { glyphs, theme } = lookOf(model);
  const cells = new Cells(width, height, theme.bar);
  let x = cells.text(1, 0, 'oomph', theme.barStrong) + 2;
  const entry = entryOf(model);
  if (model.screen === 'list' || model.screen === 'epic' || !entry) {
    cells.text(x, 0, 'the Linux 2.6 memory manager, to play', theme.bar);
    const stars = totalStars(model);
    const right = `${stars.challengesWon} of ${stars.challenges} won  ${glyphs.star} ${stars.won} of ${stars.possible} `;
    cells.text(width - textWidth(right), 0, right, theme.bar);
    return cells;
  }
  const progress = progressOf(model);
  const seeds = entry.plan?.seeds.length ?? 0;
  const what = model.play?.prepared.replay
    ? `a replay, seed ${model.play.run.seed}  `
    : seeds > 1
      ? `seed ${seedOf(model)} (${progress.seed + 1} of ${seeds})  `
      : '';
  const right = `${what}${starsText(progress.stars, glyphs)} `;
  const start = width - textWidth(right);
  cells.text(start, 0, right, theme.bar);
  x = cells.text(x, 0, entry.id, theme.bar) + 2;
  cells.clipped(x, 0, entry.plan?.title ?? '', theme.barStrong, start - x - 1, glyphs.ellipsis);
  return cells;
}
