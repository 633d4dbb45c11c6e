import { existsSync } from 'node:fs';
import { join, posix } from 'node:path';
import { PAGES, ROOT, textOf } from './pages.ts';
import { anchorOf } from './reference/markdown.ts';

/** What GitHub makes of the headings: a number goes behind one that was there already. */
function anchorsOf(text: string): Set<string> {
  const anchors = new Set<string>();
  const times = new Map<string, number>();
  for (const line of withoutCode(text).split('\n')) {
    for (const [, id] of line.matchAll(/<a (?:id|name)="([^"]+)"/g)) anchors.add(id);
    const heading = /^#{1,6} (.+?)(?: #+)?$/.exec(line)?.[1];
    if (heading === undefined) continue;
    const slug = anchorOf(heading.replace(/\[([^\]]*)\]\([^)]*\)/g, '$1'));
    const n = times.get(slug) ?? 0;
    times.set(slug, n + 1);
    anchors.add(n === 0 ? slug : `${slug}-${n}`);
  }
  return anchors;
}

function withoutCode(text: string): string {
  return text.replace(/^ *(`{3,}|~{3,}).*\n[\s\S]*?^ *\1 *$/gm, '');
}

interface Link {
  page: string;
  target: string;
}

function linksOf(page: string, text = textOf(page)): Link[] {
  const prose = withoutCode(text).replace(/`[^`\n]*`/g, '');
  return [...prose.matchAll(/\]\((<[^>]+>|[^)\s]+)(?:\s+"[^"]*")?\)/g)].map(([, target]) => ({
    page,
    target: target.replace(/^<|>$/g, ''),
  }));
}

/** Why a link leads nowhere; '' where it does not, and for those that leave the repository. */
function faultOf({ page, target }: Link): string {
  if (/^(https?|mailto):/.test(target)) return '';
  if (target.startsWith('/')) return `${page}: ${target} is not relative`;
  const [path, anchor] = target.split('#');
  const file = path === '' ? page : posix.normalize(posix.join(posix.dirname(page), decodeURI(path)));
  if (file.startsWith('..')) return `${page}: ${target} leads out of the repository`;
  if (!existsSync(join(ROOT, file))) return `${page}: ${target} is not there`;
  if (anchor === undefined || !file.endsWith('.md')) return '';
  return anchorsOf(textOf(file)).has(anchor) ? '' : `${page}: ${file} has no heading #${anchor}`;
}

const links = [...PAGES, 'CHANGELOG.md'].flatMap(page => linksOf(page));

test('every link of the docs leads somewhere', () => {
  expect(links.length).toBeGreaterThan(100);
  expect(links.map(faultOf).filter(fault => fault !== '')).toEqual([]);
});

test('every page can be reached from the first one', () => {
  const seen = new Set<string>();
  const waiting = ['README.md'];
  while (waiting.length > 0) {
    const page = waiting.pop()!;
    if (seen.has(page)) continue;
    seen.add(page);
    for (const { target } of linksOf(page)) {
      if (/^\w+:/.test(target)) continue;
      const path = posix.normalize(posix.join(posix.dirname(page), target.split('#')[0]));
      if (PAGES.includes(path)) waiting.push(path);
      if (PAGES.includes(`${path}/README.md`)) waiting.push(`${path}/README.md`);
    }
  }
  expect(PAGES.filter(page => !seen.has(page))).toEqual([]);
});

test('a link that leads nowhere is seen', () => {
  const seen = (text: string): string[] => linksOf('docs/x.md', text).map(faultOf);
  expect(seen('[a](nowhere.md) [b](cli.md#nothing) [c](../../etc) [d](/docs/cli.md)')).toEqual([
    'docs/x.md: nowhere.md is not there',
    'docs/x.md: docs/cli.md has no heading #nothing',
    'docs/x.md: ../../etc leads out of the repository',
    'docs/x.md: /docs/cli.md is not relative',
  ]);
  expect(seen('[a](cli.md#exit-codes) [b](https://example.org) `[c](no)`')).toEqual(['', '']);
  expect([...anchorsOf('# A `b`, c\n## A b c\n## A b c\n')]).toEqual(['a-b-c', 'a-b-c-1', 'a-b-c-2']);
});
