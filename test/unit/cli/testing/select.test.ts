import { parseBail, parseFilter, parseShard, select } from '../../../../src/cli/testing/select.ts';
import type { LoadedSpec } from '../../../../src/cli/testing/specs.ts';
import { specOf } from '../../harness/testing/plans.ts';

function loaded(file: string, seeds: number[], expectations = '    - outcome: won\n'): LoadedSpec {
  const plan = { ...specOf(expectations), id: `t/${file.slice(0, 1)}`, title: `The ${file}`, seeds };
  return { file, diagnostics: [], plan, policy: null, policyFolder: '', watched: [] };
}
const broken: LoadedSpec = {
  file: 'x.yaml',
  diagnostics: [],
  plan: null,
  policy: null,
  policyFolder: '',
  watched: [],
};
const A = loaded('a.yaml', [3, 1, 2]);
const B = loaded('b.yaml', [1, 2]);
const HASH = loaded('h.yaml', [1, 2], '    - state_hash\n');

const names = (cases: { spec: LoadedSpec; seed: number }[]): string[] =>
  cases.map(({ spec, seed }) => `${spec.file.slice(0, 1)}${seed}`);

test('cases are by file and seed', () => {
  expect(names(select([A, B], null, null, null).cases)).toEqual(['a1', 'a2', 'a3', 'b1', 'b2']);
  expect(names(select([A, B], null, [9, 2], null).cases)).toEqual(['a2', 'a9', 'b2', 'b9']);
});

test('every case is in one shard, and shards differ by one at most', () => {
  for (const nr of [1, 2, 3, 5]) {
    const shards = Array.from({ length: nr }, (_, i) => select([A, B], null, null, { index: i + 1, of: nr }));
    const all = shards.flatMap(({ cases }) => names(cases));
    expect(all.sort()).toEqual(['a1', 'a2', 'a3', 'b1', 'b2']);
    const sizes = shards.map(({ cases }) => cases.length);
    expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThanOrEqual(1);
    for (const { shard } of shards) expect(shard!.nrCases).toBe(5);
  }
});

test('a shard reports only on the specs that it has cases of, and on those that cannot be run', () => {
  const { specs } = select([A, broken, B], null, [1], { index: 2, of: 2 });
  expect(specs.map(({ file }) => file)).toEqual(['x.yaml', 'b.yaml']);
});

test('a shard with nothing to run says how many there may be', () => {
  expect(() => select([B], null, null, { index: 3, of: 3 })).toThrow(
    'there are 2 cases, for as many shards at most',
  );
});

test('snapshots are of own seeds only', () => {
  const { cases, leftOut } = select([A, HASH], null, [2, 7], null);
  expect(names(cases)).toEqual(['a2', 'a7', 'h2']);
  expect(leftOut).toEqual([]);
  expect(select([A, HASH], null, [7], null).leftOut).toEqual(['h.yaml']);
  expect(() => select([HASH], null, [7], null)).toThrow('none of their seeds is asked for');
});

describe('filters', () => {
  const matched = (text: string): string[] =>
    [A, B, broken].filter(parseFilter(text)).map(({ file }) => file);

  test.each<[string, string[]]>([
    ['a.yaml', ['a.yaml']],
    ['T/B', ['b.yaml']],
    ['the B', ['b.yaml']],
    ['yaml', ['a.yaml', 'b.yaml', 'x.yaml']],
    ['.*', []],
    ['/^t.(a|z)$/', ['a.yaml']],
    ['/^THE/', []],
    ['/^THE/i', ['a.yaml', 'b.yaml']],
    ['/yaml/g', ['a.yaml', 'b.yaml', 'x.yaml']],
  ])('%s', (text, files) => {
    expect(matched(text)).toEqual(files);
  });

  test('that are no regular expression, or leave nothing', () => {
    expect(() => parseFilter('/(/')).toThrow(/--filter \/\(\/: Invalid regular expression/);
    expect(() => parseFilter('/x/k')).toThrow(/flags/);
    expect(() => select([A, B], parseFilter('none'), null, null)).toThrow('leaves none of the 2 specs');
    expect(() => select([A], parseFilter('none'), null, null)).toThrow('leaves none of the one spec');
  });
});

test.each(['0/2', '3/2', '1/0', '1', 'a/b', '1/2/3', '-1/2', '1/20000'])('%s is no shard', text => {
  expect(() => parseShard(text)).toThrow();
});

test('--bail takes a number, or none', () => {
  expect([parseBail(undefined), parseBail(true), parseBail('3')]).toEqual([0, 1, 3]);
  for (const text of ['0', '-1', 'specs', '1.5']) expect(() => parseBail(text)).toThrow('--bail=1');
});
