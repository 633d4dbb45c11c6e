/** The only place that makes folders. */
import { mkdirSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { unwritable } from './unwritable.ts';

/**
 * Make a folder and those above it that are not there. The one of node:fs (`recursive`) never comes back from a place whose
 * folder is there and takes none, such as /proc: mkdir(2) says ENOENT, it makes the folder above, and tries again, for ever.
 *
 * @throws what the file system says; EEXIST where a file is in the way
 */
export function makeFolder(folder: string): void {
  const missing: string[] = [];
  for (let at = resolve(folder); !isFolder(at); at = dirname(at)) {
    missing.push(at);
    if (dirname(at) === at) break;
  }
  for (const path of missing.reverse()) {
    try {
      mkdirSync(path);
    } catch (error) {
      // Somebody else made it meanwhile.
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST' || !isFolder(path)) throw error;
    }
  }
}

/**
 * The same, before minutes are spent on what goes into it.
 *
 * @param folder  made with those above it
 * @param path    what is to be written, for the message
 * @throws BadInput
 */
export function makePlace(folder: string, path: string, option: string): void {
  try {
    makeFolder(folder);
  } catch (error) {
    throw unwritable(path, error, `name another place with ${option}`);
  }
}

function isFolder(path: string): boolean {
  try {
    return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
  } catch (error) {
    // A file is where a folder above it should be.
    if ((error as NodeJS.ErrnoException).code === 'ENOTDIR') return false;
    throw error;
  }
}
