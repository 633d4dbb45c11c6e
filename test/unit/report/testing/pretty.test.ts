import { prettyReport } from '../../../../src/report/testing/pretty.ts';
import { expectGolden } from '../proc/golden.ts';
import {
  caseResult,
  checkResult,
  DIFF_CHECK,
  FAILED_CHECK,
  failedCase,
  MIXED,
  NASTY_RUN,
  SETTING,
  specResult,
  testRun,
} from './runs.ts';

const pretty = (run = MIXED, more: Partial<typeof SETTING> = {}) =>
  prettyReport(run, { ...SETTING, ...more });
const MARKS = {
  good: (text: string) => `<good ${text}>`,
  bad: (text: string) => `<bad ${text}>`,
  dim: (text: string) => `<dim ${text}>`,
  strong: (text: string) => text,
};

test('a run as a person reads it', () => {
  expectGolden('pretty.txt', pretty(), 'testing');
});

test('is no wider than the terminal where it has a choice', () => {
  const long = specResult({ file: 'a.spec.yaml', title: 'A title that is long, '.repeat(9) });
  for (const width of [80, 200]) {
    const [line] = pretty(testRun([long]), { width }).split('\n');
    expect(line.length).toBeLessThanOrEqual(width);
    expect(line.length).toBeGreaterThan(width - 3);
  }
});

test('a value that is long is folded under itself', () => {
  const long = {
    ...FAILED_CHECK,
    actual: 'lost: page_alloc.failures of task sb16, at most 0: 152; '.repeat(2).trim(),
  };
  const cases = [failedCase(1, { checks: [long] }), caseResult(2)];
  const lines = pretty(testRun([specResult({ cases })])).split('\n');
  const at = lines.findIndex(line => line.startsWith('    actual'));
  expect(lines.slice(at, at + 3)).toEqual([
    '    actual    lost: page_alloc.failures of task sb16, at most 0: 152; lost:',
    '              page_alloc.failures of task sb16, at most 0: 152;  on seed 1',
    '',
  ]);
});

test('what failed is bad, what passed is good, in a diff too', () => {
  const text = pretty(MIXED, { style: MARKS });
  for (const line of [
    '<bad FAILED >  specs/order3.spec.yaml<dim ',
    '<good passed >  specs/passing.spec.yaml',
    '  <bad page_alloc.failures of task sb16 is at most 0>',
    '    <bad -Node 0, zone   Normal    216     55>',
    '    <good +Node 0, zone   Normal    217     54>',
  ]) {
    expect(text).toContain(`\n${line}`.slice(text.startsWith(line) ? 1 : 0));
  }
});

test('many seeds with the same value are one line, many values are counted', () => {
  const same = Array.from({ length: 30 }, (_, i) => failedCase(i + 1, { checks: [FAILED_CHECK] }));
  expect(pretty(testRun([specResult({ cases: same })]))).toContain(
    '    actual    3  on seeds 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12 and 18 more\n',
  );
  const other = same.map((one, i) => ({ ...one, checks: [{ ...FAILED_CHECK, actual: String(i + 3) }] }));
  const text = pretty(testRun([specResult({ cases: other })]));
  expect(text).toContain('    actual    7  on seed 5\n    and 25 more seeds\n');
  expect(text).toContain('--seed 5\n    and 25 more seeds\n');
});

test('expectations come in the order of the spec, whichever seed they failed on', () => {
  const at = (line: number) => ({ ...FAILED_CHECK, text: `line ${line}`, line });
  const cases = [failedCase(1, { checks: [at(30)] }), failedCase(2, { checks: [at(20), at(30)] })];
  expect(pretty(testRun([specResult({ cases })])).match(/^ {2}line \d+$/gm)).toEqual([
    '  line 20',
    '  line 30',
  ]);
});

test('says what to do next', () => {
  const changed = checkResult({ kind: 'proc', status: 'written', snapshot: 'a.yaml' });
  const skipped = caseResult(9, { status: 'skipped', checks: [] });
  const run = testRun(
    [
      specResult({
        cases: [failedCase(1, { checks: [DIFF_CHECK] }), caseResult(2, { checks: [changed] }), skipped],
        stale: Array.from({ length: 12 }, (_, i) => `s${i}.yaml`),
      }),
    ],
    { bailed: true },
  );
  const text = pretty(run, { callName: 'npx oomph' });
  expect(text).toContain('\n  npx oomph test --update specs/order3.spec.yaml\n');
  expect(text).toContain('\n    npx oomph test specs/order3.spec.yaml --seed 1\n');
  expect(text).toContain('1 snapshot on the disk changed: read and commit them');
  expect(text).toContain('asks for 12 snapshots');
  expect(text).toContain('\n  s9.yaml\n  and 2 more\n');
  expect(text).toContain('--bail left out 1 seed');
  // A run that needs nothing ends with its numbers.
  expect(
    pretty(testRun([specResult()]))
      .trimEnd()
      .split('\n')
      .at(-1),
  ).toBe('  time       1.23s');
});

test('a line that a policy prints again and again is told once', () => {
  const bad = failedCase(1, { console: `a\n${'b\n'.repeat(500)}a\n` });
  expect(pretty(testRun([specResult({ cases: [bad] })]))).toContain(
    '  console.log of seed 1:\n    a\n    b (500 times)\n    a\n\n',
  );
});

test('nothing in a text reaches the terminal that it would obey', () => {
  expect(pretty(NASTY_RUN)).not.toMatch(/(?!\n)[\p{Cc}\p{Bidi_Control}\p{Cs}]/u);
  expect(pretty(NASTY_RUN).length).toBeLessThan(20_000);
});

test('what --update wrote over is told whole, of specs that passed too', () => {
  const diff = Array.from({ length: 100 }, (_, i) => `+line ${i}`).join('\n');
  const updated = { ...DIFF_CHECK, status: 'updated' as const, diff };
  const text = pretty(testRun([specResult({ cases: [caseResult(3, { checks: [updated] })] })]));
  expect(text).toContain('updated  /proc/buddyinfo at 10s\n');
  expect(text).toContain('2.yaml (-), seed 3 now (+)\n    +line 0\n');
  expect(text).toContain('    +line 99\n');
});
