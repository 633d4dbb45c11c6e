/** The files of a submission, wherever they lie: folders, zips, loose files, and zips among any of these. */
import { type Dirent, lstatSync, readdirSync, readFileSync } from 'node:fs';
import { readZip, zipInside } from './archive.ts';
import {
  archiveKind,
  Budget,
  MAX_DEPTH,
  MAX_FILE_BYTES,
  MAX_ZIP_BYTES,
  type SubmissionFiles,
  Unreadable,
  wanted,
} from './limits.ts';

/** What lies in a folder. A path is bytes: names need not be UTF-8, as programs that unpack old zips leave them. */
export interface Place {
  name: string;
  path: Buffer;
  kind: 'file' | 'folder' | 'other';
}

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

/** By name. Throws what the file system throws. */
export function placesIn(folder: Buffer): Place[] {
  return readdirSync(folder, { withFileTypes: true, encoding: 'buffer' })
    .map(entry => ({
      name: nameIn(entry.name),
      path: Buffer.concat([folder, Buffer.from('/'), entry.name]),
      kind: kindOf(entry),
    }))
    .sort((a, b) => compare(a.name, b.name) || Buffer.compare(a.path, b.path));
}

const kindOf = (entry: Dirent<Buffer>): Place['kind'] =>
  entry.isDirectory() ? 'folder' : entry.isFile() ? 'file' : 'other';

/** What is not UTF-8 is taken for Windows-1252, in which every byte is something. */
function nameIn(bytes: Buffer): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return new TextDecoder('windows-1252').decode(bytes);
  }
}

/** A folder or a file of a submission, and as what it counts; '' for what is the whole of it. */
export interface Part {
  place: Place;
  as: string;
}

/** @throws Unreadable */
export async function readParts(parts: readonly Part[]): Promise<SubmissionFiles> {
  const files: SubmissionFiles = new Map();
  const budget = new Budget();
  for (const { place, as } of parts) {
    if (place.kind === 'folder') await readFolder(place, as, 0, files, budget);
    else await readFile(place, as, files, budget);
  }
  return files;
}

async function readFolder(
  folder: Place,
  as: string,
  depth: number,
  files: SubmissionFiles,
  budget: Budget,
): Promise<void> {
  if (depth > MAX_DEPTH) throw new Unreadable(`folders are nested more than ${MAX_DEPTH} deep`);
  let places: Place[];
  try {
    places = placesIn(folder.path);
  } catch (error) {
    throw notRead(`the folder ${JSON.stringify(as || folder.name)}`, error);
  }
  for (const place of places) {
    budget.entry();
    const inside = as === '' ? place.name : `${as}/${place.name}`;
    if (place.kind === 'folder') {
      if (place.name !== 'node_modules' && !place.name.startsWith('.'))
        await readFolder(place, inside, depth + 1, files, budget);
    } else await readFile(place, inside, files, budget);
  }
}

/** @param as  '' for a zip that is the submission: what is wrong with it is wrong with all */
async function readFile(place: Place, as: string, files: SubmissionFiles, budget: Budget): Promise<void> {
  const path = as.normalize('NFC');
  const archive = archiveKind(path || place.name);
  if (archive === '' && !wanted(path)) return;
  if (archive === 'other') {
    const message = `${JSON.stringify(place.name)} is no zip: pack the files as .zip, or unpack it into a folder of that name`;
    if (as === '') throw new Unreadable(message);
    put(files, path, new Unreadable(message));
    return;
  }
  const content = bytesOf(place, path, archive === '' ? MAX_FILE_BYTES : MAX_ZIP_BYTES);
  if (archive === '' || content instanceof Unreadable) {
    if (as === '' && content instanceof Unreadable) throw content;
    if (!(content instanceof Unreadable)) budget.text(content.length);
    put(files, path, content);
    return;
  }
  const found = path === '' ? await readZip(content, budget) : await zipInside(content, path, budget, 0);
  for (const [name, inside] of found) put(files, name, inside);
}

/** Two texts of one name: which was meant nobody knows, and file systems that tell them apart do not decide it. */
function put(files: SubmissionFiles, path: string, content: Buffer | Uint8Array | Unreadable): void {
  const before = files.get(path);
  const same =
    before === undefined ||
    (!(before instanceof Unreadable) &&
      !(content instanceof Unreadable) &&
      Buffer.compare(before, content) === 0);
  files.set(path, same ? content : new Unreadable(`there are two different files ${JSON.stringify(path)}`));
}

/** Links are not followed, and pipes and devices not opened: a submission has no business elsewhere. */
function bytesOf({ path, kind, name }: Place, as: string, most: number): Buffer | Unreadable {
  const called = JSON.stringify(as || name);
  if (kind === 'other')
    return new Unreadable(
      `${called} is a link, a pipe or a device, which are not opened: hand in the file itself`,
    );
  try {
    const { size } = lstatSync(path);
    return size > most ? new Unreadable(`${called} has more than ${most} bytes`) : readFileSync(path);
  } catch (error) {
    return notRead(called, error);
  }
}

function notRead(called: string, error: unknown): Unreadable {
  const { code = String(error) } = error as NodeJS.ErrnoException;
  const todo =
    code === 'EACCES' || code === 'EPERM' ? 'give yourself the right to read it' : 'look at the disk';
  const message = `${called} cannot be read (${code}): ${todo}, then grade again`;
  return new Unreadable(message, { kind: 'infrastructure' });
}
