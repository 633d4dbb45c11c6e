/** Numbers as people read them; never by locale. */

/** `1,912,340` */
export function grouped(value: number): string {
  const sign = value < 0 ? '-' : '';
  let digits = String(Math.abs(value));
  let out = '';
  while (digits.length > 3) {
    out = `,${digits.slice(-3)}${out}`;
    digits = digits.slice(0, -3);
  }
  return sign + digits + out;
}

/** Simulated time: `900us`, `12.3ms`, `4.25s`; digits beyond three are cut, not rounded. */
export function duration(us: number): string {
  if (us < 1000) return `${us}us`;
  return us < 1_000_000 ? `${threeDigits(us, 1000)}ms` : `${threeDigits(us, 1_000_000)}s`;
}

function threeDigits(us: number, unit: number): string {
  const whole = Math.floor(us / unit);
  if (whole >= 100) return grouped(whole);
  const places = whole >= 10 ? 1 : 2;
  const scale = 10 ** places;
  const part = String(Math.floor(((us % unit) * scale) / unit)).padStart(places, '0');
  return `${whole}.${part}`.replace(/\.?0+$/, '');
}

/** A metric's value with its unit. */
export function quantity(value: number, unit: string): string {
  switch (unit) {
    case 'us':
      return duration(value);
    case 'count':
      return grouped(value);
    case 'order':
      return value < 0 ? 'none' : `order ${value}`;
    case 'permille':
      return `${value} of 1000`;
    default:
      return `${grouped(value)} ${value === 1 ? unit.replace(/s$/, '') : unit}`;
  }
}

/**
 * A value in a table whose head names the unit; from 10^9 on in millions, rounded down: `79,217M`.
 *
 * @param beside the largest of the values it is compared with, so that all of them are in millions or none
 */
export function cell(value: number, unit: string, beside = value): string {
  if (unit === 'us') return duration(value);
  if (unit === 'order') return value < 0 ? 'none' : String(value);
  return Math.max(value, beside) >= 1_000_000_000
    ? `${grouped(Math.floor(value / 1_000_000))}M`
    : grouped(value);
}

/** `1 seed`, `3 seeds` */
export function plural(count: number, noun: string): string {
  return `${grouped(count)} ${noun}${count === 1 ? '' : 's'}`;
}
