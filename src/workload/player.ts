import type { ChallengePlan } from '../contract/plan.ts';
import {
  CTX_HARDIRQ,
  CTX_SOFTIRQ,
  OP_ALLOC,
  OP_DONE,
  OP_ENTER,
  OP_EXIT,
  OP_FORK,
  OP_HOLD,
  OP_LEAVE,
  OP_LOCK,
  OP_READ,
  OP_RETRY,
  OP_TOUCH_AREA,
  OP_UNLOCK,
  OP_WORK,
  type Tape,
} from '../contract/tape.ts';
import {
  CONTROL_FIELDS,
  DUE_CALLER,
  type Machine,
  NIL,
  NR_QUEUES,
  QUEUE_NONE,
  runDue,
  SLEEP_QUEUE,
  SLEEP_UNTIL_US,
} from '../engine/index.ts';
import type { AnswersSnapshot } from './answers.ts';
import { Cpus } from './cpus.ts';
import { Lives } from './lives.ts';
import { DONE, Operations, REFUSED, WAIT } from './operations.ts';
import { Processes } from './processes.ts';
import {
  RUN_ASLEEP,
  RUN_DUE,
  RUN_IDLE,
  RUN_INTERRUPTED,
  RUN_ON_TIME,
  RUN_QUEUED,
  RUN_SPINNING,
  RUN_WORKING,
  Runs,
  type RunsSnapshot,
  WAIT_CPU,
  WAIT_DISK,
  WAIT_MEMORY,
  WAIT_TURN,
} from './runs.ts';
import { Tally } from './tally.ts';

export { OWNER_CODE } from './operations.ts';

const IN_INTERRUPT = CTX_HARDIRQ | CTX_SOFTIRQ;

/** Entries of the agenda, by run: it goes on; its sleep is over; its work is done. */
const DUE_RUN = DUE_CALLER;
const DUE_WAKE = DUE_CALLER + 1;
const DUE_WORK = DUE_CALLER + 2;

/** Own state of a player at one moment; goes together with a snapshot of its machine. */
export interface PlayerSnapshot {
  readonly op: number;
  readonly timeUs: number;
  readonly finished: boolean;
  readonly halted: boolean;
  readonly slotState: Uint8Array;
  readonly slotPfn: Int32Array;
  readonly slotRow: Int32Array;
  readonly dead: Uint8Array;
  readonly tally: Float64Array;
  readonly runs: RunsSnapshot;
  readonly cpus: Int32Array;
  readonly processes: Int32Array;
  readonly answers: AnswersSnapshot;
  readonly kmaps: Uint8Array;
  readonly nrIncidents: number;
}

/**
 * Plays a tape on a machine. The tape says when each row's time comes; a run that was kept (asleep in the allocator, on
 * the disk, in a queue for its CPU) plays its rows that much later, and the others go on. `op` rows have come up; an
 * event of the run is one row coming up, together with everything that was due before it. Rows beyond those asked for are
 * not read, so they may still be on their way.
 *
 * What a failed allocation means for later rows is written in docs/challenges.md. Nothing is allocated per row.
 *
 * Deviation: operations take no time but that of `work`, the disk and sleeping; cycles are counted apart.
 */
export class TapePlayer {
  readonly machine: Machine;
  readonly tape: Tape;
  readonly tally: Tally;
  readonly operations: Operations;
  /** Rows that have come up. */
  op = 0;
  /** Row that comes up, or came up last: what happened meanwhile is told by its number. */
  event = 0;
  /** Simulated time of the last thing done. */
  timeUs = 0;
  /** Set by whoever ends the run early: no row after the present one is played. */
  stop = false;
  finished = false;
  /** Called after every row and everything that was due: the state that an `always` goal is held against. */
  afterOp: (() => void) | null = null;
  /** Runs have processes, CPUs or interrupts. */
  private readonly whole: boolean;
  private readonly runs: Runs;
  private readonly cpus: Cpus;
  private readonly processes: Processes;
  private readonly lives: Lives;
  private readonly lengthUs: number;
  /** Where queues of each kind begin among those of `runs`. */
  private readonly daemonQueue: number;
  private readonly lockQueue: number;

