import { CONTROL_FIELDS, NIL } from '../engine/index.ts';

/** What a run is doing; one without a record is on time and nothing is known of it. */
/** Its rows come at their times. */
export const RUN_ON_TIME = 0;
/** Behind its times, with nothing to do before its next row comes. */
export const RUN_IDLE = 1;
/** The agenda knows when it goes on. */
export const RUN_DUE = 2;
/** In the middle of an operation. */
export const RUN_ASLEEP = 3;
/** It could go on, but others have the CPU; or its interrupt may not come in yet. */
export const RUN_QUEUED = 4;
/** Busy on its CPU until `wakeUs`; Infinity while an interrupt has the CPU. */
export const RUN_WORKING = 5;
/** An interrupt came on top of it between two of its rows; it still has its CPU. */
export const RUN_INTERRUPTED = 7;
/** Waits for a lock that another CPU holds, busily. */
export const RUN_SPINNING = 6;

/** What a sleep was for. */
export const WAIT_MEMORY = 0;
export const WAIT_DISK = 1;
export const WAIT_CPU = 2;
/** A daemon's run, until the one before it is over. */
export const WAIT_TURN = 3;

export interface RunsSnapshot {
  readonly of: Int32Array;
  readonly columns: readonly (Int32Array | Uint8Array | Float64Array)[];
  readonly queues: Int32Array;
  readonly free: Int32Array;
  readonly nrRecords: number;
}

/**
 * Runs that need more than their rows: a process, a place in a queue, rows that wait for them. Columns are by record,
 * and a record is there only while it is needed, so that a million runs one after the other take no room.
 */
export class Runs {
  /** Record of each run, NIL for one without. */
  readonly of: Int32Array;
  instance = new Int32Array(64);
  state = new Uint8Array(64);
  /** Row to be played, or played again, when it goes on; NIL: the next in its backlog. */
  pending = new Int32Array(64);
  /** Rows whose times have come before it got to them; linked by `nextRow`. */
  firstRow = new Int32Array(64);
  lastRow = new Int32Array(64);
  /** How much later than on the tape its next row is played, microseconds. */
  delayUs = new Float64Array(64);
  /** When its sleep or its work ends at the latest. */
  wakeUs = new Float64Array(64);
  /** Since when it waits; work left when it was interrupted. */
  sinceUs = new Float64Array(64);
  leftUs = new Float64Array(64);
  wait = new Uint8Array(64);
  /** Queue that it is in, NIL for none, and the record behind it there. */
  queue = new Int32Array(64);
  behind = new Int32Array(64);
  process = new Int32Array(64);
  /** Of an interrupt that is to come in: 1: the policy was asked about it; and the run that it waits for if it was deferred. */
  asked = new Uint8Array(64);
  waitsFor = new Int32Array(64);
  /** 1: its pending row slept in the middle, and goes on from `control`. */
  resumes = new Uint8Array(64);
  /** The engine's `control` of a run asleep. */
  control = new Int32Array(64 * CONTROL_FIELDS);
  /** [2q] first, [2q+1] last record of queue q. */
  readonly queues: Int32Array;
  private free = new Int32Array(64);
  private nrFree = 0;
  private nrRecords = 0;
  /** Next row of the same run, by row: the same whoever asks, so no part of a snapshot. */
  private nextRow: Int32Array | null = null;
  private readonly nrRows: number;

  constructor(nrInstances: number, nrRows: number, nrQueues: number) {
    this.of = new Int32Array(nrInstances).fill(NIL);
    this.queues = new Int32Array(2 * nrQueues).fill(NIL);
    this.nrRows = nrRows;
  }

  /** A record for a run that has none. */
  take(instance: number): number {
    let run: number;
    if (this.nrFree > 0) run = this.free[--this.nrFree];
    else {
      run = this.nrRecords++;
      if (run === this.state.length) this.grow();
    }
    this.of[instance] = run;
    this.instance[run] = instance;
    this.state[run] = RUN_ON_TIME;
    this.pending[run] = NIL;
    this.firstRow[run] = NIL;
    this.lastRow[run] = NIL;
    this.delayUs[run] = 0;
    this.wakeUs[run] = 0;
    this.sinceUs[run] = 0;
    this.leftUs[run] = 0;
    this.wait[run] = WAIT_MEMORY;
    this.resumes[run] = 0;
    this.queue[run] = NIL;
    this.process[run] = NIL;
    this.asked[run] = 0;
    this.waitsFor[run] = NIL;
    return run;
  }

