import type { ChallengePlan, OwnerKind } from '../contract/plan.ts';
import {
  CTX_HARDIRQ,
  CTX_SOFTIRQ,
  OP_ALLOC,
  OP_FREE,
  OPF_ABANDON,
  OPF_COLD,
  OPF_VADDR,
  OPF_ZEROED,
  type Tape,
} from '../contract/tape.ts';
import {
  __GFP_WAIT,
  allocPages,
  freePages,
  freePagesAt,
  GFP_ZONEMASK,
  getFreePages,
  getZeroedPage,
  MAX_NR_ZONES,
  MAX_ORDER,
  type Machine,
  NIL,
  PATH_RETRY,
  pageAddress,
  REQ_EVENT,
  REQ_OWNER,
  REQ_SITE,
  REQ_TASK,
  REQ_TIME_MS,
  virtToPfn,
  zoneOf,
} from '../engine/index.ts';
import { INCIDENT_FAILURE, INCIDENT_SLEEP, Incidents } from './incidents.ts';
import { TALLY_ORDERS, Tally } from './tally.ts';
import { Waiters } from './waiters.ts';

/** Numbers of REQ_OWNER, in the order of lib/hooks.ts. */
export const OWNER_CODE: Record<OwnerKind, number> = { user: 0, kernel: 1, page_cache: 2, driver: 3 };

/**
 * How long __alloc_pages waits before it tries again. Source: mm/page_alloc.c, blk_congestion_wait(WRITE, HZ/50)
 *
 * Deviation: asking again goes through every pass, where the kernel goes on behind the second; nothing else happens
 * meanwhile in either, and kswapd's wakeups are counted for the first ask only.
 */
export const RETRY_WAIT_US = 20_000;

/** Where a block is in its life, by slot; 0 before it is asked for. */
const SLOT_HELD = 1;
/** Refused, and still wanted: a retry may get it. */
const SLOT_REFUSED = 2;
/** Its task waits in the allocator. */
const SLOT_WAITING = 3;
const SLOT_GONE = 4;

/** Own state of a player at one moment; goes together with a snapshot of its machine. */
export interface PlayerSnapshot {
  readonly op: number;
  readonly timeUs: number;
  readonly finished: boolean;
  readonly slotState: Uint8Array;
  readonly slotPfn: Int32Array;
  readonly slotRow: Int32Array;
  readonly dead: Uint8Array;
  readonly tally: Float64Array;
  readonly waiters: { rows: Int32Array; dueUs: Float64Array };
  readonly nrIncidents: number;
}

/**
 * Plays a tape on a machine. One operation is one row, together with the waiting allocations that ask again before
 * it; `op` rows have been played. Rows beyond those asked for are not read, so they may still be on their way.
 *
 * What a failed allocation means for later rows is written in docs/challenges.md. Nothing is allocated per row.
 */
export class TapePlayer {
  readonly machine: Machine;
  readonly tape: Tape;
  readonly tally: Tally;
  readonly incidents = new Incidents();
  /** Rows played. */
  op = 0;
  /** Row being played, or played last: what happened meanwhile is told by its number. */
  event = 0;
  /** Simulated time of the last thing done. */
  timeUs = 0;
  /** Set by whoever ends the run early: no row after the present one is played. */
  stop = false;
  finished = false;
  /** Called after every row and every repeated ask: the state that an `always` goal is held against. */
  afterOp: (() => void) | null = null;
  /** Called right after an allocation returned NULL, while the machine is as the kernel would report it. */
  onFailure: (() => void) | null = null;

  /** Tape row that got, or last asked for, each slot's block; NIL before. */
  readonly slotRow: Int32Array;
  /** First PFN of each slot's block, NIL while it has none. */
  readonly slotPfn: Int32Array;
  private readonly slotState: Uint8Array;
  /** Runs that may not allocate any more. */
  private readonly dead: Uint8Array;
  private readonly waiters = new Waiters();
  private readonly owner: Int32Array;
  private readonly lengthUs: number;

  constructor(plan: ChallengePlan, machine: Machine, tape: Tape) {
    this.machine = machine;
    this.tape = tape;
    this.tally = new Tally(plan.workload.tasks.length);
    this.slotRow = new Int32Array(tape.nrSlots).fill(NIL);
    this.slotPfn = new Int32Array(tape.nrSlots).fill(NIL);
    this.slotState = new Uint8Array(tape.nrSlots);
    this.dead = new Uint8Array(tape.nrInstances);
    this.owner = Int32Array.from(plan.workload.tasks, task => OWNER_CODE[task.owner]);
    this.lengthUs = plan.workload.lengthUs;
  }