  constructor(plan: ChallengePlan, machine: Machine, tape: Tape) {
    const { config } = machine;
    const { tasks, named, lengthUs } = plan.workload;
    this.machine = machine;
    this.tape = tape;
    this.tally = new Tally(tasks.length);
    this.whole = config.stacks !== undefined || config.vm !== undefined;
    const nrLocks = named?.locks.length ?? 0;
    const cpuQueues = NR_QUEUES;
    this.daemonQueue = cpuQueues + Cpus.queuesOf(machine.cpus);
    this.lockQueue = this.daemonQueue + tape.nrDaemons;
    this.runs = new Runs(tape.nrInstances, tape.nrOps, this.lockQueue + nrLocks);
    this.operations = new Operations(plan, machine, tape, this.tally);
    this.cpus = new Cpus(machine, tape, this.runs, this.operations.answers, cpuQueues, {
      goesOn: run => this.due(run),
      begin: (row, now) => this.operations.begin(this.event, row, now),
    });
    this.processes = new Processes(machine, tape.nrDaemons);
    const { runs, processes, operations, cpus } = this;
    const parts = { runs, processes, operations, cpus };
    this.lives = new Lives(machine, tape, this.tally, parts, this.daemonQueue, {
      goesOn: run => this.due(run),
      chargeWait: (run, row, now) => this.chargeWait(run, row, now),
    });
    this.lengthUs = lengthUs;
    this.operations.start();
  }

  /** The kernel has panicked: rows go on coming up, and nothing happens. */
  get halted(): boolean {
    return this.lives.halted;
  }

  get incidents() {
    return this.operations.incidents;
  }

  /** Tape row that got, or last asked for, what each slot stands for; NIL before. */
  get slotRow(): Int32Array {
    return this.operations.slotRow;
  }

  /** First PFN of each slot's block, its object or the low half of its address; NIL while it has none. */
  get slotPfn(): Int32Array {
    return this.operations.slotPfn;
  }

  /** Whether a row whose time has come is still to be played, because its run has not got so far. */
  isToCome(row: number): boolean {
    const run = this.runs.of[this.tape.instance[row]];
    if (run === NIL || this.runs.state[run] === RUN_ON_TIME) return false;
    return this.runs.pending[run] !== row;
  }

  /** Why the run of a row is behind the times on its tape, '' for one that is not. */
  keptBy(row: number): string {
    const { runs } = this;
    const instance = this.tape.instance[row];
    const run = runs.of[instance];
    if (this.operations.isGhost(instance)) return 'it has no process';
    if (run === NIL) return '';
    switch (runs.state[run]) {
      case RUN_ASLEEP:
        return runs.wait[run] === WAIT_DISK ? 'asleep, for the disk' : 'asleep, for memory';
      case RUN_QUEUED:
        return runs.wait[run] === WAIT_TURN ? 'waits for the run before it' : 'waits for the CPU';
      case RUN_SPINNING:
        return 'spins on a lock';
      case RUN_IDLE:
      case RUN_DUE:
        return 'late';
      default:
        return '';
    }
  }

  /** Called right after an allocation returned NULL, while the machine is as the kernel would report it. */
  set onFailure(report: (() => void) | null) {
    this.operations.onFailure = report;
  }

  /** Play until `nrOps` rows have come up, or `stop` is set. */
  playUntil(nrOps: number): void {
    while (this.op < nrOps && !this.stop) this.playRow();
  }

  /** The end of the workload: what is due until then is done. Once; rows may not be played after it. */
  finish(): void {
    if (this.finished) return;
    this.finished = true;
    this.runDueUntil(this.lengthUs - 1);
    const { runs } = this;
    for (let instance = 0; instance < runs.of.length; instance++) {
      const run = runs.of[instance];
      if (run !== NIL && isWaiting(runs.state[run])) this.chargeWait(run, runs.pending[run], this.lengthUs);
    }
    this.timeUs = this.lengthUs;
    this.machine.agenda.now[0] = this.lengthUs;
  }

