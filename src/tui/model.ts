/** Everything the screen shows, as plain data. `update` makes the next one, the panes draw it. */
import type { Chapter } from '../contract/chapter.ts';
import type { SourceFile } from '../contract/policy.ts';
import type { Cause } from '../harness/cause.ts';
import type { EpicReport } from '../report/epicText.ts';
import type {
  ChallengeEntry,
  GameRun,
  NotPrepared,
  Opponent,
  PreparedRun,
  RunComparison,
} from './gameRun.ts';
import type { GlyphSet } from './glyphs.ts';
import { type Attempt, type KeptProgress, NOT_PLAYED, type Yardstick } from './history.ts';
import type { RunView } from './runView.ts';
import type { ColourDepth, ThemeName } from './theme.ts';

export type ScreenName =
  | 'list'
  | 'briefing'
  | 'run'
  | 'result'
  | 'problem'
  | 'attempts'
  | 'epic'
  | 'cause'
  | 'compare';

export const MIN_WIDTH = 80;
export const MIN_HEIGHT = 24;

/** What is known of one challenge, from this session and those before it. */
export interface Progress extends KeptProgress {
  /** Index into the plan's seeds that is shown. */
  seed: number;
}

/** The run on the screen. */
export interface Play {
  prepared: PreparedRun;
  run: GameRun;
  /** Changes whenever `run` moved: the run itself is one object that moves in place. */
  moves: number;
  playing: boolean;
  /** Index into SPEEDS. */
  speed: number;
  /** Simulated time the picture stands at, at or after the last operation played. */
  clockUs: number;
  /** Lines the kernel log is scrolled back. */
  logBack: number;
  /** The log takes the place of the map. */
  logWide: boolean;
  view: RunView;
  /** The run of the same challenge before the last change, and what the change did; null where it is not known. */
  previous: PreparedRun | null;
  change: RunComparison | null;
  /** Operations played where it parts from the run that it was compared with last. */
  parting: number | null;
  /** The result screen was shown by itself once. */
  resultShown: boolean;
}

export type ChapterInfo = Pick<Chapter, 'slug' | 'number' | 'title' | 'text'>;

/** What is kept of a challenge, read when it was last needed. */
export interface ChallengeRecord {
  selected: number;
  /** Newest first. */
  attempts: Attempt[];
  sticks: Yardstick[];
  /** Not all yardsticks are known yet. */
  measuring: boolean;
}

/** The cause that is told, and which of its events is chosen. */
export interface CauseView {
  cause: Cause;
  selected: number;
  /** The screen it was asked from. */
  back: 'run' | 'result';
}

/** With whom the run is compared; `result` is null until it is there. */
export interface CompareView {
  opponents: readonly Opponent[];
  /** Index into `opponents`. */
  chosen: number;
  result: RunComparison | null;
  back: 'run' | 'result';
}

export interface Model {
  screen: ScreenName;
  help: boolean;
  record: ChallengeRecord | null;
  epic: EpicReport | null;
  /** What is in the box for a replay code; null: it is closed. */
  paste: { text: string; problem: string } | null;
  /** The screen of the attempts: index into the record's, first line shown of the policy, the policy when it is there. */
  history: { at: number; scroll: number; files: SourceFile[] | null } | null;
  /** Of the player's clock. */
  utcOffsetMinutes: number;
  /** First line shown of the help. */
  helpScroll: number;
  width: number;
  height: number;
  glyphs: GlyphSet['name'];
  colours: ColourDepth;
  theme: ThemeName;
  /** The terminal tells of clicks and of the wheel. */
  mouse: boolean;
  /** Somebody can press keys: texts may name them. */
  keys: boolean;
  entries: ChallengeEntry[];
  progress: Progress[];
  chapters: readonly ChapterInfo[];
  /** Of the campaign; null: all challenges are listed. */
  search: { text: string; typing: boolean } | null;
  /** Index into `entries`. */
  selected: number;
  /** First line shown of a text longer than its screen. */
  scroll: number;
  /** Of `entries[selected]`, or null. */
  play: Play | null;
  /**
   * Something goes on in the background; its number tells a late answer from the one awaited. `running`: it is a
   * policy, on that challenge and to be seen on the seed of that index.
   */
  busy: {
    ticket: number;
    text: string;
    sinceMs: number;
    running?: { selected: number; seed: number };
  } | null;
  /** Counts ticks while something is busy: which way the sign turns. */
  frame: number;
  problem: NotPrepared | null;
  /** A text over the screen until the next key. */
  popup: { title: string; text: string } | null;
  /** One line in the place of the status line until the next key. */
  notice: { text: string; kind: 'good' | 'bad' | 'plain' } | null;
  nextTicket: number;
  /** What the screen `cause` tells; kept until another is asked for. */
  causeView: CauseView | null;
  compareView: CompareView | null;
  /** What was played last: what a changed policy is compared with. */
  lastPrepared: { selected: number; prepared: PreparedRun } | null;
  /** What was typed so far of the place to go to, null while nobody is asked. */
  seekText: string | null;
}

