import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { inBrowser, noBrowser, openPage } from './browser.ts';
import { challengeYaml, GOAL_LOST, oomph, temporaryFolder } from './oomph.ts';

jest.setTimeout(300_000);

const NAME = `<img src=x onerror=alert(1)> O'Neil & "Söhne"`;

let marks = '';

const grade = (folder: string, out: string, jobs: string) =>
  oomph(['grade', 'assignment.yaml', 'submissions', '--out', out, '--jobs', jobs], {
    cwd: folder,
    env: { OOMPH_SECRET: 'a secret of more than sixteen bytes' },
  });

beforeAll(() => {
  const folder = temporaryFolder();
  const at = (...path: string[]): string => join(folder, ...path);
  mkdirSync(at('submissions', NAME), { recursive: true });
  writeFileSync(at('challenge.yaml'), challengeYaml(GOAL_LOST));
  writeFileSync(
    at('assignment.yaml'),
    `assignment: 1
id: tests/html
title: Plots
challenges:
  - {challenge: ./challenge.yaml, file: small.ts, points: 10, seeds: {public: [1, 2], hidden: 2}}
`,
  );
  writeFileSync(
    at('submissions', NAME, 'small.ts'),
    'export default { zonelist: () => "<script>alert(1)</script>" };\n',
  );
  const done = grade(folder, 'marks', '1');
  expect(done).toMatchObject({ code: 0, err: '' });
  marks = at('marks');
});

const pageFile = (): string => {
  const [name] = readdirSync(join(marks, 'feedback')).filter(file => file.endsWith('.html'));
  return join(marks, 'feedback', name);
};

test('a lost run: its cause, its plots, its map', () => {
  const html = readFileSync(pageFile(), 'utf8');
  expect(html).toContain('&lt;img src=x onerror=alert(1)&gt; O&#39;Neil &amp; &quot;Söhne&quot;');
  expect(html).toContain('<h3>Why it went wrong</h3>');
  expect(html).toContain('page allocation failure. order:10');
  // The first failure is of order 10, at 4 s.
  expect(html).toContain('no free block of order 10 or above');
  expect(html).toMatch(/Page map of Normal<\/title>.*at event \d+, 4s \(failure\)/);
  for (const title of ['Free pages of DMA over time', 'Fragmentation of Normal over time', 'Page map of DMA'])
    expect(html).toContain(title);
  // Both public seeds, and no other number where a seed could stand.
  expect([...html.matchAll(/seed (\d+)/g)].every(([, seed]) => seed === '1')).toBe(true);
  expect([...html.matchAll(/^<tr><td class="number">(\d+)</gm)].map(([, seed]) => seed)).toEqual(['1', '2']);
});

test('marked again elsewhere, every file is the same byte for byte', () => {
  const folder = join(marks, '..');
  expect(grade(folder, 'again', '2').code).toBe(0);
  const files = readdirSync(marks, { recursive: true, encoding: 'utf8' }).filter(
    name => /\.(html|md|csv|json|xml)$/.test(name) && name !== 'broken.html',
  );
  expect(files.length).toBeGreaterThan(7);
  for (const name of files)
    expect(readFileSync(join(folder, 'again', name), 'utf8')).toBe(readFileSync(join(marks, name), 'utf8'));
});

test('the page of the class leads there', () => {
  const html = readFileSync(join(marks, 'summary.html'), 'utf8');
  const [, link] = /href="([^"]+)"/.exec(html)!;
  expect(join(marks, decodeURIComponent(link.replaceAll('&#39;', "'")))).toBe(pageFile());
});

describe('a real browser opens it', () => {
  inBrowser(`without a complaint or a request${noBrowser}`, () => {
    const { dom, complaints } = openPage(pageFile());
    expect(complaints).toEqual([]);
    expect(dom).toContain('&lt;img src=x onerror=alert(1)&gt; O\'Neil &amp; "Söhne"</bdi>');
    expect(dom).toContain('Page map of Normal');
    expect(dom.trimEnd().endsWith('</html>')).toBe(true);
    const summary = openPage(join(marks, 'summary.html'));
    expect(summary.complaints).toEqual([]);
    expect(summary.dom).toContain('Submissions by points for small.ts');
    // The policy of the page forbids every request, and the browser says so of one: that is what the test would see.
    const broken = join(marks, 'broken.html');
    writeFileSync(
      broken,
      readFileSync(pageFile(), 'utf8').replace('</main>', '<img src="http://127.0.0.1:9/x" alt=""></main>'),
    );
    expect(openPage(broken).complaints.join()).toContain('Content Security Policy');
  });
});
