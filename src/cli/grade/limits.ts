/** How much of a submission is looked at, and what of it. */
import { MAX_POLICY_BYTES } from '../policyFiles.ts';

export const MAX_ENTRIES = 10_000;
export const MAX_FILE_BYTES = MAX_POLICY_BYTES;
export const MAX_TOTAL_BYTES = 16 << 20;
/** Compressed, before anything is read; and of all zips within a submission together. */
export const MAX_ZIP_BYTES = 64 << 20;
export const MAX_DEPTH = 16;
/** Zips in zips in zips. */
export const MAX_ZIP_DEPTH = 3;

/** It cannot be marked; the message says why. */
export class Unreadable extends Error {
  override name = 'Unreadable';
  /** Of the whole submission, wherever in it that was found. */
  readonly whole: boolean;
  /** The machine's failure is not the student's. */
  readonly kind: 'unreadable' | 'infrastructure';

  constructor(message: string, { whole = false, kind = 'unreadable' as Unreadable['kind'] } = {}) {
    super(message);
    this.whole = whole;
    this.kind = kind;
  }
}

/** Files of a submission by path, forward slashes: those that can be policies, and why a file that is there cannot be read. */
export type SubmissionFiles = Map<string, Uint8Array | Unreadable>;

/** What one submission may still take, with all that is packed in it. */
export class Budget {
  private entries = 0;
  private texts = 0;
  private zips = 0;

  entry(): void {
    if (++this.entries > MAX_ENTRIES)
      throw new Unreadable(`it has more than ${MAX_ENTRIES} files: hand in the policies only`, {
        whole: true,
      });
  }

  text(bytes: number): void {
    this.texts += bytes;
    if (this.texts > MAX_TOTAL_BYTES)
      throw new Unreadable(`its policies have more than ${MAX_TOTAL_BYTES} bytes`, { whole: true });
  }

  /** Of a zip in it, unpacked from what it is in. */
  zip(bytes: number): void {
    this.zips += bytes;
    if (this.zips > MAX_ZIP_BYTES)
      throw new Unreadable(`the zips in it have more than ${MAX_ZIP_BYTES} bytes`, { whole: true });
  }
}

/** Nothing that a system or a tool left. */
const handedInOnPurpose = (path: string): boolean =>
  !path.split('/').some(part => part === 'node_modules' || part === '__MACOSX' || part.startsWith('.'));

/** Files that can be a policy, or part of one. */
export function wanted(path: string): boolean {
  return handedInOnPurpose(path) && /\.(ts|js|ya?ml)$/i.test(path) && !path.endsWith('.d.ts');
}

/** Archives that are no zip: their students should be told, not missed. */
export const OTHER_ARCHIVE = /\.(?:rar|7z|tar|tgz|tbz2?|txz|gz|bz2|xz|zst)$/i;

/** By the name of a file; '' for what is none. */
export function archiveKind(path: string): '' | 'zip' | 'other' {
  if (!handedInOnPurpose(path)) return '';
  return /\.zip$/i.test(path) ? 'zip' : OTHER_ARCHIVE.test(path) ? 'other' : '';
}
