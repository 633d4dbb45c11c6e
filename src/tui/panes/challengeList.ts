/** All challenges by chapter, with the stars won in this session. */
import { Cells } from '../cells.ts';
import { lookOf } from '../look.ts';
import { chapterOf, type Model } from '../model.ts';
import { starsText } from './header.ts';

/** Rows of the list: chapter headings and indexes of entries. */
export function listRows(model: Model): (string | number)[] {
  const rows: (string | number)[] = [];
  let chapter: string | null = null;
  model.entries.forEach((entry, i) => {
    const own = chapterOf(entry.id);
    if (own !== chapter) {
      if (chapter !== null) rows.push('');
      rows.push(own);
      chapter = own;
    }
    rows.push(i);
  });
  return rows;
}

export function challengeList(model: Model, width: number, height: number): Cells {
  const { glyphs, theme } = lookOf(model);
  const cells = new Cells(width, height);
  const rows = listRows(model);
  const at = rows.indexOf(model.selected);
  const first = Math.max(0, Math.min(rows.length - height, at - Math.floor(height / 2)));
  for (let y = 0; y < height && first + y < rows.length; y++) {
    const row = rows[first + y];
    if (typeof row === 'string') {
      cells.clipped(0, y, row, theme.heading, width, glyphs.ellipsis);
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
    cells.clipped(6, y, title, as, width - 6, glyphs.ellipsis);
  }
  return cells;
}
