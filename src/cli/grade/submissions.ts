/** Submissions as schools export them: a folder or a zip a student, or files whose names begin with the student. */
import { type Dirent, lstatSync, readdirSync, readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import type { Account } from '../../contract/grading.ts';
import { BadInput } from '../exit.ts';
import { readZip } from './archive.ts';
import {
  MAX_DEPTH,
  MAX_ENTRIES,
  MAX_FILE_BYTES,
  MAX_TOTAL_BYTES,
  MAX_ZIP_BYTES,
  Unreadable,
  wanted,
} from './limits.ts';

/** Files of a submission by path, forward slashes; only those that can be policies. */
export type SubmissionFiles = Map<string, Uint8Array>;

export interface Submission {
  /** Name of the folder or the zip, or what the loose files of one student have in common; unique. */
  id: string;
  /** Null where its name tells of none. */
  account: Account | null;
  /** @throws Unreadable */
  read(): Promise<SubmissionFiles>;
}

/** `mueller_12345_678_card.ts`, `mueller_LATE_12345_678_card-1.ts`: as Canvas names loose files. */
const CANVAS = /^([^_]+)(?:_LATE)?_(\d+)_(?:\d+_)?(.+)$/;

/** `Ada Müller_4711_assignsubmission_file_`, and with the name of a file behind it where there are no folders: as Moodle has it. */
const MOODLE = /^(.+?)_(\d+)_assignsubmission_(?:file|onlinetext)_?(.*)$/;

/** `hw1_s123_attempt_2026-11-20-10-11-12_card.ts`: as Blackboard names loose files. A later attempt stands behind an earlier one. */
const BLACKBOARD = /^.+_([^_]+)_attempt_\d{4}(?:-\d\d){5}_(.+)$/;

/** Archives that are no zip: their students should be told, not missed. */
const OTHER_ARCHIVE = /\.(?:rar|7z|tar|tgz|tbz2?|txz|gz|bz2|xz|zst)$/i;

/** What systems put beside the submissions: the Finder, and Gradescope's "Export Submissions". */
const OF_EXPORTS = new Set(['__MACOSX', 'submission_metadata.yml']);

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

/**
 * The submissions in a folder, by their ids.
 *
 * @param expected  names of the files that the assignment asks for: a folder that holds one of them is itself a submission
 * @throws BadInput  the folder cannot be read, or holds none
 */
export function findSubmissions(folder: string, expected: readonly string[]): Submission[] {
  let entries: Dirent[];
  try {
    entries = readdirSync(folder, { withFileTypes: true });
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT')
      throw new BadInput(`there is no folder ${folder}: name the one that holds the submissions`);
    if (code === 'ENOTDIR') throw new BadInput(`${folder} is a file: name the folder that it is in`);
    throw new BadInput(`the folder ${folder} cannot be read (${code}): check its permissions`);
  }
  if (isOne(entries, expected)) {
    return [{ id: basename(folder), account: null, read: async () => readFolder(folder) }];
  }
  const found: Submission[] = [];
  const loose = new Map<string, { account: Account | null; files: Map<string, string> }>();
  for (const { name } of entries.sort((a, b) => compare(a.name, b.name))) {
    if (name.startsWith('.') || OF_EXPORTS.has(name)) continue;
    const path = join(folder, name);
    const stat = lstatSync(path);
    if (stat.isDirectory()) {
      found.push({ id: idOf(name), account: accountIn(name), read: async () => readFolder(path) });
    } else if (stat.isFile() && /\.zip$/i.test(name)) {
      const stem = name.replace(/\.zip$/i, '');
      found.push({ id: idOf(stem), account: accountIn(stem), read: async () => readZip(zipBytes(path)) });
    } else if (stat.isFile() && OTHER_ARCHIVE.test(name)) {
      const stem = name.replace(OTHER_ARCHIVE, '').replace(/\.tar$/i, '');
      const message = `${JSON.stringify(name)} is no zip: pack the files as .zip, or unpack it into a folder of that name`;
      found.push({
        id: idOf(stem),
        account: accountIn(stem),
        read: () => Promise.reject(new Unreadable(message)),
      });
    } else if (stat.isFile() && wanted(name)) {
      const { who, file, account } = looseName(name);
      const theirs = loose.get(who) ?? { account, files: new Map<string, string>() };
      theirs.files.set(file, path);
      loose.set(who, theirs);
    }
  }
  for (const [who, { account, files }] of loose)
    found.push({ id: idOf(who), account, read: async () => readLoose(files) });
  const taken = new Set(found.map(({ id }) => id));
  const seen = new Set<string>();
  for (const submission of found) {
    const { id } = submission;
    for (let n = 2; seen.has(submission.id); n++) {
      if (!taken.has(`${id} (${n})`)) submission.id = `${id} (${n})`;
    }
    taken.add(submission.id);
    seen.add(submission.id);
  }
  if (found.length === 0) {
    throw new BadInput(
      `${folder} holds no submission: it should have a folder or a .zip for each student, or files named student_file.ts`,
    );
  }
  return found.sort((a, b) => compare(a.id, b.id));
}

/** Whether a folder is itself a submission. */
function isOne(entries: readonly Dirent[], expected: readonly string[]): boolean {
  const names = new Set(expected.map(name => name.toLowerCase()));
  return entries.some(entry => entry.isFile() && names.has(entry.name.toLowerCase()));
}

/** What lies among the submissions and is none: nobody is marked for it, which the teacher should know. */
export function passedOver(folder: string, expected: readonly string[]): string[] {
  const entries = readdirSync(folder, { withFileTypes: true });
  if (isOne(entries, expected)) return [];
  return entries
    .filter(entry => !entry.isDirectory() && !entry.name.startsWith('.') && !OF_EXPORTS.has(entry.name))
    .filter(({ name }) => !/\.zip$/i.test(name) && !OTHER_ARCHIVE.test(name) && !wanted(name))
    .map(({ name }) => idOf(name))
    .sort(compare);
}

/** Of what a name begins with. A year in the name of a file is no account: Canvas writes two numbers. */
function accountIn(name: string): Account | null {
  const moodle = MOODLE.exec(name);
  const match = moodle ?? /^([^_]+)(?:_LATE)?_(\d+)_\d+_/.exec(name);
  const platform = moodle === null ? 'canvas' : 'moodle';
  return match === null ? null : { platform, name: idOf(match[1]), number: Number(match[2]) };
}

/** Whose a file is that lies among those of others, and what they called it. */
function looseName(name: string): { who: string; file: string; account: Account | null } {
  const moodle = MOODLE.exec(name);
  const match = moodle !== null && moodle[3] !== '' ? moodle : CANVAS.exec(name);
  const account = accountIn(name);
  const blackboard = BLACKBOARD.exec(name);
  if (blackboard !== null) return { who: blackboard[1], file: blackboard[2], account: null };
  if (match === null) return { who: name.replace(/\.[^.]+$/, ''), file: name, account };
  return { who: `${match[1]}_${match[2]}`, file: match[3], account };
}

/** One spelling of each accented letter, and nothing that a terminal or a table would trip over. */
const idOf = (name: string): string =>
  name.normalize('NFC').replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, '\ufffd');

