import type { MetricName } from '../contract/metrics.ts';
import type { ChallengePlan, Comparison, MetricFilter } from '../contract/plan.ts';
import type { Tape } from '../contract/tape.ts';
import type { ScoreResult, SeedVerdict } from '../contract/verdict.ts';
import { type Machine, NIL, restore, type Snapshot, snapshot } from '../engine/index.ts';
import { INCIDENT_SLEEP } from '../workload/incidents.ts';
import { OWNER_CODE, type PlayerSnapshot, type TapePlayer } from '../workload/player.ts';
import type { GoalWatch } from './goals.ts';
import { now } from './hostClock.ts';
import { type KernelLogLine, kernelLog } from './kernelLog.ts';
import type { Marks } from './marks.ts';
import { type Measured, measure, unitOf } from './metrics.ts';
import { opsUntil } from './opsUntil.ts';
import { opText } from './opText.ts';
import { type PageFacts, pageFacts } from './pageFacts.ts';
import { Play, type PlayedPolicy } from './play.ts';
import { showFreeAreas } from './showMem.ts';
import { type Packed, SnapshotStore, unpack } from './snapshotStore.ts';
import { tellingMark, tellingOfGoal } from './telling.ts';
import { touchedBlock } from './touchedBlock.ts';

/** Memory that the snapshots of one session may take. */
const SNAPSHOT_BUDGET_BYTES = 96 * 1024 * 1024;
/** Rows played in one go, and the fewest between two snapshots. */
const PIECE = 1024;
/**
 * Milliseconds of playing between two snapshots, while their memory lasts: what a step back may have to play again. A row
 * may be next to nothing or wake ten thousand tasks, so it is time that is measured; where snapshots are changes no result.
 */
