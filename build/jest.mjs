/**
 * dist/jest/index.cjs, which is `oomph/jest`. One file in CommonJS, because jest loads nothing else without flags, and test files that
 * are ES modules import it as well.
 */
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const root = resolve(dirname(fileURLToPath(import.meta.url)), '..');

// A test environment may fake timers, and that of a browser has other classes than Node's modules take.
const banner = `'use strict';
const { setImmediate, clearImmediate, setTimeout, clearTimeout, setInterval, clearInterval } = require('node:timers');
const { TextEncoder, TextDecoder } = require('node:util');
const { URL, pathToFileURL } = require('node:url');
const oomphModuleUrl = pathToFileURL(__filename).href;`;

await build({
  entryPoints: [join(root, 'src/jest/index.ts')],
  outfile: join(root, 'dist/jest/index.cjs'),
  bundle: true,
  format: 'cjs',
  platform: 'node',
  target: 'node20',
  packages: 'external',
  minifySyntax: true,
  // jest has no import() without flags.
  supported: { 'dynamic-import': false },
  define: { 'import.meta.url': 'oomphModuleUrl' },
  banner: { js: banner },
  logLevel: 'warning',
});
