import type { ChallengePlan, StepPlan, TaskPlan } from '../contract/plan.ts';
import {
  CTX_HARDIRQ,
  CTX_MEMALLOC,
  CTX_REALTIME,
  CTX_SOFTIRQ,
  MAX_TAPE_OPS,
  OP_ALLOC,
  OP_FREE,
  OP_RETRY,
  OPF_ABANDON,
  OPF_COLD,
  OPF_VADDR,
  OPF_ZEROED,
  type Tape,
} from '../contract/tape.ts';
import { eachArrival } from './arrivals.ts';
import { Stream } from './stream.ts';
import { TapeRows, WorkloadTooLong } from './tapeRows.ts';

/** Steps walked through, rows or not: a bound on loops whose rows all fall behind the end of the workload. */
const MAX_STEPS = 8 * MAX_TAPE_OPS;

/**
 * Turn the tasks of a challenge into one tape.
 *
 * Each copy of a task draws from two streams of its own, named by seed, task and copy: one for the times at which
 * its runs start, one for what happens in them. So adding, removing or reordering tasks leaves the demand of the
 * others as it was, and a shorter workload is a prefix of a longer one.
 *
 * A block that no step frees is held to the end of the workload. A name in a `repeat` is a new block each turn; a
 * free after the `repeat` frees the blocks of that name of all its turns that are still held, oldest first.
 *
 * @param seed  any safe integer
 * @throws WorkloadTooLong  more than MAX_TAPE_OPS rows
 * @throws RangeError       a plan that `spec` would have refused (a gap of 0, a seed that is no integer)
 */
export function compileTape(plan: ChallengePlan, seed: number): Tape {
  if (!Number.isSafeInteger(seed)) throw new RangeError(`a seed is an integer, not ${seed}`);
  const rows = new TapeRows();
  const { lengthUs, tasks } = plan.workload;
  for (let task = 0; task < tasks.length; task++) {
    const compiler = new TaskCompiler(tasks[task], task, plan.machine.cpus, lengthUs, rows);
    for (let copy = 0; copy < tasks[task].count; copy++) compiler.compileCopy(seed, copy);
  }
  return rows.toTape(lengthUs);
}

/** A step with everything that does not depend on the run worked out. */
type Step =
  | { kind: 'alloc'; plan: Extract<StepPlan, { kind: 'alloc' }>; rowKind: number; name: number }
  | { kind: 'hold'; plan: Extract<StepPlan, { kind: 'hold' }> }
  | { kind: 'free'; rowKind: number; name: number }
  | { kind: 'repeat'; plan: Extract<StepPlan, { kind: 'repeat' }>; body: Body };

/** The steps of a run or of one `repeat`, and the blocks that its present turn holds: a list of slots for each name. */
interface Body {
  steps: Step[];
  held: number[][];
  parent: Body | null;
}

class TaskCompiler {
  private readonly task: TaskPlan;
  private readonly taskIndex: number;
  private readonly cpus: number;
  private readonly lengthUs: number;
  private readonly rows: TapeRows;
  private readonly names: string[] = [];
  private readonly body: Body;
  /** Allocation row of each slot that is to be asked for again, by slot. */
  private readonly retries = new Map<number, { row: number; gapUs: number; times: number }>();
  private nrSites = 0;
  private nrSteps = 0;
  private nowUs = 0;
  private instance = 0;
  private cpu = 0;
  private stream!: Stream;

  constructor(task: TaskPlan, taskIndex: number, cpus: number, lengthUs: number, rows: TapeRows) {
    this.task = task;
    this.taskIndex = taskIndex;
    this.cpus = cpus;
    this.lengthUs = lengthUs;
    this.rows = rows;
    if ((task.arrive.kind === 'every' || task.arrive.kind === 'burst') && !(task.arrive.gapUs >= 1)) {
      throw new RangeError(`task ${task.name}: runs must be at least 1us apart`);
    }
    this.collectNames(task.run);
    this.body = this.resolve(task.run, null);
  }

  compileCopy(seed: number, copy: number): void {
    const { task } = this;
    const name = `${seed}/${task.name}/${copy}`;
    this.stream = new Stream(`${name}/run`);
    const untilUs = Math.min(task.untilUs, this.lengthUs);
    eachArrival(task.arrive, task.fromUs, untilUs, new Stream(`${name}/arrive`), timeUs => {
      this.countStep();
      this.nowUs = timeUs < untilUs ? timeUs : Number.POSITIVE_INFINITY;
      this.instance = this.rows.nrInstances++;
      this.cpu = task.cpu >= 0 ? task.cpu : this.cpus > 1 ? this.stream.below(this.cpus) : 0;
      this.play(this.body);
      this.leaveHeld();
    });
  }

  private collectNames(steps: StepPlan[]): void {
    for (const step of steps) {
      if (step.kind === 'hold') continue;
      if (step.kind === 'repeat') {
        this.collectNames(step.run);
        continue;
      }
      const name = step.kind === 'alloc' ? step.as : step.name;
      if (!this.names.includes(name)) this.names.push(name);
    }
  }

