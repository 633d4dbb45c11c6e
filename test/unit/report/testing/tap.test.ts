import { spawnSync } from 'node:child_process';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Parser, type Result } from 'tap-parser';
import { tap13Report, tapReport } from '../../../../src/report/testing/tap.ts';
import {
  caseResult,
  FAILED_CHECK,
  failedCase,
  MIXED,
  NASTY,
  NASTY_LINES,
  NASTY_RUN,
  specResult,
  testRun,
} from './runs.ts';

type Events = [string, ...unknown[]][];

/** Everything that the parser says, subtests as `child` with their own. */
const parse = (text: string): Events => Parser.parse(text, { strict: true } as never) as unknown as Events;

function named<T>(events: Events, name: string): T[] {
  return events.flatMap(event => (event[0] === name ? [event[1] as T] : []));
}

const complete = (events: Events) =>
  named<{
    ok: boolean;
    count: number;
    pass: number;
    fail: number;
    skip: number;
    todo: number;
    bailout: unknown;
    failures: unknown[];
  }>(events, 'complete')[0];

/** Test points of a level, with those of the level below each. */
interface Point extends Result {
  inner: Events;
}
function points(events: Events): Point[] {
  const children = named<Events>(events, 'child');
  let child = 0;
  return named<Point>(events, 'assert').map(point => {
    const subtest = 'closingTestPoint' in point && point.closingTestPoint === true;
    return Object.assign(point, { inner: subtest ? children[child++] : [] });
  });
}

/** Nothing in it is taken for something else, at any level. */
function extras(events: Events): string[] {
  return [...named<string>(events, 'extra'), ...named<Events>(events, 'child').flatMap(extras)];
}

test('a run is a document of TAP 14 that a strict parser takes', () => {
  const events = parse(tapReport(MIXED));
  expect(named(events, 'version')).toEqual([14]);
  expect(extras(events)).toEqual([]);
  expect(complete(events)).toMatchObject({ ok: false, count: 7, fail: 5, skip: 1, todo: 2, bailout: false });
  expect(points(events).map(({ name }) => name)).toEqual([
    'specs/order3.spec.yaml: Order 3 is still there after an hour of churn',
    'specs/passing.spec.yaml: Passing',
    'specs/__snapshots__/passing.spec.yaml/9.yaml is a snapshot that an expectation asks for',
    'specs/sandbox.spec.yaml: Sandbox',
    'specs/skipped.spec.yaml: Order 3 is still there after an hour of churn',
    'specs/typo.spec.yaml',
    'specs/__snapshots__/gone.spec.yaml is a snapshot that an expectation asks for',
  ]);
});

test('a run in which all passed is ok, with stale snapshots to do', () => {
  const events = parse(tapReport(testRun([specResult({ stale: ['a.yaml'] })])));
  expect(complete(events)).toMatchObject({ ok: true, count: 2, todo: 1 });
});

test('an expectation that failed says what, where and how it differs', () => {
  const [spec] = points(parse(tapReport(MIXED)));
  const [, seed2] = points(spec.inner);
  expect(seed2).toMatchObject({ ok: false, name: 'seed 2' });
  expect(seed2.diag).toMatchObject({
    severity: 'fail',
    at: { file: 'specs/order3.spec.yaml', line: 23, column: 7 },
    cause: 'order 2 in DMA\n  12 pages in the way, of task editor, since 1.2s\n',
    reproduce: 'oomph test specs/order3.spec.yaml --seed 2',
  });
  const checks = points(seed2.inner);
  expect(checks.map(({ ok }) => ok)).toEqual([true, false, false]);
  expect(checks[1].diag).toMatchObject({ expected: 'at most 0', actual: '3', at: { line: 23, column: 7 } });
  expect(checks[2].diag).toMatchObject({
    snapshot: 'specs/__snapshots__/order3.spec.yaml/2.yaml',
    diff: expect.stringContaining('\n+Node 0, zone   Normal    217     54'),
  });
});

test('what was left out is skipped, and --bail ends the document', () => {
  const skipped = caseResult(2, { status: 'skipped', checks: [] });
  const run = testRun([specResult({ cases: [failedCase(1), skipped] })], { bailed: true });
  const events = parse(tapReport(run));
  const [spec] = points(events);
  expect(points(spec.inner)[1]).toMatchObject({ ok: true, skip: 'the run was stopped before it' });
  expect(named(events, 'bailout')).toEqual([expect.stringContaining('--bail')]);
});

