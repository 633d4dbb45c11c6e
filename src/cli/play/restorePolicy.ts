/** Making the policy of an attempt the player's policy again, without losing what is in its place. */
import { existsSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, extname, join } from 'node:path';
import type { SourceFile } from '../../contract/policy.ts';
import type { ChallengeEntry, Restored } from '../../tui/gameRun.ts';
import type { History } from '../../tui/history.ts';
import { BadInput } from '../exit.ts';
import { readTextFile } from '../files.ts';
import { makeFolder } from '../makeFolder.ts';
import { isTunables, MAX_POLICY_BYTES, readPolicy } from '../policyFiles.ts';
import { policyPlaces } from './entries.ts';

/** As an attempt keeps it; null: it cannot be read. */
function filesAt(path: string): SourceFile[] | null {
  try {
    if (!isTunables(path)) return readPolicy(path).files;
    return [{ path: basename(path), text: readTextFile(path, 'policy', MAX_POLICY_BYTES) }];
  } catch (error) {
    if (error instanceof BadInput) return null;
    throw error;
  }
}

/** A name beside it that is not taken. */
function nameBeside(path: string): string {
  let n = 1;
  while (existsSync(`${path}.unplayed-${n}`)) n++;
  return `${path}.unplayed-${n}`;
}

const isSame = (a: readonly SourceFile[], b: readonly SourceFile[]): boolean =>
  JSON.stringify(a) === JSON.stringify(b);

/**
 * @param files  the entry file first
 * @throws what the file system says
 */
export function restorePolicy(
  history: History,
  entry: ChallengeEntry,
  files: readonly SourceFile[],
): Restored {
  const folder = dirname(entry.policyPath);
  const places = policyPlaces(entry.policyPath);
  const there = places.filter(place => existsSync(place));
  const target = places.find(place => extname(place) === extname(files[0].path)) ?? entry.policyPath;
  const now = there.length === 1 && there[0] === target ? filesAt(target) : null;
  if (now !== null && isSame(now, files)) return { problem: '', same: true, aside: '' };
  let aside = '';
  for (const place of there) {
    const own = filesAt(place);
    if (own !== null && history.isKept(entry, own)) rmSync(place);
    else {
      aside = nameBeside(place);
      renameSync(place, aside);
    }
  }
  for (const [i, { path, text }] of files.entries()) {
    // The entry has the name of the challenge's policy; others are where the entry imports them from.
    const to = i === 0 ? target : join(folder, path);
    if (i > 0 && existsSync(to) && readFileSync(to, 'utf8') !== text) renameSync(to, nameBeside(to));
    makeFolder(dirname(to));
    writeFileSync(to, text);
  }
  return { problem: '', same: false, aside };
}
