/** Seeing that the player saved the policy. */
import { existsSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { PolicyWatch } from '../../tui/gameRun.ts';
import { BadInput } from '../exit.ts';
import { readTextFile } from '../files.ts';
import { isTunables, MAX_POLICY_BYTES, readPolicy } from '../policyFiles.ts';

/** Looked at again and again: editors replace files, and watchers of the system lose those. */
const POLL_MS = 150;

/** Changes when a file may have changed; cheap. */
function stampOf(paths: readonly string[]): string {
  return paths
    .map(path => {
      try {
        const { ino, size, mtimeMs } = statSync(path);
        return `${ino}:${size}:${mtimeMs}`;
      } catch {
        // Not there, or nobody can get there: a file where its folder should be.
        return '-';
      }
    })
    .join(' ');
}

/** The policy's text, of the one that is there, and that of the files it imports, and where those are. */
function contentOf(places: readonly string[]): { paths: string[]; content: string } {
  const there = places.filter(place => existsSync(place));
  const [path] = there;
  if (there.length !== 1) return { paths: [...places], content: there.join('\n') };
  try {
    if (isTunables(path))
      return { paths: [...places], content: readTextFile(path, 'policy', MAX_POLICY_BYTES) };
    const { files } = readPolicy(path);
    const paths = files.map(file => join(dirname(path), file.path));
    return { paths: [...new Set([...places, ...paths])], content: JSON.stringify(files) };
  } catch (error) {
    if (!(error instanceof BadInput)) throw error;
    return { paths: [...places], content: error.message };
  }
}

/**
 * Call `changed` after each change of the policy's text from now on. A change is reported once the files have stood
 * still for two looks: an editor that writes in pieces is waited for.
 *
 * @param places  where the policy may be; at most one of them should
 */
export function watchPolicy(places: readonly string[], changed: () => void): PolicyWatch {
  let paths: string[] = [];
  let stamp = '';
  let unsettled = false;
  const read = (): string => {
    // Of before: what is written while it is read differs at the next look, and so does what is read of other files.
    stamp = stampOf(paths);
    const now = contentOf(places);
    paths = now.paths;
    return now.content;
  };
  let content = read();
  const compare = (): void => {
    unsettled = false;
    const now = read();
    if (now === content) return;
    content = now;
    changed();
  };
  const look = (): void => {
    const now = stampOf(paths);
    if (now !== stamp) {
      stamp = now;
      unsettled = true;
    } else if (unsettled) compare();
  };
  const timer = setInterval(look, POLL_MS);
  timer.unref();
  return { check: compare, stop: () => clearInterval(timer) };
}
