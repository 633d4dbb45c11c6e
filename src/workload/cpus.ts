import { CTX_REALTIME, CTX_SOFTIRQ, OP_FORK, OPF_NO_NESTING, type Tape } from '../contract/tape.ts';
import {
  HOOK_INTERRUPT,
  INTERRUPT_DEFER,
  INTERRUPT_SOFTIRQ,
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
import type { Answers } from './answers.ts';
import { RUN_WORKING, type Runs } from './runs.ts';

/** Interrupts and softirqs that one CPU may have on top of each other. */
const MAX_NESTING = 16;
/** A CPU's column: who has it in process context, how many interrupts are on top, and whose they are. */
const CPU_OWNER = 0;
const CPU_DEPTH = 1;
const CPU_NESTED = 2;
const CPU_STRIDE = CPU_NESTED + MAX_NESTING;

/** Queues of each CPU: real-time processes, other processes, hard interrupts, softirqs, and interrupts that the policy deferred. */
const QUEUES = 5;
const QUEUE_REALTIME = 0;
const QUEUE_PROCESS = 1;
const QUEUE_HARDIRQ = 2;
const QUEUE_SOFTIRQ = 3;
const QUEUE_DEFERRED = 4;

/** What a CPU asks of whoever plays the runs. */
export interface CpusHost {
  /** A queue lets the run go: it goes on. */
  goesOn(run: number): void;
  /** The machine is told whose the operation is. */
  begin(row: number, now: number): void;
}

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
  private readonly tape: Tape;
  private readonly answers: Answers;
  private readonly host: CpusHost;

  static queuesOf(cpus: number): number {
    return cpus * QUEUES;
  }

  constructor(
    machine: Machine,
    tape: Tape,
    runs: Runs,
    answers: Answers,
    firstQueue: number,
    host: CpusHost,
  ) {
    this.tape = tape;
    this.answers = answers;
    this.host = host;
    this.machine = machine;
    this.runs = runs;
    this.firstQueue = firstQueue;
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
   * @returns       false: somebody else has it, or an interrupt is on top
   */
  claim(run: number, cpu: number, process: number): boolean {
    const { column } = this;
    const at = cpu * CPU_STRIDE;
    const owner = column[at + CPU_OWNER];
    if (column[at + CPU_DEPTH] !== 0) return false;
    if (owner !== NIL && owner !== run) return false;
    column[at + CPU_OWNER] = run;
    switchTo(this.machine.tasks!, cpu, process);
    return true;
  }

  /** Whether the CPU is the run's, interrupted or not. */
  owns(run: number, cpu: number): boolean {
    return this.column[cpu * CPU_STRIDE + CPU_OWNER] === run;
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
    this.letDeferredIn(run, cpu);
    if (!this.next(cpu)) switchTo(this.machine.tasks!, cpu, NIL);
  }

  /** An interrupt or a softirq wants to come in. @returns false: it waits until it may */
  enter(run: number, row: number, now: number): boolean {
    if (!this.modelled) return true;
    const { column, machine, runs, tape } = this;
    const cpu = tape.cpu[row];
    const tasks = machine.tasks!;
    const at = cpu * CPU_STRIDE;
    const depth = column[at + CPU_DEPTH];
    let soft = this.isSoft(row);
    if ((machine.hookMask & HOOK_INTERRUPT) !== 0 && !soft && runs.asked[run] === 0) {
      const answer = this.ask(run, row, now);
      if (answer === INTERRUPT_DEFER) {
        runs.waitsFor[run] = this.interrupted(cpu);
        runs.enqueue(run, this.firstQueue + cpu * QUEUES + QUEUE_DEFERRED);
        return false;
      }
      soft = answer === INTERRUPT_SOFTIRQ;
    }
    const mayRun = soft ? this.softirqMayCome(cpu) : this.mayEnter(cpu, row);
    if (!mayRun) {
      runs.enqueue(run, this.firstQueue + cpu * QUEUES + (soft ? QUEUE_SOFTIRQ : QUEUE_HARDIRQ));
      return false;
    }
    runs.asked[run] = 0;
    const worker = this.interrupted(cpu);
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

  leave(run: number, row: number): void {
    const { column, machine, tape } = this;
    const cpu = tape.cpu[row];
    if (!this.modelled) return;
    const at = cpu * CPU_STRIDE;
    const depth = --column[at + CPU_DEPTH];
    column[at + CPU_NESTED + depth] = NIL;
    if (this.isSoft(row)) softirqExit(machine.tasks!, cpu);
    else irqExit(machine.tasks!, cpu);
    this.letDeferredIn(run, cpu);
    // A line that was in progress here may have been waited for elsewhere.
    for (let other = 0; other < machine.cpus; other++) if (this.interruptsMayCome(other)) this.letIn(other);
    if (depth === 0 && column[at + CPU_OWNER] === NIL) this.next(cpu);
  }

  /** The policy's word on a hard interrupt that would come on top of something now; NIL where nobody is asked. */
  private ask(run: number, row: number, now: number): number {
    const cpu = this.tape.cpu[row];
    if (this.interrupted(cpu) === NIL || !this.mayEnter(cpu, row)) return NIL;
    this.host.begin(row, now);
    this.runs.asked[run] = 1;
    return this.answers.interrupt(row, this.column[cpu * CPU_STRIDE + CPU_DEPTH]);
  }

  /** What interrupts were deferred for is over: they come in, unless something else is in their way. */
  private letDeferredIn(over: number, cpu: number): void {
    const { runs } = this;
    let run = runs.queues[2 * (this.firstQueue + cpu * QUEUES + QUEUE_DEFERRED)];
    while (run !== NIL) {
      const behind = runs.behind[run];
      if (runs.waitsFor[run] === over) {
        runs.leaveQueue(run);
        this.host.goesOn(run);
      }
      run = behind;
    }
  }

  private isSoft(row: number): boolean {
    return (this.answers.ctxOf(row) & CTX_SOFTIRQ) !== 0;
  }

  private mayEnter(cpu: number, row: number): boolean {
    return (
      this.column[cpu * CPU_STRIDE + CPU_DEPTH] < MAX_NESTING &&
      irqMayEnter(this.machine.tasks!, cpu, this.tape.a[row])
    );
  }

  private softirqMayCome(cpu: number): boolean {
    return this.column[cpu * CPU_STRIDE + CPU_DEPTH] === 0 && softirqMayRun(this.machine.tasks!, cpu);
  }

  /** Whose work the next interrupt of this CPU would interrupt, NIL for nobody's. */
  interrupted(cpu: number): number {
    const at = cpu * CPU_STRIDE;
    const depth = this.column[at + CPU_DEPTH];
    return depth > 0 ? this.column[at + CPU_NESTED + depth - 1] : this.column[at + CPU_OWNER];
  }

  /** Some interrupt waits that might be let in now. */
  interruptsMayCome(cpu: number): boolean {
    const { queues } = this.runs;
    const first = this.firstQueue + cpu * QUEUES;
    if (queues[2 * (first + QUEUE_HARDIRQ)] !== NIL && irqsEnabled(this.machine.tasks!, cpu)) return true;
    return queues[2 * (first + QUEUE_SOFTIRQ)] !== NIL && this.softirqMayCome(cpu);
  }

  /** The first that waits and may come in goes on now, hard interrupts before softirqs. */
  letIn(cpu: number): void {
    const { runs } = this;
    const first = this.firstQueue + cpu * QUEUES;
    let run = runs.queues[2 * (first + QUEUE_HARDIRQ)];
    // Only those of a line in progress, here or elsewhere, go on waiting.
    while (run !== NIL && !this.mayEnter(cpu, runs.pending[run])) run = runs.behind[run];
    if (run !== NIL) runs.leaveQueue(run);
    else if (this.softirqMayCome(cpu)) run = runs.dequeue(first + QUEUE_SOFTIRQ);
    if (run !== NIL) this.host.goesOn(run);
  }

  /** Gives a free CPU to whoever waited longest for it. @returns whether anybody did */
  private next(cpu: number): boolean {
    const first = this.firstQueue + cpu * QUEUES;
    let run = this.runs.dequeue(first + QUEUE_REALTIME);
    if (run === NIL) run = this.runs.dequeue(first + QUEUE_PROCESS);
    if (run === NIL) return false;
    this.column[cpu * CPU_STRIDE + CPU_OWNER] = run;
    // An interrupt may come in before the run goes on, and whoever ran here last may go on elsewhere.
    const forks = this.tape.op[this.runs.pending[run]] === OP_FORK;
    switchTo(this.machine.tasks!, cpu, forks ? NIL : this.runs.process[run]);
    this.host.goesOn(run);
    return true;
  }
}
