/**
 * What is due at which simulated time: completions of the disk, kswapd's and pdflush's next turns, timers, sleepers.
 * A binary heap over columns; entries of one time come out in the order in which they were put in.
 */

/** Kinds, by who is told. Append only: snapshots and records depend on the numbers. */
/** The disk has finished its oldest request. */
export const DUE_DISK = 1;
/** kswapd goes on: woken, or its wait in the middle of balance_pgdat() is over. */
export const DUE_KSWAPD = 2;
/** A pdflush thread goes on with background writing. */
export const DUE_PDFLUSH = 3;
/** wb_kupdate(): the periodic writing of old dirty pages. */
export const DUE_KUPDATE = 4;
/** reap_timer of one CPU; `arg` is the CPU. */
export const DUE_REAP = 5;
/** From here on the kinds are of whoever plays a workload on the machine. */
export const DUE_CALLER = 16;

export interface AgendaSnapshot {
  readonly dueUs: Float64Array;
  readonly order: Float64Array;
  readonly kind: Uint8Array;
  readonly arg: Int32Array;
  readonly nowUs: number;
  readonly pushed: number;
}

/** The machine's one clock and everything that waits for it. Times are whole microseconds since boot, in doubles. */
export class Agenda {
  /** Entries waiting. */
  length = 0;
  /** `now[0]`: the present, microseconds since boot. A column, so that setting it allocates nothing. */
  readonly now = new Float64Array(1);
  /** `next[0]`: when the first entry is due; Infinity while there is none. */
  readonly next = new Float64Array(1).fill(Number.POSITIVE_INFINITY);
  /** What takeFirst() took. */
  kind = 0;
  arg = 0;
  private pushed = 0;
  private dueUs = new Float64Array(64);
  private order = new Float64Array(64);
  private kinds = new Uint8Array(64);
  private args = new Int32Array(64);

  get nowUs(): number {
    return this.now[0];
  }

  /** @param dueUs not before now: an entry of the past is due at once */
  add(dueUs: number, kind: number, arg: number): void {
    let i = this.length++;
    if (i === this.dueUs.length) this.grow();
    const { dueUs: due, order, kinds, args } = this;
    const number = this.pushed++;
    while (i > 0) {
      const parent = (i - 1) >> 1;
      // The newcomer has the highest number, so at the same time it stays behind.
      if (due[parent] <= dueUs) break;
      due[i] = due[parent];
      order[i] = order[parent];
      kinds[i] = kinds[parent];
      args[i] = args[parent];
      i = parent;
    }
    due[i] = dueUs;
    order[i] = number;
    kinds[i] = kind;
    args[i] = arg;
    this.next[0] = due[0];
  }

  /** Take the first entry off: `kind` and `arg` say what it is, and `now` moves on to its time. The agenda must not be empty. */
  takeFirst(): void {
    const { dueUs: due, order, kinds, args, now } = this;
    if (due[0] > now[0]) now[0] = due[0];
    this.kind = kinds[0];
    this.arg = args[0];
    const last = --this.length;
    const lastDue = due[last];
    const lastOrder = order[last];
    const lastKind = kinds[last];
    const lastArg = args[last];
    let i = 0;
    for (;;) {
      let child = 2 * i + 1;
      if (child >= last) break;
      if (
        child + 1 < last &&
        (due[child + 1] < due[child] || (due[child + 1] === due[child] && order[child + 1] < order[child]))
      )
        child++;
      if (lastDue < due[child] || (lastDue === due[child] && lastOrder < order[child])) break;
      due[i] = due[child];
      order[i] = order[child];
      kinds[i] = kinds[child];
      args[i] = args[child];
      i = child;
    }
    due[i] = lastDue;
    order[i] = lastOrder;
    kinds[i] = lastKind;
    args[i] = lastArg;
    this.next[0] = last === 0 ? Number.POSITIVE_INFINITY : due[0];
  }

  snapshot(): AgendaSnapshot {
    return {
      dueUs: this.dueUs.slice(0, this.length),
      order: this.order.slice(0, this.length),
      kind: this.kinds.slice(0, this.length),
      arg: this.args.slice(0, this.length),
      nowUs: this.now[0],
      pushed: this.pushed,
    };
  }

  restore(s: AgendaSnapshot): void {
    while (this.dueUs.length < s.dueUs.length) this.grow();
    this.length = s.dueUs.length;
    this.dueUs.set(s.dueUs);
    this.order.set(s.order);
    this.kinds.set(s.kind);
    this.args.set(s.arg);
    this.now[0] = s.nowUs;
    this.pushed = s.pushed;
    this.next[0] = this.length === 0 ? Number.POSITIVE_INFINITY : this.dueUs[0];
  }

  private grow(): void {
    const length = this.dueUs.length * 2;
    const { dueUs, order, kinds, args } = this;
    (this.dueUs = new Float64Array(length)).set(dueUs);
    (this.order = new Float64Array(length)).set(order);
    (this.kinds = new Uint8Array(length)).set(kinds);
    (this.args = new Int32Array(length)).set(args);
  }
}
