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
  /** The challenge of the day. */
  daily: boolean;
}

/** A station of the way. */
export const isOfCampaign = ({ daily }: CampaignChapter): boolean => !daily;

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
      const inOrder = own === '' || entry.daily !== undefined ? 0 : chapters.filter(isOfCampaign).length + 1;
      const number = known?.number ?? inOrder;
      chapters.push({
        number,
        title:
          known?.title ??
          (own === '' ? 'Challenges' : entry.daily ? `Daily run ${entry.daily.date}` : titleOf(own)),
        text: known?.text ?? '',
        entries: [],
        stars: 0,
        daily: entry.daily !== undefined,
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

export interface Total {
  /** Stars. */
  won: number;
  possible: number;
  challenges: number;
  challengesWon: number;
}

/** The challenge of the day does not count. */
export function totalStars(model: Model): Total {
  const campaign = model.progress.filter((_, i) => !model.entries[i].daily);
  const won = campaign.reduce((sum, { stars }) => sum + Math.max(0, stars), 0);
  const challengesWon = campaign.filter(({ stars }) => stars > 0).length;
  return { won, possible: MAX_STARS * campaign.length, challenges: campaign.length, challengesWon };
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

/** Indexes of the challenges that the list shows; the challenge of the day is not searched. */
export function listed(model: Model): number[] {
  const all = model.entries.map((_, i) => i);
  if (model.search === null) return all;
  const { text } = model.search;
  const chapters = chaptersOf(model);
  return all.filter(i => !model.entries[i].daily && (text === '' || isFound(model, chapters, i, text)));
}
