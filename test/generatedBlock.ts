import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const root = join(__dirname, '..');

/** What stands between `<!-- name -->` and `<!-- /name -->` of a file of docs/. */
export function generatedBlock(file: string, name: string): string {
  const text = readFileSync(join(root, 'docs', file), 'utf8');
  const block = new RegExp(`<!-- ${name} -->\\n\\n([\\s\\S]*?)\\n<!-- /${name} -->`).exec(text);
  if (block === null) throw new Error(`docs/${file} has no block <!-- ${name} -->`);
  return block[1];
}