  give(run: number): void {
    this.of[this.instance[run]] = NIL;
    this.instance[run] = NIL;
    this.free[this.nrFree++] = run;
  }

  /** A row whose time has come while the run is not ready for it. */
  addRow(run: number, row: number): void {
    this.nextRow ??= new Int32Array(this.nrRows);
    if (this.firstRow[run] === NIL) this.firstRow[run] = row;
    else this.nextRow[this.lastRow[run]] = row;
    this.lastRow[run] = row;
  }

  /** Takes the first row off; there must be one. */
  takeRow(run: number): number {
    const row = this.firstRow[run];
    this.firstRow[run] = row === this.lastRow[run] ? NIL : this.nextRow![row];
    return row;
  }

  enqueue(run: number, queue: number): void {
    const { queues, behind } = this;
    this.queue[run] = queue;
    behind[run] = NIL;
    if (queues[2 * queue] === NIL) queues[2 * queue] = run;
    else behind[queues[2 * queue + 1]] = run;
    queues[2 * queue + 1] = run;
  }

  /** First of a queue, taken off; NIL for an empty one. */
  dequeue(queue: number): number {
    const run = this.queues[2 * queue];
    if (run === NIL) return NIL;
    this.queues[2 * queue] = this.behind[run];
    this.queue[run] = NIL;
    return run;
  }

  /** Out of whatever queue it is in. */
  leaveQueue(run: number): void {
    const { queues, behind } = this;
    const queue = this.queue[run];
    if (queue === NIL) return;
    this.queue[run] = NIL;
    let before = queues[2 * queue];
    if (before === run) {
      queues[2 * queue] = behind[run];
      return;
    }
    while (behind[before] !== run) before = behind[before];
    behind[before] = behind[run];
    if (queues[2 * queue + 1] === run) queues[2 * queue + 1] = before;
  }

  snapshot(): RunsSnapshot {
    return {
      of: this.of.slice(),
      columns: this.columns().map(column => column.slice(0, this.widthOf(column) * this.nrRecords)),
      queues: this.queues.slice(),
      free: this.free.slice(0, this.nrFree),
      nrRecords: this.nrRecords,
    };
  }

  restore(s: RunsSnapshot): void {
    while (this.state.length < s.nrRecords) this.grow();
    this.of.set(s.of);
    const columns = this.columns();
    for (let i = 0; i < columns.length; i++) columns[i].set(s.columns[i]);
    this.queues.set(s.queues);
    this.free.set(s.free);
    this.nrFree = s.free.length;
    this.nrRecords = s.nrRecords;
  }

  private columns(): (Int32Array | Uint8Array | Float64Array)[] {
    return [
      this.instance,
      this.state,
      this.pending,
      this.firstRow,
      this.lastRow,
      this.delayUs,
      this.wakeUs,
      this.sinceUs,
      this.leftUs,
      this.wait,
      this.queue,
      this.behind,
      this.process,
      this.asked,
      this.waitsFor,
      this.resumes,
      this.control,
    ];
  }

  private widthOf(column: object): number {
    return column === this.control ? CONTROL_FIELDS : 1;
  }

  private grow(): void {
    const length = 2 * this.state.length;
    this.instance = enlarged(this.instance, new Int32Array(length));
    this.state = enlarged(this.state, new Uint8Array(length));
    this.pending = enlarged(this.pending, new Int32Array(length));
    this.firstRow = enlarged(this.firstRow, new Int32Array(length));
    this.lastRow = enlarged(this.lastRow, new Int32Array(length));
    this.delayUs = enlarged(this.delayUs, new Float64Array(length));
    this.wakeUs = enlarged(this.wakeUs, new Float64Array(length));
    this.sinceUs = enlarged(this.sinceUs, new Float64Array(length));
    this.leftUs = enlarged(this.leftUs, new Float64Array(length));
    this.wait = enlarged(this.wait, new Uint8Array(length));
    this.queue = enlarged(this.queue, new Int32Array(length));
    this.behind = enlarged(this.behind, new Int32Array(length));
    this.process = enlarged(this.process, new Int32Array(length));
    this.asked = enlarged(this.asked, new Uint8Array(length));
    this.waitsFor = enlarged(this.waitsFor, new Int32Array(length));
    this.resumes = enlarged(this.resumes, new Uint8Array(length));
    this.control = enlarged(this.control, new Int32Array(length * CONTROL_FIELDS));
    this.free = enlarged(this.free, new Int32Array(length));
  }
}

function enlarged<T extends { set(from: T): void }>(old: T, larger: T): T {
  larger.set(old);
  return larger;
}
