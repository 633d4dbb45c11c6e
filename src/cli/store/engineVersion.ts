/** Which oomph computed a result: its version, and what its engine is made of. */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { packageRoot, version } from '../root.ts';

let known = '';

/** `0.1.0+3f2a9c01`: in a clone the engine changes while the version stays. */
export function engineVersion(): string {
  if (known === '') {
    const bundle = readFileSync(join(packageRoot, 'dist', 'harness', 'sandbox', 'child.mjs'));
    known = `${version}+${createHash('sha256').update(bundle).digest('hex').slice(0, 8)}`;
  }
  return known;
}
