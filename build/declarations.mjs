/**
 * Leaves in dist only the declarations that a user of the package can reach, and makes their imports end in .js, which every
 * version of TypeScript resolves. Runs behind tsc, which writes one for each source file.
 */
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = resolve(dirname(fileURLToPath(import.meta.url)), '..');
const dist = join(root, 'dist');
const { exports } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));

const types = Object.values(exports).flatMap(entry => (entry.types === undefined ? [] : [entry.types]));
const SPECIFIER = /(\bfrom\s*|\bimport\s*\(?\s*)(['"])(\.{1,2}\/[^'"]+)\2/g;

/**
 * The declarations that entries lead to, with the ends that their imports get.
 *
 * @returns texts by the file that tsc wrote
 */
function reachable(entries, ending) {
  const texts = new Map();
  const waiting = [...entries];
  while (waiting.length > 0) {
    const file = waiting.pop();
    if (texts.has(file)) continue;
    if (!existsSync(file)) throw new Error(`${file} is not there: run tsc first`);
    const text = readFileSync(file, 'utf8').replace(SPECIFIER, (_, before, quote, specifier) => {
      const bare = specifier.replace(/\.(d\.)?[jt]s$/, '');
      waiting.push(join(dirname(file), `${bare}.d.ts`));
      return `${before}${quote}${bare}${ending}${quote}`;
    });
    texts.set(file, text);
  }
  return texts;
}

// What is CommonJS has declarations of its own, for TypeScript lets CommonJS require nothing else.
const common = types
  .filter(path => path.endsWith('.d.cts'))
  .map(path => join(root, path.replace(/\.d\.cts$/, '.d.ts')));
const commonTexts = reachable(common, '.cjs');
// `oomph new policy` puts these beside a policy, as they are.
const modules = types.filter(path => path.endsWith('.d.ts')).map(path => join(root, path));
const moduleTexts = reachable([join(dist, 'policy/player.d.ts'), ...modules], '.js');

for (const path of readdirSync(dist, { recursive: true })) {
  const file = join(dist, path);
  if (/\.d\.c?ts$/.test(file) && !moduleTexts.has(file)) rmSync(file);
}
for (const [file, text] of moduleTexts) writeFileSync(file, text);
for (const [file, text] of commonTexts) writeFileSync(file.replace(/\.d\.ts$/, '.d.cts'), text);
