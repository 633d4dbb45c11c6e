/** docs/deviations.md is every `Deviation:` of the sources, and nothing else. */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const root = join(__dirname, '..');
const DOC = join(root, 'docs', 'deviations.md');

const HEAD = `# Where the engine is not the kernel

Everything that this engine simplifies, taken from the \`Deviation:\` comments of the sources. What is not listed here is
meant to be what Linux 2.6.0 does; where \`test/differential\` has the kernel's own answers, it is compared bit for bit.

`;

function sources(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true })
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .flatMap(entry => {
      const path = join(folder, entry.name);
      return entry.isDirectory() ? sources(path) : entry.name.endsWith('.ts') ? [path] : [];
    });
}

/** The text of each deviation of one file: from the word to the end of its paragraph. */
function deviations(text: string): string[] {
  const found: string[] = [];
  for (const [comment] of text.matchAll(/\/\*\*[\s\S]*?\*\/|(?:^[ \t]*\/\/.*\n)+/gm)) {
    const plain = comment
      .replace(/^\/\*\*|\*\/$/g, '')
      .split('\n')
      .map(line => line.replace(/^\s*(\*|\/\/) ?/, '').trimEnd())
      .join('\n');
    for (const part of plain.split('Deviation:').slice(1)) {
      const paragraph = part.split(/\n\s*\n|\n(?=Source:|@|Invariant:|Cost:)/)[0];
      found.push(paragraph.replace(/\s+/g, ' ').trim());
    }
  }
  return found;
}

/** With a capital, unless it begins with a name of the kernel's. */
function sentence(text: string): string {
  return /^\w*[_(]/.test(text) ? text : text[0].toUpperCase() + text.slice(1);
}

function published(): string {
  let doc = HEAD;
  for (const path of sources(join(root, 'src'))) {
    const found = deviations(readFileSync(path, 'utf8'));
    if (found.length === 0) continue;
    doc += `## ${path.slice(root.length + 5).replaceAll('\\', '/')}\n\n`;
    for (const text of found) doc += `- ${sentence(text)}\n`;
    doc += '\n';
  }
  return `${doc.trimEnd()}\n`;
}

test('docs/deviations.md lists every Deviation: of the sources (accept with OOMPH_ACCEPT=1)', () => {
  if (process.env['OOMPH_ACCEPT'] === '1') writeFileSync(DOC, published());
  expect(readFileSync(DOC, 'utf8')).toBe(published());
});

test('a deviation is read to the end of its paragraph', () => {
  expect(
    deviations('/**\n * Words.\n * Deviation: one\n * two.\n *\n * Three.\n */\n// Deviation: x\n'),
  ).toEqual(['one two.', 'x']);
});
