import { type Machine, NIL, P_CPU_US, P_STRIDE, prepareProcesses } from '../engine/index.ts';

/** Instead of a run: the daemon is no more. */
const GONE = -2;

/**
 * Numbers of processes: daemons have those from 0 on, for good; runs that fork take the one that was given back last, or a
 * new one, so that the engine's columns stay as long as there are processes at a time.
 */
export class Processes {
  private readonly machine: Machine;
  private readonly nrDaemons: number;
  private readonly modelled: boolean;
  /** By process: record of the run that it is in, NIL for none, GONE. */
  private run: Int32Array;
  /** Numbers given back, and how many there are. */
  private free: number[] = [];
  private nr: number;

  constructor(machine: Machine, nrDaemons: number) {
    this.machine = machine;
    this.nrDaemons = nrDaemons;
    this.nr = nrDaemons;
    this.run = new Int32Array(nrDaemons + 16).fill(NIL);
    this.modelled = machine.tasks !== null || machine.vm !== null;
    if (this.modelled) prepareProcesses(machine, this.run.length);
  }

  /** A number for a process that is being forked. @param daemon its own, or NIL */
  take(daemon: number): number {
    if (daemon !== NIL) return daemon;
    const number = this.free.pop();
    if (number !== undefined) return number;
    if (this.nr === this.run.length) {
      const grown = new Int32Array(2 * this.nr).fill(NIL);
      grown.set(this.run);
      this.run = grown;
      if (this.modelled) prepareProcesses(this.machine, grown.length);
    }
    return this.nr++;
  }

  give(process: number): void {
    this.run[process] = NIL;
    if (process >= this.nrDaemons) this.free.push(process);
  }

  isDaemon(process: number): boolean {
    return process < this.nrDaemons;
  }

  /** Record of the run that a process is in, or NIL. */
  runOf(process: number): number {
    return Math.max(this.run[process], NIL);
  }

  setRun(process: number, run: number): void {
    if (this.run[process] !== GONE) this.run[process] = run;
  }

  /** The daemon could not be forked, or has ended. */
  bury(daemon: number): void {
    this.run[daemon] = GONE;
  }

  isGone(daemon: number): boolean {
    return this.run[daemon] === GONE;
  }

  /** The operations that follow are the process's. */
  becomesCurrent(process: number): void {
    const { vm } = this.machine;
    if (vm !== null) vm.current = process;
  }

  /** It used its CPU for so long. */
  worked(process: number, us: number): void {
    const { vm } = this.machine;
    if (vm !== null && process !== NIL) vm.process[process * P_STRIDE + P_CPU_US] += us;
  }

  snapshot(): Int32Array {
    return Int32Array.of(this.nr, this.free.length, ...this.free, ...this.run);
  }

  restore(s: Int32Array): void {
    this.nr = s[0];
    this.free = Array.from(s.subarray(2, 2 + s[1]));
    this.run = s.slice(2 + s[1]);
  }
}
