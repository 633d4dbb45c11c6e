/** Which of all that went wrong is told first: what lost the goal that was lost first. */
import type { ChallengePlan, GoalPlan } from '../contract/plan.ts';
import type { Tape } from '../contract/tape.ts';
import type { FailureReport, SeedVerdict } from '../contract/verdict.ts';
import type { Incidents } from '../workload/incidents.ts';
import { MARK_KINDS, type MarkKind, type Marks } from './marks.ts';

/** What a goal on such a metric is lost by; null: nothing but its own value. */
export function lostBy({ metric }: Pick<GoalPlan, 'metric'>): MarkKind | null {
  if (metric.startsWith('oom.')) return 'oom';
  if (metric.startsWith('kernel.') || metric.startsWith('stack.')) return 'bug';
  if (metric === 'policy.faults') return 'fault';
  if (/^kmap\.flushes|^tlb\./.test(metric)) return 'flush';
  if (metric === 'reclaim.direct') return 'reclaim';
  return /failures|served|^task\.runs|^fork\./.test(metric) ? 'failure' : null;
}

/**
 * The mark to look at first, -1 where nothing went wrong: of the goal that was lost first, the first failure of its task
 * or whatever else it was lost by; where no goal was lost, the first failure, bug or kill.
 */
export function tellingMark(plan: ChallengePlan, tape: Tape, incidents: Incidents, marks: Marks): number {
  const goalKind = MARK_KINDS.indexOf('goal');
  for (let i = 0; i < marks.length; i++)
    if (marks.kind[i] === goalKind) return tellingOfGoal(plan, tape, incidents, marks, i);
  const trouble = ['failure', 'bug', 'oom'].map(kind => MARK_KINDS.indexOf(kind as MarkKind));
  for (let i = 0; i < marks.length; i++) if (trouble.includes(marks.kind[i])) return i;
  return -1;
}

/** What a goal was lost by, or its own mark where nothing but its value tells. @param at mark of the goal */
export function tellingOfGoal(
  plan: ChallengePlan,
  tape: Tape,
  incidents: Incidents,
  marks: Marks,
  at: number,
): number {
  const mark = tellingOf(plan.goals[marks.ref[at]], tape, incidents, marks, marks.op[at]);
  return mark < 0 ? at : mark;
}

/** The first mark of what a goal or an expectation is lost by, of its task; -1 for none. @param op not behind that */
export function tellingOf(
  goal: Pick<GoalPlan, 'metric' | 'where'>,
  tape: Tape,
  incidents: Incidents,
  marks: Marks,
  op: number,
): number {
  const by = lostBy(goal);
  if (by === null) return -1;
  const { task } = goal.where;
  const isOf = (mark: number): boolean => {
    if (marks.kind[mark] !== MARK_KINDS.indexOf(by)) return false;
    return by !== 'failure' || task < 0 || tape.task[incidents.row[marks.ref[mark]]] === task;
  };
  for (let mark = 0; mark < marks.length && marks.op[mark] <= op; mark++) if (isOf(mark)) return mark;
  return -1;
}

/** The failed allocation of a verdict to tell first: of a task that a lost goal is about, if it has one. */
export function tellingFailure(seed: SeedVerdict): FailureReport | undefined {
  const lost = seed.goals.filter(goal => !goal.held);
  lost.sort((a, b) => (a.lostAtEvent < 0 ? 1 : b.lostAtEvent < 0 ? -1 : a.lostAtEvent - b.lostAtEvent));
  for (const goal of lost) {
    const found = seed.failures.find(failure => failure.task === goal.where?.task);
    if (found !== undefined) return found;
  }
  return seed.failures[0];
}
