import type { Hundredths } from '../../contract/assignment.ts';

/** `7.5`, `10`: as few decimals as tell it. */
export function points(value: Hundredths): string {
  const whole = Math.floor(value / 100);
  const rest = value % 100;
  if (rest === 0) return String(whole);
  return `${whole}.${String(rest).padStart(2, '0').replace(/0$/, '')}`;
}

/** Hundredths of a per cent: `12.5 %`. */
export const percent = (value: number): string => `${points(value)} %`;
