import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Command } from 'commander';
import { nearest } from '../contract/nearest.ts';
import { columns } from '../report/wrap.ts';
import { callName } from './called.ts';
import { BadInput, EXIT_PASSED } from './exit.ts';
import { packageRoot } from './root.ts';

const FOLDER = join(packageRoot, 'docs');

export function registerDocs(program: Command): void {
  program
    .command('docs')
    .summary('read the documentation that comes with oomph')
    .description('Print a page of the documentation that comes with oomph. Alone: list the pages.')
    .argument('[page]', 'its name, such as policy, or kernel/slab')
    .option('--path', 'print where the page, or the folder of all, lies')
    .addHelpText(
      'after',
      `
Examples:
  oomph docs
  oomph docs policy | less
  oomph docs reference/hooks
  oomph docs tutorial --path`,
    )
    .action((page: string | undefined, options: { path?: boolean }) => {
      process.exitCode = docs(page, options);
    });
}

function docs(name: string | undefined, { path = false }: { path?: boolean }): number {
  if (name === undefined) {
    process.stdout.write(path ? `${FOLDER}\n` : list());
    return EXIT_PASSED;
  }
  const file = join(FOLDER, `${pageNamed(name)}.md`);
  process.stdout.write(path ? `${file}\n` : readFileSync(file, 'utf8'));
  return EXIT_PASSED;
}

/** Without `.md`, with `/`; the page of a folder is its README. */
function pages(): string[] {
  return readdirSync(FOLDER, { recursive: true, encoding: 'utf8' })
    .map(file => file.replaceAll('\\', '/'))
    .filter(file => file.endsWith('.md'))
    .map(file => file.slice(0, -'.md'.length))
    .sort();
}

/** As it is typed, or as messages and files name it: `docs/policy.md#the-hooks`. @throws BadInput */
function pageNamed(name: string): string {
  const known = pages();
  const bare = name
    .replace(/#.*$/, '')
    .replace(/^(\.\/)?docs\//, '')
    .replace(/\.md$/, '')
    .replace(/\/$/, '');
  for (const page of [bare, `${bare}/README`]) if (known.includes(page)) return page;
  const byEnd = known.filter(page => page.split('/').at(-1) === bare);
  if (byEnd.length === 1) return byEnd[0];
  const near = byEnd.length > 1 ? byEnd : nearest(bare, known);
  const guess =
    near.length > 0 ? `did you mean ${near.join(' or ')}?` : `\`${callName()} docs\` lists the pages`;
  throw new BadInput(`no page of the documentation is called ${JSON.stringify(name)}: ${guess}`);
}

function list(): string {
  const rows = pages().map(page => [page.replace(/\/?README$/, '') || 'README', titleOf(page)]);
  return `${columns(rows, []).join('\n')}\n\nTo read one: ${callName()} docs PAGE\n`;
}

function titleOf(page: string): string {
  const text = readFileSync(join(FOLDER, `${page}.md`), 'utf8');
  return (/^# (.+)$/m.exec(text)?.[1] ?? '').replaceAll('`', '');
}
