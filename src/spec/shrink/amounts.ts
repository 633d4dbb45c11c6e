/** Numbers with units as a challenge writes them: read for making them smaller, written round. */

export type AmountKind = 'time' | 'size' | 'count';

export interface Amount {
  kind: AmountKind;
  /** Microseconds, bytes or a count. */
  value: number;
}

const TIMES: readonly [unit: string, us: number][] = [
  ['h', 3_600_000_000],
  ['m', 60_000_000],
  ['s', 1_000_000],
  ['ms', 1000],
  ['us', 1],
];
const SIZES: readonly [unit: string, bytes: number][] = [
  ['GiB', 2 ** 30],
  ['MiB', 2 ** 20],
  ['KiB', 1024],
  ['B', 1],
];
const COUNTS: readonly [unit: string, count: number][] = [
  ['G', 1_000_000_000],
  ['M', 1_000_000],
  ['k', 1000],
  ['', 1],
];
const UNITS: Readonly<Record<AmountKind, typeof TIMES>> = { time: TIMES, size: SIZES, count: COUNTS };

/** A whole number of microseconds, bytes or things; null for any other text. */
export function amountOf(text: string): Amount | null {
  const match = /^(\d+)(?:\.(\d+))?([A-Za-z]*)$/.exec(text);
  if (match === null || match[1].length + (match[2]?.length ?? 0) > 15) return null;
  const [, whole, fraction = '', unit] = match;
  for (const kind of ['time', 'size', 'count'] as const) {
    const scale = UNITS[kind].find(([name]) => name === unit)?.[1];
    if (scale === undefined) continue;
    const scaled = BigInt(whole + fraction) * BigInt(scale);
    const divisor = 10n ** BigInt(fraction.length);
    if (scaled % divisor !== 0n || scaled / divisor > BigInt(Number.MAX_SAFE_INTEGER)) return null;
    return { kind, value: Number(scaled / divisor) };
  }
  return null;
}

/** In the largest unit that needs no fraction; of times and counts one with one decimal, too. */
export function amountText({ kind, value }: Amount): string {
  if (value === 0) return kind === 'time' ? '0s' : kind === 'size' ? '0B' : '0';
  // Small counts are written out; hours and minutes only where they are whole.
  if (kind === 'count' && value < 10_000) return String(value);
  for (const [unit, scale] of UNITS[kind]) {
    if (value % scale === 0) return `${value / scale}${unit}`;
    if (kind !== 'size' && scale <= 1_000_000 && value > scale && (value * 10) % scale === 0) {
      return `${Math.floor(value / scale)}.${((value % scale) * 10) / scale}${unit}`;
    }
  }
  return String(value);
}

/** Rounded up to two digits, so that people can read it; sizes to a power of two less than a sixteenth away, or as they are. */
export function roundUp({ kind, value }: Amount): Amount {
  if (kind === 'size') {
    let grain = 1;
    while (grain * 16 < value) grain *= 2;
    return { kind, value: Math.ceil(value / grain) * grain };
  }
  let grain = 1;
  while (grain * 100 <= value) grain *= 10;
  return { kind, value: Math.ceil(value / grain) * grain };
}

/** How much there is to read of it: digits and, more slowly, magnitude. */
export function weightOf(text: string): number {
  const amount = amountOf(text);
  if (amount === null) return 0;
  const digits = text.replace(/[^\d]/g, '').replace(/^0+|0+$/g, '').length;
  let bits = 0;
  for (let value = amount.value; value >= 1; value /= 2) bits++;
  return digits + bits;
}
