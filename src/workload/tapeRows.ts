import type { Tape } from '../contract/tape.ts';

/** The workload asks for more than a tape may hold. The message says which task and what to change. */
export class WorkloadTooLong extends Error {
  readonly task: string;
  constructor(task: string, message: string) {
    super(message);
    this.name = 'WorkloadTooLong';
    this.task = task;
  }
}

/** What a block asked for keeps on every row that names it. */
export interface RowKind {
  task: number;
  site: number;
  gfp: number;
  ctx: number;
  flags: number;
  /** Number of the cache, file, lock or function. */
  object: number;
}

/** A tape in the making: rows in the order in which tasks emit them, growing. */
export class TapeRows {
  nrRows = 0;
  nrSlots = 0;
  nrInstances = 0;
  nrDaemons = 0;
  timeUs = new Float64Array(1024);
  op = new Uint8Array(1024);
  kind = new Int32Array(1024);
  instance = new Int32Array(1024);
  slot = new Int32Array(1024);
  order = new Uint8Array(1024);
  cpu = new Uint8Array(1024);
  a = new Int32Array(1024);
  b = new Int32Array(1024);
  daemon = new Int16Array(1024);
  readonly kinds: RowKind[] = [];

  addKind(kind: RowKind): number {
    return this.kinds.push(kind) - 1;
  }

  /** @returns the row's number */
  push(
    timeUs: number,
    op: number,
    kind: number,
    instance: number,
    slot: number,
    order: number,
    cpu: number,
    daemon: number,
    a: number,
    b: number,
  ): number {
    const row = this.nrRows++;
    if (row === this.timeUs.length) this.grow();
    this.timeUs[row] = timeUs;
    this.op[row] = op;
    this.kind[row] = kind;
    this.instance[row] = instance;
    this.slot[row] = slot;
    this.order[row] = order;
    this.cpu[row] = cpu;
    this.daemon[row] = daemon;
    this.a[row] = a;
    this.b[row] = b;
    return row;
  }

  /** Rows by time; rows of one time stay in the order in which they were emitted. */
  toTape(lengthUs: number): Tape {
    const n = this.nrRows;
    const from = this.sorted(lengthUs);
    const tape: Tape = {
      nrOps: n,
      nrSlots: 0,
      nrInstances: 0,
      timeUs: new Float64Array(n),
      op: new Uint8Array(n),
      task: new Uint16Array(n),
      instance: new Int32Array(n),
      slot: new Int32Array(n),
      gfp: new Uint16Array(n),
      order: new Uint8Array(n),
      cpu: new Uint8Array(n),
      ctx: new Uint8Array(n),
      flags: new Uint8Array(n),
      site: new Uint16Array(n),
      object: new Uint16Array(n),
      a: new Int32Array(n),
      b: new Int32Array(n),
      daemon: new Int16Array(n),
      nrDaemons: this.nrDaemons,
    };
    // Numbered as they first appear, so that a shorter workload is a prefix of a longer one.
    const slotNumber = new Int32Array(this.nrSlots).fill(-1);
    const instanceNumber = new Int32Array(this.nrInstances).fill(-1);
    for (let i = 0; i < n; i++) {
      const row = from[i];
      const kind = this.kinds[this.kind[row]];
      let slot = this.slot[row] < 0 ? this.slot[row] : slotNumber[this.slot[row]];
      if (slot < 0 && this.slot[row] >= 0) slot = slotNumber[this.slot[row]] = tape.nrSlots++;
      let instance = instanceNumber[this.instance[row]];
      if (instance < 0) instance = instanceNumber[this.instance[row]] = tape.nrInstances++;
      tape.timeUs[i] = this.timeUs[row];
      tape.op[i] = this.op[row];
      tape.task[i] = kind.task;
      tape.instance[i] = instance;
      tape.slot[i] = slot;
      tape.gfp[i] = kind.gfp;
      tape.order[i] = this.order[row];
      tape.cpu[i] = this.cpu[row];
      tape.ctx[i] = kind.ctx;
      tape.flags[i] = kind.flags;
      tape.site[i] = kind.site;
      tape.object[i] = kind.object;
      tape.a[i] = this.a[row];
      tape.b[i] = this.b[row];
      tape.daemon[i] = this.daemon[row];
    }
    return tape;
  }

  private sorted(lengthUs: number): Float64Array | Uint32Array {
    const n = this.nrRows;
    const { timeUs } = this;
    if (lengthUs * n < Number.MAX_SAFE_INTEGER) {
      // One number for both keys: the engine's own number sort needs no comparator, about ten times as fast.
      const keys = new Float64Array(n);
      for (let i = 0; i < n; i++) keys[i] = timeUs[i] * n + i;
      keys.sort();
      for (let i = 0; i < n; i++) keys[i] %= n;
      return keys;
    }
    const rows = new Uint32Array(n);
    for (let i = 0; i < n; i++) rows[i] = i;
    return rows.sort((a, b) => timeUs[a] - timeUs[b] || a - b);
  }

  private grow(): void {
    const length = this.timeUs.length * 2;
    this.timeUs = enlarged(this.timeUs, new Float64Array(length));
    this.op = enlarged(this.op, new Uint8Array(length));
    this.kind = enlarged(this.kind, new Int32Array(length));
    this.instance = enlarged(this.instance, new Int32Array(length));
    this.slot = enlarged(this.slot, new Int32Array(length));
    this.order = enlarged(this.order, new Uint8Array(length));
    this.cpu = enlarged(this.cpu, new Uint8Array(length));
    this.daemon = enlarged(this.daemon, new Int16Array(length));
    this.a = enlarged(this.a, new Int32Array(length));
    this.b = enlarged(this.b, new Int32Array(length));
  }
}

function enlarged<T extends { set(from: T): void }>(old: T, larger: T): T {
  larger.set(old);
  return larger;
}
