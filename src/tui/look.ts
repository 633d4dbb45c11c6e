/** The glyphs and colours a model is drawn with, and the frame around a pane. */
import type { Cells, Rect } from './cells.ts';
import { GLYPHS, type GlyphSet, WORDS } from './glyphs.ts';
import type { Model } from './model.ts';
import { THEMES, type Theme } from './theme.ts';

export type Pane = (model: Model, width: number, height: number) => Cells;

/** From this size on panes have boxes around them. */
export const BOXED_WIDTH = 110;
export const BOXED_HEIGHT = 32;

export interface Look {
  glyphs: GlyphSet;
  theme: Theme;
}

export const lookOf = (model: Model): Look => ({
  glyphs: model.keys ? GLYPHS[model.glyphs] : WORDS,
  theme: THEMES[model.theme][model.colours],
});

/**
 * A pane with a title. With room to spare a box; on a small screen only a rule with the title in it, because every
 * row counts.
 *
 * @param note   right in the title line, left out if it does not fit
 * @returns      where the pane's own cells go
 */
export function framed(cells: Cells, at: Rect, title: string, look: Look, boxed: boolean, note = ''): Rect {
  const { glyphs, theme } = look;
  if (boxed) cells.box(at.x, at.y, at.width, at.height, glyphs.box, theme.frame);
  else cells.fill(at.x, at.y, at.width, 1, glyphs.box.horizontal.codePointAt(0)!, theme.frame);
  const room = at.width - 4;
  if (title !== '') {
    cells.clipped(at.x + 1, at.y, ` ${title} `, theme.heading, room + 2, glyphs.ellipsis);
  }
  if (note !== '' && title.length + note.length + 6 < room) {
    cells.text(at.x + at.width - note.length - 3, at.y, ` ${note} `, theme.dim);
  }
  if (boxed) {
    return { x: at.x + 2, y: at.y + 1, width: Math.max(0, at.width - 4), height: Math.max(0, at.height - 2) };
  }
  return { x: at.x + 1, y: at.y + 1, width: Math.max(0, at.width - 2), height: Math.max(0, at.height - 1) };
}

export function place(cells: Cells, model: Model, at: Rect, pane: Pane): void {
  cells.blit(pane(model, at.width, at.height), at.x, at.y);
}

/** The rule between two panes without boxes. */
export function divide(cells: Cells, x: number, y: number, height: number, model: Model): void {
  const { glyphs, theme } = lookOf(model);
  cells.text(x, y, glyphs.teeDown, theme.frame);
  cells.fill(x, y + 1, 1, height - 1, glyphs.box.vertical.codePointAt(0)!, theme.frame);
}