function zipBytes(path: string): Buffer {
  const { size } = lstatSync(path);
  if (size > MAX_ZIP_BYTES) throw new Unreadable(`the zip has ${size} bytes, more than ${MAX_ZIP_BYTES}`);
  return readFileSync(path);
}

/** Links are not followed: a submission has no business elsewhere. */
function readFolder(folder: string): SubmissionFiles {
  const files: SubmissionFiles = new Map();
  let total = 0;
  let entries = 0;
  const visit = (path: string, depth: number): void => {
    if (depth > MAX_DEPTH) throw new Unreadable(`folders are nested more than ${MAX_DEPTH} deep`);
    for (const entry of readdirSync(join(folder, path), { withFileTypes: true }).sort((a, b) =>
      compare(a.name, b.name),
    )) {
      if (++entries > MAX_ENTRIES) throw new Unreadable(`it has more than ${MAX_ENTRIES} files`);
      const inside = path === '' ? entry.name : `${path}/${entry.name}`;
      if (entry.isDirectory()) {
        if (entry.name !== 'node_modules' && !entry.name.startsWith('.')) visit(inside, depth + 1);
      } else if (entry.isFile() && wanted(inside)) {
        const content = fileBytes(join(folder, inside), inside);
        total += content.length;
        if (total > MAX_TOTAL_BYTES)
          throw new Unreadable(`its policies have more than ${MAX_TOTAL_BYTES} bytes`);
        files.set(inside.normalize('NFC'), content);
      }
    }
  };
  try {
    visit('', 0);
  } catch (error) {
    if (error instanceof Unreadable) throw error;
    throw new Unreadable(`it cannot be read: ${(error as NodeJS.ErrnoException).code ?? String(error)}`);
  }
  return files;
}

