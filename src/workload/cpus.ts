import { CTX_REALTIME, CTX_SOFTIRQ, OPF_NO_NESTING, type Tape } from '../contract/tape.ts';
import {
  irqEnter,
  irqExit,
  irqMayEnter,
  irqsEnabled,
  type Machine,
  NIL,
  softirqEnter,
  softirqExit,
  softirqMayRun,
  switchTo,
} from '../engine/index.ts';
import { RUN_QUEUED, RUN_WORKING, type Runs } from './runs.ts';

/** Interrupts and softirqs that one CPU may have on top of each other. */
const MAX_NESTING = 16;
/** A CPU's column: who has it in process context, how many interrupts are on top, and whose they are. */
const CPU_OWNER = 0;
const CPU_DEPTH = 1;
const CPU_NESTED = 2;
const CPU_STRIDE = CPU_NESTED + MAX_NESTING;

/** Queues of each CPU: real-time processes, other processes, hard interrupts, softirqs. */
const QUEUES = 4;
const QUEUE_REALTIME = 0;
const QUEUE_PROCESS = 1;
const QUEUE_HARDIRQ = 2;
const QUEUE_SOFTIRQ = 3;

/**
 * Who has which CPU. As in 2.6.0 without CONFIG_PREEMPT a process that runs in the kernel keeps its CPU until it sleeps; interrupts
 * come on top of it, and softirqs when the last hard interrupt is over.
 *
 * Deviation: a run stays on the CPU that it was drawn for, nothing balances load; the run queue is first come, first
 * served, real-time tasks before others, and no timeslice ends.
 */
export class Cpus {
  /** CPUs have contexts at all. */
  readonly modelled: boolean;
  readonly column: Int32Array;
  private readonly machine: Machine;
  private readonly runs: Runs;
  private readonly firstQueue: number;
  private readonly goesOn: (run: number) => void;

  static queuesOf(cpus: number): number {
    return cpus * QUEUES;
  }

  /** @param goesOn called for a run that a queue lets go */
  constructor(machine: Machine, runs: Runs, firstQueue: number, goesOn: (run: number) => void) {
    this.machine = machine;
    this.runs = runs;
    this.firstQueue = firstQueue;
    this.goesOn = goesOn;
    this.modelled = machine.tasks !== null;
    this.column = new Int32Array(machine.cpus * CPU_STRIDE).fill(NIL);
    for (let cpu = 0; cpu < machine.cpus; cpu++) this.column[cpu * CPU_STRIDE + CPU_DEPTH] = 0;
  }

  /** Whether the run is the interrupt that came in last. */
  isOnTop(run: number, cpu: number): boolean {
    const at = cpu * CPU_STRIDE;
    const depth = this.column[at + CPU_DEPTH];
    return depth > 0 && this.column[at + CPU_NESTED + depth - 1] === run;
  }

  /**
   * A run in process context wants its CPU.
   *
   * @param process that it runs as; NIL: none yet
   * @returns       false: somebody else has it
   */
  claim(run: number, cpu: number, process: number): boolean {
    const { column } = this;
    const at = cpu * CPU_STRIDE;
    const owner = column[at + CPU_OWNER];
    if (column[at + CPU_DEPTH] !== 0) {
      if (owner === run) column[at + CPU_OWNER] = NIL;
      return false;
    }
    if (owner !== NIL && owner !== run) return false;
    column[at + CPU_OWNER] = run;
    switchTo(this.machine.tasks!, cpu, process);
    return true;
  }

  queue(run: number, cpu: number, ctx: number): void {
    const which = (ctx & CTX_REALTIME) !== 0 ? QUEUE_REALTIME : QUEUE_PROCESS;
    this.runs.enqueue(run, this.firstQueue + cpu * QUEUES + which);
  }

  /** The run gives its CPU away, if it has it; whoever waited longest is next. */
  release(run: number, cpu: number): void {
    if (!this.modelled) return;
    const at = cpu * CPU_STRIDE;
    if (this.column[at + CPU_OWNER] !== run) return;
    this.column[at + CPU_OWNER] = NIL;
    if (!this.next(cpu)) switchTo(this.machine.tasks!, cpu, NIL);
  }

