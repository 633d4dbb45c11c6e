/** Seeing that the player saved the policy. */
import { statSync } from 'node:fs';
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

/** The policy's text and that of the files it imports, and where those are. */
function contentOf(path: string): { paths: string[]; content: string } {
  try {
    if (isTunables(path)) return { paths: [path], content: readTextFile(path, 'policy', MAX_POLICY_BYTES) };
    const { files } = readPolicy(path);
    const paths = files.map(file => join(dirname(path), file.path));
    return { paths, content: JSON.stringify(files) };
  } catch (error) {
    if (!(error instanceof BadInput)) throw error;
    return { paths: [path], content: error.message };
  }
}

/**
 * Call `changed` after each change of the policy's text from now on. A change is reported once the files have stood
 * still for two looks: an editor that writes in pieces is waited for.
 */
export function watchPolicy(path: string, changed: () => void): PolicyWatch {
  let { paths, content } = contentOf(path);
  let stamp = stampOf(paths);
  let unsettled = false;
  const compare = (): void => {
    unsettled = false;
    const now = contentOf(path);
    paths = now.paths;
    stamp = stampOf(paths);
    if (now.content === content) return;
    content = now.content;
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
