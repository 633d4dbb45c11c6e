import { Stream } from '../../../src/workload/stream.ts';

/**
 * Pearson's statistic in integers: sum of (observed - expected)^2, times the number of cells, over the draws.
 * For these cell counts 0.1 % of honest generators exceed the limits given; seeds are fixed, so none flickers.
 */
function pearson(counts: number[], draws: number): number {
  return counts.reduce((sum, n) => sum + (n * counts.length - draws) ** 2, 0) / (draws * counts.length);
}

test('a name decides the stream', () => {
  const draws = (name: string) =>
    Array.from(
      { length: 4 },
      function (this: Stream) {
        return this.uint32();
      },
      new Stream(name),
    );
  expect(draws('1/a/0/run')).toEqual(draws('1/a/0/run'));
  expect(draws('1/a/0/run')).not.toEqual(draws('1/a/1/run'));
  expect(draws('1/a/0/run')).toMatchInlineSnapshot(`
[
  555936159,
  1901650670,
  3783616231,
  4150214653,
]
`);
});

test('below is uniform, for small and for large bounds', () => {
  const stream = new Stream('uniform');
  for (const n of [2, 7, 64]) {
    const counts = new Array<number>(n).fill(0);
    for (let i = 0; i < 64_000; i++) counts[stream.below(n)]++;
    expect(pearson(counts, 64_000)).toBeLessThan(n === 64 ? 103 : n === 7 ? 22.5 : 10.9);
  }
  const upper = [0, 0, 0, 0];
  const n = 3 * 2 ** 40;
  for (let i = 0; i < 40_000; i++) {
    const draw = stream.below(n);
    expect(Number.isSafeInteger(draw) && draw >= 0 && draw < n).toBe(true);
    upper[Math.floor((draw * 4) / n)]++;
  }
  expect(pearson(upper, 40_000)).toBeLessThan(16.3);
});

test('below throws away what would favour small values', () => {
  // 3 * 2^30 does not divide 2^32: kept by remainder alone, the first third would come twice as often.
  const stream = new Stream('bias');
  const counts = [0, 0, 0];
  for (let i = 0; i < 30_000; i++) counts[Math.floor(stream.below(3 * 2 ** 30) / 2 ** 30)]++;
  expect(pearson(counts, 30_000)).toBeLessThan(13.8);
});

test('exponential has its mean, its median and no memory', () => {
  const stream = new Stream('exponential');
  const draws = 200_000;
  const mean = 1_000_000;
  let sum = 0;
  let beyondMedian = 0;
  let beyondTwo = 0;
  let longest = 0;
  for (let i = 0; i < draws; i++) {
    const x = stream.exponential(mean);
    sum += x;
    if (x >= 693_147) beyondMedian++;
    if (x >= 1_386_294) beyondTwo++;
    if (x > longest) longest = x;
  }
  // One standard error of the mean is 0.22 %.
  expect(Math.abs(sum / draws - mean)).toBeLessThan(9_000);
  expect(Math.abs(beyondMedian - draws / 2)).toBeLessThan(900);
  expect(Math.abs(beyondTwo - draws / 4)).toBeLessThan(800);
  // Beyond the table's last entry (6.93 means) there is still a tail.
  expect(longest).toBeGreaterThan(9 * mean);
});

test('exponential is 0 for mean 0 and an integer for any', () => {
  const stream = new Stream('integers');
  expect(stream.exponential(0)).toBe(0);
  for (const mean of [1, 3, 10 ** 12]) expect(Number.isSafeInteger(stream.exponential(mean))).toBe(true);
});

test('choice follows its weights; uniform has both ends', () => {
  const stream = new Stream('choice');
  const counts = new Map<number, number>();
  for (let i = 0; i < 40_000; i++) {
    const value = stream.draw({ kind: 'choice', values: [10, 20, 30], cumulative: [1, 1, 4] });
    counts.set(value, (counts.get(value) ?? 0) + 1);
  }
  expect([...counts.keys()].sort()).toEqual([10, 30]);
  expect(Math.abs(counts.get(10)! - 10_000)).toBeLessThan(300);
  const ends = new Set<number>();
  for (let i = 0; i < 200; i++) ends.add(stream.draw({ kind: 'uniform', low: -1, high: 2 }));
  expect([...ends].sort((a, b) => a - b)).toEqual([-1, 0, 1, 2]);
});

test('a recorded list is gone through, and then again', () => {
  const stream = new Stream('1/a/0/run');
  const before = stream.uint32();
  const list = { kind: 'in_turn' as const, values: [3, 1] };
  const other = { kind: 'in_turn' as const, values: [3, 7] };
  expect([list, list, other, list].map(dist => stream.draw(dist))).toEqual([3, 1, 3, 3]);
  const untouched = new Stream('1/a/0/run');
  expect([before, stream.uint32()]).toEqual([untouched.uint32(), untouched.uint32()]);
});
