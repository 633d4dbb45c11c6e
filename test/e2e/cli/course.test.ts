import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BIN, oomph, ROOT } from './oomph.ts';

jest.setTimeout(300_000);

const COURSE = join(ROOT, 'examples/course');
const EXPECTED = join(COURSE, 'expected/grades.csv');

/** The commands that its README tells, one after the other, in a copy, with the build in place of what npm installs. */
function followed(): { folder: string; code: number | null; out: string; err: string } {
  const folder = join(mkdtempSync(join(tmpdir(), 'oomph-course-')), 'examples/course');
  cpSync(COURSE, folder, { recursive: true, filter: path => !path.endsWith('/marks') });
  const [, block] = /\n```sh\n([\s\S]*?)\n```\n/.exec(readFileSync(join(COURSE, 'README.md'), 'utf8'))!;
  const script = [
    'set -e',
    `npx() { shift; ${[process.execPath, BIN].map(word => `'${word}'`).join(' ')} "$@"; }`,
    ...block
      .split('\n')
      .map(line => `echo "> ${line.split(' ').slice(0, 3).join(' ').replaceAll("'", '')}"\n${line}`),
  ];
  const { OOMPH_SECRET, ...env } = process.env;
  void OOMPH_SECRET;
  const done = spawnSync('bash', ['-c', script.join('\n')], {
    cwd: join(folder, '../..'),
    env,
    encoding: 'utf8',
  });
  return { folder, code: done.status, out: done.stdout, err: done.stderr };
}

/** OOMPH_ACCEPT=1 npx jest test/e2e/cli/course.test.ts writes what is given now, to be read in the diff. */
test('the sample course gets the marks that it says, by the commands that it tells', () => {
  const { folder, code, out, err } = followed();
  const given = readFileSync(join(folder, 'marks/grades.csv'), 'utf8');
  if (process.env['OOMPH_ACCEPT'] === '1') writeFileSync(EXPECTED, given);
  expect(given).toBe(readFileSync(EXPECTED, 'utf8'));
  expect({ code, err }).toEqual({ code: 0, err: '' });
  expect(out.match(/^> .*/gm)).toEqual([
    '> cd examples/course',
    '> export OOMPH_SECRET=the sample',
    '> npx oomph lint',
    '> npx oomph grade',
    '> diff marks/grades.csv expected/grades.csv',
    '> npx oomph verify',
  ]);
  expect(out).toContain('1 assignment, 3 challenges: nothing to complain about\n');
  expect(out).toContain('\nthe same\n');
  expect(out).toMatch(
    /\ngenuine: nothing was changed, neither marks\.json nor \d+ files with it\nnot signed, so nobody can tell of: similarity\.csv, similarity\.html\n$/,
  );
  expect(given.trimEnd().split('\r\n')).toHaveLength(13);
  expect(readdirSync(join(folder, 'marks/feedback')).filter(name => name.endsWith('.md'))).toHaveLength(12);
  // What one of them meant to write, if it had got out.
  expect(existsSync('/tmp/oomph-judy-was-here')).toBe(false);
  // Of all, two are alike, as the README says; short solutions that suggest themselves are nobody's.
  const pairs = readFileSync(join(folder, 'marks/similarity.csv'), 'utf8').trimEnd().split('\r\n').slice(1);
  expect(pairs).toEqual(['zones/the-sound-card,ben,erik,100,100,100,72,72']);
  // dupont's files came from Canvas.
  expect(readFileSync(join(folder, 'marks/grades-canvas.csv'), 'utf8')).toContain(
    '\r\ndupont,11817,,,,11.2\r\n',
  );
});

test('every file and every submission that is there is told of', () => {
  const readme = readFileSync(join(COURSE, 'README.md'), 'utf8');
  const ids = new Set(
    readdirSync(join(COURSE, 'submissions')).map(name =>
      name.replace(/\.zip$/, '').replace(/^([^_]+)_LATE_(\d+)_.*/, '$1_$2'),
    ),
  );
  expect(ids.size).toBe(12);
  for (const id of ids) expect(readme).toContain(`| \`${id}\``);
  for (const name of readdirSync(COURSE).filter(name => name !== 'README.md' && name !== 'marks'))
    expect(readme).toMatch(new RegExp(`\\| \`${name.replaceAll('.', '\\.')}/?\``));
});

test('lint has nothing to complain about', () => {
  expect(oomph(['lint', join(COURSE, 'assignment.yaml')])).toMatchObject({ code: 0, err: '' });
});
