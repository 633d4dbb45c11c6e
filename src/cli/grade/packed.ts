/** oomph as it is installed here, with what it needs to run: for machines that mark without a registry. */
import { existsSync, lstatSync, readdirSync, readFileSync, realpathSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { packageRoot } from '../root.ts';

/** Bytes by path, forward slashes. */
export type PackedFiles = Map<string, Uint8Array>;

const PARTS = ['package.json', 'LICENSE', 'bin', 'dist', 'schemas', 'challenges', 'policies'];
/** Only `--queue` needs them, and they are most of what is installed. */
const NOT_PACKED = new Set(['bullmq', 'ioredis']);
/** For people and editors: nothing runs them. */
const NOT_RUN = /\.(map|md|markdown|d\.[cm]?ts|tsbuildinfo)$/;

/** Add a file, or a folder with all below it. Links are not followed. */
export function addTree(
  files: PackedFiles,
  from: string,
  to: string,
  wanted: (path: string) => boolean,
): void {
  const stat = lstatSync(from);
  if (stat.isDirectory()) {
    for (const name of readdirSync(from).sort()) {
      if (name !== 'node_modules' && !name.startsWith('.')) {
        addTree(files, join(from, name), `${to}/${name}`, wanted);
      }
    }
  } else if (stat.isFile() && wanted(to)) files.set(to, readFileSync(from));
}

/** The package under `oomph/`, its dependencies in `oomph/node_modules/`. */
export function packedOomph(): PackedFiles {
  const files: PackedFiles = new Map();
  const wanted = (path: string): boolean => !NOT_RUN.test(path);
  for (const part of PARTS) {
    const from = join(packageRoot, part);
    if (existsSync(from)) addTree(files, from, `oomph/${part}`, wanted);
  }
  const placed = new Map<string, string>();
  const place = (from: string, to: string): void => {
    for (const name of dependenciesOf(from)) {
      const folder = installed(name, from);
      if (folder === null) continue;
      // At the top, where everybody finds it, unless another version is there.
      const top = `oomph/node_modules/${name}`;
      const target = (placed.get(top) ?? folder) === folder ? top : `${to}/node_modules/${name}`;
      if (placed.has(target)) continue;
      placed.set(target, folder);
      addTree(files, folder, target, wanted);
      place(folder, target);
    }
  };
  place(packageRoot, 'oomph');
  return files;
}

function dependenciesOf(folder: string): string[] {
  const { dependencies = {} } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  return Object.keys(dependencies)
    .filter(name => !NOT_PACKED.has(name))
    .sort();
}

/** Where Node would find it: in the node_modules of the folder, or of one above. */
function installed(name: string, from: string): string | null {
  for (let folder = realpathSync(from); ; folder = dirname(folder)) {
    const candidate = join(folder, 'node_modules', name);
    if (existsSync(join(candidate, 'package.json'))) return realpathSync(candidate);
    if (dirname(folder) === folder) return null;
  }
}
