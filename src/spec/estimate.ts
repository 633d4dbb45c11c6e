import type { StepPlan, TaskPlan } from '../contract/plan.ts';
import { meanOf } from './values.ts';

/**
 * Operations a task will put on the tape, on the average of many seeds.
 *
 * @param hasProcesses the machine has stacks or a disk, so that forks, interrupts and sleeps are rows too
 */
export function estimateOps(task: TaskPlan, lengthUs: number, hasProcesses = false): number {
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
  const rows: RunRows = { ...PLAIN };
  if (hasProcesses) {
    rows.work = 1;
    if (task.context !== 'process') rows.run = rows.hold = 2;
    else {
      rows.hold = 1;
      const forksEachRun = task.process?.fork === 'run';
      rows.run = forksEachRun ? 2 : 1;
      rows.copy = forksEachRun ? 0 : 1;
    }
  }
  const run = new RunEstimate(lengthUs, rows).ops(task.run);
  return task.count * (rows.copy + runs * (rows.run + run));
}

/** Rows that are no step's own. */
interface RunRows {
  /** For each copy: a daemon is forked. */
  copy: number;
  /** For each run: an interrupt begins and ends, a process is forked and exits, a daemon is done. */
  run: number;
  /** For each hold: a sleep, or the end of one interrupt and the beginning of the next. */
  hold: number;
  work: number;
}

const PLAIN: RunRows = { copy: 0, run: 0, hold: 0, work: 0 };

interface OpenBlock {
  sinceUs: number;
  gapUs: number;
  times: number;
  /** A block left by a repeat stands for one of each turn. */
  copies: number;
}

/** A step without steps of its own that takes no time. */
type PlainStep = Exclude<StepPlan, { run: StepPlan[] } | { kind: 'hold' | 'work' }>;

/** Follows one run with the mean of every draw. */
class RunEstimate {
  private nowUs = 0;
  private readonly lengthUs: number;
  private readonly rows: RunRows;
  private readonly open = new Map<string, OpenBlock>();

  constructor(lengthUs: number, rows: RunRows) {
    this.lengthUs = lengthUs;
    this.rows = rows;
  }

  ops(steps: StepPlan[]): number {
    let ops = this.walk(steps);
    // Where a run has a process or an interrupt, nobody asks again when it is over.
    for (const [, block] of this.open)
      ops += retries(block, this.rows.run > 0 ? this.nowUs - block.sinceUs : this.lengthUs);
    this.open.clear();
    return ops;
  }

  private walk(steps: StepPlan[]): number {
    let ops = 0;
    for (const step of steps) {
      if (step.kind === 'repeat') {
        ops += this.repeat(meanOf(step.times), step.run);
        continue;
      }
      // What falls behind the end of the workload leaves no operation.
      const isOver = this.nowUs >= this.lengthUs;
      if (step.kind === 'hold' || step.kind === 'work') {
        if (!isOver) ops += this.rows[step.kind];
        this.nowUs += meanOf(step.us);
      } else if ('run' in step) {
        if (!isOver) ops++;
        ops += this.walk(step.run);
        if (this.nowUs < this.lengthUs) ops++;
      } else if (!isOver) ops += this.plain(step);
    }
    return ops;
  }

  private plain(step: PlainStep): number {
    switch (step.kind) {
      case 'alloc':
      case 'kmalloc':
      case 'cache_alloc':
      case 'vmalloc':
      case 'buffer':
      case 'mmap': {
        const block = { sinceUs: this.nowUs, gapUs: 1, times: 0, copies: 1 };
        const onFail = step.kind === 'mmap' ? null : step.onFail;
        this.open.set(
          step.as,
          onFail?.kind === 'retry' ? { ...block, gapUs: onFail.gapUs, times: onFail.times } : block,
        );
        return 1;
      }
      case 'free':
      case 'kfree':
      case 'cache_free':
      case 'vfree':
      case 'munmap':
      case 'free_buffer': {
        if ('again' in step && step.again === true) return 1;
        const block = this.open.get(step.name);
        if (block === undefined) return 0;
        this.open.delete(step.name);
        return block.copies + retries(block, this.nowUs - block.sinceUs);
      }
      default:
        return 1;
    }
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
