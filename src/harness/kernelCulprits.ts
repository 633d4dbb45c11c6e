/** Who is to blame for a bug of the kernel: the task and its step, which the kernel's own words do not tell. */
import type { ChallengePlan } from '../contract/plan.ts';
import type { BugPlace, SilentSleep } from '../contract/verdict.ts';
import { LOG_ATOMIC_SLEEP } from '../engine/index.ts';
import type { TapePlayer } from '../workload/player.ts';
import { callSite } from './callSite.ts';

/** Kinds of sleep that are told of; the rest is counted. */
const SLEEPS_TOLD = 3;

/** The step of an operation; null where it is nobody's. */
export function bugPlace(plan: ChallengePlan, { tape }: TapePlayer, row: number): BugPlace | null {
  if (row < 0 || row >= tape.nrOps) return null;
  const task = tape.task[row];
  const step = tape.site[row];
  const { text, line } = callSite(plan, task, step);
  return { task: plan.workload.tasks[task].name, step, call: text, line };
}

/** Sleep where one may not that this build of the kernel cannot notice: by place, the most frequent first. */
export function silentSleeps(plan: ChallengePlan, player: TapePlayer): SilentSleep[] {
  const { printk } = player.machine;
  const places = new Map<string, SilentSleep>();
  for (let at = 0; at < printk.length; at++) {
    if (printk.kind[at] !== LOG_ATOMIC_SLEEP) continue;
    const place = bugPlace(plan, player, printk.contexts[at]?.row ?? printk.event[at]);
    if (place === null) continue;
    const locked = printk.args[4 * at + 1] > 0;
    const key = `${place.task}/${place.step}/${locked}`;
    const known = places.get(key);
    if (known !== undefined) known.times++;
    else places.set(key, { ...place, event: printk.event[at], timeUs: printk.timeUs[at], times: 1, locked });
  }
  return [...places.values()].sort((a, b) => b.times - a.times).slice(0, SLEEPS_TOLD);
}
