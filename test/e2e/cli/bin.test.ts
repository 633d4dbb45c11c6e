import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { BIN, temporaryFolder } from './oomph.ts';

test('before it is built it says how to build it', () => {
  const folder = temporaryFolder();
  mkdirSync(join(folder, 'bin'));
  copyFileSync(BIN, join(folder, 'bin/oomph.mjs'));
  const done = spawnSync(process.execPath, [join(folder, 'bin/oomph.mjs'), 'play'], { encoding: 'utf8' });
  expect(done.stderr).toMatch(/^oomph is not built yet: run `npm ci` or `npm run build`/);
  expect(done.status).toBe(2);
});
