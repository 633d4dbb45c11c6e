import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';
import { BadInput } from './exit.ts';

/**
 * Text of an ordinary file.
 *
 * @param what  what it should be, for the message: `policy`
 * @throws BadInput  not there, not a file, too large, not UTF-8
 */
export function readTextFile(path: string, what: string, maxBytes: number): string {
  let fd: number;
  try {
    // Without O_NONBLOCK the open of a FIFO would wait for a writer.
    fd = openSync(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
  } catch (error) {
    throw new BadInput(whyUnreadable(path, what, error));
  }
  try {
    const stat = fstatSync(fd);
    if (stat.isDirectory()) throw new BadInput(`${path} is a folder: name the ${what} file in it`);
    if (!stat.isFile()) throw new BadInput(`${path} is not an ordinary file: name a ${what} file`);
    if (stat.size > maxBytes) throw tooLarge(path, what, maxBytes);
    // One byte more than it should have shows a file that grew meanwhile; those of /proc say 0.
    const buffer = new Uint8Array((stat.size === 0 ? maxBytes : stat.size) + 1);
    let length = 0;
    for (let got = -1; got !== 0 && length < buffer.length; length += got) {
      got = readSync(fd, buffer, length, buffer.length - length, null);
    }
    if (length > maxBytes) throw tooLarge(path, what, maxBytes);
    return decode(buffer.subarray(0, length), path, what);
  } catch (error) {
    throw error instanceof BadInput ? error : new BadInput(whyUnreadable(path, what, error));
  } finally {
    closeSync(fd);
  }
}

function decode(bytes: Uint8Array, path: string, what: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw new BadInput(`${path} is not UTF-8 text: a ${what} is a text file, save it as UTF-8`);
  }
}

function tooLarge(path: string, what: string, maxBytes: number): BadInput {
  return new BadInput(`${path} is larger than ${maxBytes} bytes: too much for a ${what}`);
}

function whyUnreadable(path: string, what: string, error: unknown): string {
  const { code } = error as NodeJS.ErrnoException;
  if (code === 'ENOENT' || code === 'ENOTDIR') return `there is no ${what} file ${path}`;
  if (code === 'EACCES' || code === 'EPERM') return `you may not read ${path}: change its permissions`;
  if (code === 'ERR_INVALID_ARG_VALUE') return `${JSON.stringify(path)} cannot be the name of a ${what} file`;
  if (code === undefined) throw error;
  return `${path} cannot be read: ${code}`;
}
