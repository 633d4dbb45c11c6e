import { existsSync } from 'node:fs';
import { isAbsolute, relative, resolve, sep } from 'node:path';
import { escapePath } from 'tinyglobby';

/** A file, folder or pattern named from `folder`, as findSpecs() takes it: named from where the process runs. */
export function patternFrom(folder: string, pattern: string, cwd = process.cwd()): string {
  const file = resolve(folder, pattern);
  if (existsSync(file)) return relative(cwd, file) || '.';
  if (isAbsolute(pattern)) return pattern;
  const here = relative(cwd, resolve(folder)).split(sep).join('/');
  return here === '' ? pattern : `${escapePath(here)}/${pattern}`;
}
