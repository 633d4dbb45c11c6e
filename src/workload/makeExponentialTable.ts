/**
 * Makes `exponentialTable.ts` (run after `npm run build`):
 * `node -e "import('./dist/workload/makeExponentialTable.js').then(m => process.stdout.write(m.tableSource()))"`.
 * BigInt arithmetic only, so that the table does not depend on anybody's Math.log.
 */
const GUARD_BITS = 128n;

/** -ln(1 - i/n) * 2^bits, rounded to the nearest integer. Source: ln(a/b) = 2 artanh((a - b)/(a + b)), its power series. */
export function quantile(i: number, n: number, bits: number): number {
  const a = BigInt(n);
  const b = BigInt(n - i);
  const one = 1n << (BigInt(bits) + GUARD_BITS);
  const top = a - b;
  const bottom = a + b;
  let power = (one * top) / bottom;
  let sum = 0n;
  for (let k = 1n; power > 0n; k += 2n) {
    sum += power / k;
    power = (power * top * top) / (bottom * bottom);
  }
  const half = 1n << (GUARD_BITS - 1n);
  return Number((2n * sum + half) >> GUARD_BITS);
}

export function exponentialTable(quantileBits: number, scaleBits: number): number[] {
  const n = 2 ** quantileBits;
  const table: number[] = [];
  for (let i = 0; i < n; i++) table.push(quantile(i, n, scaleBits));
  return table;
}

export function tableSource(): string {
  const lines: string[] = [];
  let line = ' ';
  for (const value of exponentialTable(10, 24)) {
    const next = ` ${value},`;
    if (line.length + next.length > 110) {
      lines.push(line);
      line = ' ';
    }
    line += next;
  }
  lines.push(line);
  return `/**
 * Quantiles of the exponential distribution with mean 1: entry i is -ln(1 - i / 2^QUANTILE_BITS) in units of
 * 2^-QUANTILE_SCALE_BITS, rounded to the nearest integer. Made by \`makeExponentialTable.ts\`.
 */
export const QUANTILE_BITS = 10;
export const QUANTILE_SCALE_BITS = 24;

export const EXPONENTIAL_QUANTILES: readonly number[] = [
${lines.join('\n')}
];
`;
}
