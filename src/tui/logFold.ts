/** A log in which what repeats is told once: a policy at fault in a loop would fill it with one line. */
import { grouped } from './format.ts';
import type { LogLine } from './gameRun.ts';

/** Lines of the longest group that is looked for, and how often one must stand there to be folded. */
const MAX_GROUP = 8;
const FEWEST = 4;

/** How often the group of `size` lines at `from` stands there in a row. */
function timesOf(lines: readonly LogLine[], from: number, size: number): number {
  let end = from + size;
  while (end < lines.length && lines[end].text === lines[end - size].text) end++;
  return Math.floor((end - from) / size);
}

/** Groups that repeat stand once, and behind them how often they came again, with the time of the last. */
export function foldRepeats(lines: readonly LogLine[]): LogLine[] {
  const folded: LogLine[] = [];
  for (let i = 0; i < lines.length; ) {
    let size = 0;
    let times = 0;
    for (let group = 1; group <= MAX_GROUP && i + group * FEWEST <= lines.length; group++) {
      const found = timesOf(lines, i, group);
      if (found >= FEWEST && found * group > times * size) {
        size = group;
        times = found;
      }
    }
    if (size === 0) {
      folded.push(lines[i++]);
      continue;
    }
    folded.push(...lines.slice(i, i + size));
    const what = size === 1 ? '' : `these ${size} lines `;
    const last = lines[i + size * times - 1];
    folded.push({ timeUs: last.timeUs, text: `... ${what}${grouped(times - 1)} times more` });
    i += size * times;
  }
  return folded;
}
