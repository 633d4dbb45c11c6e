import { existsSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { oomph, ROOT } from './oomph.ts';

jest.setTimeout(300_000);

const COURSE = join(ROOT, 'examples/course');
const EXPECTED = join(COURSE, 'expected/grades.csv');
/** As its README says. */
const SECRET = { OOMPH_SECRET: 'the sample course has no secrets' };

/** OOMPH_ACCEPT=1 npx jest test/e2e/cli/course.test.ts writes what is given now, to be read in the diff. */
test('the sample course gets the marks that it says', () => {
  const marks = mkdtempSync(join(tmpdir(), 'oomph-course-'));
  const { code, err } = oomph(
    ['grade', 'assignment.yaml', 'submissions', '--submitted', 'submitted.csv', '--out', marks],
    { cwd: COURSE, env: SECRET },
  );
  expect({ code, err }).toEqual({ code: 0, err: '' });
  const given = readFileSync(join(marks, 'grades.csv'), 'utf8');
  if (process.env['OOMPH_ACCEPT'] === '1') writeFileSync(EXPECTED, given);
  expect(given).toBe(readFileSync(EXPECTED, 'utf8'));
  expect(given.trimEnd().split('\r\n')).toHaveLength(13);
  expect(readdirSync(join(marks, 'feedback')).filter(name => name.endsWith('.md'))).toHaveLength(12);
  // What one of them meant to write, if it had got out.
  expect(existsSync('/tmp/oomph-judy-was-here')).toBe(false);
});

test('lint has nothing to complain about', () => {
  expect(oomph(['lint', join(COURSE, 'assignment.yaml')])).toMatchObject({ code: 0, err: '' });
});
