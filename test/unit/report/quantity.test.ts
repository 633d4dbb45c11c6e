import { cell, duration, grouped, plural, quantity } from '../../../src/report/quantity.ts';

test.each([
  [0, '0'],
  [999, '999'],
  [1000, '1,000'],
  [-1234567, '-1,234,567'],
  [2 ** 53, '9,007,199,254,740,992'],
])('grouped(%d)', (value, text) => {
  expect(grouped(value)).toBe(text);
});

test.each([
  [0, '0us'],
  [999, '999us'],
  [1000, '1ms'],
  [1234, '1.23ms'],
  [12_345, '12.3ms'],
  [100_999, '100ms'],
  [999_999, '999ms'],
  [1_000_000, '1s'],
  [17_050_000, '17s'],
  [59_999_999, '59.9s'],
  [3_600_000_000, '3,600s'],
])('duration(%d)', (us, text) => {
  expect(duration(us)).toBe(text);
});

test('quantities carry their unit', () => {
  expect(quantity(1, 'pages')).toBe('1 page');
  expect(quantity(2048, 'pages')).toBe('2,048 pages');
  expect(quantity(7, 'count')).toBe('7');
  expect(quantity(-1, 'order')).toBe('none');
  expect(quantity(3, 'order')).toBe('order 3');
  expect(quantity(987, 'permille')).toBe('987 of 1000');
  expect(quantity(1_500, 'us')).toBe('1.5ms');
});

test('cells leave the unit to the head of the table', () => {
  expect(cell(1_912_340, 'cycles')).toBe('1,912,340');
  expect(cell(79_217_858_335, 'cycles')).toBe('79,217M');
  expect(cell(523_105_175, 'cycles', 1_553_000_000)).toBe('523M');
  expect(cell(-1, 'order')).toBe('none');
  expect(cell(1_500, 'us')).toBe('1.5ms');
});

test('plural', () => {
  expect([plural(0, 'seed'), plural(1, 'seed'), plural(1000, 'seed')]).toEqual([
    '0 seeds',
    '1 seed',
    '1,000 seeds',
  ]);
});
