import { type Dirent, existsSync, readdirSync, statSync } from 'node:fs';
import { basename, dirname, join, relative } from 'node:path';
import type { Chapter } from '../contract/chapter.ts';
import type { Diagnostic } from '../contract/diagnostic.ts';
import { nearest } from '../contract/nearest.ts';
import type { ChallengePlan } from '../contract/plan.ts';
import { parseChallenge } from '../spec/challenge.ts';
import type { ChapterLoad } from '../spec/chapter.ts';
import { MAX_FILE_BYTES } from '../spec/decode.ts';
import { loadChallenge, loadChapter, readBytes } from '../spec/load.ts';
import { SpecDocument } from '../spec/shrink/specDocument.ts';
import { BadInput } from './exit.ts';
import { readTextFile } from './files.ts';
import { packageRoot } from './root.ts';

export const CHALLENGE_FILE = 'challenge.yaml';
/** Beside the folders of challenges that it tells of. */
export const CHAPTER_FILE = 'chapter.yaml';
const MAX_DEPTH = 6;

/** The challenges that come with oomph. */
export const shippedChallenges = join(packageRoot, 'challenges');

/**
 * Every challenge file in a folder and below, in the order of their names.
 *
 * @throws BadInput  a folder that cannot be read
 */
export function challengeFiles(folder: string, depth = 0): string[] {
  if (depth > MAX_DEPTH) return [];
  const files: string[] = [];
  for (const entry of entriesOf(folder)) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) {
      if (entry.name !== 'node_modules' && !entry.name.startsWith('.'))
        files.push(...challengeFiles(path, depth + 1));
    } else if (entry.name === CHALLENGE_FILE) files.push(path);
  }
  return files;
}

function entriesOf(folder: string): Dirent[] {
  let entries: Dirent[];
  try {
    entries = readdirSync(folder, { withFileTypes: true });
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === undefined) throw error;
    throw new BadInput(`the folder ${folder} cannot be read (${code}): name one that holds challenges`);
  }
  return entries.sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
}

/**
 * The chapters of a collection: the folders in it that hold the folders of challenges. One without a chapter.yaml, or
 * with a faulty one, is called as its folder is. A collection that lies flat has none.
 *
 * @param loaded  gets what was said of each chapter.yaml that is there, in the order of the chapters
 * @throws BadInput  a folder that cannot be read
 */
export function chaptersOf(folder: string, loaded: (load: ChapterLoad) => void = () => {}): Chapter[] {
  const byFolder = new Map<string, string[]>();
  for (const file of challengeFiles(folder)) {
    const chapter = dirname(dirname(file));
    if (relative(folder, chapter) === '' || relative(folder, chapter).startsWith('..')) continue;
    byFolder.set(chapter, [...(byFolder.get(chapter) ?? []), file]);
  }
  return [...byFolder].map(([place, challenges], i) => {
    const [, number, slug] = /^(?:(\d+)-)?(.*)$/.exec(basename(place))!;
    const file = join(place, CHAPTER_FILE);
    const load = existsSync(file) ? loadChapter(file) : null;
    if (load !== null) loaded(load);
    const words = slug.replaceAll('-', ' ');
    return {
      number: number === undefined ? i + 1 : Number(number),
      slug,
      title: load?.chapter?.title ?? words.charAt(0).toUpperCase() + words.slice(1),
      text: load?.chapter?.text ?? '',
      folder: place,
      challenges,
    };
  });
}

/** `zones/the-sound-card` for challenges/01-zones/02-the-sound-card: the folders without their numbers. */
export function idOfFolder(folder: string): string {
  const parts = relative(shippedChallenges, folder).split(/[/\\]/);
  return parts.map(part => part.replace(/^\d+-/, '')).join('/');
}

/** The file of a challenge that comes with oomph. */
export function shippedFile(id: string): string | null {
  return challengeFiles(shippedChallenges).find(file => idOfFolder(dirname(file)) === id) ?? null;
}

export interface LoadedChallenge {
  /** As diagnostics and reproduction lines name it. */
  name: string;
  file: string;
  plan: ChallengePlan | null;
  diagnostics: Diagnostic[];
}

/**
 * A challenge named by file, by folder or by the id of one that comes with oomph.
 *
 * @throws BadInput  nothing has that name
 */
export function findChallenge(name: string): LoadedChallenge {
  const file = fileNamed(name) ?? shippedFile(name);
  if (file !== null) return { name, file, ...loadChallenge(file, { shipped: shippedFile }) };
  const ids = challengeFiles(shippedChallenges).map(shipped => idOfFolder(dirname(shipped)));
  const near = nearest(name, ids);
  const guess =
    near.length > 0 ? `did you mean ${near.join(' or ')}?` : `the ids are ${ids.join(', ') || 'none'}`;
  throw new BadInput(`no challenge file, folder or id is called ${name}: ${guess}`);
}

/**
 * A challenge and the text that its plan comes from: of one that is made from others (`of:`) all that it has of them, written
 * out, so that the text stands alone.
 *
 * @throws BadInput  nothing has that name
 */
export function findChallengeText(name: string): LoadedChallenge & { text: string } {
  const found = findChallenge(name);
  if (found.plan === null) return { ...found, text: '' };
  // The plan anew from the text that is kept: the file may have been saved in between.
  const text = readTextFile(found.file, 'challenge', MAX_FILE_BYTES);
  const others = { read: readBytes, shipped: shippedFile };
  const load = parseChallenge(new TextEncoder().encode(text), found.file, others);
  if (load.plan === null || load.plan.test === undefined || load.plan.test.of.length === 0)
    return { ...found, ...load, text };
  return { ...found, ...load, text: wholeDocument(load.plan, text).text() };
}

/** @param text of the file itself. @throws BadInput  a file that it is made from cannot be read any more */
export function wholeDocument({ test }: ChallengePlan, text: string): SpecDocument {
  const bases = (test?.of ?? []).map(path => readTextFile(path, 'challenge', MAX_FILE_BYTES));
  return SpecDocument.normal(text, bases);
}

function fileNamed(name: string): string | null {
  let isFolder: boolean;
  try {
    isFolder = statSync(name).isDirectory();
  } catch {
    return null;
  }
  if (!isFolder) return name;
  const inside = join(name, CHALLENGE_FILE);
  const files = challengeFiles(name);
  if (files.includes(inside)) return inside;
  if (files.length === 0) {
    throw new BadInput(`${name} has no ${CHALLENGE_FILE}: name a challenge file or the folder of one`);
  }
  throw new BadInput(`${name} has several challenges: name one of them, such as ${files[0]}`);
}
