import type { MetricName } from '../contract/metrics.ts';
import type { ChallengePlan, Comparison, MetricFilter } from '../contract/plan.ts';
import type { Tape } from '../contract/tape.ts';
import type { ScoreResult, SeedVerdict } from '../contract/verdict.ts';
import { type Machine, NIL, restore, type Snapshot, snapshot } from '../engine/index.ts';
import { INCIDENT_FAILURE } from '../workload/incidents.ts';
import { OWNER_CODE, type PlayerSnapshot } from '../workload/player.ts';
import type { GoalWatch } from './goals.ts';
import { type KernelLogLine, kernelLog } from './kernelLog.ts';
import { measure, unitOf } from './metrics.ts';
import { opText } from './opText.ts';
import { Play, type PlayedPolicy } from './play.ts';
import { showFreeAreas } from './showMem.ts';

/** Memory that the snapshots of one session may take. */
const SNAPSHOT_BUDGET_BYTES = 64 * 1024 * 1024;
const MAX_SNAPSHOTS = 256;
const LOG_LINES = 500;

/** A goal as things stand. */
export interface LiveGoal {
  text: string;
  unit: string;
  compare: Comparison;
  wanted: number;
  /** Now; for an `always` goal the worst value so far. */
  value: number;
  always: boolean;
  /** Met as things stand; a lost `always` goal stays false. */
  held: boolean;
  /** Simulated time at which it was lost for good, or -1: an `always` goal, or a total that must stay small. */
  lostAtUs: number;
}

export interface FailureMark {
  /** Operations played before it: seek there and step once to see it happen. */
  op: number;
  timeUs: number;
  task: string;
  order: number;
}

interface Mark {
  op: number;
  machine: Snapshot;
  player: PlayerSnapshot;
  goals: GoalWatch[];
  decision: number;
  nrFaults: number;
}

/** A recorded run that can be looked at and moved in time. It never needs the policy. */
export class Session {
  readonly seed: number;
  readonly lengthUs: number;
  /** Owner by tape slot, numbers of OWNER_CODE; `machine.tag` holds the slot. */
  readonly slotOwner: Uint8Array;
  private readonly play: Play;
  private readonly plan: ChallengePlan;
  private readonly tape: Tape;
  /** Ascending by op; the first is the start. */
  private readonly marks: Mark[] = [];
  private readonly interval: number;
  private lastRow = NIL;

  constructor(plan: ChallengePlan, tape: Tape, policy: PlayedPolicy | null, seed: number) {
    this.plan = plan;
    this.tape = tape;
    this.seed = seed;
    this.lengthUs = plan.workload.lengthUs;
    this.play = new Play(plan, tape, policy);
    this.slotOwner = ownersOf(plan, tape);
    this.mark();
    const bytes = bytesOf(this.marks[0].machine) + bytesOf(this.marks[0].player);
    const nrMarks = Math.max(4, Math.min(MAX_SNAPSHOTS, Math.floor(SNAPSHOT_BUDGET_BYTES / bytes)));
    this.interval = Math.max(64, Math.ceil(this.nrOps / nrMarks));
  }

  get machine(): Machine {
    return this.play.machine;
  }

  /** Operations of the run; fewer than the tape's when a fault of the policy ended it. */
  get nrOps(): number {
    return this.play.nrOps;
  }

  /** Operations played, 0..nrOps. */
  get op(): number {
    return this.play.player.op;
  }

  /** Simulated time of the last thing done; `lengthUs` once all is played. */
  get timeUs(): number {
    return this.play.player.timeUs;
  }

  get done(): boolean {
    return this.op === this.nrOps;
  }

  get goals(): LiveGoal[] {
    const results = this.play.goals.results();
    return this.plan.goals.map((goal, i) => {
      const { value, held, lostAtUs } = results[i];
      const { text, compare, always } = goal;
      return { text, unit: unitOf(goal.metric), compare, wanted: goal.value, value, always, held, lostAtUs };
    });
  }

  get scores(): ScoreResult[] {
    return this.play.score();
  }

  /** The newest lines of the kernel log, oldest first. */
  get log(): KernelLogLine[] {
    return kernelLog(this.plan, this.play.player, LOG_LINES);
  }

