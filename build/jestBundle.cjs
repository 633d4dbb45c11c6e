/**
 * The transform of those test files that play for seconds: the file and what it imports of src, as one script. As modules of
 * CommonJS each name of another file is read through a getter, and in the loops of the engine that takes as long as the work
 * does. Stacks and coverage name the sources all the same. Not for what asks import.meta.url where it is: one script is in
 * one place.
 */
const { createHash } = require('node:crypto');
const { readdirSync, statSync } = require('node:fs');
const { dirname, join, resolve } = require('node:path');
const esbuild = require('esbuild');

const root = resolve(__dirname, '..');
let sources = '';

/** Changes with every file that a test may import. */
function stateOfSources() {
  if (sources !== '') return sources;
  const hash = createHash('sha256').update(esbuild.version);
  for (const folder of ['src', 'test', 'build']) {
    for (const path of readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' }).sort()) {
      if (!/\.[mc]?[jt]s$/.test(path)) continue;
      const { mtimeMs, size } = statSync(join(root, folder, path));
      hash.update(`${folder}/${path} ${mtimeMs} ${size}\n`);
    }
  }
  sources = hash.digest('hex');
  return sources;
}

module.exports = {
  getCacheKey: (_text, file) => createHash('sha256').update(`${stateOfSources()} ${file}`).digest('hex'),
  process(_text, file) {
    const { outputFiles } = esbuild.buildSync({
      entryPoints: [file],
      // Never written: the sources are named from there.
      outfile: join(dirname(file), 'bundle.js'),
      bundle: true,
      format: 'cjs',
      platform: 'node',
      target: 'node20',
      packages: 'external',
      sourcemap: 'inline',
      logLevel: 'error',
      // Said of import.meta.url, which the files that are tried so do not come to.
      logOverride: { 'empty-import-meta': 'silent' },
      write: false,
    });
    return { code: outputFiles[0].text };
  },
};