  private resolve(plans: StepPlan[], parent: Body | null): Body {
    const body: Body = { steps: [], held: this.names.map(() => []), parent };
    for (const plan of plans) {
      const site = this.nrSites++;
      if (plan.kind === 'alloc') {
        let flags = plan.onFail.kind === 'abandon' ? OPF_ABANDON : 0;
        if (plan.call !== 'alloc_pages') flags |= OPF_VADDR;
        if (plan.call === 'get_zeroed_page') flags |= OPF_ZEROED;
        const rowKind = this.rows.addKind({ ...this.where(site), gfp: plan.gfp, flags });
        body.steps.push({ kind: 'alloc', plan, rowKind, name: this.names.indexOf(plan.as) });
      } else if (plan.kind === 'free') {
        const flags = (plan.cold ? OPF_COLD : 0) | (plan.call === 'free_pages' ? OPF_VADDR : 0);
        const rowKind = this.rows.addKind({ ...this.where(site), gfp: 0, flags });
        body.steps.push({ kind: 'free', rowKind, name: this.names.indexOf(plan.name) });
      } else if (plan.kind === 'hold') {
        body.steps.push({ kind: 'hold', plan });
      } else {
        body.steps.push({ kind: 'repeat', plan, body: this.resolve(plan.run, body) });
      }
    }
    return body;
  }

  private where(site: number): { task: number; site: number; ctx: number } {
    const { task } = this;
    let ctx = task.context === 'hardirq' ? CTX_HARDIRQ : task.context === 'softirq' ? CTX_SOFTIRQ : 0;
    if (task.realtime) ctx |= CTX_REALTIME;
    if (task.memalloc) ctx |= CTX_MEMALLOC;
    return { task: this.taskIndex, site, ctx };
  }

  /** Past the end of the workload it goes on without rows, so that the draws of later runs stay where they were. */
  private play(body: Body): void {
    for (const step of body.steps) {
      this.countStep();
      switch (step.kind) {
        case 'hold':
          this.nowUs += this.stream.draw(step.plan.us);
          break;
        case 'alloc':
          this.alloc(step, body);
          break;
        case 'free':
          this.free(step, body);
          break;
        case 'repeat': {
          const times = this.stream.draw(step.plan.times);
          for (let turn = 0; turn < times; turn++) {
            this.countStep();
            this.play(step.body);
            handOver(step.body, body);
          }
        }
      }
    }
  }

  private alloc(step: Extract<Step, { kind: 'alloc' }>, body: Body): void {
    const order = Math.min(this.stream.draw(step.plan.order), 255);
    if (this.nowUs >= this.lengthUs) return;
    const slot = this.rows.nrSlots++;
    const row = this.push(this.nowUs, OP_ALLOC, step.rowKind, slot, order);
    body.held[step.name].push(slot);
    const { onFail } = step.plan;
    if (onFail.kind === 'retry') this.retries.set(slot, { row, gapUs: onFail.gapUs, times: onFail.times });
  }

  private free(step: Extract<Step, { kind: 'free' }>, body: Body): void {
    let scope: Body | null = body;
    while (scope !== null && scope.held[step.name].length === 0) scope = scope.parent;
    if (scope === null) return;
    const held = scope.held[step.name];
    for (const slot of held) {
      this.emitRetries(slot, this.nowUs);
      if (this.nowUs < this.lengthUs) this.push(this.nowUs, OP_FREE, step.rowKind, slot, 0);
    }
    held.length = 0;
  }

  /** The end of a run: what it still holds it keeps. */
  private leaveHeld(): void {
    for (const held of this.body.held) {
      for (const slot of held) this.emitRetries(slot, this.lengthUs);
      held.length = 0;
    }
  }

  private emitRetries(slot: number, freedUs: number): void {
    if (this.retries.size === 0) return;
    const retry = this.retries.get(slot);
    if (retry === undefined) return;
    this.retries.delete(slot);
    const { rows } = this;
    const endUs = Math.min(freedUs, this.lengthUs);
    let t = rows.timeUs[retry.row];
    for (let k = 0; k < retry.times; k++) {
      t += retry.gapUs;
      if (t >= endUs) return;
      this.push(t, OP_RETRY, rows.kind[retry.row], slot, rows.order[retry.row]);
    }
  }

  private push(timeUs: number, op: number, rowKind: number, slot: number, order: number): number {
    const { rows } = this;
    if (rows.nrRows >= MAX_TAPE_OPS) this.tooLong(`more than ${MAX_TAPE_OPS} operations`);
    return rows.push(timeUs, op, rowKind, this.instance, slot, order, this.cpu);
  }

  private countStep(): void {
    if (++this.nrSteps > MAX_STEPS) this.tooLong(`more than ${MAX_STEPS} steps`);
  }

  private tooLong(what: string): never {
    throw new WorkloadTooLong(
      this.task.name,
      `the workload comes to ${what} at task ${this.task.name}: make it arrive less often, run fewer copies, repeat less, or shorten the workload`,
    );
  }
}

/** After a turn, the blocks it still holds are the enclosing body's. */
function handOver(from: Body, to: Body): void {
  for (let name = 0; name < from.held.length; name++) {
    const held = from.held[name];
    if (held.length === 0) continue;
    for (const slot of held) to.held[name].push(slot);
    held.length = 0;
  }
}