  snapshot(): PlayerSnapshot {
    const { operations } = this;
    return {
      op: this.op,
      timeUs: this.timeUs,
      finished: this.finished,
      halted: this.halted,
      slotState: operations.slotState.slice(),
      slotPfn: operations.slotPfn.slice(),
      slotRow: operations.slotRow.slice(),
      dead: operations.dead.slice(),
      tally: this.tally.column.slice(),
      runs: this.runs.snapshot(),
      cpus: this.cpus.column.slice(),
      processes: this.processes.snapshot(),
      answers: operations.answers.snapshot(),
      kmaps: operations.kmaps.slice(),
      nrIncidents: this.incidents.length,
    };
  }

  restore(s: PlayerSnapshot): void {
    const { operations } = this;
    this.op = s.op;
    this.event = Math.max(0, s.op - 1);
    this.timeUs = s.timeUs;
    this.finished = s.finished;
    this.lives.halted = s.halted;
    this.stop = false;
    operations.slotState.set(s.slotState);
    operations.slotPfn.set(s.slotPfn);
    operations.slotRow.set(s.slotRow);
    operations.dead.set(s.dead);
    this.tally.column.set(s.tally);
    this.runs.restore(s.runs);
    this.cpus.column.set(s.cpus);
    this.processes.restore(s.processes);
    operations.answers.restore(s.answers);
    operations.kmaps.set(s.kmaps);
    this.incidents.length = s.nrIncidents;
  }

  private playRow(): void {
    const row = this.op;
    const { tape } = this;
    const { agenda } = this.machine;
    const now = tape.timeUs[row];
    this.event = row;
    if (agenda.next[0] <= now && !this.lives.halted) this.runDueUntil(now);
    this.timeUs = now;
    agenda.now[0] = now;
    const instance = tape.instance[row];
    const run = this.runs.of[instance];
    if (this.lives.halted) {
      // Nothing happens on a machine that has stopped.
    } else if (run !== NIL) this.comesUp(row, run, now);
    else if (this.whole) this.begins(row, instance, now);
    else if (this.operations.perform(row, row, now, NIL) === WAIT)
      this.sleep(this.runs.take(instance), row, now);
    this.op = row + 1;
    if (this.machine.woken !== 0) this.wakeQueues(now);
    if (this.afterOp !== null) this.afterOp();
  }

  /** The first row of a run on a machine with processes and interrupts. */
  private begins(row: number, instance: number, now: number): void {
    const { runs, tape, operations } = this;
    if (operations.isGhost(instance)) return;
    const daemon = tape.daemon[row];
    if (daemon !== NIL && this.processes.isGone(daemon)) {
      operations.makeGhost(instance);
      return;
    }
    const run = runs.take(instance);
    if (daemon !== NIL) {
      runs.process[run] = daemon;
      if (this.processes.runOf(daemon) !== NIL) {
        runs.addRow(run, row);
        runs.state[run] = RUN_QUEUED;
        runs.wait[run] = WAIT_TURN;
        runs.sinceUs[run] = now;
        runs.enqueue(run, this.daemonQueue + daemon);
        return;
      }
      this.processes.setRun(daemon, run);
    }
    this.play(run, row, now);
  }

  /** A row of a run that has a record. */
  private comesUp(row: number, run: number, now: number): void {
    const { runs } = this;
    const state = runs.state[run];
    if (state === RUN_ON_TIME) {
      this.play(run, row, now);
      return;
    }
    runs.addRow(run, row);
    if (state === RUN_IDLE) this.goOnAt(run, now + runs.delayUs[run]);
  }

  private goOnAt(run: number, us: number): void {
    this.runs.state[run] = RUN_DUE;
    this.machine.agenda.add(us, DUE_RUN, this.runs.instance[run]);
  }

  /** It goes on as soon as what is due now has been done. */
  private due(run: number): void {
    this.goOnAt(run, this.machine.agenda.now[0]);
  }

