import { existsSync, mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileNames, Outputs } from '../../../../src/cli/grade/outputs.ts';
import type { AssignmentPlan } from '../../../../src/contract/assignment.ts';
import { sha256 } from '../../../../src/harness/coursework/signed.ts';

const plan: AssignmentPlan = {
  id: 'hw',
  title: 'Homework',
  text: '',
  challenges: [],
  best: 0,
  deadlineMs: null,
  late: { graceMs: 0, perDay: 0, days: Infinity },
  starter: [],
  leaderboard: [],
};

test('what an earlier run wrote for somebody who is gone goes, what anybody else wrote stays', () => {
  const out = join(mkdtempSync(join(tmpdir(), 'oomph-outputs-')), 'marks');
  mkdirSync(join(out, 'feedback'), { recursive: true });
  const write = (path: string, text: string): void => writeFileSync(join(out, path), text);
  write('feedback/gone.html', 'hers');
  write('feedback/noted.html', 'hers, with a note of the teacher');
  write('feedback/new.html', 'of nobody');
  write('../outside', 'hers');
  const hash = sha256('hers');
  const files = { 'feedback/gone.html': hash, 'feedback/noted.html': hash, '../outside': hash };
  write('marks.json', JSON.stringify({ files: { ...files, 'feedback/never.html': hash } }));
  const old = readFileSync(join(out, 'marks.json'));
  // Those who were left out are not gone.
  new Outputs(out, plan, [], []).finish({ id: 'hw', hash: '' }, null, false);
  expect(existsSync(join(out, 'feedback/gone.html'))).toBe(true);
  writeFileSync(join(out, 'marks.json'), old);
  new Outputs(out, plan, [], []).finish({ id: 'hw', hash: '' }, null, true);
  const there = ['feedback/gone.html', 'feedback/noted.html', 'feedback/new.html', '../outside'];
  expect(there.map(path => existsSync(join(out, path)))).toEqual([false, true, true, true]);
  expect(Object.keys(JSON.parse(readFileSync(join(out, 'marks.json'), 'utf8')).files)).toContain(
    'grades.csv',
  );
});

test('names of submissions as names of files', () => {
  expect(
    fileNames(['Ada Müller_17', 'a/b\\c', '..', '.git', '', 'x.', 'CON', 'nul.txt', '=1+1', 'a\nb']),
  ).toEqual(['Ada Müller_17', 'b_c', '_', '_git', '_~2', 'x_', '_CON', '_nul.txt', '_1_1', 'a_b']);
});

test('no two are the same, where case does not count either', () => {
  expect(fileNames(['ada', 'Ada', 'ada?', 'ada*', 'ada~2'])).toEqual([
    'ada',
    'Ada~2',
    'ada_',
    'ada_~2',
    'ada_2',
  ]);
});

test('no longer than a file system takes, and never half a character', () => {
  const [long, other] = fileNames(['東'.repeat(85), `${'東'.repeat(84)}京`]);
  expect(Buffer.byteLength(`${other}.html`)).toBeLessThanOrEqual(255);
  expect(long).toMatch(/^東+$/);
  expect(other).not.toBe(long);
  expect(fileNames(['𝔞'.repeat(63)])[0]).toMatch(/^(?:𝔞)+$/u);
});
