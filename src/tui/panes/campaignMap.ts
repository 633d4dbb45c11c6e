/** The chapters as stations of one way, with what was won in each. For screens with room to spare. */
import { type CampaignChapter, chapterAt, chaptersOf, isOfCampaign } from '../campaign.ts';
import { Cells } from '../cells.ts';
import { lookOf } from '../look.ts';
import { MAX_STARS, type Model, recommended } from '../model.ts';

const STATION_ROWS = 4;
/** Columns of the way between two stations. */
const WAY = 3;
const LEAST = 18;
const MOST = 26;

/** Stations in a row, so that the rows are as long as each other. */
function perRow(width: number, nr: number): number {
  const most = Math.max(1, Math.floor((width + WAY) / (LEAST + WAY)));
  return Math.ceil(nr / Math.ceil(nr / most));
}

/** Rows that the map takes at that width; 0: there is nothing to show. */
export function campaignMapRows(model: Model, width: number): number {
  const nr = chaptersOf(model).filter(isOfCampaign).length;
  return nr < 2 ? 0 : Math.ceil(nr / perRow(width, nr)) * STATION_ROWS;
}

export function campaignMap(model: Model, width: number, height: number): Cells {
  const look = lookOf(model);
  const { glyphs, theme } = look;
  const cells = new Cells(width, height);
  const chapters = chaptersOf(model).filter(isOfCampaign);
  const columns = perRow(width, chapters.length);
  const station = Math.min(MOST, Math.floor((width + WAY) / columns) - WAY);
  const here = chapterAt(chapters, model.selected);
  const next = chapterAt(chapters, recommended(model));
  const draw = (chapter: CampaignChapter, x: number, y: number): void => {
    const possible = chapter.entries.length * MAX_STARS;
    const done = chapter.entries.every(i => model.progress[i].stars > 0);
    const frame = chapter === here ? theme.accent : theme.frame;
    cells.box(x, y, station, STATION_ROWS - 1, glyphs.box, frame);
    const mark = done ? glyphs.held : chapter === next ? glyphs.pointer : glyphs.pending;
    const markAs = done ? theme.good : chapter === next ? theme.accent : theme.dim;
    cells.text(x + 1, y, ` ${mark} `, markAs);
    const stars = ` ${chapter.stars}/${possible} ${glyphs.star} `;
    cells.text(x + station - stars.length - 1, y, stars, chapter.stars > 0 ? theme.star : theme.dim);
    const title = `${chapter.number > 0 ? `${chapter.number} ` : ''}${chapter.title}`;
    const as = chapter === here ? theme.strong : theme.text;
    cells.clipped(x + 2, y + 1, title, as, station - 4, glyphs.ellipsis);
    const inside = station - 4;
    const full = Math.round((chapter.stars / possible) * inside);
    for (let i = 0; i < inside; i++) {
      const won = i < full;
      cells.text(x + 2 + i, y + 2, won ? glyphs.barDone : glyphs.box.horizontal, won ? theme.star : frame);
    }
  };
  chapters.forEach((chapter, i) => {
    const x = (i % columns) * (station + WAY);
    const y = Math.floor(i / columns) * STATION_ROWS;
    draw(chapter, x, y);
    if (i === chapters.length - 1) return;
    if (i % columns < columns - 1) {
      cells.text(x + station, y + 1, glyphs.box.horizontal.repeat(WAY), theme.frame);
    } else cells.text(x + station, y + 1, ` ${glyphs.pointer}`, theme.frame);
  });
  return cells;
}
