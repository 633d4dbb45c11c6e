/** Operations of a tape as a person finds them again: in words, and where the challenge file asks for them. */
import type { ChallengePlan, StepPlan } from '../contract/plan.ts';
import type { TapePlayer } from '../workload/player.ts';
import { opText } from './opText.ts';

/** An operation of the workload. */
export interface CauseOperation {
  /** Number of the event. */
  event: number;
  timeUs: number;
  task: string;
  /** In words, the task's name included. */
  text: string;
  /** 1-based position in the challenge file of the step, or of its task; 0 where the plan comes from no file. */
  line: number;
  column: number;
}

export function operationOf(plan: ChallengePlan, player: TapePlayer, row: number): CauseOperation {
  const { tape } = player;
  if (row >= tape.nrOps) return { event: row, timeUs: player.timeUs, task: '', text: '', line: 0, column: 0 };
  const task = tape.task[row];
  return {
    event: row,
    timeUs: tape.timeUs[row],
    task: plan.workload.tasks[task].name,
    text: opText(plan, player, row),
    ...placeOf(plan, task, tape.site[row]),
  };
}

/** @param site number of the step within its task, depth first */
export function placeOf(plan: ChallengePlan, task: number, site: number): { line: number; column: number } {
  const planned = plan.workload.tasks[task];
  if (planned === undefined) return { line: 0, column: 0 };
  const step = stepAt(planned.run, site);
  const from = step !== null && 'line' in step && step.line !== undefined ? step : planned;
  return { line: from.line ?? 0, column: from.column ?? 0 };
}

function stepAt(steps: readonly StepPlan[], site: number): StepPlan | null {
  let left = site;
  const find = (within: readonly StepPlan[]): StepPlan | null => {
    for (const step of within) {
      if (left-- === 0) return step;
      const found = 'run' in step ? find(step.run) : null;
      if (found !== null) return found;
    }
    return null;
  };
  return find(steps);
}