  /** An interrupt or a softirq wants to come in. @returns false: it waits until it may */
  enter(run: number, row: number, tape: Tape, now: number): boolean {
    if (!this.modelled) return true;
    const { column, machine, runs } = this;
    const cpu = tape.cpu[row];
    const tasks = machine.tasks!;
    const at = cpu * CPU_STRIDE;
    const depth = column[at + CPU_DEPTH];
    const soft = (tape.ctx[row] & CTX_SOFTIRQ) !== 0;
    const mayRun = soft ? depth === 0 && softirqMayRun(tasks, cpu) : irqMayEnter(tasks, cpu, tape.a[row]);
    if (!mayRun || depth === MAX_NESTING) {
      runs.enqueue(run, this.firstQueue + cpu * QUEUES + (soft ? QUEUE_SOFTIRQ : QUEUE_HARDIRQ));
      return false;
    }
    const worker = depth > 0 ? column[at + CPU_NESTED + depth - 1] : column[at + CPU_OWNER];
    if (
      worker !== NIL &&
      runs.state[worker] === RUN_WORKING &&
      runs.wakeUs[worker] !== Number.POSITIVE_INFINITY
    ) {
      runs.leftUs[worker] = runs.wakeUs[worker] - now;
      runs.wakeUs[worker] = Number.POSITIVE_INFINITY;
    }
    column[at + CPU_NESTED + depth] = run;
    column[at + CPU_DEPTH] = depth + 1;
    if (soft) softirqEnter(tasks, cpu);
    else irqEnter(tasks, cpu, tape.a[row], (tape.flags[row] & OPF_NO_NESTING) !== 0);
    return true;
  }

  leave(row: number, tape: Tape): void {
    const { column, machine } = this;
    const cpu = tape.cpu[row];
    if (!this.modelled) return;
    const at = cpu * CPU_STRIDE;
    const depth = --column[at + CPU_DEPTH];
    column[at + CPU_NESTED + depth] = NIL;
    if ((tape.ctx[row] & CTX_SOFTIRQ) !== 0) softirqExit(machine.tasks!, cpu);
    else irqExit(machine.tasks!, cpu);
    // A line that was in progress here may have been waited for elsewhere.
    for (let other = 0; other < machine.cpus; other++) if (this.interruptsMayCome(other)) this.letIn(other);
    if (depth === 0 && column[at + CPU_OWNER] === NIL) this.next(cpu);
  }

  /** Whose work the next interrupt of this CPU would interrupt, NIL for nobody's. */
  interrupted(cpu: number): number {
    const at = cpu * CPU_STRIDE;
    const depth = this.column[at + CPU_DEPTH];
    return depth > 0 ? this.column[at + CPU_NESTED + depth - 1] : this.column[at + CPU_OWNER];
  }

  /** Some interrupt waits that would be let in now. */
  interruptsMayCome(cpu: number): boolean {
    const { queues } = this.runs;
    const first = this.firstQueue + cpu * QUEUES;
    if (queues[2 * (first + QUEUE_HARDIRQ)] !== NIL && irqsEnabled(this.machine.tasks!, cpu)) return true;
    return (
      queues[2 * (first + QUEUE_SOFTIRQ)] !== NIL &&
      this.column[cpu * CPU_STRIDE + CPU_DEPTH] === 0 &&
      softirqMayRun(this.machine.tasks!, cpu)
    );
  }

  /** The first that waits, hard interrupts before softirqs, goes on now. */
  letIn(cpu: number): void {
    const first = this.firstQueue + cpu * QUEUES;
    let run = irqsEnabled(this.machine.tasks!, cpu) ? this.runs.dequeue(first + QUEUE_HARDIRQ) : NIL;
    if (run === NIL) run = this.runs.dequeue(first + QUEUE_SOFTIRQ);
    if (run !== NIL) this.goesOn(run);
  }

  /** Gives a free CPU to whoever waited longest for it. @returns whether anybody did */
  private next(cpu: number): boolean {
    const first = this.firstQueue + cpu * QUEUES;
    let run = this.runs.dequeue(first + QUEUE_REALTIME);
    if (run === NIL) run = this.runs.dequeue(first + QUEUE_PROCESS);
    if (run === NIL) return false;
    if (this.runs.state[run] !== RUN_QUEUED) return false;
    this.column[cpu * CPU_STRIDE + CPU_OWNER] = run;
    this.goesOn(run);
    return true;
  }
}