  /** Play until `nrOps` rows are done, or `stop` is set. */
  playUntil(nrOps: number): void {
    while (this.op < nrOps && !this.stop) this.playRow();
  }

  /** The end of the workload: what still waits asks until then. Once; rows may not be played after it. */
  finish(): void {
    if (this.finished) return;
    this.finished = true;
    this.askAgain(this.lengthUs - 1);
    const waiters = this.waiters.save();
    for (let i = 0; i < waiters.rows.length; i++) {
      const row = waiters.rows[i];
      if (!this.isWaiting(row)) continue;
      this.chargeWait(row, this.lengthUs - (waiters.dueUs[i] - RETRY_WAIT_US));
    }
    this.timeUs = this.lengthUs;
  }

  snapshot(): PlayerSnapshot {
    return {
      op: this.op,
      timeUs: this.timeUs,
      finished: this.finished,
      slotState: this.slotState.slice(),
      slotPfn: this.slotPfn.slice(),
      slotRow: this.slotRow.slice(),
      dead: this.dead.slice(),
      tally: this.tally.column.slice(),
      waiters: this.waiters.save(),
      nrIncidents: this.incidents.length,
    };
  }

  restore(s: PlayerSnapshot): void {
    this.op = s.op;
    this.event = Math.max(0, s.op - 1);
    this.timeUs = s.timeUs;
    this.finished = s.finished;
    this.stop = false;
    this.slotState.set(s.slotState);
    this.slotPfn.set(s.slotPfn);
    this.slotRow.set(s.slotRow);
    this.dead.set(s.dead);
    this.tally.column.set(s.tally);
    this.waiters.load(s.waiters);
    this.incidents.length = s.nrIncidents;
  }

  private playRow(): void {
    const row = this.op;
    const { tape, slotState } = this;
    const now = tape.timeUs[row];
    this.event = row;
    if (this.waiters.length > 0) this.askAgain(now);
    this.timeUs = now;
    if (this.machine.observed !== 0) this.begin(row, row, now);
    const slot = tape.slot[row];
    const op = tape.op[row];
    if (op === OP_FREE) this.free(row, slot, now);
    else if (op === OP_ALLOC) this.allocate(row, slot, now);
    else if (slotState[slot] === SLOT_REFUSED) this.allocate(row, slot, now);
    this.op = row + 1;
    if (this.afterOp !== null) this.afterOp();
  }

  /** Tell those who watch whose operation this is. `event` is the operation being played, `row` the one that asked. */
  private begin(event: number, row: number, now: number): void {
    const { request } = this.machine;
    const task = this.tape.task[row];
    request[REQ_TASK] = task;
    request[REQ_SITE] = this.tape.site[row];
    request[REQ_OWNER] = this.owner[task];
    request[REQ_TIME_MS] = Math.floor(now / 1000);
    request[REQ_EVENT] = event;
  }

  private allocate(row: number, slot: number, now: number): void {
    const { tape, slotState, tally } = this;
    if (this.dead[tape.instance[row]] !== 0) {
      slotState[slot] = SLOT_GONE;
      return;
    }
    const count = this.countOf(row);
    tally.asked[count]++;
    tally.calls[0]++;
    if ((tape.gfp[row] & __GFP_WAIT) !== 0 && (tape.ctx[row] & (CTX_SOFTIRQ | CTX_HARDIRQ)) !== 0) {
      tally.bugs[0]++;
      this.incidents.push(INCIDENT_SLEEP, row, now);
    }
    this.slotRow[slot] = row;
    const served = this.ask(row, slot);
    if (this.machine.wakeMask !== 0) this.countWakeups(this.machine.wakeMask);
    if (served) return;
    if (this.machine.path === PATH_RETRY) {
      tally.stalls[count]++;
      slotState[slot] = SLOT_WAITING;
      this.waiters.push(row, now + RETRY_WAIT_US);
      return;
    }
    this.refuse(row, slot, now);
  }

