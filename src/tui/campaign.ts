/** The challenges as a campaign: chapters in their order, what was won of each, what to play next, what a search finds. */
import { type ChapterInfo, chapterOf, MAX_STARS, type Model, type Progress } from './model.ts';

export interface CampaignChapter {
  /** 0: the ids name no chapter. */
  number: number;
  title: string;
  text: string;
  /** Indexes into the model's entries, in the order in which they are played. */
  entries: number[];
  /** Won, of `MAX_STARS` for each challenge. */
  stars: number;
}

export type Standing = 'new' | 'tried' | 'won' | 'changed';

/** What came of a challenge so far. */
export function standingOf(progress: Progress): Standing {
  if (progress.stars > 0) return 'won';
  if (progress.oldStars > 0) return 'changed';
  return progress.attempts > 0 || progress.stars >= 0 ? 'tried' : 'new';
}

const titleOf = (slug: string): string => slug.charAt(0).toUpperCase() + slug.slice(1).replaceAll('-', ' ');

export function chaptersOf(model: Model): CampaignChapter[] {
  const chapters: CampaignChapter[] = [];
  let slug: string | null = null;
  model.entries.forEach((entry, i) => {
    const own = chapterOf(entry.id);
    if (own !== slug) {
      slug = own;
      const known: ChapterInfo | undefined = model.chapters.find(chapter => chapter.slug === own);
      const number = known?.number ?? (own === '' ? 0 : chapters.length + 1);
      chapters.push({
        number,
        title: known?.title ?? (own === '' ? 'Challenges' : titleOf(own)),
        text: known?.text ?? '',
        entries: [],
        stars: 0,
      });
    }
    const chapter = chapters[chapters.length - 1];
    chapter.entries.push(i);
    chapter.stars += Math.max(0, model.progress[i].stars);
  });
  return chapters;
}

/** The chapter that holds a challenge. */
export const chapterAt = (chapters: readonly CampaignChapter[], entry: number): CampaignChapter | undefined =>
  chapters.find(({ entries }) => entries.includes(entry));

export function totalStars(model: Model): { won: number; possible: number } {
  const won = model.progress.reduce((sum, { stars }) => sum + Math.max(0, stars), 0);
  return { won, possible: MAX_STARS * model.entries.length };
}

/** Whether a search finds a challenge: every word of it is in the title, the id or the chapter's title. */
function isFound(model: Model, chapters: readonly CampaignChapter[], entry: number, search: string): boolean {
  const { id, plan } = model.entries[entry];
  const text = `${id} ${plan?.title ?? ''} ${chapterAt(chapters, entry)?.title ?? ''}`.toLowerCase();
  return search
    .toLowerCase()
    .split(/\s+/)
    .every(word => text.includes(word));
}

/** Indexes of the challenges that the list shows. */
export function listed(model: Model): number[] {
  const all = model.entries.map((_, i) => i);
  const search = model.search?.text ?? '';
  if (search === '') return all;
  const chapters = chaptersOf(model);
  return all.filter(i => isFound(model, chapters, i, search));
}
