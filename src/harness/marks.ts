/** What is worth stopping at in a run, as columns: noted while it is played, one comparison of a few numbers an operation. */
import {
  LOG_ALLOC_FAILURE,
  LOG_OOM_KILL,
  LOG_VM_KILL,
  type Machine,
  STAT_ALLOCSTALL,
  STAT_KMAP_FLUSHES,
  STAT_TLB_FLUSHES,
} from '../engine/index.ts';
import { INCIDENT_SLEEP } from '../workload/incidents.ts';
import type { TapePlayer } from '../workload/player.ts';
import type { Goals } from './goals.ts';

/** By the number that `Marks.kind` holds. */
export const MARK_KINDS = ['failure', 'goal', 'bug', 'oom', 'reclaim', 'flush', 'fault'] as const;
export type MarkKind = (typeof MARK_KINDS)[number];
const [FAILURE, GOAL, BUG, OOM, RECLAIM, FLUSH, FAULT] = MARK_KINDS.keys();

/** One row a mark, ascending by `op`. */
export class Marks {
  length = 0;
  /** Operations played when it has just happened: seek there to see the machine behind it. */
  op = new Int32Array(64);
  timeUs = new Float64Array(64);
  /** Index in MARK_KINDS. */
  kind = new Uint8Array(64);
  /**
   * Of a failure its number in the incidents; of a bug or a kill its number in the kernel's log, or -1 - its number in the
   * incidents; of a goal its number in the plan; else 0.
   */
  ref = new Int32Array(64);

  push(op: number, timeUs: number, kind: number, ref: number): void {
    const i = this.length++;
    if (i === this.op.length) this.grow();
    this.op[i] = op;
    this.timeUs[i] = timeUs;
    this.kind[i] = kind;
    this.ref[i] = ref;
  }

  private grow(): void {
    const { op, timeUs, kind, ref } = this;
    const length = 2 * op.length;
    (this.op = new Int32Array(length)).set(op);
    (this.timeUs = new Float64Array(length)).set(timeUs);
    (this.kind = new Uint8Array(length)).set(kind);
    (this.ref = new Int32Array(length)).set(ref);
  }
}

/** Notes the marks of one play. What was noted before stays as it is when the play goes back and comes there again. */
export class MarkWatch {
  readonly marks = new Marks();
  private readonly player: TapePlayer;
  private readonly machine: Machine;
  private readonly goals: Goals;
  private readonly faults: () => number;
  /** Everything up to there is noted. */
  private known = 0;
  private incidents = 0;
  private printed = 0;
  private reclaims = 0;
  private flushes = 0;
  private nrFaults = 0;
  private nrLost = 0;

  constructor(player: TapePlayer, goals: Goals, faults: () => number) {
    this.player = player;
    this.machine = player.machine;
    this.goals = goals;
    this.faults = faults;
    this.sync();
  }

  /** The play was moved: what is so now is no news. */
  sync(): void {
    const { stat, printk } = this.machine;
    this.incidents = this.player.incidents.length;
    this.printed = printk.length;
    this.reclaims = stat[STAT_ALLOCSTALL];
    this.flushes = stat[STAT_KMAP_FLUSHES] + stat[STAT_TLB_FLUSHES];
    this.nrFaults = this.faults();
    this.nrLost = this.goals.nrLost;
  }

  /** Up to `op` nothing is to be noted again. */
  reached(op: number): void {
    if (op > this.known) this.known = op;
  }

  look(): void {
    const { player, machine, goals } = this;
    const { stat, printk } = machine;
    const flushes = stat[STAT_KMAP_FLUSHES] + stat[STAT_TLB_FLUSHES];
    if (
      player.incidents.length === this.incidents &&
      printk.length === this.printed &&
      stat[STAT_ALLOCSTALL] === this.reclaims &&
      flushes === this.flushes &&
      this.faults() === this.nrFaults &&
      goals.nrLost === this.nrLost
    ) {
      return;
    }
    if (player.event + 1 > this.known) this.note(flushes);
    this.sync();
  }

  /** Goals that nothing could be said of before the end. */
  finish(): void {
    const { player, goals } = this;
    if (player.op <= this.known) return;
    goals.lostAtEnd().forEach(goal => void this.marks.push(player.op, player.timeUs, GOAL, goal));
  }

  /** The gravest last: it is what stands in a column of the timeline. */
  private note(flushes: number): void {
    const { player, machine, marks, goals } = this;
    const { printk, stat } = machine;
    const { incidents, timeUs } = player;
    const op = player.event + 1;
    if (stat[STAT_ALLOCSTALL] !== this.reclaims) marks.push(op, timeUs, RECLAIM, 0);
    if (flushes !== this.flushes) marks.push(op, timeUs, FLUSH, 0);
    if (this.faults() !== this.nrFaults) marks.push(op, timeUs, FAULT, 0);
    for (let i = this.printed; i < printk.length; i++) {
      const kind = printk.kind[i];
      if (kind === LOG_ALLOC_FAILURE) continue;
      marks.push(op, timeUs, kind === LOG_OOM_KILL || kind === LOG_VM_KILL ? OOM : BUG, i);
    }
    for (let i = this.incidents; i < incidents.length; i++) {
      if (incidents.kind[i] !== INCIDENT_SLEEP) marks.push(op, timeUs, FAILURE, i);
      else marks.push(op, timeUs, BUG, -1 - i);
    }
    for (const goal of goals.lostSince(this.nrLost)) marks.push(op, timeUs, GOAL, goal);
  }
}