function readLoose(paths: ReadonlyMap<string, string>): SubmissionFiles {
  return new Map([...paths].map(([name, path]) => [name.normalize('NFC'), fileBytes(path, name)]));
}

function fileBytes(path: string, name: string): Uint8Array {
  const { size } = lstatSync(path);
  if (size > MAX_FILE_BYTES)
    throw new Unreadable(`${JSON.stringify(name)} has more than ${MAX_FILE_BYTES} bytes`);
  return readFileSync(path);
}

/** Where the files of one challenge are. */
export type Handed =
  | { kind: 'found'; path: string; note: string }
  | { kind: 'missing'; message: string }
  | { kind: 'ambiguous'; message: string };

const depthOf = (path: string): number => path.split('/').length;

/**
 * The file that was handed in for a challenge: of that name, whatever folder it is in; or with another ending that policies have;
 * or where the game keeps it; or numbered, as systems do with what is handed in again. If the assignment is one challenge
 * and one file was handed in, that one.
 *
 * @param file  as the assignment calls it
 * @param id    of the challenge
 * @param only  the assignment has no other challenge
 */
export function handedIn(files: SubmissionFiles, file: string, id: string, only: boolean): Handed {
  const stem = file.replace(/\.[^.]+$/, '').toLowerCase();
  const paths = [...files.keys()];
  const named = (match: (name: string, path: string) => boolean): string[] =>
    paths.filter(path => match(basename(path).toLowerCase(), path.toLowerCase()));
  const endings = ['.ts', '.js', '.yaml', '.yml'];
  const exact = named(name => name === file.toLowerCase());
  if (exact.length > 0) return oneOf(files, exact, '');
  const other = named((name, path) =>
    endings.some(end => name === stem + end || path.endsWith(`${id}${end}`)),
  );
  if (other.length > 0) return oneOf(files, other, `taken for ${file}`);
  const again = named(name => {
    const match = /^(.*?)(?:-\d+| \(\d+\))(\.[a-z]+)$/.exec(name);
    return match !== null && match[1] === stem && endings.includes(match[2]);
  });
  if (again.length > 0) return { kind: 'found', path: latest(again), note: `taken for ${file}` };
  const entries = paths.filter(path => depthOf(path) === Math.min(...paths.map(depthOf)));
  if (only && entries.length === 1) return { kind: 'found', path: entries[0], note: `taken for ${file}` };
  const there =
    paths.length === 0
      ? 'no policy at all'
      : `only ${paths.slice(0, 5).join(', ')}${paths.length > 5 ? ' ...' : ''}`;
  return { kind: 'missing', message: `no file ${file} was handed in; there is ${there}` };
}

/** Of several the one that lies highest; copies of the same text are one. */
function oneOf(files: SubmissionFiles, paths: readonly string[], note: string): Handed {
  const least = Math.min(...paths.map(depthOf));
  const highest = paths.filter(path => depthOf(path) === least).sort(compare);
  const texts = new Set(highest.map(path => Buffer.from(files.get(path)!).toString('latin1')));
  if (texts.size === 1) return { kind: 'found', path: highest[0], note };
  return {
    kind: 'ambiguous',
    message: `several files could be meant, and they differ: ${highest.slice(0, 5).join(', ')}`,
  };
}

function latest(paths: readonly string[]): string {
  const number = (path: string): number => Number(/(\d+)\)?\.[a-z]+$/i.exec(path)?.[1] ?? 0);
  return [...paths].sort((a, b) => number(b) - number(a) || compare(a, b))[0];
}

/** The folder of a path within a submission, '' at its top. */
export const folderOf = (path: string): string => (dirname(path) === '.' ? '' : dirname(path));
