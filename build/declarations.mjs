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

// `oomph new policy` puts these beside a policy, as they are.
const entries = [join(dist, 'policy/player.d.ts')];
for (const entry of Object.values(exports))
  if (entry.types !== undefined) entries.push(join(root, entry.types));

const SPECIFIER = /(\bfrom\s*|\bimport\s*\(?\s*)(['"])(\.{1,2}\/[^'"]+)\2/g;
const kept = new Set();
const waiting = [...entries];
while (waiting.length > 0) {
  const file = waiting.pop();
  if (kept.has(file)) continue;
  if (!existsSync(file)) throw new Error(`${file} is not there: run tsc first`);
  kept.add(file);
  const text = readFileSync(file, 'utf8');
  const written = text.replace(SPECIFIER, (_, before, quote, specifier) => {
    const bare = specifier.replace(/\.(d\.)?[jt]s$/, '');
    waiting.push(join(dirname(file), `${bare}.d.ts`));
    return `${before}${quote}${bare}.js${quote}`;
  });
  if (written !== text) writeFileSync(file, written);
}
for (const path of readdirSync(dist, { recursive: true })) {
  const file = join(dist, path);
  if (file.endsWith('.d.ts') && !kept.has(file)) rmSync(file);
}
