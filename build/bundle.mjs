/**
 * dist/: the command, its workers, the library and the process of a policy. The packages that every command or every policy
 * loads are bundled, for reading their many files took as long as everything else that starting does; the others are
 * loaded from node_modules by what needs them. What the licences of the bundled ask for is in dist/THIRD-PARTY.txt.
 */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const root = resolve(dirname(fileURLToPath(import.meta.url)), '..');
const { dependencies } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));

const BUNDLED = ['acorn', 'commander', 'picocolors', 'sucrase', 'yaml'];

const shared = {
  absWorkingDir: root,
  bundle: true,
  format: 'esm',
  platform: 'node',
  target: 'node20',
  mainFields: ['module', 'main'],
  minifySyntax: true,
  metafile: true,
  logLevel: 'warning',
};

const command = await build({
  ...shared,
  entryPoints: [
    'src/cli/main.ts',
    'src/cli/proveWorker.ts',
    'src/cli/testWorker.ts',
    'src/index.ts',
    'src/cli/dev/conformance.ts',
    'src/cli/dev/bench.ts',
    'src/cli/play/tapeWorker.ts',
    'src/cli/grade/outlineThread.ts',
  ],
  external: Object.keys(dependencies).filter(name => !BUNDLED.includes(name)),
  splitting: true,
  sourcemap: true,
  outdir: 'dist',
  outbase: 'src',
  chunkNames: 'chunks/[name]-[hash]',
  // Packages in CommonJS ask for modules of Node so.
  banner: {
    js: "import { createRequire as oomphRequire } from 'node:module';\nconst require = oomphRequire(import.meta.url);",
  },
});

const sandbox = await build({
  ...shared,
  entryPoints: ['src/harness/sandbox/child.ts'],
  outfile: 'dist/harness/sandbox/child.mjs',
});

/** The text of packages, and of what is generated, is of no use to who reads a stack. */
for (const path of Object.keys(command.metafile.outputs).filter(name => name.endsWith('.map'))) {
  const file = join(root, path);
  const map = JSON.parse(readFileSync(file, 'utf8'));
  const isOurs = source => !/node_modules\/|src\/spec\/accepts\.ts$/.test(source);
  map.sourcesContent = map.sources.map((source, i) => (isOurs(source) ? map.sourcesContent[i] : null));
  writeFileSync(file, JSON.stringify(map));
}

/** Folders of the packages that files came from: node_modules/acorn, node_modules/@jridgewell/gen-mapping. */
const folders = new Set(
  [command, sandbox]
    .flatMap(({ metafile }) => Object.keys(metafile.inputs))
    .flatMap(path => /^(.*node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(path)?.[1] ?? []),
);
const notices = [...folders].sort().map(folder => {
  const { name, version, license } = JSON.parse(readFileSync(join(root, folder, 'package.json'), 'utf8'));
  const file = readdirSync(join(root, folder)).find(entry => /^licen[cs]e/i.test(entry));
  if (file === undefined) throw new Error(`${folder} has no licence to be kept beside what is bundled of it`);
  return `${name} ${version} (${license})\n\n${readFileSync(join(root, folder, file), 'utf8').trim()}\n`;
});
writeFileSync(
  join(root, 'dist/THIRD-PARTY.txt'),
  `Parts of these packages are in the files of this folder.\n\n${notices.join(`\n${'-'.repeat(80)}\n\n`)}`,
);
