import type { CheckResult } from '../../../../src/contract/testing.ts';
import { judge, type SnapshotRules } from '../../../../src/harness/testing/judge.ts';
import { type Observed, observe } from '../../../../src/harness/testing/observe.ts';
import { testWords } from '../../../../src/report/testing/words.ts';
import { compileTape } from '../../../../src/workload/compile.ts';
import { specOf } from './plans.ts';

const HERE: SnapshotRules = { write: true, update: false };
const CI: SnapshotRules = { write: false, update: false };
const UPDATE: SnapshotRules = { write: true, update: true };

const plan = specOf(
  [
    '- outcome: won',
    '- {metric: cycles, equals: 1.9M, within: 5%}',
    '- {metric: buddy.splits, at_least: 10, at_most: 20}',
    '- state_hash',
    '- {proc: buddyinfo, at: 1s}',
    '- dump',
  ]
    .map(line => `    ${line}\n`)
    .join(''),
);
const words = testWords(null, plan);
let real: Observed;
beforeAll(async () => {
  real = await observe(plan, compileTape(plan, 1), 1, null, words, async () => {});
});

const judged = (
  stored: Record<string, string> | null,
  rules: SnapshotRules,
  change: Partial<Observed> = {},
): { checks: CheckResult[]; written: Record<string, string> } =>
  judge(plan.test, { ...real, ...change }, stored, 'small/seed-1.yaml', rules, words);
const status = (checks: readonly CheckResult[]): string[] => checks.map(check => check.status);
const textsOf = (): Record<string, string> => Object.fromEntries(real.texts);

describe('values', () => {
  test.each([
    [1_804_999, 9, ['failed', 'failed']],
    [1_805_000, 10, ['passed', 'passed']],
    [1_995_000, 20, ['passed', 'passed']],
    [1_995_001, 21, ['failed', 'failed']],
  ])('cycles %d, splits %d', (cycles, splits, expected) => {
    const values = new Map([
      [1, cycles],
      [2, splits],
    ]);
    const { checks } = judged(null, HERE, { values });
    expect(status(checks).slice(1)).toEqual(expected);
    expect(checks[1]).toMatchObject({
      expected: '1.9M within 5%',
      actual: `${words.quantity(cycles, 'cycles')}`,
    });
  });

  test('an outcome says which goals were lost, with their values', () => {
    const [check] = judged(null, HERE).checks;
    expect(check.status).toBe('failed');
    expect(check.actual).toBe(
      `lost: page_alloc.failures, at most 0: ${words.quantity(real.verdict.metrics['page_alloc.failures'], 'count')}`,
    );
    expect(check).toMatchObject({ expected: 'won', line: 21, column: 7, kind: 'outcome' });
  });

  test('a policy whose faults ended the run lost it too', () => {
    const verdict = { ...real.verdict, outcome: 'lost' as const, goals: [], nrFaults: 3 };
    expect(judged(null, HERE, { verdict }).checks[0].actual).toBe(
      "lost: the policy's faults (3) ended the run",
    );
  });

  test('faults say the first one', () => {
    const faulty = specOf('    - {faults: 0}\n', './p.ts');
    const fault = {
      file: 'p.ts',
      line: 3,
      column: 9,
      hook: 'watermark' as const,
      message: 'no whole number',
    };
    const verdict = { ...real.verdict, nrFaults: 2, faults: [fault as never] };
    const { checks } = judge(faulty.test, { ...real, verdict }, {}, '', HERE, words);
    expect(checks[0]).toMatchObject({
      status: 'failed',
      expected: '0',
      actual: '2, the first at p.ts:3:9 in watermark: no whole number',
    });
  });
});

