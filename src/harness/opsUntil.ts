import type { Tape } from '../contract/tape.ts';

/** Operations of the first `nrOps` whose time is at most that. */
export function opsUntil({ timeUs: times }: Tape, nrOps: number, timeUs: number): number {
  let low = 0;
  let high = nrOps;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (times[middle] <= timeUs) low = middle + 1;
    else high = middle;
  }
  return low;
}