  /** Play what has come up for a run until it has to wait. */
  private goOn(run: number, now: number): void {
    const { runs, tape } = this;
    const instance = runs.instance[run];
    for (;;) {
      let row = runs.pending[run];
      if (row !== NIL) {
        runs.pending[run] = NIL;
      } else if (runs.firstRow[run] === NIL) {
        if (runs.delayUs[run] !== 0) runs.state[run] = RUN_IDLE;
        else if (this.whole) runs.state[run] = RUN_ON_TIME;
        else runs.give(run);
        return;
      } else {
        const dueUs = tape.timeUs[runs.firstRow[run]] + runs.delayUs[run];
        if (dueUs > now) {
          this.goOnAt(run, dueUs);
          return;
        }
        row = runs.takeRow(run);
      }
      runs.state[run] = RUN_ON_TIME;
      if (!this.play(run, row, now)) return;
      if (runs.of[instance] !== run) return;
    }
  }

  /** @returns whether the row is done; otherwise the run waits, and what for is noted */
  private play(run: number, row: number, now: number): boolean {
    const { cpus, tape } = this;
    if (!cpus.modelled) return this.perform(run, row, now);
    const cpu = tape.cpu[row];
    // One that asks again does so from wherever it is, and goes back there.
    const isGuest = tape.op[row] === OP_RETRY && !cpus.owns(run, cpu);
    const done = this.hasCpu(run, row, now) && this.perform(run, row, now);
    if (isGuest && done) cpus.release(run, cpu);
    // Whatever it did may have enabled interrupts, giving the CPU away too.
    if (cpus.interruptsMayCome(cpu)) cpus.letIn(cpu);
    return done;
  }

  /** A row is played on its CPU, when the run has it. An interrupt's first row takes it by itself. */
  private hasCpu(run: number, row: number, now: number): boolean {
    const { runs, tape, cpus, operations } = this;
    const op = tape.op[row];
    if (op === OP_ENTER) return true;
    const cpu = tape.cpu[row];
    if ((tape.ctx[row] & IN_INTERRUPT) !== 0) {
      // Between two interrupts of a run its driver asks again from a timer.
      if (op === OP_RETRY || cpus.isOnTop(run, cpu)) return true;
    } else {
      const process = runs.process[run];
      if (cpus.claim(run, cpu, op === OP_FORK ? NIL : process)) {
        if (operations.isKilled(process)) operations.dropMemory(process, cpu);
        return true;
      }
      if (!cpus.owns(run, cpu)) {
        this.waitsForCpu(run, row, now);
        cpus.queue(run, cpu, tape.ctx[row]);
        return false;
      }
    }
    this.waitsForCpu(run, row, now);
    runs.state[run] = RUN_INTERRUPTED;
    return false;
  }

  private perform(run: number, row: number, now: number): boolean {
    const { runs, tape, cpus, operations, machine, lives } = this;
    const op = tape.op[row];
    this.processes.becomesCurrent(runs.process[run]);
    lives.playing = run;
    const resumed = runs.resumes[run] !== 0;
    if (resumed) {
      runs.resumes[run] = 0;
      operations.resumed = true;
      machine.control.set(runs.control.subarray(run * CONTROL_FIELDS, (run + 1) * CONTROL_FIELDS));
    }
    let result = DONE;
    switch (op) {
      case OP_ENTER:
        if (!this.interrupt(run, row, now)) return false;
        break;
      case OP_LEAVE:
        this.returnFromInterrupt(run, row, now);
        return true;
      case OP_WORK:
        runs.state[run] = RUN_WORKING;
        runs.pending[run] = row;
        runs.wakeUs[run] = now + tape.a[row];
        machine.agenda.add(runs.wakeUs[run], DUE_WORK, tape.instance[row]);
        return false;
      case OP_HOLD:
        operations.schedule(tape.cpu[row], now, row);
        cpus.release(run, tape.cpu[row]);
        break;
      case OP_LOCK:
        if (operations.perform(row, this.event, now, runs.process[run]) === WAIT) {
          this.spin(run, row, now);
          return false;
        }
        break;
      case OP_UNLOCK: {
        operations.perform(row, this.event, now, runs.process[run]);
        const next = runs.dequeue(this.lockQueue + tape.object[row]);
        if (next !== NIL) this.due(next);
        break;
      }
      case OP_FORK:
        result = lives.fork(run, row, this.event, now);
        break;
      case OP_EXIT:
      case OP_DONE:
        lives.end(run, row);
        return true;
      default:
        result = operations.perform(row, this.event, now, runs.process[run]);
    }
    if (resumed) {
      operations.resumed = false;
      // What it slept for may have come another way: nobody else's request may go on from there.
      if (result !== WAIT) machine.control.fill(0);
    }
    if (result === REFUSED) return true;
    if (this.whole && !lives.outlives(run, row)) return false;
    if (result === WAIT) {
      this.sleep(run, row, now);
      return false;
    }
    if (now !== tape.timeUs[row]) runs.delayUs[run] = now - tape.timeUs[row];
    return true;
  }

