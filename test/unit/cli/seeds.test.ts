import { BadInput } from '../../../src/cli/exit.ts';
import { parseSeeds } from '../../../src/cli/seeds.ts';

test.each([
  ['7', [7]],
  ['0', [0]],
  ['1,2,3', [1, 2, 3]],
  ['3, 1', [3, 1]],
  ['1-5', [1, 2, 3, 4, 5]],
  ['5-5', [5]],
  ['9,1-3,2', [9, 1, 2, 3]],
])('%s', (text, seeds) => {
  expect(parseSeeds(text)).toEqual(seeds);
});

test.each([
  ['', /is not a seed: write --seed 7/],
  ['a', /"a" is not a seed/],
  ['1,,2', /"" is not a seed/],
  ['-1', /is not a seed/],
  ['1.5', /is not a seed/],
  ['1e3', /is not a seed/],
  ['5-1', /goes backwards/],
  ['1-20000', /more than 10000 seeds/],
  ['1-9000,10001-19000', /more than 10000 seeds/],
  ['99999999999999999999', /too large/],
])('%s is refused', (text, message) => {
  expect(() => parseSeeds(text)).toThrow(BadInput);
  expect(() => parseSeeds(text)).toThrow(message);
});
