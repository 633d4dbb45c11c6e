/** The glyphs and colours a model is drawn with, and the frame around a pane. */
import type { Cells, Rect } from './cells.ts';
import { GLYPHS, type GlyphSet } from './glyphs.ts';
import type { Model } from './model.ts';
import { THEMES, type Theme } from './theme.ts';

export interface Look {
  glyphs: GlyphSet;
  theme: Theme;
}

export const lookOf = (model: Model): Look => ({
  glyphs: GLYPHS[model.glyphs],
  theme: THEMES[model.colours],
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
