import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { packageRoot } from '../../root.ts';
import { engineVersion } from '../../store/engineVersion.ts';

/** Packages that are not in the bundle and that results go through. */
const PACKAGES = ['acorn', 'sucrase', 'seedrandom', 'yaml'];

/**
 * Which oomph this is, for two that must give the same bytes: `0.1.0+3f2a9c01.77d0e5b2`. Besides the engine it is all of
 * our code, as the entry names every chunk of the bundle by a hash of its content.
 */
export function buildOf(): string {
  const load = createRequire(import.meta.url);
  const hash = createHash('sha256').update(readFileSync(join(packageRoot, 'dist', 'cli', 'main.js')));
  for (const name of PACKAGES) hash.update(`\0${name} ${load(`${name}/package.json`).version}`);
  return `${engineVersion()}.${hash.digest('hex').slice(0, 8)}`;
}
