/**
 * What the kernel would have written to its log, made from the incidents of a run when somebody reads it.
 *
 * Deviation: no back traces.
 */
import type { ChallengePlan } from '../contract/plan.ts';
import { CTX_HARDIRQ } from '../contract/tape.ts';
import { __GFP_NOWARN } from '../engine/index.ts';
import { INCIDENT_FAILURE } from '../workload/incidents.ts';
import type { TapePlayer } from '../workload/player.ts';

export interface KernelLogLine {
  timeUs: number;
  /** Tape operation. */
  event: number;
  text: string;
}

/** TASK_COMM_LEN with its final zero. Source: include/linux/sched.h */
const COMM_LENGTH = 15;
/** __might_sleep() speaks at most once a second. Source: kernel/sched.c */
const SLEEP_REPORT_GAP_US = 1_000_000;

export const comm = (task: string): string => task.slice(0, COMM_LENGTH);

/** Source: mm/page_alloc.c, __alloc_pages() */
export function failureLine(task: string, order: number, gfp: number): string {
  return `${comm(task)}: page allocation failure. order:${order}, mode:0x${gfp.toString(16)}`;
}

/**
 * The newest `count` lines, oldest first.
 *
 * Source: mm/page_alloc.c, __alloc_pages(); kernel/sched.c, __might_sleep()
 */
export function kernelLog(plan: ChallengePlan, player: TapePlayer, count = Infinity): KernelLogLine[] {
  const { incidents, tape } = player;
  // Which incidents speak is known only from the start on; their text is made for the newest alone.
  const spoken: number[] = [];
  let lastSleepUs = -SLEEP_REPORT_GAP_US;
  for (let i = 0; i < incidents.length; i++) {
    if (incidents.kind[i] === INCIDENT_FAILURE) {
      if ((tape.gfp[incidents.row[i]] & __GFP_NOWARN) === 0) spoken.push(i);
      continue;
    }
    if (incidents.timeUs[i] - lastSleepUs < SLEEP_REPORT_GAP_US) continue;
    lastSleepUs = incidents.timeUs[i];
    spoken.push(i);
  }
  const lines: KernelLogLine[] = [];
  for (let n = Math.max(0, spoken.length - count); n < spoken.length; n++) {
    const i = spoken[n];
    const event = incidents.row[i];
    const timeUs = incidents.timeUs[i];
    if (incidents.kind[i] === INCIDENT_FAILURE) {
      const { name } = plan.workload.tasks[tape.task[event]];
      lines.push({ timeUs, event, text: failureLine(name, tape.order[event], tape.gfp[event]) });
      continue;
    }
    const irqsDisabled = (tape.ctx[event] & CTX_HARDIRQ) !== 0 ? 1 : 0;
    lines.push(
      { timeUs, event, text: 'Debug: sleeping function called from invalid context at mm/page_alloc.c:549' },
      { timeUs, event, text: `in_atomic():1, irqs_disabled():${irqsDisabled}` },
    );
  }
  return count < lines.length ? lines.slice(lines.length - count) : lines;
}
