/**
 * src/spec/accepts.ts: what ajv makes of schemas/, compiled before oomph runs. Compiling them takes longer than playing most
 * challenges does. Runs before tsc and before the tests, and does nothing where neither a schema nor this file has changed.
 */
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = resolve(dirname(fileURLToPath(import.meta.url)), '..');
const target = join(root, 'src/spec/accepts.ts');
const kinds = ['challenge', 'chapter', 'assignment'];

/** Keywords for readers and editors, which take no value and refuse none. */
const ANNOTATIONS = new Set([
  'title',
  'description',
  'examples',
  'x-expected',
  'enumDescriptions',
  'markdownDescription',
  'defaultSnippets',
]);
/** Keywords whose keys are names, not keywords. */
const MAPS = new Set(['properties', 'patternProperties', '$defs', 'dependentRequired']);
/** Keywords whose values are no schemas. */
const VALUES = new Set(['enum', 'const', 'required', 'default']);

function bare(schema) {
  if (Array.isArray(schema)) return schema.map(bare);
  if (schema === null || typeof schema !== 'object') return schema;
  return Object.fromEntries(
    Object.entries(schema)
      .filter(([keyword]) => !ANNOTATIONS.has(keyword))
      .map(([keyword, value]) => {
        if (VALUES.has(keyword)) return [keyword, value];
        if (!MAPS.has(keyword)) return [keyword, bare(value)];
        return [keyword, Object.fromEntries(Object.entries(value).map(([name, part]) => [name, bare(part)]))];
      }),
  );
}

export default async function makeAccepts() {
  const texts = kinds.map(kind => readFileSync(join(root, 'schemas', `${kind}.schema.json`), 'utf8'));
  const require = createRequire(import.meta.url);
  const { version } = JSON.parse(readFileSync(require.resolve('ajv/package.json'), 'utf8'));
  const made = createHash('sha256');
  for (const text of [...texts, readFileSync(fileURLToPath(import.meta.url), 'utf8'), version])
    made.update(text);
  const mark = `// @ts-nocheck made by build/accepts.mjs of schemas/, not to be edited: ${made.digest('hex')}`;
  if (existsSync(target) && readFileSync(target, 'utf8').startsWith(`${mark}\n`)) return;

  const { Ajv2020 } = require('ajv/dist/2020.js');
  const { build } = await import('esbuild');
  const schemas = texts.map(text => bare(JSON.parse(text)));
  const ajv = new Ajv2020({
    schemas,
    messages: false,
    allowUnionTypes: true,
    strictRequired: false,
    // Half the code; what is refused is looked at again, with all that can be said of it.
    inlineRefs: false,
    code: { source: true },
  });
  const standalone = require('ajv/dist/standalone').default;
  const code = standalone(ajv, Object.fromEntries(schemas.map(({ $id }, i) => [kinds[i], $id])));
  const { outputFiles } = await build({
    stdin: {
      contents: `// Not before it is asked for: a policy's process and --version never do.
export const fits = (kind, value) => require('./compiled.cjs')[kind](value);`,
      resolveDir: root,
    },
    plugins: [
      {
        name: 'compiled',
        setup(plugin) {
          plugin.onResolve({ filter: /compiled\.cjs$/ }, () => ({
            path: 'compiled.cjs',
            namespace: 'compiled',
          }));
          plugin.onLoad({ filter: /.*/, namespace: 'compiled' }, () => ({
            contents: code,
            resolveDir: root,
          }));
        },
      },
    ],
    bundle: true,
    minify: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    write: false,
  });
  // Of two at a time the second must not read half of what the first writes.
  const half = `${target}.${process.pid}`;
  writeFileSync(half, `${mark}\n${outputFiles[0].text}`);
  renameSync(half, target);
}

if (process.argv[1] !== undefined && resolve(process.argv[1]) === fileURLToPath(import.meta.url))
  await makeAccepts();
