import { fileNames } from '../../../../src/cli/grade/outputs.ts';

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
