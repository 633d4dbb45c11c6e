/** Submissions as schools export them: a folder or a zip a student, or files whose names begin with the student. */
import { basename, dirname } from 'node:path';
import type { Account } from '../../contract/grading.ts';
import { BadInput } from '../exit.ts';
import { archiveKind, OTHER_ARCHIVE, type SubmissionFiles, Unreadable, wanted } from './limits.ts';
import { type Part, type Place, placesIn, readParts } from './reading.ts';

export interface Submission {
  /** Name of the folder or the zip, or what the loose files of one student have in common; unique. */
  id: string;
  /** Null where its name tells of none. */
  account: Account | null;
  /** As its folder or its file is called, the first of several. */
  from: string;
  /** @throws Unreadable */
  read(): Promise<SubmissionFiles>;
}

/** `mueller_12345_678_card.ts`, `mueller_LATE_12345_678_card-1.ts`: as Canvas names loose files. */
const CANVAS = /^([^_]+)(?:_LATE)?_(\d+)_(?:\d+_)?(.+)$/;

/** What Canvas' own names begin with, which a year in the name of a file does not have. */
const CANVAS_NUMBERS = /^([^_]+)(?:_LATE)?_(\d+)_\d+_/;

/** `anon_aB3dE_678_card.ts`: the same where students are anonymous. */
const CANVAS_ANONYMOUS = /^(anon)(?:_LATE)?_([^_]+)_\d+_(.+)$/;

/** `Ada Müller_4711_assignsubmission_file_`, and with the name of a file behind it where there are no folders: as Moodle has it. */
const MOODLE = /^(.+?)_(\d+)_assignsubmission_(?:file|onlinetext)_?(.*)$/;

/** `hw1_s123_attempt_2026-11-20-10-11-12_card.ts`: as Blackboard names loose files. A later attempt stands behind an earlier one. */
const BLACKBOARD = /^.+_([^_]+)_attempt_\d{4}(?:-\d\d){5}_(.+)$/;

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
  const places = placesOf(folder);
  if (isOne(places, expected)) {
    const whole: Place = { name: basename(folder), path: Buffer.from(folder), kind: 'folder' };
    const { name } = whole;
    return [{ id: idOf(name), account: null, from: name, read: () => readParts([{ place: whole, as: '' }]) }];
  }
  const found: Submission[] = [];
  const parts = new Map<string, Part[]>();
  const handedIn = places.filter(isHandedIn);
  const mistaken = notOfCanvas(handedIn);
  for (const place of handedIn) {
    const { who, as, account, again } = whose(place, mistaken);
    // A folder or a zip is all of somebody's; Moodle alone has two folders for one.
    const whole = as === '';
    const key = `${whole ? 'whole' : 'part'} ${who}`;
    const known = whole && account?.platform !== 'moodle' ? undefined : parts.get(key);
    if (known === undefined) {
      const theirs = [{ place, as }];
      parts.set(key, theirs);
      found.push({ id: idOf(who), account, from: place.name, read: () => readParts(theirs) });
      continue;
    }
    const before = again ? known.findIndex(part => part.as === as) : -1;
    if (before < 0) known.push({ place, as });
    else known[before] = { place, as };
  }
  number(found);
  if (found.length === 0) {
    throw new BadInput(
      `${folder} holds no submission: it should have a folder or a .zip for each student, or files named student_file.ts`,
    );
  }
  return found.sort((a, b) => compare(a.id, b.id));
}

/** @throws BadInput */
function placesOf(folder: string): Place[] {
  try {
    return placesIn(Buffer.from(folder));
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT')
      throw new BadInput(`there is no folder ${folder}: name the one that holds the submissions`);
    if (code === 'ENOTDIR') {
      const todo =
        archiveKind(folder) === '' ? 'name the folder that it is in' : 'unpack it, and name that folder';
      throw new BadInput(`${folder} is a file: ${todo}`);
    }
    throw new BadInput(`the folder ${folder} cannot be read (${code}): check its permissions`);
  }
}

/** Ids that no two have. */
function number(found: readonly Submission[]): void {
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
}

