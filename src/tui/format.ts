/** Numbers as a person reads them. Nothing here depends on the locale. */

/** 1234567 -> `1,234,567`. */
export function grouped(value: number): string {
  if (!Number.isFinite(value)) return '-';
  const whole = String(Math.trunc(Math.abs(value)));
  const sign = value < 0 ? '-' : '';
  return sign + whole.replace(/\B(?=(\d{3})+$)/g, ',');
}

/** At most `width` characters (at least 3): 1234567 -> `1234567`, `1234k` or `1M`, 234567 -> `.2M`. */
export function compact(value: number, width: number): string {
  const plain = String(Math.round(value));
  if (plain.length <= width) return plain;
  for (const [unit, suffix] of [
    [1e3, 'k'],
    [1e6, 'M'],
    [1e9, 'G'],
  ] as const) {
    const whole = Math.floor(value / unit);
    const scaled = whole > 0 ? `${whole}${suffix}` : `.${Math.floor((value * 10) / unit)}${suffix}`;
    if (scaled.length <= width) return scaled;
  }
  return '>'.padStart(width, '>');
}

/** 1900000 -> `1.9M`: three digits that matter. */
export function short(value: number): string {
  const size = Math.abs(value);
  if (size < 10_000) return grouped(value);
  const [unit, suffix] = size < 1e6 ? [1e3, 'k'] : size < 1e9 ? [1e6, 'M'] : [1e9, 'G'];
  const scaled = value / unit;
  const digits = Math.abs(scaled) < 10 ? 2 : Math.abs(scaled) < 100 ? 1 : 0;
  const text = scaled.toFixed(digits);
  return (text.includes('.') ? text.replace(/\.?0+$/, '') : text) + suffix;
}

/** Microseconds -> `12.345 s`, `3.2 ms`, `40 us`, `1 h 04 min`. */
export function duration(us: number): string {
  if (us < 1000) return `${Math.round(us)} us`;
  if (us < 1e6) return `${(us / 1000).toFixed(us < 1e4 ? 1 : 0)} ms`;
  if (us < 600e6) return `${(us / 1e6).toFixed(us < 60e6 ? 2 : 1)} s`;
  const minutes = Math.floor(us / 60e6);
  if (minutes < 600) return `${minutes} min ${String(Math.floor((us % 60e6) / 1e6)).padStart(2, '0')} s`;
  return `${Math.floor(minutes / 60)} h ${String(minutes % 60).padStart(2, '0')} min`;
}

/** A moving clock: always the same digits. */
export function clock(us: number): string {
  if (us < 600e6) return `${(Math.floor(us / 1e4) / 100).toFixed(2)} s`;
  return duration(us);
}

/** A whole length, without the digits that only a moving clock needs. */
export function length(us: number): string {
  if (us % 60e6 === 0 && us >= 60e6 && us < 3600e6) return `${us / 60e6} min`;
  if (us % 1e6 === 0 && us < 600e6) return `${us / 1e6} s`;
  return duration(us)
    .replace(/\.0+ /, ' ')
    .replace(/(\.\d*?)0+ /, '$1 ');
}

/** So many pages of a machine as `64 KiB`, `16 MiB`, `1.5 GiB`. */
export const pagesSize = (pages: number, pageBytes: number): string => bytesSize(pages * pageBytes);

/** 65536 -> `64 KiB`; with one digit behind the point where there is one. */
export function bytesSize(bytes: number): string {
  let unit = 0;
  while (unit < SIZE_UNITS.length - 1 && bytes >= 1024 ** (unit + 1)) unit++;
  const value = bytes / 1024 ** unit;
  return `${value.toFixed(1).replace('.0', '')} ${SIZE_UNITS[unit]}`;
}
const SIZE_UNITS = ['bytes', 'KiB', 'MiB', 'GiB', 'TiB'];

const UNIT_WORDS: Readonly<Record<string, string>> = {
  count: '',
  order: '',
  pages: ' pages',
  cycles: '',
  tokens: '',
};

/** A metric's value with its unit. */
export function metric(value: number, unit: string): string {
  if (unit === 'us') return duration(value);
  if (unit === 'permille') return `${(value / 10).toFixed(1)} %`;
  if (unit === 'order') return value < 0 ? 'none' : String(value);
  return short(value) + (UNIT_WORDS[unit] ?? ` ${unit}`);
}

/** A metric's value beside others that it is held against: to the last digit where it would read like one and is not. */
export function metricBeside(value: number, others: readonly number[], unit: string): string {
  const text = metric(value, unit);
  if (!others.some(other => other !== value && metric(other, unit) === text)) return text;
  if (unit === 'us') return `${grouped(value)} us`;
  return grouped(value) + (UNIT_WORDS[unit] ?? ` ${unit}`);
}

/** `[   12.345678]`, as the kernel log writes the time since boot. */
export function stamp(us: number): string {
  const seconds = Math.floor(us / 1e6);
  return `[${String(seconds).padStart(5)}.${String(Math.floor(us % 1e6)).padStart(6, '0')}]`;
}
