import type { StepPlan, TaskPlan } from '../contract/plan.ts';
import { meanOf } from './values.ts';

/** Operations a task will put on the tape, on the average of many seeds. */
export function estimateOps(task: TaskPlan, lengthUs: number): number {
  const windowUs = task.untilUs - task.fromUs;
  const { arrive } = task;
  let runs = 0;
  switch (arrive.kind) {
    case 'poisson':
      runs = windowUs / arrive.meanGapUs;
      break;
    case 'every':
      runs = Math.ceil(windowUs / arrive.gapUs);
      break;
    case 'at':
      runs = arrive.timesUs.length;
      break;
    case 'burst':
      runs = Math.ceil(windowUs / arrive.gapUs) * meanOf(arrive.size);
  }
  return runs * task.count * new RunEstimate(lengthUs).ops(task.run);
}

interface OpenBlock {
  sinceUs: number;
  gapUs: number;
  times: number;
  /** A block left by a repeat stands for one of each turn. */
  copies: number;
}

/** Follows one run with the mean of every draw. */
class RunEstimate {
  private nowUs = 0;
  private readonly lengthUs: number;
  private readonly open = new Map<string, OpenBlock>();

  constructor(lengthUs: number) {
    this.lengthUs = lengthUs;
  }

  ops(steps: StepPlan[]): number {
    let ops = this.walk(steps);
    for (const [, block] of this.open) ops += retries(block, this.lengthUs);
    this.open.clear();
    return ops;
  }

  private walk(steps: StepPlan[]): number {
    let ops = 0;
    for (const step of steps) {
      if (step.kind === 'hold') this.nowUs += meanOf(step.us);
      else if (step.kind === 'repeat') ops += this.repeat(meanOf(step.times), step.run);
      // What falls behind the end of the workload leaves no operation.
      else if (this.nowUs >= this.lengthUs) continue;
      else if (step.kind === 'alloc') {
        ops++;
        const { onFail } = step;
        const block = { sinceUs: this.nowUs, gapUs: 1, times: 0, copies: 1 };
        this.open.set(
          step.as,
          onFail.kind === 'retry' ? { ...block, gapUs: onFail.gapUs, times: onFail.times } : block,
        );
      } else if (step.kind !== 'free') ops++;
      else {
        const block = this.open.get(step.name);
        if (block === undefined) continue;
        ops += block.copies + retries(block, this.nowUs - block.sinceUs);
        this.open.delete(step.name);
      }
    }
    return ops;
  }

  private repeat(turns: number, run: StepPlan[]): number {
    const before = this.nowUs;
    const heldBefore = new Set(this.open.keys());
    const ops = turns * this.walk(run);
    for (const [name, block] of this.open) if (!heldBefore.has(name)) block.copies *= turns;
    this.nowUs = before + turns * (this.nowUs - before);
    return ops;
  }
}

function retries(block: OpenBlock, wantedUs: number): number {
  return block.copies * Math.min(block.times, Math.max(0, Math.floor(wantedUs / block.gapUs)));
}