  /** One call of the allocator. @returns whether the slot got its block */
  private ask(row: number, slot: number): boolean {
    const { machine, tape, tally } = this;
    const gfp = tape.gfp[row];
    const order = tape.order[row];
    const flags = tape.flags[row];
    const cpu = tape.cpu[row];
    const ctx = tape.ctx[row];
    let pfn: number;
    if ((flags & OPF_VADDR) === 0) {
      pfn = allocPages(machine, gfp, order, cpu, ctx);
    } else {
      const vaddr =
        (flags & OPF_ZEROED) !== 0
          ? getZeroedPage(machine, gfp, cpu, ctx)
          : getFreePages(machine, gfp, order, cpu, ctx);
      pfn = vaddr === 0 ? NIL : virtToPfn(machine, vaddr);
    }
    if (pfn === NIL) return false;
    machine.tag[pfn] = slot;
    this.slotPfn[slot] = pfn;
    this.slotState[slot] = SLOT_HELD;
    const count = this.countOf(row);
    const zone = zoneOf(machine, pfn);
    tally.served[count]++;
    tally.usedPages[tape.task[row] * MAX_NR_ZONES + zone] += 1 << order;
    if (zone !== (machine.zonelists[gfp & GFP_ZONEMASK] & 15) - 1) tally.fallbacks[count]++;
    return true;
  }

  private refuse(row: number, slot: number, now: number): void {
    const { tape } = this;
    this.tally.failures[this.countOf(row)]++;
    this.incidents.push(INCIDENT_FAILURE, row, now);
    this.slotState[slot] = SLOT_REFUSED;
    if ((tape.flags[row] & OPF_ABANDON) !== 0) this.dead[tape.instance[row]] = 1;
    if (this.onFailure !== null) this.onFailure();
  }

  private free(row: number, slot: number, now: number): void {
    const { machine, tape, slotState } = this;
    const state = slotState[slot];
    slotState[slot] = SLOT_GONE;
    if (state === SLOT_WAITING) {
      // Its entry among the waiters is skipped when its turn comes.
      this.chargeWait(this.slotRow[slot], now - this.lastAskUs(this.slotRow[slot], now));
      return;
    }
    if (state !== SLOT_HELD) return;
    const pfn = this.slotPfn[slot];
    const order = tape.order[this.slotRow[slot]];
    const flags = tape.flags[row];
    this.slotPfn[slot] = NIL;
    machine.tag[pfn] = NIL;
    this.tally.calls[0]++;
    this.tally.usedPages[tape.task[row] * MAX_NR_ZONES + zoneOf(machine, pfn)] -= 1 << order;
    if ((flags & OPF_VADDR) !== 0) freePagesAt(machine, pageAddress(machine, pfn), order, tape.cpu[row]);
    else freePages(machine, pfn, order, tape.cpu[row], flags & OPF_COLD);
  }

  /** Every waiting allocation whose turn comes at or before `until` asks again. */
  private askAgain(until: number): void {
    const { waiters } = this;
    while (waiters.length > 0 && waiters.firstDueUs() <= until) {
      const now = waiters.firstDueUs();
      const row = waiters.shift();
      if (!this.isWaiting(row)) continue;
      const slot = this.tape.slot[row];
      this.timeUs = now;
      this.chargeWait(row, RETRY_WAIT_US);
      if (this.dead[this.tape.instance[row]] !== 0) {
        this.slotState[slot] = SLOT_GONE;
        continue;
      }
      if (this.machine.observed !== 0) this.begin(this.op, row, now);
      if (!this.ask(row, slot)) {
        if (this.machine.path === PATH_RETRY) waiters.push(row, now + RETRY_WAIT_US);
        else this.refuse(row, slot, now);
      }
      if (this.afterOp !== null) this.afterOp();
    }
  }

  private isWaiting(row: number): boolean {
    return this.slotState[this.tape.slot[row]] === SLOT_WAITING;
  }

  /** It asked when its row was played and every 20 ms from then on. */
  private lastAskUs(row: number, now: number): number {
    return now - ((now - this.tape.timeUs[row]) % RETRY_WAIT_US);
  }

  private chargeWait(row: number, us: number): void {
    this.tally.stallUs[this.tape.task[row]] += us;
  }

  private countOf(row: number): number {
    const order = this.tape.order[row];
    return this.tape.task[row] * TALLY_ORDERS + Math.min(order, MAX_ORDER);
  }

  private countWakeups(mask: number): void {
    const { kswapdWakeups } = this.tally;
    for (let z = 0; z < MAX_NR_ZONES; z++) if ((mask & (1 << z)) !== 0) kswapdWakeups[z]++;
  }
}
