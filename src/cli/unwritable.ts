import { BadInput } from './exit.ts';

/** What people make of the names that errors have. */
const REASONS: Readonly<Record<string, string>> = {
  EACCES: 'you may not write there',
  EPERM: 'you may not write there',
  EROFS: 'that disk is read-only',
  ENOSPC: 'the disk is full',
  EDQUOT: 'your share of the disk is full',
  EEXIST: 'a file is in the way',
  ENOTDIR: 'a file is in the way',
  EISDIR: 'a folder is in the way',
  ENOENT: 'nothing can be made there',
  ENAMETOOLONG: 'the name is too long',
  ELOOP: 'its links go round in a circle',
};

/** `ENOSPC, the disk is full`. */
export function reasonFor(code: string): string {
  const reason = REASONS[code];
  return reason === undefined ? code : `${code}, ${reason}`;
}

/**
 * What to tell of a file or a folder that the system does not let be written.
 *
 * @param instead  what to do: `name another place with --out`
 * @throws error where it is no answer of the file system
 */
export function unwritable(path: string, error: unknown, instead: string): BadInput {
  const { code, syscall } = error as NodeJS.ErrnoException;
  if (code === undefined || syscall === undefined) throw error;
  return new BadInput(`${path} cannot be written (${reasonFor(code)}): ${instead}`);
}
