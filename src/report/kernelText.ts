/** What oomph adds to the kernel's own words on a bug. */
import type { BugPlace, SeedVerdict, SilentSleep } from '../contract/verdict.ts';
import { duration, grouped } from './quantity.ts';
import { harmless } from './sourceColumns.ts';
import { WIDTH, wrap } from './wrap.ts';

/** `task eth0, step #1 kmalloc as skb, line 39 of the challenge` */
function placeText({ task, step, call, line }: BugPlace): string {
  const at = line > 0 ? `, line ${line} of the challenge` : '';
  return harmless(`task ${task}, step #${step} ${call}${at}`);
}

function sleepText(sleep: SilentSleep): string {
  const times = sleep.times === 1 ? 'once' : `${grouped(sleep.times)} times`;
  const where = sleep.locked ? 'with a spinlock held' : 'where it may not';
  const first = `first at ${duration(sleep.timeUs)}, event ${grouped(sleep.event)}`;
  const why = sleep.locked ? ': without preemption a lock leaves no mark that it could check' : '';
  return (
    `oomph: counted in kernel.bugs, not printed: ${placeText(sleep)} slept ${times} ${where}, ${first}. ` +
    `This kernel cannot tell${why}.`
  );
}

/** Who did what the kernel reports first, and what it counts without a word; `width` columns. */
export function kernelNotes({ kernelReport, silentSleeps }: SeedVerdict, width = WIDTH): string[] {
  const by = kernelReport?.by;
  const notes = by === undefined ? [] : [`oomph: that was ${placeText(by)}.`];
  notes.push(...(silentSleeps ?? []).map(sleepText));
  return notes.flatMap(note => wrap(note, '', width));
}