const SPACING_MS = 8;
/** Where so many rows were played to go back, a snapshot is kept that much before the place: the next steps back are short. */
const NEAR = 256;
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
  /** `{machine, player}` */
  packed: Packed;
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
  readonly plan: ChallengePlan;
  readonly tape: Tape;
  /** Ascending by op; the first is the start. */
  private readonly saved: Mark[] = [];
  private readonly store = new SnapshotStore();
  private spacingMs = SPACING_MS;
  /** Played since the last snapshot that was kept. */
  private sinceMs = 0;
  /** One beside the others, close to where the player looks. */
  private near: Mark | null = null;
  private lastRow = NIL;

  constructor(plan: ChallengePlan, tape: Tape, policy: PlayedPolicy | null, seed: number) {
    this.plan = plan;
    this.tape = tape;
    this.seed = seed;
    this.lengthUs = plan.workload.lengthUs;
    this.play = new Play(plan, tape, policy);
    this.slotOwner = ownersOf(plan, tape);
    this.play.keepMarks();
    this.save();
  }

  /** What is worth stopping at, of as much of the run as was ever played. */
  get marks(): Marks {
    return this.play.marks!.marks;
  }

  /** The mark to look at first, -1 where nothing went wrong. */
  tellingMark(): number {
    return tellingMark(this.plan, this.tape, this.play.player.incidents, this.marks);
  }

  /** What a goal was lost by; the goal's own mark where nothing else tells. @param at mark of a lost goal */
  tellingOfGoal(at: number): number {
    return tellingOfGoal(this.plan, this.tape, this.play.player.incidents, this.marks, at);
  }

  /** What metrics are taken from, now. */
  get measured(): Measured {
    return this.play.run;
  }

  /** Why the recorded decisions cannot be those of this run, once it is played; '' where they fit. */
  get mismatch(): string {
    return this.play.mismatch;
  }

  get player(): TapePlayer {
    return this.play.player;
  }

  /** Faults of the policy up to now. */
  get nrFaults(): number {
    return this.play.run.policy.nrFaults;
  }

  get policy(): PlayedPolicy | null {
    return this.play.policy;
  }

  /** Once, when the failure of that number happens: the machine is as the kernel would report it then. */
  whenFailed(incident: number, look: () => void): void {
    this.play.whenFailed(incident, look);
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
      if (incidents.kind[i] === INCIDENT_SLEEP) continue;
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
      if (incidents.kind[i] !== INCIDENT_SLEEP) times.push(incidents.timeUs[i]);
    }
    return times;
  }

  /** What the last operation played did, in words; '' at the start. */
  get lastOp(): string {
    return this.lastRow === NIL ? '' : opText(this.plan, this.play.player, this.lastRow);
  }

  /** The block that the last operation played took memory from, or mapped; pfn NIL for none. */
  get lastBlock(): { pfn: number; order: number } {
    return this.lastRow === NIL ? { pfn: NIL, order: 0 } : touchedBlock(this.play.player, this.lastRow);
  }

  /** Everything that is known of a page; null for one that is not there. */
  page(pfn: number): PageFacts | null {
    const { machine, player } = this.play;
    return pfn >= 0 && pfn < machine.nrPages ? pageFacts(this.plan, player, pfn) : null;
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
    const near = to - NEAR;
    if (this.op < near - NEAR && to < this.nrOps) {
      this.playTo(near);
      if (this.near !== null) this.store.drop(this.near.packed);
      this.near = this.marked();
    }
    this.playTo(to);
  }

  /** Operations whose time is at most that. */
  opsUntil(timeUs: number): number {
    return opsUntil(this.tape, this.nrOps, timeUs);
  }

  /** The verdict as things stand. */
  verdict(reproduce = ''): SeedVerdict {
    return this.play.verdict(this.seed, reproduce);
  }

  private playTo(op: number): void {
    const { play } = this;
    while (this.op < op) {
      const start = now();
      const next = Math.min(op, (Math.floor(this.op / PIECE) + 1) * PIECE);
      play.playUntil(next);
      play.marks!.reached(this.op);
      this.lastRow = this.op - 1;
      if (this.op > this.saved[this.saved.length - 1].op) {
        this.sinceMs += now() - start;
        if (this.sinceMs > this.spacingMs && this.op < this.nrOps && !play.player.stop) this.save();
      }
      if (play.player.stop) return;
    }
    if (this.done) play.playUntil(op);
  }

  private nearest(op: number): Mark {
    let low = 0;
    let high = this.saved.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (this.saved[middle].op <= op) low = middle;
      else high = middle - 1;
    }
    const { near } = this;
    return near !== null && near.op <= op && near.op > this.saved[low].op ? near : this.saved[low];
  }

  /** Keep where the run stands, and half of what was kept when that is too much. */
  private save(): void {
    const { saved, store } = this;
    saved.push(this.marked());
    this.sinceMs = 0;
    while (store.bytes > SNAPSHOT_BUDGET_BYTES && saved.length > 4) {
      this.spacingMs *= 2;
      for (const [i, mark] of saved.entries()) if (i % 2 === 1) store.drop(mark.packed);
      saved.splice(0, saved.length, ...saved.filter((_, i) => i % 2 === 0));
    }
  }

  private marked(): Mark {
    const { player, goals, hooks } = this.play;
    const value = { machine: snapshot(this.machine), player: player.snapshot() };
    const before = this.saved.length === 0 ? null : this.nearest(this.op).packed;
    return {
      op: this.op,
      packed: this.store.pack(value, before),
      goals: goals.save(),
      decision: hooks?.position ?? 0,
      nrFaults: hooks?.nrFaults ?? 0,
    };
  }

  private load(mark: Mark): void {
    const { player, goals, hooks, marks } = this.play;
    const { machine, player: own } = unpack<{ machine: Snapshot; player: PlayerSnapshot }>(mark.packed);
    restore(this.machine, machine);
    player.restore(own);
    goals.load(mark.goals);
    if (hooks !== null) {
      hooks.position = mark.decision;
      hooks.nrFaults = mark.nrFaults;
      hooks.exhausted = false;
    }
    marks!.sync();
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