/** Simulated seconds per second. */
export const SPEEDS = [
  1 / 64,
  1 / 16,
  1 / 8,
  1 / 4,
  1 / 2,
  1,
  2,
  4,
  8,
  16,
  32,
  64,
  128,
  256,
  1024,
  4096,
] as const;

/** The speed at which a run of that length takes about half a minute. */
export function restfulSpeed(lengthUs: number): number {
  const wanted = lengthUs / 30e6;
  let index = 0;
  while (index < SPEEDS.length - 1 && SPEEDS[index] < wanted) index++;
  return index;
}

export function speedText(index: number, times: string): string {
  const speed = SPEEDS[index];
  return speed < 1 ? `1/${1 / speed}` : `${times}${speed}`;
}

/** Of one challenge. */
export const MAX_STARS = 3;

/** The first one not won; when all are, the first without all of its stars; -1: nothing is left. */
export function recommended(model: Pick<Model, 'entries' | 'progress'>): number {
  const first = (open: (progress: Progress) => boolean): number =>
    model.entries.findIndex((entry, i) => entry.plan !== null && !entry.daily && open(model.progress[i]));
  const unwon = first(({ stars }) => stars <= 0);
  return unwon >= 0 ? unwon : first(({ stars }) => stars < MAX_STARS);
}

/** Where a player goes on from the challenge that is open: the next one that is not won, or the next in order. */
export function following(model: Pick<Model, 'entries' | 'progress' | 'selected'>): number {
  const { entries, progress, selected } = model;
  const ahead = entries.findIndex(
    (entry, i) => i > selected && entry.plan !== null && !entry.daily && progress[i].stars <= 0,
  );
  if (ahead >= 0) return ahead;
  const left = recommended(model);
  return left >= 0 && left !== selected ? left : (selected + 1) % entries.length;
}

export interface ModelOptions {
  width: number;
  height: number;
  glyphs: GlyphSet['name'];
  colours: ColourDepth;
  theme?: ThemeName;
  mouse?: boolean;
  entries: ChallengeEntry[];
  /** Open this one's briefing at once, or -1: the list. */
  open: number;
  /** From the games before; in the order of the entries. */
  chapters?: readonly ChapterInfo[];
  utcOffsetMinutes?: number;
  kept?: readonly KeptProgress[];
  /** To be said at once. */
  said?: string;
}

export function createModel(options: ModelOptions): Model {
  const { width, height, glyphs, colours, entries, open } = options;
  const progress = entries.map((_, i) => ({ ...NOT_PLAYED, ...options.kept?.[i], seed: 0 }));
  return {
    screen: open >= 0 ? 'briefing' : 'list',
    help: false,
    helpScroll: 0,
    width,
    height,
    glyphs,
    colours,
    theme: options.theme ?? 'dark',
    mouse: options.mouse ?? false,
    keys: true,
    entries,
    progress,
    chapters: options.chapters ?? [],
    search: null,
    record: null,
    epic: null,
    paste: null,
    history: null,
    utcOffsetMinutes: options.utcOffsetMinutes ?? 0,
    selected: Math.max(0, open >= 0 ? open : recommended({ entries, progress })),
    scroll: 0,
    play: null,
    busy: null,
    frame: 0,
    problem: null,
    popup: options.said ? { title: 'your progress', text: options.said } : null,
    notice: null,
    nextTicket: 1,
    causeView: null,
    compareView: null,
    lastPrepared: null,
    seekText: null,
  };
}

export const entryOf = (model: Model): ChallengeEntry => model.entries[model.selected];
export const progressOf = (model: Model): Progress => model.progress[model.selected];
export const chapterOf = (id: string): string => (id.includes('/') ? id.slice(0, id.indexOf('/')) : '');

/** Seed shown of the selected challenge. */
export function seedOf(model: Model): number {
  const seeds = entryOf(model).plan?.seeds ?? [1];
  return seeds[progressOf(model).seed % seeds.length];
}
