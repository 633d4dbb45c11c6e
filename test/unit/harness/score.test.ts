import { reached, stars, summarize } from '../../../src/harness/score.ts';

test('gold and par are reached at their value, whichever way is better', () => {
  const lower = { better: 'lower', par: 100, gold: 50 } as const;
  expect([49, 50, 51, 100, 101].map(v => reached(lower, v))).toEqual(['gold', 'gold', 'par', 'par', 'none']);
  const higher = { better: 'higher', par: 50, gold: 100 } as const;
  expect([101, 100, 99, 50, 49].map(v => reached(higher, v))).toEqual(['gold', 'gold', 'par', 'par', 'none']);
});

test('stars', () => {
  const axes = (...r: ('gold' | 'par' | 'none')[]) => r.map(one => ({ reached: one }));
  expect(stars('lost', axes('gold'))).toBe(0);
  expect(stars('won', axes('gold', 'none'))).toBe(1);
  expect(stars('won', axes('gold', 'par'))).toBe(2);
  expect(stars('won', axes('gold', 'gold'))).toBe(3);
  expect(stars('won', [])).toBe(3);
});

test('worst, median and best; of an even number the lower middle', () => {
  expect(summarize([5, 1, 9], 'lower')).toEqual({ worst: 9, median: 5, best: 1 });
  expect(summarize([10, 9, 100, 1], 'higher')).toEqual({ worst: 1, median: 9, best: 100 });
  expect(summarize([7], 'lower')).toEqual({ worst: 7, median: 7, best: 7 });
});