/** Those whose files Canvas calls late. */
export const calledLate = (submissions: readonly Submission[]): string[] =>
  submissions.filter(({ from }) => /^[^_]+_LATE_[^_]+_\d+_/.test(from)).map(({ id }) => id);

/** Of those who are called as others are, who is who. */
export function namesakes(submissions: readonly Submission[]): string[] {
  return submissions
    .filter(({ id, from }) => / \(\d+\)$/.test(id) && !idOf(from).startsWith(id))
    .map(({ id, from }) => `${id} is ${spelt(from)}`);
}

/** What would look the same is written as its code. */
const spelt = (name: string): string =>
  JSON.stringify(name).replace(
    /[\p{M}\p{Cf}]/gu,
    char => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );

/** Whether a folder is itself a submission. */
function isOne(places: readonly Place[], expected: readonly string[]): boolean {
  const names = new Set(expected.map(name => name.toLowerCase()));
  return places.some(({ kind, name }) => kind === 'file' && names.has(name.toLowerCase()));
}

const ofNobody = (name: string): boolean => name.startsWith('.') || OF_EXPORTS.has(name);

const isHandedIn = ({ kind, name }: Place): boolean =>
  !ofNobody(name) && (kind === 'folder' || (kind === 'file' && (archiveKind(name) !== '' || wanted(name))));

/** What lies among the submissions and is none: nobody is marked for it, which the teacher should know. */
export function passedOver(folder: string, expected: readonly string[]): string[] {
  const places = placesOf(folder);
  if (isOne(places, expected)) return [];
  return places
    .filter(place => place.kind !== 'folder' && !ofNobody(place.name) && !isHandedIn(place))
    .map(({ kind, name }) => (kind === 'other' ? `${idOf(name)} (a link, a pipe or a device)` : idOf(name)))
    .sort(compare);
}

/**
 * What a folder taken for one submission has besides, that looks like those of others: somebody's file came to lie above
 * the class. '' for nothing.
 */
export function othersInside(folder: string, expected: readonly string[]): string {
  const places = placesOf(folder);
  if (!isOne(places, expected)) return '';
  const names = new Set(expected.map(name => name.toLowerCase()));
  const own = places.find(({ kind, name }) => kind === 'file' && names.has(name.toLowerCase()))!;
  const others = places.filter(
    place => isHandedIn(place) && (place.kind === 'folder' || archiveKind(place.name) !== ''),
  );
  return others.length === 0
    ? ''
    : `${folder} has ${own.name} in it, so it is marked as one submission, with ${others[0].name} as a part of it; if it is a class, move ${own.name} out of it`;
}

/** Of whom something is, and as what. */
interface Whose {
  who: string;
  /** '' where it is all that they handed in. */
  as: string;
  account: Account | null;
  /** It takes the place of what came before under that name. */
  again: boolean;
}

/** @param mistaken  names that only look like those of Canvas */
function whose({ name, kind }: Place, mistaken: ReadonlySet<string>): Whose {
  const plain = { again: false, account: mistaken.has(name) ? null : accountIn(name) };
  if (kind === 'folder') {
    // Moodle makes a folder for each kind of submission that an assignment takes.
    const who = name.replace(/_assignsubmission_onlinetext(?=_?$)/, '_assignsubmission_file');
    return { ...plain, who, as: '' };
  }
  const isArchive = archiveKind(name) !== '';
  if (!mistaken.has(name)) {
    const loose = looseName(name);
    if (!isArchive) return { ...plain, ...loose };
    // One number may be a year, and the zips of a class be called hw_1_ada.zip: nobody's is put to another's.
    const known = plain.account !== null || BLACKBOARD.test(name) || CANVAS_ANONYMOUS.test(name);
    if (known && archiveKind(loose.as) !== '') return { ...plain, ...loose };
  }
  const stem = isArchive
    ? name
        .replace(/\.zip$/i, '')
        .replace(OTHER_ARCHIVE, '')
        .replace(/\.tar$/i, '')
    : name.replace(/\.[^.]+$/, '');
  return { ...plain, who: stem, as: isArchive ? '' : name };
}

