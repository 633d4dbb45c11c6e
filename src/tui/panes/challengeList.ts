/** The challenges by chapter, each with its stars and how it stands. */
import { chaptersOf, listed, standingOf } from '../campaign.ts';
import { Cells } from '../cells.ts';
import { lookOf } from '../look.ts';
import { MAX_STARS, type Model, recommended } from '../model.ts';
import { textWidth } from '../width.ts';
import { starsText } from './header.ts';

interface Heading {
  title: string;
  note: string;
}

/** Rows of the list: chapter headings, blanks (null) and indexes of entries. */
export function listRows(model: Model, blanks = true): (Heading | number | null)[] {
  const rows: (Heading | number | null)[] = [];
  const shown = new Set(listed(model));
  for (const { number, title, entries, stars } of chaptersOf(model)) {
    const own = entries.filter(i => shown.has(i));
    if (own.length === 0) continue;
    if (blanks && rows.length > 0) rows.push(null);
    rows.push({
      title: number > 0 ? `${number} ${title}` : title,
      note: `${stars}/${entries.length * MAX_STARS}`,
    });
    rows.push(...own);
  }
  return rows;
}

/** What stands behind a title. */
function tagOf(model: Model, entry: number): string {
  if (model.entries[entry].plan === null) return 'faulty';
  if (entry === recommended(model)) return 'next';
  const standing = standingOf(model.progress[entry]);
  return standing === 'won' ? '' : standing;
}

/** The rows that are seen: the one under the cursor is among them. */
export function shownRows(model: Model, height: number): (Heading | number | null)[] {
  const { rows, first } = rowsIn(model, height);
  return rows.slice(first, first + height);
}

function rowsIn(model: Model, height: number): { rows: (Heading | number | null)[]; first: number } {
  const rows = listRows(model, height >= 30);
  const at = rows.indexOf(model.selected);
  return { rows, first: Math.max(0, Math.min(rows.length - height, at - Math.floor(height / 2))) };
}

export function challengeList(model: Model, width: number, height: number): Cells {
  const { glyphs, theme } = lookOf(model);
  const cells = new Cells(width, height);
  const { rows, first } = rowsIn(model, height);
  if (rows.length === 0) cells.text(0, 0, 'nothing is called so', theme.dim);
  // The last column is for the arrows that say there is more.
  const edge = rows.length > height ? width - 2 : width;
  for (let y = 0; y < height && first + y < rows.length; y++) {
    const row = rows[first + y];
    if (row === null) continue;
    const right = (text: string): number => edge - textWidth(text);
    if (typeof row !== 'number') {
      const note = `${glyphs.star} ${row.note}`;
      cells.clipped(0, y, row.title, theme.heading, right(note) - 1, glyphs.ellipsis);
      cells.text(right(note), y, note, theme.star);
      continue;
    }
    const entry = model.entries[row];
    const chosen = row === model.selected;
    const as = chosen ? theme.selected : theme.text;
    if (chosen) cells.fill(0, y, width, 1, 0x20, as);
    cells.text(0, y, chosen ? glyphs.pointer : ' ', as);
    const stars = entry.plan ? starsText(model.progress[row].stars, glyphs) : ' ! ';
    cells.text(2, y, stars, chosen ? as : entry.plan ? theme.star : theme.bad);
    const title = entry.plan?.title ?? entry.id;
    let tag = tagOf(model, row);
    // What is new shows no star either.
    if (tag === 'new' && 6 + textWidth(title) + 5 > edge) tag = '';
    const room = right(tag) - 6 - (tag === '' ? 0 : 1);
    cells.clipped(6, y, title, as, room, glyphs.ellipsis);
    const tagAs = tag === 'next' ? theme.accent : tag === 'tried' ? theme.warn : theme.dim;
    cells.text(right(tag), y, tag, chosen ? as : tagAs);
  }
  const more = (y: number, sign: string): void => void cells.text(width - 1, y, sign, theme.accent);
  if (first > 0) more(0, glyphs.up.length === 1 ? glyphs.up : '^');
  if (first + height < rows.length) more(height - 1, glyphs.down.length === 1 ? glyphs.down : 'v');
  return cells;
}