  /** @returns false: it may not come in yet */
  private interrupt(run: number, row: number, now: number): boolean {
    const { tape } = this;
    if (!this.cpus.enter(run, row, now)) {
      this.waitsForCpu(run, row, now);
      return false;
    }
    const { irqLatencyUs } = this.tally;
    const task = tape.task[row];
    irqLatencyUs[task] = Math.max(irqLatencyUs[task], now - tape.timeUs[row] - this.runs.delayUs[run]);
    return true;
  }

  /** The next interrupt of the run comes at its own time, however late this one was. */
  private returnFromInterrupt(run: number, row: number, now: number): void {
    const { runs, tape } = this;
    this.cpus.leave(run, row);
    runs.delayUs[run] = 0;
    this.resumeWork(tape.cpu[row], now);
    const isLast = tape.b[row] === 0;
    if (isLast) this.tally.runsDone[tape.task[row]]++;
    if (isLast || runs.firstRow[run] === NIL) runs.give(run);
  }

  private waitsForCpu(run: number, row: number, now: number): void {
    const { runs } = this;
    runs.pending[run] = row;
    runs.state[run] = RUN_QUEUED;
    runs.wait[run] = WAIT_CPU;
    runs.sinceUs[run] = now;
  }

  /** Another CPU has the lock: this one is busy with asking for it. */
  private spin(run: number, row: number, now: number): void {
    const { runs } = this;
    runs.state[run] = RUN_SPINNING;
    runs.pending[run] = row;
    runs.sinceUs[run] = now;
    runs.wait[run] = WAIT_CPU;
    runs.enqueue(run, this.lockQueue + this.tape.object[row]);
  }

  /** The engine said how the operation wants to sleep; it is played again when the run wakes. */
  private sleep(run: number, row: number, now: number): void {
    const { runs, tape, cpus } = this;
    const { sleep, control, agenda } = this.machine;
    const op = tape.op[row];
    runs.pending[run] = row;
    runs.state[run] = RUN_ASLEEP;
    runs.sinceUs[run] = now;
    runs.wait[run] =
      op >= OP_READ && op <= OP_TOUCH_AREA && !this.operations.waitsForMemory ? WAIT_DISK : WAIT_MEMORY;
    runs.wakeUs[run] = sleep[SLEEP_UNTIL_US];
    runs.control.set(control, run * CONTROL_FIELDS);
    runs.resumes[run] = 1;
    control.fill(0);
    if (sleep[SLEEP_UNTIL_US] !== Number.POSITIVE_INFINITY)
      agenda.add(sleep[SLEEP_UNTIL_US], DUE_WAKE, tape.instance[row]);
    if (sleep[SLEEP_QUEUE] !== QUEUE_NONE) runs.enqueue(run, sleep[SLEEP_QUEUE]);
    if (cpus.modelled) {
      this.operations.schedule(tape.cpu[row], now, row);
      cpus.release(run, tape.cpu[row]);
    }
  }

  private wake(run: number, now: number): void {
    const { runs } = this;
    runs.leaveQueue(run);
    this.chargeWait(run, runs.pending[run], now);
    this.goOn(run, now);
  }

