import type { Series } from '../../harness/explanation.ts';
import { duration } from '../quantity.ts';

/** Where a value that only grows grew most: `Half of it came between 12s and 18s.`; '' where nothing stands out. */
export function growthText({ values }: Series, timesUs: readonly number[]): string {
  const first = values[0];
  const last = values[values.length - 1];
  if (values.length < 4 || last <= first || values.some((value, i) => i > 0 && value < values[i - 1]))
    return '';
  const half = (last - first) / 2;
  let from = 0;
  let to = values.length - 1;
  for (let start = 0, end = 0; start < values.length; start++) {
    while (end < values.length - 1 && values[end] - values[start] < half) end++;
    if (values[end] - values[start] < half) break;
    if (end - start < to - from) [from, to] = [start, end];
  }
  // Half of it in half of the time is no news.
  if ((to - from) * 3 > values.length - 1) return '';
  return `Half of it came between ${duration(timesUs[from])} and ${duration(timesUs[to])}.`;
}
