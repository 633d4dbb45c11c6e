import { existsSync, realpathSync } from 'node:fs';
import { basename, dirname, join, relative, sep } from 'node:path';
import type { PolicySource } from '../contract/policy.ts';
import { MAX_FILES } from '../policy/compile/language.ts';
import { missingImports } from '../policy/compile/link.ts';
import { BadInput } from './exit.ts';
import { readTextFile } from './files.ts';

export const MAX_POLICY_BYTES = 256 * 1024;

/** A policy without code, by its name. */
export function isTunables(path: string): boolean {
  return /\.ya?ml$/.test(path);
}

/**
 * A policy's entry file and those of the player's files that it imports, read from disk. Only files in the entry's
 * folder and below are read: a submission has no business elsewhere.
 *
 * @throws BadInput
 */
export function readPolicy(path: string): PolicySource {
  if (!/\.(ts|js)$/.test(path)) {
    throw new BadInput(
      `${path} is not a policy: a policy is a .ts or .js file, a .yaml file of tunables, or none, reference or naive`,
    );
  }
  const folder = dirname(path);
  const entry = basename(path);
  const source: PolicySource = { entry, files: [readAt(folder, entry)] };
  for (;;) {
    // What is not there stays missing: the compiler says so with file, line and column.
    const missing = missingImports(source)
      .map(({ candidates }) => candidates.find(candidate => isInside(folder, candidate)))
      .filter(candidate => candidate !== undefined);
    const found = [...new Set(missing)];
    if (found.length === 0) return source;
    for (const file of found) source.files.push(readAt(folder, file));
    if (source.files.length > MAX_FILES)
      throw new BadInput(`${path} imports more than ${MAX_FILES} files: put them into fewer`);
  }
}

function readAt(folder: string, path: string): { path: string; text: string } {
  return { path, text: readTextFile(join(folder, path), 'policy', MAX_POLICY_BYTES) };
}

/** It exists, and is in the folder even when links are followed. */
function isInside(folder: string, path: string): boolean {
  if (path.startsWith('../')) return false;
  const full = join(folder, path);
  if (!existsSync(full)) return false;
  const from = relative(realpathSync(folder), realpathSync(full));
  return from !== '..' && !from.startsWith(`..${sep}`);
}
