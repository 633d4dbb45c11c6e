import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { mergeReports } from '../../../../src/cli/testing/merge.ts';
import type { TestRun } from '../../../../src/contract/testing.ts';
import { caseResult, failedCase, specResult, testRun } from '../../report/testing/runs.ts';

const folder = mkdtempSync(join(tmpdir(), 'oomph-merge-'));

function report(name: string, run: unknown): string {
  const file = join(folder, name);
  writeFileSync(file, typeof run === 'string' ? run : JSON.stringify(run));
  return file;
}

const shard = (index: number, specs: TestRun['specs'], more: Partial<TestRun> = {}): TestRun =>
  testRun(specs, { shard: { index, of: 2, nrCases: 3 }, ...more });
const a = specResult({ file: 'a.yaml', cases: [caseResult(1), caseResult(3)], stale: ['x'] });
const b = specResult({ file: 'a.yaml', cases: [failedCase(2)], stale: ['x', 'y'] });
const first = report('1.json', shard(1, [a], { startedMs: 9, durationMs: 5, stale: ['gone'] }));
const second = report(
  '2.json',
  shard(2, [b], { startedMs: 7, durationMs: 6, bailed: true, stale: ['gone'] }),
);

test('shards are one run again, in whatever order they come', () => {
  const merged = mergeReports([second, first]);
  expect(merged).toEqual(mergeReports([first, second]));
  expect(merged).toMatchObject({ shard: null, startedMs: 7, durationMs: 6, bailed: true, stale: ['gone'] });
  expect(merged.specs.length).toBe(1);
  expect(merged.specs[0]).toMatchObject({ status: 'failed', stale: ['x', 'y'] });
  expect(merged.specs[0].cases.map(({ seed }) => seed)).toEqual([1, 2, 3]);
});

test.each<[string, () => string[], RegExp]>([
  ['a shard that is missing', () => [first], /a shard is missing: 2\/2/],
  ['a shard that is there twice', () => [first, second, first], /are both shard 1 of 2/],
  [
    'shards of other counts',
    () => [first, report('o.json', testRun([b], { shard: { index: 2, of: 3, nrCases: 3 } }))],
    /one of 2 shards, .* one of 3/,
  ],
  [
    'shards of other specs',
    () => [first, report('s.json', testRun([b], { shard: { index: 2, of: 2, nrCases: 4 } }))],
    /have 3 cases, those of .* 4: the shards did not run the same specs/,
  ],
  [
    'shards of other versions',
    () => [first, report('v.json', shard(2, [b], { version: '9.9.9' }))],
    /run all shards with one/,
  ],
  [
    'a case in two shards',
    () => [first, report('d.json', shard(2, [a]))],
    /seed 1 of a\.yaml is in two shards/,
  ],
  ['the report of a whole run', () => [report('w.json', testRun([a]))], /is the report of a whole run/],
  ['another JSON', () => [report('j.json', { oomph: 1 })], /is no report of `oomph test --reporter json`/],
  ['no JSON', () => [report('n.json', '{')], /is no JSON report/],
  ['no file', () => [join(folder, 'none.json')], /there is no report file/],
])('%s is refused', (_, files, message) => {
  expect(() => mergeReports(files())).toThrow(message);
});
