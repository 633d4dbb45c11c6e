import { markdownReport } from '../../../../src/report/testing/markdown.ts';
import { failedCase, MIXED, NASTY_RUN, specResult, testRun } from './runs.ts';

test('a table of the specs, what failed first, then each failure folded', () => {
  const lines = markdownReport(MIXED).split('\n');
  expect(lines[0]).toBe('## oomph test: 3 of 5 specs did not pass');
  const rows = lines.filter(line => line.startsWith('| '));
  expect(rows.map(row => row.split('|')[1].trim())).toEqual(
    ['result', '---', '**FAILED**', '**ERROR**', '**ERROR**', 'passed', 'skipped'].map(cell =>
      cell === '---' ? expect.stringMatching(/^-+$/) : cell,
    ),
  );
  expect(lines).toContain('+Node 0, zone   Normal    217     54'.padStart(38));
  expect(lines).toContain('- `specs/__snapshots__/passing.spec.yaml/9.yaml`');
  expect(lines).toContain('- `specs/__snapshots__/gone.spec.yaml`');
});

test('texts leave neither their fence nor their cell', () => {
  const text = markdownReport(NASTY_RUN);
  const open: string[] = [];
  for (const line of text.split('\n')) {
    const fence = /^(`{3,})/.exec(line)?.[1];
    if (open.length > 0) {
      // As long a fence or longer, up to three columns in, ends it.
      const end = /^ {0,3}(`{3,})\s*$/.exec(line)?.[1];
      if (end !== undefined && end.length >= open[0].length) open.pop();
    } else if (fence !== undefined) open.push(fence);
    else if (line.startsWith('|')) {
      // Cells as GitHub cuts them: at a bar that no backslash is before.
      expect(line.split(/(?<!\\)\|/)).toHaveLength(6);
    } else {
      const outside = line.replaceAll(/(`+)(?!`).*?(?<!`)\1(?!`)/g, '');
      expect(outside).not.toMatch(/<(?!\/?(?:details|summary)>)|(?<!\\)\*|not ok 1 - fake$/);
    }
  }
  expect(open).toEqual([]);
  expect(text).not.toMatch(/(?!\n)[\p{Cc}\p{Bidi_Control}]/u);
});

test('stays below what GitHub takes, and says what is not there', () => {
  const long = failedCase(1, {
    cause: Array.from({ length: 400 }, (_, i) => 'x'.repeat(300) + i).join('\n'),
  });
  const specs = Array.from({ length: 40 }, (_, i) => specResult({ file: `${i}.spec.yaml`, cases: [long] }));
  const text = markdownReport(testRun(specs));
  expect(text.length).toBeLessThan(300_000);
  const left = Number(/(\d+) more specs did not pass/.exec(text)?.[1]);
  expect(text.match(/^### /gm)).toHaveLength(40 - left);
});