/** Of a YAML block, those that Perl's TAP::Parser::YAMLish::Reader takes: keys, arrays, `|`, strings in one line. */
test('its YAML keeps to what every reader knows', () => {
  const inner = tapReport(MIXED)
    .split('\n')
    .map(line => line.trim());
  for (const key of ['cause', 'diff']) expect(inner).toContain(`${key}: |`);
  const blank = failedCase(1, {
    cause: 'a\n\nb',
    console: '  indented\nx',
    checks: [{ ...FAILED_CHECK, diff: '@@\n \n+c' }],
  });
  const text = tapReport(testRun([specResult({ cases: [blank] })]));
  expect(text).toContain('\n      cause: |\n        a\n        b\n      console: "  indented\\nx\\n"\n');
  expect(text).toContain(
    '\n          diff: |\n            @@\n             \n            +c\n          ...\n',
  );
  const [point] = points(parse(text));
  expect(points(point.inner)[0].diag).toMatchObject({ cause: 'a\nb\n', console: '  indented\nx\n' });
});

test('texts cannot forge a test point, a directive, a plan or an end', () => {
  const text = tapReport({ ...NASTY_RUN, bailed: false });
  const events = parse(text);
  expect(extras(events)).toEqual([]);
  expect(named(events, 'bailout')).toEqual([]);
  const [spec, ...rest] = points(events);
  expect(spec).toMatchObject({ ok: false, todo: false, skip: false });
  expect(rest.map(({ todo }) => Boolean(todo))).toEqual([true, true, false]);
  expect(points(spec.inner)).toHaveLength(3);
  const [check] = points(points(spec.inner)[0].inner);
  expect(check).toMatchObject({ ok: false, todo: false });
  expect(check.name).toContain('back # TODO not');
  expect((check.diag as { actual: string }).actual).toContain('\nnot ok 1 - fake\nBail out! fake\n');
  // Nothing that a terminal obeys, either.
  expect(text).not.toMatch(/(?!\n)[\p{Cc}\p{Bidi_Control}]/u);
  expect(NASTY + NASTY_LINES).toMatch(/(?!\n)[\p{Cc}\p{Bidi_Control}]/u);
});

test('TAP 13: a test point a seed, each with all that tells why', () => {
  const events = parse(tap13Report(MIXED));
  expect(named(events, 'version')).toEqual([13]);
  expect(extras(events)).toEqual([]);
  expect(named(events, 'child')).toEqual([]);
  const seeds = points(events);
  expect(seeds.map(({ name }) => name)).toEqual(
    expect.arrayContaining([
      'specs/order3.spec.yaml: Order 3 is still there after an hour of churn, seed 2',
      'specs/passing.spec.yaml: Passing, seed 1',
      'specs/typo.spec.yaml',
      'specs/__snapshots__/gone.spec.yaml is a snapshot that an expectation asks for',
    ]),
  );
  const seed2 = seeds.find(({ name }) => name.endsWith('churn, seed 2'))!;
  expect(seed2).toMatchObject({ ok: false });
  expect(seed2.diag).toMatchObject({
    severity: 'fail',
    at: { file: 'specs/order3.spec.yaml', line: 23, column: 7 },
    expected: 'at most 0',
    actual: '3',
    reproduce: 'oomph test specs/order3.spec.yaml --seed 2',
  });
  const nasty = parse(tap13Report({ ...NASTY_RUN, bailed: false }));
  expect(extras(nasty)).toEqual([]);
  expect(named(nasty, 'bailout')).toEqual([]);
  expect(named(parse(tap13Report(testRun([specResult()], { bailed: true }))), 'bailout')).toHaveLength(1);
});

const hasProve = spawnSync('prove', ['--version']).status === 0;

(hasProve ? test : test.skip)("Perl's prove reads TAP 13, hostile texts too, and refuses 14", () => {
  const folder = mkdtempSync(join(tmpdir(), 'oomph-prove-'));
  const proved = (name: string, text: string): { status: number | null; out: string } => {
    writeFileSync(join(folder, name), text);
    const done = spawnSync('prove', ['--exec', 'cat', name], { cwd: folder, encoding: 'utf8' });
    return { status: done.status, out: done.stdout + done.stderr };
  };
  const passed = proved('passed', tap13Report(testRun([specResult()])));
  expect(passed.out).toContain('Result: PASS');
  expect(passed.status).toBe(0);
  for (const [name, run] of [
    ['mixed', MIXED],
    ['nasty', { ...NASTY_RUN, bailed: false }],
  ] as const) {
    const { status, out } = proved(name, tap13Report(run));
    expect(status).toBeGreaterThan(0);
    expect(out).toContain('Failed tests:');
    expect(out).not.toContain('Parse errors');
  }
  expect(proved('later', tapReport(testRun([specResult()]))).out).toMatch(/TAP specified version 14 but/);
});