  /** Failed allocations up to now, oldest first. */
  get failures(): FailureMark[] {
    const { incidents } = this.play.player;
    const { tape, plan } = this;
    const failures: FailureMark[] = [];
    for (let i = 0; i < incidents.length; i++) {
      if (incidents.kind[i] !== INCIDENT_FAILURE) continue;
      const op = incidents.row[i];
      const task = plan.workload.tasks[tape.task[op]].name;
      failures.push({ op, timeUs: incidents.timeUs[i], task, order: incidents.order[i] });
    }
    return failures;
  }

  /** When the allocations failed that failed up to now, ascending; cheaper than `failures`. */
  get failureTimesUs(): number[] {
    const { incidents } = this.play.player;
    const times: number[] = [];
    for (let i = 0; i < incidents.length; i++) {
      if (incidents.kind[i] === INCIDENT_FAILURE) times.push(incidents.timeUs[i]);
    }
    return times;
  }

  /** What the last operation played did, in words; '' at the start. */
  get lastOp(): string {
    return this.lastRow === NIL ? '' : opText(this.plan, this.play.player, this.lastRow);
  }

  /** The kernel's report of its memory, now. */
  memInfo(): string[] {
    return showFreeAreas(this.machine);
  }

  /** Any metric now, with a filter or without. */
  measure(metric: MetricName, where?: MetricFilter): number {
    return measure(this.play.run, metric, where);
  }

  /** Play that many operations more. */
  step(nrOps: number): void {
    this.playTo(Math.min(this.op + Math.max(0, nrOps), this.nrOps));
  }

  /** Go to the state after `op` operations, back or forth. */
  seek(op: number): void {
    const to = Math.max(0, Math.min(op, this.nrOps));
    const mark = this.nearest(to);
    if (to < this.op || mark.op > this.op) this.load(mark);
    this.playTo(to);
  }

  /** Operations whose time is at most that. */
  opsUntil(timeUs: number): number {
    let low = 0;
    let high = this.nrOps;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.tape.timeUs[middle] <= timeUs) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** The verdict as things stand. */
  verdict(reproduce = ''): SeedVerdict {
    return this.play.verdict(this.seed, reproduce);
  }

  private playTo(op: number): void {
    const { play } = this;
    while (this.op < op) {
      const next = Math.min(op, (Math.floor(this.op / this.interval) + 1) * this.interval);
      play.playUntil(next);
      this.lastRow = this.op - 1;
      if (this.op % this.interval === 0 && this.op < this.nrOps) this.mark();
      if (play.player.stop) return;
    }
    if (this.done) play.playUntil(op);
  }

  private nearest(op: number): Mark {
    let low = 0;
    let high = this.marks.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (this.marks[middle].op <= op) low = middle;
      else high = middle - 1;
    }
    return this.marks[low];
  }

  private mark(): void {
    const { player, goals, hooks } = this.play;
    if (this.marks.length > 0 && this.marks[this.marks.length - 1].op >= this.op) return;
    this.marks.push({
      op: this.op,
      machine: snapshot(this.machine),
      player: player.snapshot(),
      goals: goals.save(),
      decision: hooks?.position ?? 0,
      nrFaults: hooks?.nrFaults ?? 0,
    });
  }

  private load(mark: Mark): void {
    const { player, goals, hooks } = this.play;
    restore(this.machine, mark.machine);
    player.restore(mark.player);
    goals.load(mark.goals);
    if (hooks !== null) {
      hooks.position = mark.decision;
      hooks.nrFaults = mark.nrFaults;
      hooks.exhausted = false;
    }
    this.lastRow = mark.op - 1;
  }
}

function ownersOf(plan: ChallengePlan, tape: Tape): Uint8Array {
  const byTask = plan.workload.tasks.map(task => OWNER_CODE[task.owner]);
  const owners = new Uint8Array(tape.nrSlots);
  for (let row = 0; row < tape.nrOps; row++) {
    if (tape.slot[row] >= 0) owners[tape.slot[row]] = byTask[tape.task[row]];
  }
  return owners;
}

function bytesOf(columns: object): number {
  let bytes = 0;
  for (const column of Object.values(columns)) if (ArrayBuffer.isView(column)) bytes += column.byteLength;
  return bytes;
}
