import {
  clock,
  compact,
  duration,
  grouped,
  length,
  metric,
  metricBeside,
  pagesSize,
  short,
  stamp,
} from '../../../src/tui/format.ts';

test('numbers', () => {
  expect([grouped(1234567), grouped(-1000), grouped(0)]).toEqual(['1,234,567', '-1,000', '0']);
  expect([short(9999), short(1_900_000), short(12_345), short(4e9)]).toEqual([
    '9,999',
    '1.9M',
    '12.3k',
    '4G',
  ]);
  expect([compact(123, 3), compact(1234, 3), compact(123456, 3), compact(1234567, 3)]).toEqual([
    '123',
    '1k',
    '.1M',
    '1M',
  ]);
});

test('times', () => {
  expect([duration(40), duration(3200), duration(45_000), duration(12_345_678)]).toEqual([
    '40 us',
    '3.2 ms',
    '45 ms',
    '12.35 s',
  ]);
  expect([duration(90e6), duration(3_600e6), duration(40_000e6)]).toEqual([
    '90.0 s',
    '60 min 00 s',
    '11 h 06 min',
  ]);
  expect([length(60e6), length(20e6), length(1_500_000)]).toEqual(['1 min', '20 s', '1.5 s']);
  expect([length(1000), length(10_000), length(1_250_000)]).toEqual(['1 ms', '10 ms', '1.25 s']);
  expect([clock(0), clock(12_349_999)]).toEqual(['0.00 s', '12.34 s']);
  expect(stamp(12_345_678)).toBe('[   12.345678]');
});

test('sizes and metrics', () => {
  expect([1, 4096, 1 << 20, 393216].map(pages => pagesSize(pages, 4096))).toEqual([
    '4 KiB',
    '16 MiB',
    '4 GiB',
    '1.5 GiB',
  ]);
  expect([pagesSize(1, 8192), pagesSize(4096, 8192), pagesSize(1000, 16384)]).toEqual([
    '8 KiB',
    '32 MiB',
    '15.6 MiB',
  ]);
  expect([metric(3, 'count'), metric(12, 'pages'), metric(20_000, 'us'), metric(995, 'permille')]).toEqual([
    '3',
    '12 pages',
    '20 ms',
    '99.5 %',
  ]);
  expect([metric(-1, 'order'), metric(9, 'order')]).toEqual(['none', '9']);
});

test('a value that is not what it is held against does not read like it', () => {
  expect(metricBeside(16_003_512, [16e6], 'cycles')).toBe('16,003,512');
  expect(metricBeside(16e6, [16e6], 'cycles')).toBe('16M');
  expect(metricBeside(14_612_000, [16e6, 14_800_000], 'cycles')).toBe('14.6M');
  expect(metricBeside(28_000_040, [28_000_000], 'us')).toBe('28,000,040 us');
  expect(metricBeside(20_004, [20_000], 'pages')).toBe('20,004 pages');
});
