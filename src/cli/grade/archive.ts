/** Reading a zip that nobody trusts: nothing is written anywhere, and its own figures are believed only as far as they help. */
import { type Entry, fromBuffer, type ZipFile } from 'yauzl';
import {
  archiveKind,
  Budget,
  MAX_FILE_BYTES,
  MAX_ZIP_BYTES,
  MAX_ZIP_DEPTH,
  type SubmissionFiles,
  Unreadable,
  wanted,
} from './limits.ts';

/** yauzl refuses what is absolute or leads out of the archive, and turns backslashes. */
const tidy = (name: string): string =>
  name
    .split('/')
    .filter(part => part !== '' && part !== '.')
    .join('/')
    .normalize('NFC');

/** How archives that students rename to .zip begin, and what they are. */
const OTHERS: readonly [start: string, what: string][] = [
  ['Rar!', 'a RAR archive'],
  ['7z\xbc\xaf', 'a 7-Zip archive'],
  ['\x1f\x8b', 'a gzip file'],
  ['BZh', 'a bzip2 file'],
  ['\xfd7zXZ', 'an xz file'],
  ['%PDF', 'a PDF file'],
];

/** What a file called .zip is, where it is plainly something else; '' otherwise. */
function otherKind(bytes: Buffer): string {
  const start = bytes.subarray(0, 512).toString('latin1');
  if (bytes.length === 0) return 'an empty file';
  if (start.slice(257, 262) === 'ustar') return 'a tar archive';
  return OTHERS.find(([begins]) => start.startsWith(begins))?.[1] ?? '';
}

/**
 * The policies in a zip by their paths, those of zips in it too.
 *
 * @param budget  of the submission that it is of
 * @param depth   how many zips it lies in
 * @throws Unreadable
 */
export async function readZip(bytes: Buffer, budget = new Budget(), depth = 0): Promise<SubmissionFiles> {
  const files: SubmissionFiles = new Map();
  if (depth > MAX_ZIP_DEPTH) throw new Unreadable(`zips are nested more than ${MAX_ZIP_DEPTH} deep`);
  const other = otherKind(bytes);
  if (other !== '') throw new Unreadable(`it is ${other}, not a zip: pack the files anew`);
  const zip = await new Promise<ZipFile>((resolve, reject) => {
    fromBuffer(bytes, { lazyEntries: true, validateEntrySizes: true }, (error, opened) => {
      if (error) reject(broken(error));
      else resolve(opened);
    });
  });
  const put = (name: string, content: Uint8Array | Unreadable): void => {
    const before = files.get(name);
    const differs = before !== undefined && (!isText(before) || !isText(content) || !same(before, content));
    // Which of the two a program unpacks is its own choice.
    if (differs) throw new Unreadable(`the zip has two different files ${JSON.stringify(name)}`);
    files.set(name, content);
  };
  try {
    await new Promise<void>((resolve, reject) => {
      const failed = (error: unknown): void => reject(error instanceof Unreadable ? error : broken(error));
      const one = async (entry: Entry): Promise<void> => {
        budget.entry();
        const name = tidy(entry.fileName);
        const archive = archiveKind(name);
        if (!entry.fileName.endsWith('/') && (archive !== '' || wanted(name))) {
          if ((entry.generalPurposeBitFlag & 1) !== 0)
            throw new Unreadable('the zip is encrypted: hand it in without a password');
          const problem = problemOf(entry, name, archive);
          if (problem !== '') put(name, new Unreadable(problem));
          else if (archive === 'zip') {
            const inner = await contentOf(zip, entry, name, MAX_ZIP_BYTES);
            for (const [path, content] of await zipInside(inner, name, budget, depth)) put(path, content);
          } else {
            const content = await contentOf(zip, entry, name, MAX_FILE_BYTES);
            budget.text(content.length);
            put(name, content);
          }
        }
        zip.readEntry();
      };
      zip.on('error', failed);
      zip.on('end', resolve);
      zip.on('entry', (entry: Entry) => void one(entry).catch(failed));
      zip.readEntry();
    });
  } finally {
    zip.close();
  }
  return files;
}

const isText = (content: Uint8Array | Unreadable): content is Uint8Array => !(content instanceof Unreadable);
const same = (a: Uint8Array, b: Uint8Array): boolean => Buffer.compare(a, b) === 0;

/** Why an entry is not unpacked at all; '' where nothing speaks against it. */
function problemOf(entry: Entry, name: string, archive: ReturnType<typeof archiveKind>): string {
  const called = JSON.stringify(name);
  if (isLink(entry)) return `${called} is a symbolic link: hand in the file itself`;
  if (archive === 'other') return `${called} is no zip: pack the files themselves`;
  const most = archive === 'zip' ? MAX_ZIP_BYTES : MAX_FILE_BYTES;
  return entry.uncompressedSize > most ? `${called} has more than ${most} bytes` : '';
}

/** What is wrong with a zip in a zip is wrong with that one: what is wanted may lie beside it. */
export async function zipInside(
  bytes: Buffer,
  name: string,
  budget: Budget,
  depth: number,
): Promise<[string, Uint8Array | Unreadable][]> {
  budget.zip(bytes.length);
  try {
    const files = await readZip(bytes, budget, depth + 1);
    return [...files].map(([path, content]) => [`${name}/${path}`, content]);
  } catch (error) {
    if (!(error instanceof Unreadable) || error.whole) throw error;
    return [[name, error]];
  }
}

/** Unix file type in the upper half of the external attributes. */
const isLink = (entry: Entry): boolean => ((entry.externalFileAttributes >>> 16) & 0xf000) === 0xa000;

/** What comes out is counted as it comes: a header can claim anything. */
function contentOf(zip: ZipFile, entry: Entry, name: string, most: number): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    zip.openReadStream(entry, (error, stream) => {
      if (error) {
        reject(error);
        return;
      }
      const chunks: Buffer[] = [];
      let length = 0;
      stream.on('data', (chunk: Buffer) => {
        length += chunk.length;
        if (length > most)
          stream.destroy(new Unreadable(`${JSON.stringify(name)} has more than ${most} bytes`));
        else chunks.push(chunk);
      });
      stream.on('error', reject);
      stream.on('end', () => resolve(Buffer.concat(chunks)));
    });
  });
}

const broken = (error: unknown): Unreadable => {
  const why = (error instanceof Error ? error.message : String(error)).slice(0, 200).replace(/\.$/, '');
  return new Unreadable(`the zip cannot be read: ${why}: pack the files anew`);
};