/** `cs101_1_2026_ada.zip` and `cs101_1_2026_bo.zip`: the second number is of a file, which Canvas gives to one only. */
function notOfCanvas(places: readonly Place[]): Set<string> {
  const names = new Map<string, string[]>();
  for (const { name, kind } of places) {
    const [start] = (kind === 'file' && CANVAS_NUMBERS.exec(name)) || [''];
    if (start !== '') names.set(start, [...(names.get(start) ?? []), name]);
  }
  return new Set([...names.values()].filter(({ length }) => length > 1).flat());
}

/** Of what a name begins with. A year in the name of a file is no account: Canvas writes two numbers. */
function accountIn(name: string): Account | null {
  const moodle = MOODLE.exec(name);
  const match = moodle ?? CANVAS_NUMBERS.exec(name);
  const platform = moodle === null ? 'canvas' : 'moodle';
  // Who is anonymous has a number that is of nobody's account.
  if (match === null || match[1] === 'anon') return null;
  return { platform, name: idOf(match[1]), number: Number(match[2]) };
}

/** Whose a file is that lies among those of others, and what they called it. */
function looseName(name: string): Pick<Whose, 'who' | 'as' | 'again'> {
  const blackboard = BLACKBOARD.exec(name);
  if (blackboard !== null) return { who: blackboard[1], as: blackboard[2], again: true };
  const moodle = MOODLE.exec(name);
  const match =
    (moodle !== null && moodle[3] !== '' ? moodle : CANVAS.exec(name)) ?? CANVAS_ANONYMOUS.exec(name);
  if (match === null) return { who: name.replace(/\.[^.]+$/, ''), as: name, again: false };
  return { who: `${match[1]}_${match[2]}`, as: match[3], again: false };
}

/**
 * One spelling of each accented letter, and nothing that a terminal or a table would trip over, such as spaces around it. The two joiners stay: Persian
 * and Indian names have them, and emoji.
 */
const idOf = (name: string): string =>
  name
    .normalize('NFC')
    .replace(/(?![\u200c\u200d])[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, '\ufffd')
    .trim() || '_';

/** Where the files of one challenge are. */
export type Handed =
  | { kind: 'found'; path: string; note: string }
  | { kind: 'missing' | Unreadable['kind']; message: string }
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
  const paths = [...files.keys()].filter(wanted);
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
  const closed = [...files].find(([path, content]) => content instanceof Unreadable && !wanted(path));
  if (closed !== undefined) {
    const [path, { kind, message }] = closed as [string, Unreadable];
    const why = message.startsWith('"') ? message : `${JSON.stringify(path)}: ${message}`;
    return { kind, message: `no file ${file} was handed in; there is ${there}, and ${why}` };
  }
  return { kind: 'missing', message: `no file ${file} was handed in; there is ${there}` };
}

/** Of several the one that lies highest; copies of the same text are one. */
function oneOf(files: SubmissionFiles, paths: readonly string[], note: string): Handed {
  const least = Math.min(...paths.map(depthOf));
  const highest = paths.filter(path => depthOf(path) === least).sort(compare);
  const texts = new Set(highest.map(path => textOf(files.get(path)!, path)));
  if (texts.size === 1) return { kind: 'found', path: highest[0], note };
  return {
    kind: 'ambiguous',
    message: `several files could be meant, and they differ: ${highest.slice(0, 5).join(', ')}`,
  };
}

/** Something that is the same for copies only. */
const textOf = (content: Uint8Array | Unreadable, path: string): string =>
  content instanceof Unreadable ? `unreadable ${path}` : Buffer.from(content).toString('latin1');

function latest(paths: readonly string[]): string {
  const number = (path: string): number => Number(/(\d+)\)?\.[a-z]+$/i.exec(path)?.[1] ?? 0);
  return [...paths].sort((a, b) => number(b) - number(a) || compare(a, b))[0];
}

/** The folder of a path within a submission, '' at its top. */
export const folderOf = (path: string): string => (dirname(path) === '.' ? '' : dirname(path));
