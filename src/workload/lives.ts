/** How processes begin and end: forked, exited, chosen by the OOM killer, ended by an Oops. */
import type { Tape } from '../contract/tape.ts';
import { type Machine, NIL, takeDead } from '../engine/index.ts';
import type { Cpus } from './cpus.ts';
import { DONE, type Operations, REFUSED, WAIT } from './operations.ts';
import type { Processes } from './processes.ts';
import { RUN_DUE, RUN_IDLE, RUN_ON_TIME, type Runs } from './runs.ts';
import type { Tally } from './tally.ts';

/** Whoever knows what comes when. */
interface Clock {
  /** A run goes on as soon as what is due now has been done. */
  goesOn: (run: number) => void;
  /** A run has waited until now, for its next row or, where that is not NIL, the row given. */
  chargeWait: (run: number, row: number, now: number) => void;
}

export class Lives {
  /** The kernel has panicked. */
  halted = false;
  /** Record of the run whose operation is being performed. */
  playing: number = NIL;
  private readonly machine: Machine;
  private readonly tape: Tape;
  private readonly tally: Tally;
  private readonly runs: Runs;
  private readonly processes: Processes;
  private readonly operations: Operations;
  private readonly cpus: Cpus;
  /** Where the queues of daemons begin among those of `runs`. */
  private readonly daemonQueue: number;
  private readonly clock: Clock;

  constructor(
    machine: Machine,
    tape: Tape,
    tally: Tally,
    parts: { runs: Runs; processes: Processes; operations: Operations; cpus: Cpus },
    daemonQueue: number,
    clock: Clock,
  ) {
    this.machine = machine;
    this.tape = tape;
    this.tally = tally;
    this.runs = parts.runs;
    this.processes = parts.processes;
    this.operations = parts.operations;
    this.cpus = parts.cpus;
    this.daemonQueue = daemonQueue;
    this.clock = clock;
  }

  /** What the operation has ended beside itself. @returns whether the run goes on */
  outlives(run: number, row: number): boolean {
    const { tasks, vm } = this.machine;
    const instance = this.runs.instance[run];
    while (vm !== null && vm.killed.length > 0) this.killed(vm.killed.shift()!, row);
    if (tasks !== null) {
      const dead = takeDead(tasks);
      if (dead !== NIL) this.oopsed(dead, row);
    }
    this.halted = tasks?.panicked === true || vm?.panicked === true;
    return !this.halted && this.runs.of[instance] === run;
  }

  /** The OOM killer chose a process. One that is in no operation ends its memory now, others when they go on. */
  private killed(process: number, row: number): void {
    const { runs, processes, operations, tape } = this;
    const run = processes.runOf(process);
    if (run === NIL) {
      if (processes.isGone(process)) return;
      this.exit(row, process);
      processes.bury(process);
      return;
    }
    const state = runs.state[run];
    if (state === RUN_IDLE || (state === RUN_ON_TIME && run !== this.playing))
      operations.dropMemory(process, tape.cpu[row]);
    else if (state === RUN_DUE && runs.pending[run] === NIL) operations.dropMemory(process, tape.cpu[row]);
  }

  /** An Oops ended a process in the middle of what it did: what it held nobody gives back. */
  private oopsed(process: number, row: number): void {
    const { runs, processes, operations, cpus, tape } = this;
    const run = processes.runOf(process);
    operations.exit(row, process);
    if (run !== NIL) {
      runs.leaveQueue(run);
      operations.makeGhost(runs.instance[run]);
      cpus.release(run, tape.cpu[row]);
      runs.give(run);
    }
    if (processes.isDaemon(process)) this.buryDaemon(process);
    else processes.give(process);
  }

  /** Runs that wait for a daemon which is no more will never be. */
  private buryDaemon(daemon: number): void {
    const { runs } = this;
    this.processes.bury(daemon);
    for (
      let next = runs.dequeue(this.daemonQueue + daemon);
      next !== NIL;
      next = runs.dequeue(this.daemonQueue + daemon)
    ) {
      this.operations.makeGhost(runs.instance[next]);
      runs.give(next);
    }
  }

  /** @returns DONE, WAIT or REFUSED */
  fork(run: number, row: number, event: number, now: number): number {
    const { runs, tape, processes, operations } = this;
    const daemon = tape.daemon[row];
    if (runs.process[run] === NIL) runs.process[run] = processes.take(daemon);
    const process = runs.process[run];
    processes.setRun(process, run);
    const result = operations.fork(row, event, now, process);
    if (result === WAIT) return WAIT;
    this.cpus.release(run, tape.cpu[row]);
    if (result === REFUSED) {
      operations.makeGhost(tape.instance[row]);
      runs.give(run);
      if (daemon === NIL) processes.give(process);
      else this.buryDaemon(daemon);
      return REFUSED;
    }
    if (daemon === NIL) return DONE;
    runs.give(run);
    this.nextOfDaemon(daemon);
    return REFUSED;
  }

  /** A run of a process is over: the process ends with it, or sleeps until its next. */
  end(run: number, row: number): void {
    const { runs, tape, processes, operations, cpus } = this;
    const cpu = tape.cpu[row];
    const daemon = tape.daemon[row];
    const process = runs.process[run];
    const ends = daemon === NIL || operations.isKilled(process);
    if (!ends) {
      operations.schedule(cpu, this.machine.agenda.now[0], row);
      if (!this.outlives(run, row)) return;
    }
    this.tally.runsDone[tape.task[row]]++;
    if (ends) this.exit(row, process);
    cpus.release(run, cpu);
    runs.give(run);
    if (daemon === NIL) processes.give(process);
    else if (ends) this.buryDaemon(daemon);
    else this.nextOfDaemon(daemon);
  }

  /** A process exits. Where an Oops on the way out has ended it instead, what is left of it is freed all the same. */
  private exit(row: number, process: number): void {
    const { tasks } = this.machine;
    this.operations.exit(row, process);
    if (tasks === null) return;
    if (takeDead(tasks) === process) this.operations.exit(row, process);
    this.halted ||= tasks.panicked;
  }

  /** A daemon is through with a run: the next that waits for it begins. */
  private nextOfDaemon(daemon: number): void {
    const next = this.runs.dequeue(this.daemonQueue + daemon);
    this.processes.setRun(daemon, next);
    if (next === NIL) return;
    this.clock.chargeWait(next, NIL, this.machine.agenda.now[0]);
    this.clock.goesOn(next);
  }
}
