/** The kernel's own messages, newest last. */
import { Cells, type Style } from '../cells.ts';
import { stamp } from '../format.ts';
import type { LogLine } from '../gameRun.ts';
import { foldRepeats } from '../logFold.ts';
import { lookOf } from '../look.ts';
import type { Model } from '../model.ts';

/** Messages that tell of something lost. */
const ALARM =
  /failure|BUG|invalid context|Out of Memory|fault|Oops|Unable to handle|panic|overflow|orruption|overwritten|Bad page|^bad:|double free|Badness|vfree\(\)/;

export const stampedLine = (line: LogLine): string => `${stamp(line.timeUs)} ${line.text}`;

export function kernelLog(model: Model, width: number, height: number): Cells {
  const { glyphs, theme } = lookOf(model);
  const cells = new Cells(width, height);
  const { play } = model;
  if (!play) return cells;
  const { lastOp } = play.run;
  const log = foldRepeats(play.run.log);
  // Standing still, the last line tells what the last operation did.
  const step = lastOp !== null && !play.playing && play.logBack === 0 ? lastOp : null;
  const rows = step ? height - 1 : height;
  const back = Math.min(play.logBack, Math.max(0, log.length - rows));
  const last = log.length - back;
  const first = Math.max(0, last - rows);
  const line = (y: number, timeUs: number, text: string, as: Style): void => {
    const x = cells.text(0, y, stamp(timeUs), theme.dim) + 1;
    cells.clipped(x, y, text, as, width - x, glyphs.ellipsis);
  };
  for (let i = first; i < last; i++) {
    line(i - first, log[i].timeUs, log[i].text, ALARM.test(log[i].text) ? theme.bad : theme.text);
  }
  if (step) line(last - first, step.timeUs, step.text, theme.accent);
  else if (log.length === 0) cells.text(0, 0, 'nothing yet', theme.dim);
  return cells;
}
