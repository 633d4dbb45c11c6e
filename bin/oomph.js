#!/usr/bin/env node
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

if (existsSync(fileURLToPath(new URL('../dist/cli/main.js', import.meta.url)))) {
  await import('../dist/cli/main.js');
} else {
  process.stderr.write(
    'oomph is not built yet: run `npm ci` or `npm run build` in its folder, then try again\n',
  );
  process.exitCode = 2;
}
