import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';

/**
 * What to type for this oomph: `npx oomph` where npm started it, or where it is run from a clone and so on no PATH.
 *
 * @param script  as node was given it
 */
export function callName(env: NodeJS.ProcessEnv = process.env, script = process.argv[1] ?? ''): string {
  const byNpm = env['npm_execpath'] !== undefined || env['npm_command'] !== undefined;
  return byNpm || isInClone(dirname(script)) ? 'npx oomph' : 'oomph';
}

function isInClone(folder: string): boolean {
  if (existsSync(join(folder, '.git'))) return true;
  const parent = dirname(folder);
  return parent !== folder && isInClone(parent);
}

/** A text whose commands stand on indented lines, with those commands as they are to be typed here. */
export function asCalled(text: string, name = callName()): string {
  return name === 'oomph' ? text : text.replaceAll(/^( +(?:\d\. )?)oomph (?=[a-z])/gm, `$1${name} `);
}
