/** The spec files that a command line names. */
import { statSync } from 'node:fs';
import { isAbsolute, relative, sep } from 'node:path';
import { escapePath, globSync, isDynamicPattern } from 'tinyglobby';
import { BadInput } from '../exit.ts';

/** What a file must be called to be found without being named. */
export const SPEC_PATTERN = '*.spec.{yaml,yml}';
const IGNORED = ['**/node_modules/**', '**/.git/**', '**/__snapshots__/**'];

/**
 * Files named by path, by folder or by pattern, relative to where the command runs, with `/`, sorted by code unit, each once.
 *
 * @param names  none: every spec below where the command runs
 * @throws BadInput  one of them matches nothing
 */
export function findSpecs(names: readonly string[], cwd = process.cwd()): string[] {
  const found = new Set<string>();
  for (const name of names.length === 0 ? ['.'] : names) {
    const files = filesOf(name, cwd);
    if (files.length === 0) throw nothing(name, names.length === 0);
    for (const file of files) found.add(file);
  }
  return [...found].sort();
}

/** The patterns that `name` stands for, to be matched again when a file comes. */
function filesOf(name: string, cwd: string): string[] {
  const path = slashed(name);
  const stat = statSync(path, { throwIfNoEntry: false });
  if (stat?.isFile()) return [fromHere(path, cwd)];
  if (stat?.isDirectory()) {
    const folder = path.replace(/\/+$/, '') || '/';
    return glob(folder === '.' ? `**/${SPEC_PATTERN}` : `${escapePath(folder)}/**/${SPEC_PATTERN}`, cwd);
  }
  if (!isDynamicPattern(path)) throw new BadInput(`there is no spec file or folder ${name}`);
  return glob(path, cwd);
}

function glob(pattern: string, cwd: string): string[] {
  return globSync(pattern, {
    cwd,
    ignore: IGNORED,
    expandDirectories: false,
    followSymbolicLinks: false,
  }).map(file => fromHere(file, cwd));
}

/** Windows separators are meant as such there, and are letters of a name or of a pattern elsewhere. */
function slashed(name: string): string {
  return sep === '\\' ? name.replaceAll('\\', '/') : name;
}

function fromHere(path: string, cwd: string): string {
  const here = isAbsolute(path) ? relative(cwd, path) : path;
  return slashed(here).replace(/^(\.\/+)+/, '');
}

function nothing(name: string, isWhole: boolean): BadInput {
  if (isWhole) {
    return new BadInput(
      `there is no spec here: no file below this folder is called ${SPEC_PATTERN} (\`oomph new spec CHALLENGE\` writes one)`,
    );
  }
  return new BadInput(`${JSON.stringify(name)} matches no spec: nothing was run`);
}