describe('snapshots', () => {
  test('that are not there are written, and under CI fail and are not', () => {
    const here = judged({}, HERE);
    expect(status(here.checks).slice(3)).toEqual(['written', 'written', 'written']);
    expect(here.written).toEqual(textsOf());
    const ci = judged({}, CI);
    expect(status(ci.checks).slice(3)).toEqual(['failed', 'failed', 'failed']);
    expect(ci.checks[3].actual).toContain('under CI none is written');
    expect(ci.written).toEqual({});
  });

  test('that are the same pass, whatever the rules', () => {
    for (const rules of [HERE, CI, UPDATE]) {
      const { checks, written } = judged(textsOf(), rules);
      expect(status(checks).slice(3)).toEqual(['passed', 'passed', 'passed']);
      expect(written).toEqual({});
    }
  });

  test('that differ fail with their difference, and are written only by an update', () => {
    const stored = { ...textsOf(), 'proc buddyinfo at 1s': 'Node 0, zone      DMA      1 \n' };
    const { checks, written } = judged(stored, HERE);
    expect(checks[4]).toMatchObject({ status: 'failed', snapshot: 'small/seed-1.yaml', kind: 'proc' });
    expect(checks[4].diff).toContain('\n-Node 0, zone      DMA      1 \n+Node 0, zone ');
    expect(checks[4].diff).toMatch(/^--- proc buddyinfo at 1s/);
    expect(written).toEqual({});
    const update = judged(stored, UPDATE);
    expect(status(update.checks).slice(3)).toEqual(['passed', 'updated', 'passed']);
    expect(update.checks[4].diff).toBe(checks[4].diff);
    expect(Object.keys(update.written)).toEqual(['proc buddyinfo at 1s']);
  });

  test('of the state say when the machines parted', () => {
    const [hash, one, two, ...rest] = textsOf()['state_hash'].split('\n');
    const stored = (...lines: string[]): Record<string, string> => ({
      ...textsOf(),
      state_hash: lines.join('\n'),
    });
    const other = (line: string): string => line.replace(/[0-9a-f]{8}$/, '00000000');
    const check = (texts: Record<string, string>): CheckResult => judged(texts, CI).checks[3];
    expect(check(stored('00000000', one, other(two), ...rest)).actual).toBe(
      `${hash}, the same at 1s and other at 2s`,
    );
    expect(check(stored('00000000', other(one), two, ...rest)).actual).toBe(`${hash}, other at 1s already`);
    const late = check(
      stored('00000000', one, two, ...rest.map(line => line.replace(/^(cycles: ).*/, '$17'))),
    );
    expect(late.actual).toBe(`${hash}, the same at 7s`);
    expect(late.expected).toBe('00000000');
    expect(late.diff).toContain('\n-cycles: 7\n');
  });

  test('that have nothing in common are told where they part', () => {
    const lines = (word: string): string => Array.from({ length: 9000 }, (_, i) => `${word} ${i}\n`).join('');
    const texts = new Map(real.texts).set('proc buddyinfo at 1s', `same\n${lines('now')}`);
    const stored = { ...textsOf(), 'proc buddyinfo at 1s': `same\n${lines('then')}then 9000\n` };
    const { diff } = judged(stored, CI, { texts }).checks[4];
    expect(diff.split('\n').length).toBe(41);
    expect(diff).toMatch(/^from line 2 on .*: 9002 lines were 9001\n-then 0\n-then 1\n/);
    expect(diff).toContain('\n+now 0\n');
  });

  test('of the state are told by the hash alone: metrics come and go with versions', () => {
    const stored = { ...textsOf(), state_hash: `${textsOf()['state_hash']}a.new_metric: 3\n` };
    expect(judged(stored, CI).checks[3].status).toBe('passed');
  });

  test('of nothing are never written', () => {
    const texts = new Map(real.texts).set('dump', '');
    const { checks, written } = judged({}, UPDATE, { texts });
    expect(checks[5]).toMatchObject({
      status: 'failed',
      expected: 'a failed allocation',
      actual: 'no allocation failed',
      snapshot: '',
    });
    expect(written).not.toHaveProperty('dump');
  });

  test('are left out on a seed that is none of the spec', () => {
    expect(judged(null, UPDATE).checks.map(({ kind }) => kind)).toEqual(['outcome', 'metric', 'metric']);
  });
});
