import type { Diagnostic } from '../../../src/contract/diagnostic.ts';
import type { Located } from '../../../src/spec/document.ts';
import { Findings } from '../../../src/spec/findings.ts';
import { COUNT, DURATION, type QuantityKind, quantity, SIZE } from '../../../src/spec/quantity.ts';
import { readRate } from '../../../src/spec/rate.ts';

function scalar(source: string): Located {
  const number = /^-?[0-9.]+$/.test(source);
  return {
    start: 0,
    end: source.length,
    key: null,
    value: number ? Number(source) : source,
    source,
    quoted: false,
    entries: null,
    items: null,
  };
}

function read(kind: QuantityKind, source: string): number | Diagnostic {
  const findings = new Findings('x', source);
  return quantity(findings, scalar(source), kind) ?? findings.sorted()[0];
}

test.each([
  [SIZE, '0B', 0],
  [SIZE, '64MiB', 64 * 2 ** 20],
  [SIZE, '1.5KiB', 1536],
  [SIZE, '0.5KiB', 512],
  [SIZE, '64GiB', 64 * 2 ** 30],
  [DURATION, '1us', 1],
  [DURATION, '0.001ms', 1],
  [DURATION, '1.5s', 1_500_000],
  [DURATION, '2m', 120_000_000],
  [DURATION, '24h', 86_400_000_000],
  [COUNT, '0', 0],
  [COUNT, '800', 800],
  [COUNT, '1.9M', 1_900_000],
  [COUNT, '0.3k', 300],
  // 1.1 and 2.675 are no doubles; the product in floating point would be off.
  [COUNT, '1.1k', 1100],
  [COUNT, '2.675k', 2675],
  [COUNT, '8.123456789G', 8_123_456_789],
  [COUNT, '9007199254740991', Number.MAX_SAFE_INTEGER],
] as const)('%# %s', (kind, source, value) => {
  expect(read(kind, source)).toBe(value);
});

test.each([
  [SIZE, '64', 'E-UNIT-MISSING', ['64MiB', '64KiB']],
  [SIZE, '64MB', 'E-UNIT-UNKNOWN', ['64MiB']],
  [SIZE, '64M', 'E-UNIT-UNKNOWN', ['64MiB']],
  [SIZE, '64mib', 'E-UNIT-UNKNOWN', ['64MiB']],
  [SIZE, '64kB', 'E-UNIT-UNKNOWN', ['64KiB']],
  [SIZE, '64TiB', 'E-UNIT-UNKNOWN', undefined],
  [SIZE, '64 MB', 'E-QUANTITY', ['64MiB']],
  [SIZE, '-1MiB', 'E-QUANTITY-NEGATIVE', undefined],
  [SIZE, '+1MiB', 'E-QUANTITY', ['1MiB']],
  [SIZE, '0.1KiB', 'E-QUANTITY-FRACTION', undefined],
  [SIZE, 'lots', 'E-QUANTITY', undefined],
  [SIZE, '99999999GiB', 'E-QUANTITY', undefined],
  [SIZE, `${'9'.repeat(60)}B`, 'E-QUANTITY', undefined],
  [DURATION, '20', 'E-UNIT-MISSING', ['20ms', '20s']],
  [DURATION, '20msec', 'E-UNIT-UNKNOWN', ['20ms']],
  [DURATION, '20µs', 'E-UNIT-UNKNOWN', ['20us']],
  [DURATION, '20ns', 'E-UNIT-UNKNOWN', undefined],
  [DURATION, '1,5s', 'E-QUANTITY', ['1.5s']],
  [DURATION, '0.5us', 'E-QUANTITY-FRACTION', undefined],
  [DURATION, '.inf', 'E-QUANTITY', undefined],
  [COUNT, '20K', 'E-UNIT-UNKNOWN', ['20k']],
  [COUNT, '1_000', 'E-QUANTITY', ['1000']],
  [COUNT, '1e6', 'E-QUANTITY', ['1000000']],
  [COUNT, '0x10', 'E-QUANTITY', ['16']],
  [COUNT, '1.5', 'E-QUANTITY-FRACTION', undefined],
  [COUNT, '9007199254740992', 'E-QUANTITY', undefined],
  [COUNT, 'constructor', 'E-QUANTITY', undefined],
  [COUNT, '5toString', 'E-UNIT-UNKNOWN', undefined],
] as const)('%# %s is refused: %s', (kind, source, code, suggestions) => {
  const found = read(kind, source) as Diagnostic;
  expect([found.code, found.suggestions]).toEqual([code, suggestions]);
  expect(found.length).toBe(source.length);
});

test.each([
  ['20/s', 50_000],
  ['3/s', 333_333],
  ['1.5k/s', 667],
  ['0.5/s', 2_000_000],
  ['1/us', 1],
  ['1M/s', 1],
  ['600k/s', 2],
  ['2/ms', 500],
  ['1/h', 3_600_000_000],
  ['7/m', 8_571_429],
])('rate %s has a mean gap of %d us', (source, gap) => {
  expect(readRate(new Findings('x', source), scalar(source))).toBe(gap);
});

test.each([
  ['20', 'E-UNIT-MISSING', ['20/s']],
  ['20hz', 'E-RATE', ['20/s']],
  ['20 / s', 'E-RATE', ['20/s']],
  ['20/sec', 'E-RATE', ['20/s']],
  ['50ms', 'E-RATE', ['20/s']],
  ['3ms', 'E-RATE', undefined],
  ['0/s', 'E-RATE', undefined],
  ['2/us', 'E-RATE', undefined],
  ['-1/s', 'E-RATE', undefined],
  ['s/20', 'E-RATE', undefined],
])('rate %s is refused', (source, code, suggestions) => {
  const findings = new Findings('x', source);
  expect(readRate(findings, scalar(source))).toBeUndefined();
  const [found] = findings.sorted();
  expect([found.code, found.suggestions]).toEqual([code, suggestions]);
});
