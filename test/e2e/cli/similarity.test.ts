import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { parse as parseCsv } from 'csv-parse/sync';
import { inBrowser, noBrowser, openPage } from './browser.ts';
import { challengeYaml, oomph, ROOT, temporaryFolder } from './oomph.ts';

jest.setTimeout(300_000);

const SOLUTION = `import { definePolicy, type Mem } from 'oomph';

const LOOK = 32;

/** <b>Free</b> pages & marks. */
function room(mem: Mem, zone: number): number {
  let pages = 0;
  for (let order = 0; order < mem.MAX_ORDER; order++) {
    if (mem.free(zone) > pages + LOOK) pages += order * mem.nrFree(zone, order);
  }
  return pages - mem.low(zone);
}

export default definePolicy({
  zonelist(request, mem) {
    if (request.gfp & mem.__GFP_DMA) return mem.DMA_ONLY;
    if (room(mem, mem.NORMAL) > 1 << request.order) return mem.NORMAL_ONLY;
    return room(mem, mem.DMA) > LOOK ? mem.NORMAL_DMA : mem.AS_LINUX;
  },
});
`;
const DISGUISED = SOLUTION.replace(/\/\*\*.*\*\//, '')
  .replace(/\broom\b/g, 'countUp')
  .replace(/\bpages\b/g, 'sum')
  .replace(/32/, '48')
  .replace(/: (Mem|number)\b/g, '')
  .replace(', type Mem', '');

let folder = '';

beforeAll(() => {
  folder = temporaryFolder();
  const write = (path: string, text: string): void => {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  };
  write('small/challenge.yaml', challengeYaml());
  write(
    'assignment.yaml',
    `assignment: 1
id: tests/hw
title: Homework <1>
challenges:
  - {challenge: ./small/challenge.yaml, file: small.ts, points: 10, seeds: {public: [1], hidden: 1}}
`,
  );
  write('class/=ada/small.ts', SOLUTION);
  write('class/ben/small.js', DISGUISED);
  write('class/cy/small.ts', 'export default { zonelist: (request, mem) => mem.NORMAL_ONLY };\n');
  write('class/dan/small.ts', 'export default { zonelist: ( };\n');
  write('class/eve/small.ts', `export default {};\n${'// x\n'.repeat(200_000)}`);
  write('class/flo/small.ts', `export default { zonelist: () => ${'['.repeat(4000)}${']'.repeat(4000)} };\n`);
  write('class/gus/small.yaml', 'policy: 1\ntunables: {reserve.DMA: 4}\n');
  write('class/hal/readme.md', 'I was ill');
  write('2025/zoe/small.ts', SOLUTION);
});

const similarity = (...args: string[]) => oomph(['similarity', 'assignment.yaml', ...args], { cwd: folder });

test('pairs, and why the others are not compared; no secret is needed, nothing is run', () => {
  const { code, out, err } = similarity('class', '--out', 'found', '--earlier', '2025');
  expect({ code, err }).toEqual({ code: 0, err: '' });
  expect(out).toContain(`  small.ts: 4 compared, 3 pairs to look at
    100 %  =ada - ben,`);
  expect(out).toContain('not compared: dan, eve, flo');
  const rows: Record<string, string>[] = parseCsv(readFileSync(join(folder, 'found/similarity.csv')), {
    bom: true,
    columns: true,
  });
  // No formula for a spreadsheet to run.
  expect(rows.map(({ left, right }) => `${left} ${right}`).sort()).toEqual([
    "'=ada 2025/zoe (earlier)",
    "'=ada ben",
    'ben 2025/zoe (earlier)',
  ]);
  for (const row of rows) expect(Number(row['similarity %'])).toBeGreaterThan(95);
  const html = readFileSync(join(folder, 'found/similarity.html'), 'utf8');
  expect(html).toMatch(/dan: small\.ts:1:\d+: /);
  expect(html).toMatch(/eve: .*more than \d+ bytes/);
  expect(html).toContain('flo: small.ts:1:');
  expect(html).toContain('<li><bdi>gus</bdi></li>');
  expect(html).toMatch(/Too short to tell.*<li><bdi>cy<\/bdi><\/li>/);
  expect(html).not.toContain('hal');
});

test('both texts stand side by side, what is the same marked; a text is no markup', () => {
  similarity('class', '--out', 'found');
  const html = readFileSync(join(folder, 'found/similarity.html'), 'utf8');
  expect(html).toContain('&lt;b&gt;Free&lt;/b&gt; pages &amp; marks.');
  expect(html).toContain('<bdi>=ada</bdi>');
  expect(html).toMatch(/<mark class="m1" title="piece 1">const LOOK|LOOK = 32/);
  expect(html).toMatch(/<mark class="m1" title="piece 1">[^<]*countUp/);
  expect(html).not.toMatch(/https?:|<script|@import|url\(/);
});

test('who handed in the solution that comes with oomph, or a policy that does', () => {
  const submissions = join(folder, 'pins');
  const hand = (who: string, from: string): void => {
    mkdirSync(join(submissions, who), { recursive: true });
    const text = readFileSync(join(ROOT, from), 'utf8').replaceAll('pfn', 'page');
    writeFileSync(join(submissions, who, 'pins.ts'), text);
  };
  hand('ada', 'challenges/04-buddy/01-two-hundred-pins/reference.ts');
  hand('ben', 'policies/best-fit.ts');
  hand('cy', 'policies/best-fit.ts');
  writeFileSync(
    join(folder, 'pins.yaml'),
    'assignment: 1\nid: a\ntitle: A\nchallenges: [{challenge: buddy/two-hundred-pins, file: pins.ts, points: 1}]\n',
  );
  const { code, out } = oomph(['similarity', 'pins.yaml', 'pins', '--out', 'pins-found'], { cwd: folder });
  expect(code).toBe(0);
  // Everybody may begin with a policy of oomph: those two have nothing of their own.
  expect(out).toContain(
    '4 compared, 1 pair to look at\n    100 %  ada - the solution of buddy/two-hundred-pins,',
  );
  expect(readFileSync(join(folder, 'pins-found/similarity.html'), 'utf8')).toMatch(
    /Too short to tell.*<bdi>ben<\/bdi>.*<bdi>cy<\/bdi>/,
  );
});

test('thresholds are the teacher’s', () => {
  expect(similarity('class', '--tokens', '500').out).toContain('no pair to look at');
  expect(similarity('class', '--threshold', '100', '--tokens', '20').code).toBe(0);
  for (const args of [
    ['--threshold', '0'],
    ['--threshold', '101'],
    ['--tokens', '3'],
  ])
    expect(similarity('class', ...args)).toMatchObject({ code: 2, out: '' });
});

test('nothing to compare is an error', () => {
  const { code, err } = similarity('2025');
  expect(code).toBe(2);
  expect(err).toContain('has nothing to compare');
  expect(similarity('nowhere').code).toBe(2);
});

test('grade writes it for the class, and nothing of it for students', () => {
  const secret = { OOMPH_SECRET: 'a secret of more than sixteen bytes' };
  const grade = (...args: string[]) =>
    oomph(['grade', 'assignment.yaml', 'class', '--out', 'marks', ...args], { cwd: folder, env: secret });
  const { code, out } = grade();
  expect(code).toBe(0);
  expect(out).toContain('%  =ada - ben, ');
  expect(existsSync(join(folder, 'marks/similarity.html'))).toBe(true);
  for (const file of ['feedback/_ada.md', 'feedback/_ada.html', 'gradescope/_ada.json', 'check50/_ada.json'])
    expect(readFileSync(join(folder, 'marks', file), 'utf8')).not.toMatch(/similar|\bben\b/i);
  // A part of the class writes over nothing.
  writeFileSync(join(folder, 'marks/similarity.csv'), 'kept');
  expect(grade('--only', '=ada', 'ben').code).toBe(0);
  expect(grade('--no-similarity').out).not.toContain('Alike');
  expect(readFileSync(join(folder, 'marks/similarity.csv'), 'utf8')).toBe('kept');
});

inBrowser(`a real browser opens it without a complaint${noBrowser}`, () => {
  similarity('class', '--out', 'found');
  const { dom, complaints } = openPage(join(folder, 'found/similarity.html'));
  expect(complaints).toEqual([]);
  expect(dom).toContain('Similarity: Homework &lt;1&gt;</h1>');
  expect(dom).toMatch(/<mark class="m1" title="piece 1">/);
});
