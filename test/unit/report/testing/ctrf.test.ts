import { type CTRFReport, calculateSummary, validate } from 'ctrf';
import { ctrfReport } from '../../../../src/report/testing/ctrf.ts';
import { BROKEN_SPEC, MIXED, NASTY_RUN, testRun } from './runs.ts';

const report = (run = MIXED): CTRFReport => JSON.parse(ctrfReport(run));

test.each([
  ['a mixed run', MIXED],
  ['nasty texts', NASTY_RUN],
  ['nothing', testRun([])],
  ['a shard', { ...MIXED, shard: { index: 1, of: 4, nrCases: 9 } }],
])('%s fits the published schema', (_, run) => {
  expect(validate(report(run))).toEqual({ valid: true, errors: [] });
});

test('the summary is that of its tests', () => {
  const { results } = report();
  const { tests, passed, failed, skipped, pending, other } = calculateSummary(results.tests);
  expect(results.summary).toMatchObject({ tests, passed, failed, skipped, pending, other, suites: 5 });
  expect(results.summary.extra).toMatchObject({ snapshots: { written: 1, updated: 1, stale: 2 } });
  expect(results.summary).toMatchObject({ passed: 3, failed: 2, skipped: 1, other: 2 });
  expect(results.summary.stop - results.summary.start).toBe(1235);
});

test('a failed test has message, trace and place', () => {
  expect(report().results.tests[1]).toMatchObject({
    name: 'Order 3 is still there after an hour of churn, seed 2',
    testId: 'specs/order3.spec.yaml#seed 2',
    status: 'failed',
    suite: ['regress/order-3-after-churn'],
    filePath: 'specs/order3.spec.yaml',
    line: 23,
    message: expect.stringContaining('expected at most 0, actual 3 (and 1 more)'),
    trace: expect.stringContaining('+Node 0, zone   Normal    217     54'),
    stdout: ['grouping.ts:12: no block of order 2 is left'],
    labels: { policy: 'linux', seed: 2, stateHash: '0badcafe' },
    extra: { reproduce: 'oomph test specs/order3.spec.yaml --seed 2' },
  });
});

test('what could not be run is neither passed nor failed, and says so', () => {
  const { tests, summary } = report(testRun([BROKEN_SPEC])).results;
  expect(summary).toMatchObject({ tests: 1, passed: 0, failed: 0, other: 1 });
  expect(tests[0]).toMatchObject({ status: 'other', rawStatus: 'error', line: 7 });
  expect(tests[0].message).toContain('E-KEY-UNKNOWN');
});
