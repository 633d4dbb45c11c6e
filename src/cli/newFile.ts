import {
  closeSync,
  existsSync,
  fsyncSync,
  linkSync,
  openSync,
  renameSync,
  type Stats,
  statSync,
  unlinkSync,
  writeSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { BadInput } from './exit.ts';

/**
 * Why a file cannot be written there, found out before minutes are spent on what it would hold.
 *
 * @param option  how another place is named, for the message: `--record`
 * @throws BadInput
 */
export function checkWritable(path: string, force: boolean, option: string): void {
  const folder = dirname(path);
  const stat = statOf(folder);
  if (stat === undefined)
    throw new BadInput(`there is no folder ${folder}: make it, or name another place with ${option}`);
  if (!stat.isDirectory()) throw new BadInput(`${folder} is no folder: name another place with ${option}`);
  if (statOf(path)?.isDirectory()) {
    throw new BadInput(`${path} is a folder: name a file in it with ${option}`);
  }
  if (!force && existsSync(path)) throw isThere(path, option);
}

/** Undefined where nothing is, and where a folder on the way is a file. */
function statOf(path: string): Stats | undefined {
  try {
    return statSync(path, { throwIfNoEntry: false });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOTDIR') return undefined;
    throw error;
  }
}

/**
 * Write a file whole or not at all: beside its place, to the disk, then under its name.
 *
 * @throws BadInput  it is there and `force` is not set, or the system refuses
 */
export function writeWhole(path: string, bytes: Uint8Array, force: boolean, option: string): void {
  checkWritable(path, force, option);
  const beside = join(dirname(path), `.${basename(path)}.${process.pid}.part`);
  try {
    const fd = openSync(beside, 'wx');
    try {
      for (let at = 0; at < bytes.length; ) at += writeSync(fd, bytes, at);
      fsyncSync(fd);
    } finally {
      closeSync(fd);
    }
    if (force || !linked(beside, path, option)) renameSync(beside, path);
  } catch (error) {
    if (error instanceof BadInput) throw error;
    const { code } = error as NodeJS.ErrnoException;
    if (code === undefined) throw error;
    throw new BadInput(`${path} cannot be written (${code}): name another place with ${option}`);
  } finally {
    if (existsSync(beside)) unlinkSync(beside);
  }
}

/**
 * A link, unlike a rename, never replaces what somebody else put there meanwhile.
 *
 * @returns false where the file system has no links
 */
function linked(from: string, to: string, option: string): boolean {
  try {
    linkSync(from, to);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') throw isThere(to, option);
    return false;
  }
}

function isThere(path: string, option: string): BadInput {
  return new BadInput(
    `${path} is there already: give another name with ${option}, or --force to write over it`,
  );
}
