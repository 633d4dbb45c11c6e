/** Reading a zip that nobody trusts: nothing is written anywhere, and its own figures are believed only as far as they help. */
import { type Entry, fromBuffer, type ZipFile } from 'yauzl';
import { MAX_ENTRIES, MAX_FILE_BYTES, MAX_TOTAL_BYTES, Unreadable, wanted } from './limits.ts';

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

/** The policies in a zip by their paths. @throws Unreadable */
export async function readZip(bytes: Buffer): Promise<Map<string, Uint8Array>> {
  const files = new Map<string, Uint8Array>();
  const other = otherKind(bytes);
  if (other !== '') throw new Unreadable(`it is ${other}, not a zip: pack the files anew`);
  const zip = await new Promise<ZipFile>((resolve, reject) => {
    fromBuffer(bytes, { lazyEntries: true, validateEntrySizes: true }, (error, opened) => {
      if (error) reject(new Unreadable(`the zip cannot be read: ${sentence(error)}`));
      else resolve(opened);
    });
  });
  let entries = 0;
  let total = 0;
  try {
    await new Promise<void>((resolve, reject) => {
      const failed = (error: unknown): void =>
        reject(
          error instanceof Unreadable ? error : new Unreadable(`the zip cannot be read: ${sentence(error)}`),
        );
      const one = async (entry: Entry): Promise<void> => {
        if (++entries > MAX_ENTRIES) throw new Unreadable(`the zip has more than ${MAX_ENTRIES} entries`);
        const name = tidy(entry.fileName);
        if (!entry.fileName.endsWith('/') && wanted(name)) {
          if ((entry.generalPurposeBitFlag & 1) !== 0)
            throw new Unreadable('the zip is encrypted: hand it in without a password');
          if (isLink(entry)) throw new Unreadable(`the zip has a symbolic link: ${JSON.stringify(name)}`);
          const content = await contentOf(zip, entry, name);
          total += content.length;
          if (total > MAX_TOTAL_BYTES)
            throw new Unreadable(`the policies in the zip have more than ${MAX_TOTAL_BYTES} bytes`);
          // Which of the two a program unpacks is its own choice.
          if (files.has(name) && !content.equals(files.get(name)!))
            throw new Unreadable(`the zip has two different files ${JSON.stringify(name)}`);
          files.set(name, content);
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

/** Unix file type in the upper half of the external attributes. */
const isLink = (entry: Entry): boolean => ((entry.externalFileAttributes >>> 16) & 0xf000) === 0xa000;

/** What comes out is counted as it comes: a header can claim anything. */
function contentOf(zip: ZipFile, entry: Entry, name: string): Promise<Buffer> {
  const tooLarge = (): Unreadable =>
    new Unreadable(`${JSON.stringify(name)} has more than ${MAX_FILE_BYTES} bytes`);
  if (entry.uncompressedSize > MAX_FILE_BYTES) return Promise.reject(tooLarge());
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
        if (length > MAX_FILE_BYTES) stream.destroy(tooLarge());
        else chunks.push(chunk);
      });
      stream.on('error', reject);
      stream.on('end', () => resolve(Buffer.concat(chunks)));
    });
  });
}

const sentence = (error: unknown): string =>
  (error instanceof Error ? error.message : String(error)).slice(0, 200);
