/** The pages that a reader sees, and the blocks of code in them. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

export const ROOT = join(__dirname, '../..');

/** Paths from the root of the clone, with `/`, sorted. */
export const PAGES: readonly string[] = [
  'README.md',
  ...under('docs'),
  ...under('examples'),
  ...under('policies'),
]
  // What students hand in is no page of ours.
  .filter(path => !path.includes('/submissions/'))
  .sort();

function under(folder: string): string[] {
  return readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
    .map(path => `${folder}/${path.replaceAll('\\', '/')}`)
    .filter(path => path.endsWith('.md'));
}

export interface Block {
  page: string;
  /** 1-based, of the opening fence. */
  line: number;
  /** What stands behind the fence: `sh`, `yaml`; '' for none. */
  language: string;
  text: string;
  /** What a `<!-- test: ... -->` right before it says. */
  marks: readonly string[];
}

export function textOf(page: string): string {
  return readFileSync(join(ROOT, page), 'utf8');
}

export function blocksOf(page: string, text = textOf(page)): Block[] {
  const lines = text.split('\n');
  const blocks: Block[] = [];
  let open: (Block & { fence: string; indent: number }) | null = null;
  let body: string[] = [];
  for (const [i, line] of lines.entries()) {
    const fence = /^( *)(`{3,}|~{3,})\s*(\S*)/.exec(line);
    if (open === null) {
      if (fence === null) continue;
      open = {
        page,
        line: i + 1,
        language: fence[3],
        text: '',
        marks: marksBefore(lines, i),
        fence: fence[2],
        indent: fence[1].length,
      };
      body = [];
    } else if (fence?.[2].startsWith(open.fence) && fence[3] === '') {
      const { fence: _, indent: __, ...block } = open;
      blocks.push({ ...block, text: body.map(row => `${row}\n`).join('') });
      open = null;
    } else body.push(line.slice(0, open.indent).trim() === '' ? line.slice(open.indent) : line);
  }
  if (open !== null) throw new Error(`${page}:${open.line}: a block without its end`);
  return blocks;
}

function marksBefore(lines: readonly string[], at: number): string[] {
  const marks: string[] = [];
  for (let i = at - 1; i >= 0; i--) {
    const mark = /^ *<!-- test: (.*) -->$/.exec(lines[i]);
    if (mark === null) break;
    marks.unshift(mark[1]);
  }
  return marks;
}

/** Of `<!-- test: skip no terminal -->` the reason. Null where there is no such mark. */
export function markOf({ marks }: Block, name: string): string | null {
  const found = marks.find(mark => mark === name || mark.startsWith(`${name} `));
  return found === undefined ? null : found.slice(name.length).trim();
}

export const placeOf = ({ page, line }: Block): string => `${page}:${line}`;
