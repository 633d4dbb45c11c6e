import { parse as parseCsv } from 'csv-parse/sync';
import type { SourceFile } from '../../../../src/contract/policy.ts';
import {
  type SimilarityReport,
  type SimilarPair,
  type TextRegion,
  textKey,
} from '../../../../src/contract/similarity.ts';
import { similarityHtml } from '../../../../src/report/coursework/html/similarityHtml.ts';
import { similarityCsv, similarityText } from '../../../../src/report/coursework/similarity.ts';
import { expectHarmless } from '../htmlPage.ts';

const HOSTILE = `=</title></pre><script>alert(1)</script><img src=x onerror=alert(1)>"'&`;

const at = (startLine: number, startColumn: number, endLine: number, endColumn: number): TextRegion => ({
  startLine,
  startColumn,
  endLine,
  endColumn,
});
const pair = (left: string, right: string, pieces: TextRegion[]): SimilarPair => ({
  left: { id: left, kind: 'submission', share: 1000, own: 99 },
  right: { id: right, kind: 'earlier', share: 505, own: 198 },
  similarity: 1000,
  shared: 99,
  longest: 88,
  pieces: pieces.map(piece => ({ left: piece, right: piece })),
});

function report(files: SourceFile[], ...pairs: SimilarPair[]): SimilarityReport {
  const keys = pairs.flatMap(({ left, right }) => [left, right].map(({ kind, id }) => textKey(kind, id)));
  return {
    title: HOSTILE,
    threshold: 600,
    leastTokens: 60,
    challenges: [
      {
        challenge: 'zones/card',
        title: HOSTILE,
        file: 'card.ts',
        nrCompared: 4,
        pairs,
        clusters: [['a', 'b', HOSTILE]],
        tooShort: ['short'],
        tunables: ['numbers'],
        notCompared: [{ id: HOSTILE, why: HOSTILE }],
        texts: new Map(keys.map(key => [key, files])),
      },
    ],
  };
}

/** The first text of a page as it is read, and what of it is marked. */
function shown(html: string): { text: string; marked: string[] } {
  const plain = (part: string): string =>
    part
      .replace(/<[^>]*>/g, '')
      .replaceAll('&lt;', '<')
      .replaceAll('&gt;', '>')
      .replaceAll('&quot;', '"')
      .replaceAll('&#39;', "'")
      .replaceAll('&amp;', '&');
  const [column] = html.split('</div>', 1)[0].split('<div>').slice(-1);
  const blocks = [...column.matchAll(/<pre>([\s\S]*?)<\/pre>/g)].map(([, block]) => block);
  const lines = blocks.map(block => block.replace(/<span class="nr">[\s\d]*<\/span> /g, '')).join('\n');
  return {
    text: plain(lines),
    marked: [...lines.matchAll(/<mark[^>]*>([^<]*)<\/mark>/g)].map(([, mark]) => plain(mark)),
  };
}

const sides = (html: string): string => html.slice(html.indexOf('<div class="sides">'));

const FILES = [
  { path: 'a.ts', text: 'const a = "<b>";\n  if (a) b();\n}\n' },
  { path: 'b.ts', text: 'second();\r\nthird & last' },
];

test('the page is harmless, and the text in it whole, whatever is marked', () => {
  const pieces = [
    [],
    [at(0, 6, 0, 9)],
    // Over lines, up to a line's end, over two files, beyond the end of all.
    [at(0, 10, 1, 8)],
    [at(1, 0, 4, 3)],
    [at(5, 2, 9, 9)],
    // Overlapping, one in the other, the same twice, out of order.
    [at(1, 2, 1, 8), at(1, 4, 1, 12), at(0, 0, 0, 5)],
    [at(0, 0, 2, 1), at(0, 6, 0, 9), at(0, 0, 2, 1)],
  ];
  for (const of of pieces) {
    const html = similarityHtml(report(FILES, pair(HOSTILE, 'b', of)));
    expectHarmless(html);
    if (of.length > 0) expect(shown(sides(html)).text).toBe(FILES.map(({ text }) => text).join('\n'));
  }
});

test('what is marked is what is the same', () => {
  const marked = (...pieces: TextRegion[]): string[] =>
    shown(sides(similarityHtml(report(FILES, pair('a', 'b', pieces))))).marked;
  expect(marked(at(0, 6, 0, 9))).toEqual(['a =']);
  expect(marked(at(0, 10, 1, 8))).toEqual(['"<b>";', '  if (a)']);
  expect(marked(at(1, 2, 1, 8), at(1, 4, 1, 13), at(0, 0, 0, 5))).toEqual(['const', 'if (a)', ' b();']);
  // The files of a policy follow each other.
  expect(marked(at(2, 0, 4, 6))).toEqual(['}', 'second']);
});

test('a pair leads to its texts; those without are only in the table', () => {
  const html = similarityHtml(report(FILES, pair('a', 'b', []), pair('c', 'd', [at(0, 0, 0, 5)])));
  expect([...html.matchAll(/href="#([^"]*)"/g)].map(([, id]) => id)).toEqual(['c1-2']);
  expect(html).toContain('id="c1-2"');
  expect(html).toContain('d (earlier)');
  for (const told of ['Too short to tell', 'Files of numbers', 'Not compared']) expect(html).toContain(told);
});

test('the table has all pairs, and no formula; the terminal the first of them', () => {
  const pairs = Array.from({ length: 7 }, (_, i) => pair(i === 0 ? HOSTILE : `s${i}`, 'x', []));
  const rows: Record<string, string>[] = parseCsv(similarityCsv(report(FILES, ...pairs)), {
    bom: true,
    columns: true,
  });
  expect(rows).toHaveLength(7);
  expect(rows[0]).toEqual({
    challenge: 'zones/card',
    left: `'${HOSTILE}`,
    right: 'x (earlier)',
    'similarity %': '100',
    'of left %': '100',
    'of right %': '50',
    'tokens in common': '99',
    'longest piece': '88',
  });
  const text = similarityText(report(FILES, ...pairs));
  expect(text).toContain('    100 %  s4 - x (earlier), 99 tokens\n    and 2 more\n    groups of 3\n');
});
