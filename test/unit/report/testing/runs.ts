import type { CaseResult, CheckResult, SpecResult, TestRun } from '../../../../src/contract/testing.ts';
import { PLAIN } from '../../../../src/report/style.ts';
import type { ReportSetting } from '../../../../src/report/testing/reporter.ts';

export function checkResult(more: Partial<CheckResult> = {}): CheckResult {
  return {
    kind: 'metric',
    text: 'page_alloc.failures of task sb16 is at most 0',
    status: 'passed',
    expected: 'at most 0',
    actual: '0',
    diff: '',
    line: 23,
    column: 7,
    snapshot: '',
    ...more,
  };
}

export const FAILED_CHECK = checkResult({ status: 'failed', actual: '3' });

export const DIFF_CHECK = checkResult({
  kind: 'proc',
  text: '/proc/buddyinfo at 10s',
  status: 'failed',
  expected: '',
  actual: '',
  diff: [
    '@@ -1,2 +1,2 @@',
    ' Node 0, zone      DMA      1      1',
    '-Node 0, zone   Normal    216     55',
    '+Node 0, zone   Normal    217     54',
  ].join('\n'),
  line: 26,
  column: 9,
  snapshot: 'specs/__snapshots__/order3.spec.yaml/2.yaml',
});

export function caseResult(seed: number, more: Partial<CaseResult> = {}): CaseResult {
  return {
    seed,
    status: 'passed',
    message: '',
    checks: [checkResult()],
    outcome: 'won',
    cause: '',
    console: '',
    nrOps: 1234,
    stateHash: '0badcafe',
    durationMs: 120.5,
    reproduce: `oomph test specs/order3.spec.yaml --seed ${seed}`,
    ...more,
  };
}

export function failedCase(seed: number, more: Partial<CaseResult> = {}): CaseResult {
  return caseResult(seed, {
    status: 'failed',
    outcome: 'lost',
    checks: [checkResult({ line: 22 }), FAILED_CHECK, DIFF_CHECK],
    cause: 'order 2 in DMA\n  12 pages in the way, of task editor, since 1.2s',
    console: 'grouping.ts:12: no block of order 2 is left',
    ...more,
  });
}

export function specResult(more: Partial<SpecResult> = {}): SpecResult {
  const cases = more.cases ?? [caseResult(1), caseResult(2)];
  const failed = cases.some(({ status }) => status === 'failed' || status === 'error');
  return {
    file: 'specs/order3.spec.yaml',
    id: 'regress/order-3-after-churn',
    title: 'Order 3 is still there after an hour of churn',
    line: 19,
    policy: 'linux',
    status: failed ? 'failed' : 'passed',
    diagnostics: [],
    cases,
    stale: [],
    ...more,
  };
}

export const BROKEN_SPEC = specResult({
  file: 'specs/typo.spec.yaml',
  id: '',
  title: '',
  status: 'error',
  cases: [],
  line: 1,
  diagnostics: [
    {
      code: 'E-KEY-UNKNOWN',
      severity: 'error',
      file: 'specs/typo.spec.yaml',
      line: 7,
      column: 3,
      length: 6,
      message: "there is no key 'expcet' here",
      suggestions: ['expect'],
      frame: { firstLine: 6, lines: ['test:', '  expcet:'] },
    },
  ],
});

export function testRun(specs: SpecResult[], more: Partial<TestRun> = {}): TestRun {
  return {
    oomph: 1,
    version: '0.1.0',
    shard: null,
    specs,
    stale: [],
    startedMs: 1_790_000_000_123,
    durationMs: 1234.5,
    bailed: false,
    ...more,
  };
}

/** Everything at once: passed, failed on two of three seeds, unreadable, skipped, written, updated, stale. */
export const MIXED = testRun(
  [
    specResult({ cases: [caseResult(1), failedCase(2), failedCase(3, { durationMs: 900 })] }),
    specResult({
      file: 'specs/passing.spec.yaml',
      id: 'regress/passing',
      title: 'Passing',
      policy: './grouping.ts',
      cases: [
        caseResult(1, {
          checks: [checkResult({ kind: 'proc', status: 'written', snapshot: 'specs/a.yaml' })],
        }),
        caseResult(2, {
          checks: [checkResult({ kind: 'proc', status: 'updated', snapshot: 'specs/b.yaml' })],
        }),
      ],
      stale: ['specs/__snapshots__/passing.spec.yaml/9.yaml'],
    }),
    specResult({
      file: 'specs/sandbox.spec.yaml',
      id: 'regress/sandbox',
      title: 'Sandbox',
      status: 'error',
      cases: [
        caseResult(4, {
          status: 'error',
          message: 'the process of the policy died twice',
          checks: [],
          outcome: 'none',
        }),
      ],
    }),
    specResult({
      file: 'specs/skipped.spec.yaml',
      status: 'skipped',
      cases: [caseResult(1, { status: 'skipped', checks: [], outcome: 'none', stateHash: '' })],
    }),
    BROKEN_SPEC,
  ],
  { stale: ['specs/__snapshots__/gone.spec.yaml'] },
);

/** All that breaks a format, in one text of one line, and in many. */
export const NASTY =
  '\u001b[31mred\u001b[0m ]]> <b>&amp;</b> "q" \'a\' \\ back # TODO not % %25 ::error file=x::y ##[error]z | `tick` \u0000\u0007\u0008\u007f\u0085\u2028\u202e\ufffe\uffff \ud83d\ude00 e\u0301 \ud800 , : ok 1 - x';
export const NASTY_LINES = [
  NASTY,
  '::stop-commands::x',
  '  ::add-mask::y',
  '---',
  '...',
  'not ok 1 - fake',
  'Bail out! fake',
  '\r\n1..9',
  '```',
  '</details>',
  '\tx',
  '',
].join('\n');

const nastyCheck = checkResult({
  status: 'failed',
  text: NASTY,
  expected: NASTY_LINES,
  actual: NASTY_LINES,
  diff: NASTY_LINES,
  snapshot: `specs/${NASTY}.yaml`,
});

export const NASTY_RUN = testRun(
  [
    specResult({
      file: `specs/${NASTY}.spec.yaml`,
      id: NASTY,
      title: NASTY_LINES,
      policy: NASTY,
      cases: [
        failedCase(1, {
          checks: [nastyCheck],
          cause: NASTY_LINES,
          console: NASTY_LINES,
          reproduce: `oomph test ${NASTY}`,
        }),
        failedCase(2, { status: 'error', checks: [], message: NASTY_LINES }),
        failedCase(3, {
          checks: [
            { ...nastyCheck, line: 99, diff: `${'-x'.repeat(50_000)}\n`.repeat(3) + '+line\n'.repeat(5000) },
          ],
        }),
      ],
      stale: [`${NASTY}.yaml`, NASTY_LINES],
    }),
    {
      ...BROKEN_SPEC,
      diagnostics: [{ ...BROKEN_SPEC.diagnostics[0], message: NASTY_LINES, file: NASTY, expected: NASTY }],
    },
  ],
  { bailed: true },
);

export const SETTING: ReportSetting = { style: PLAIN, width: 80, callName: 'oomph', base: '', isTold: false };