  /** Those who sleep on a queue that the engine has woken wake now. */
  private wakeQueues(now: number): void {
    const { runs, machine } = this;
    const { woken } = machine;
    machine.woken = 0;
    for (let queue = 1; queue < NR_QUEUES; queue++) {
      if ((woken & (1 << queue)) === 0) continue;
      for (let run = runs.dequeue(queue); run !== NIL; run = runs.dequeue(queue)) {
        runs.wakeUs[run] = now;
        machine.agenda.add(now, DUE_WAKE, runs.instance[run]);
      }
    }
  }

  /** Everything that is due at or before `until`, in order. */
  private runDueUntil(until: number): void {
    const { machine } = this;
    const { agenda } = machine;
    while (agenda.next[0] <= until && !this.stop && !this.lives.halted) {
      agenda.takeFirst();
      const now = agenda.now[0];
      this.timeUs = now;
      if (agenda.kind < DUE_CALLER) {
        this.operations.begin(this.event, NIL, now);
        runDue(machine, agenda.kind, agenda.arg);
      } else this.runIsDue(agenda.kind, agenda.arg, now);
      if (machine.woken !== 0) this.wakeQueues(now);
      if (this.afterOp !== null) this.afterOp();
    }
  }

  private runIsDue(kind: number, instance: number, now: number): void {
    const { runs } = this;
    const run = runs.of[instance];
    if (run === NIL) return;
    const state = runs.state[run];
    if (kind === DUE_RUN) {
      if (state !== RUN_DUE) return;
      if (runs.pending[run] !== NIL) this.chargeWait(run, NIL, now);
      this.goOn(run, now);
    } else if (runs.wakeUs[run] > now) {
      // It slept or worked again meanwhile.
    } else if (kind === DUE_WAKE && state === RUN_ASLEEP) this.wake(run, now);
    else if (kind === DUE_WORK && state === RUN_WORKING) {
      const row = runs.pending[run];
      runs.pending[run] = NIL;
      runs.delayUs[run] = now - this.tape.timeUs[row] - this.tape.a[row];
      this.processes.worked(runs.process[run], this.tape.a[row]);
      this.goOn(run, now);
    }
  }

  /** An interrupt is over: what it interrupted goes on, unless another interrupt is to come first. */
  private resumeWork(cpu: number, now: number): void {
    const { runs } = this;
    const run = this.cpus.interrupted(cpu);
    if (run === NIL) return;
    if (runs.state[run] === RUN_INTERRUPTED) {
      // What an interrupt waits for another is its latency; a process waits for its CPU.
      if ((this.tape.ctx[runs.pending[run]] & IN_INTERRUPT) !== 0) runs.sinceUs[run] = now;
      this.due(run);
      return;
    }
    if (runs.state[run] !== RUN_WORKING || runs.wakeUs[run] !== Number.POSITIVE_INFINITY) return;
    runs.wakeUs[run] = now + runs.leftUs[run];
    this.machine.agenda.add(runs.wakeUs[run], DUE_WORK, runs.instance[run]);
  }

  private chargeWait(run: number, row: number, now: number): void {
    const { runs, tally, tape } = this;
    const us = now - runs.sinceUs[run];
    if (us <= 0) return;
    const any = row !== NIL ? row : runs.pending[run] !== NIL ? runs.pending[run] : runs.firstRow[run];
    if (any === NIL) return;
    const task = tape.task[any];
    runs.sinceUs[run] = now;
    if (runs.wait[run] === WAIT_CPU) tally.cpuWaitUs[task] += us;
    else if (runs.wait[run] === WAIT_TURN) tally.queueWaitUs[task] += us;
    else if (runs.wait[run] === WAIT_DISK) tally.diskWaitUs[task] += us;
    else {
      tally.memoryWaitUs[task] += us;
      const op = tape.op[any];
      if (op === OP_ALLOC || op === OP_RETRY) tally.stallUs[task] += us;
    }
  }
}

const isWaiting = (state: number): boolean =>
  state === RUN_ASLEEP || state === RUN_QUEUED || state === RUN_SPINNING;
