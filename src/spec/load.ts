import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';
import type { Diagnostic } from '../contract/diagnostic.ts';
import { type AssignmentLoad, parseAssignment } from './assignment.ts';
import { type ChallengeChecks, type ChallengeLoad, parseChallenge } from './challenge.ts';
import { type ChapterLoad, parseChapter } from './chapter.ts';
import { fileDiagnostic, MAX_FILE_BYTES, tooLarge } from './decode.ts';

export type { ChallengeLoad } from './challenge.ts';

/**
 * Read a challenge file. Never throws for what a file or its name may be; the size is decided before anything is read.
 *
 * @param path  as the user named it; also what the diagnostics call it
 * @param checks  as parseChallenge wants them
 */
export function loadChallenge(path: string, checks?: ChallengeChecks): ChallengeLoad {
  const read = readBytes(path);
  return 'diagnostic' in read
    ? { plan: null, diagnostics: [read.diagnostic] }
    : parseChallenge(read.bytes, path, { ...checks, read: readBytes });
}

/** Read a chapter.yaml, as loadChallenge reads a challenge. */
export function loadChapter(path: string): ChapterLoad {
  const read = readBytes(path);
  return 'diagnostic' in read
    ? { chapter: null, diagnostics: [read.diagnostic] }
    : parseChapter(read.bytes, path);
}

/** Read an assignment.yaml, as loadChallenge reads a challenge. */
export function loadAssignment(path: string): AssignmentLoad {
  const read = readBytes(path, 'assignment');
  return 'diagnostic' in read
    ? { plan: null, diagnostics: [read.diagnostic] }
    : parseAssignment(read.bytes, path);
}

/** The bytes of a file that may be a challenge, or why there are none. @param what it should be */
export function readBytes(
  path: string,
  what: 'challenge' | 'assignment' = 'challenge',
): { bytes: Uint8Array } | { diagnostic: Diagnostic } {
  let fd = -1;
  try {
    // Without O_NONBLOCK the open of a FIFO would wait for a writer.
    fd = openSync(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
    const stat = fstatSync(fd);
    if (stat.isDirectory()) {
      const article = what === 'challenge' ? 'a' : 'an';
      const expected = `${article} ${what} file, such as ${path.replace(/[/\\]$/, '')}/${what}.yaml`;
      return { diagnostic: fileDiagnostic(path, 'E-FILE-NOT-REGULAR', `${path} is a folder`, expected) };
    }
    if (!stat.isFile()) {
      const message = `${path} is a device, a pipe or a socket`;
      return { diagnostic: fileDiagnostic(path, 'E-FILE-NOT-REGULAR', message, 'an ordinary file') };
    }
    if (stat.size > MAX_FILE_BYTES) return { diagnostic: tooLarge(path, stat.size) };
    // One byte more than it should have shows a file that grew meanwhile; those of /proc say 0.
    const buffer = new Uint8Array(stat.size === 0 ? MAX_FILE_BYTES + 1 : stat.size + 1);
    let length = 0;
    for (let got = -1; got !== 0 && length < buffer.length; length += got) {
      got = readSync(fd, buffer, length, buffer.length - length, null);
    }
    return { bytes: buffer.subarray(0, length) };
  } catch (error) {
    return { diagnostic: refusal(path, what, error as NodeJS.ErrnoException) };
  } finally {
    if (fd >= 0) closeSync(fd);
  }
}

/** The system's answer in words; what is not the system's is our own fault and must be seen. */
function refusal(path: string, what: string, error: NodeJS.ErrnoException): Diagnostic {
  const { code } = error;
  if (code === 'ENOENT' || code === 'ENOTDIR' || code === 'ERR_INVALID_ARG_VALUE') {
    return fileDiagnostic(
      path,
      'E-FILE-NOT-FOUND',
      `there is no file ${path}`,
      `the path of ${what === 'challenge' ? 'a' : 'an'} ${what} file`,
    );
  }
  if (error.syscall === undefined) throw error;
  const why = code === 'EACCES' || code === 'EPERM' ? 'you may not read it' : code;
  return fileDiagnostic(path, 'E-FILE-UNREADABLE', `${path} cannot be read: ${why}`, 'a file you may read');
}
