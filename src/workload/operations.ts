import type { ChallengePlan, OwnerKind, StepPlan } from '../contract/plan.ts';
import type { Tape } from '../contract/tape.ts';
import * as T from '../contract/tape.ts';
import {
  __GFP_WAIT,
  allocPages,
  badFreePages,
  CONTROL_STAGE,
  contextOf,
  enterFunction,
  forkProcess,
  freePages,
  freePagesAt,
  GFP_ATOMIC,
  GFP_KERNEL,
  GFP_ZONEMASK,
  getFreePages,
  getZeroedPage,
  HOOK_GFP,
  interruptContext,
  LOG_PLACE_FORK,
  LOG_PLACE_PAGE_ALLOC,
  leaveFunction,
  localIrqDisable,
  localIrqEnable,
  MAX_NR_ZONES,
  MAX_ORDER,
  type Machine,
  mightSleep,
  NIL,
  PATH_ORDER,
  PATH_RETRY,
  PATH_WAIT,
  pageAddress,
  prepareLocks,
  QUEUE_NONE,
  REQ_CPU,
  REQ_CTX,
  REQ_EVENT,
  REQ_GFP,
  REQ_ORDER,
  REQ_OWNER,
  REQ_SITE,
  REQ_TASK,
  REQ_TIME_MS,
  SLEEP_QUEUE,
  SLEEP_UNTIL_US,
  schedule,
  spinLock,
  spinUnlock,
  virtToPfn,
  zoneOf,
} from '../engine/index.ts';
import { Answers } from './answers.ts';
import { INCIDENT_FAILURE, INCIDENT_REFUSED, INCIDENT_SLEEP, Incidents } from './incidents.ts';
import { Objects } from './objects.ts';
import { TALLY_ORDERS, type Tally } from './tally.ts';

/** Numbers of REQ_OWNER, in the order of lib/hooks.ts. */
export const OWNER_CODE: Record<OwnerKind, number> = { user: 0, kernel: 1, page_cache: 2, driver: 3 };

/**
 * How long __alloc_pages waits before it tries again on a machine without reclaim. Source: mm/page_alloc.c, blk_congestion_wait(WRITE, HZ/50)
 *
 * Deviation: asking again goes through every pass, where the kernel goes on behind the second; nothing else happens
 * meanwhile in either, and kswapd's wakeups are counted for the first ask only.
 */
export const RETRY_WAIT_US = 20_000;

/** How an operation came out. WAIT: its task sleeps, and it is to be played again. REFUSED: there will be no process. */
export const DONE = 0;
export const WAIT = 1;
export const REFUSED = 2;

/** What a slot stands for in its life; 0 before it is asked for. */
export const SLOT_HELD = 1;
/** Refused, and still wanted: a retry may get it. */
const SLOT_REFUSED = 2;
/** Its task waits in the allocator. */
const SLOT_WAITING = 3;
const SLOT_GONE = 4;

/** `dead`: the run may not allocate any more; none of it happens at all. */
const DEAD = 1;
const GHOST = 2;

/** What the rows of a tape do to the machine, and what became of their blocks and objects. */
export class Operations {
  readonly incidents = new Incidents();
  readonly answers: Answers;
  readonly slotRow: Int32Array;
  readonly slotPfn: Int32Array;
  readonly slotState: Uint8Array;
  /** By run: DEAD, GHOST. */
  readonly dead: Uint8Array;
  onFailure: (() => void) | null = null;
  /** The operation slept, and goes on. */
  resumed = false;
  private readonly machine: Machine;
  private readonly tape: Tape;
  private readonly tally: Tally;
  private readonly plan: ChallengePlan;
  private readonly owner: Int32Array;
  /** Every operation is told whose it is, watched or not: the engine prints, and asks who is `current`. */
  private readonly whole: boolean;
  private readonly objects: Objects;
  /** The request that is being served: mask and order, as its step or the policy says. */
  private gfp = 0;
  private order = 0;
  /** Bytes, or pages of an area. */
  private amount = 0;
  /** What slots stood for before they were given back, for workloads that go on using it by mistake. */
  private readonly gone: Float64Array | null;

  constructor(plan: ChallengePlan, machine: Machine, tape: Tape, tally: Tally) {
    this.plan = plan;
    this.machine = machine;
    this.tape = tape;
    this.tally = tally;
    this.slotRow = new Int32Array(tape.nrSlots).fill(NIL);
    this.slotPfn = new Int32Array(tape.nrSlots).fill(NIL);
    this.slotState = new Uint8Array(tape.nrSlots);
    this.dead = new Uint8Array(tape.nrInstances);
    this.owner = Int32Array.from(plan.workload.tasks, task => OWNER_CODE[task.owner]);
    this.whole = machine.config.stacks !== undefined || machine.config.vm !== undefined;
    this.gone = plan.workload.tasks.some(task => usesAgain(task.run))
      ? new Float64Array(tape.nrSlots).fill(NIL)
      : null;
    this.answers = new Answers(plan, machine, tape);
    this.objects = new Objects(plan, machine, tape, this.slotPfn, this.answers);
  }

  /** Before the first row: caches are created, locks are there. What that costs is not the workload's. */
  start(): void {
    const { machine, plan } = this;
    if (machine.tasks !== null) prepareLocks(machine.tasks, plan.workload.named?.locks.length ?? 0);
    this.begin(NIL, NIL, 0);
    if (this.objects.createCaches()) machine.stat.fill(0);
  }

  get kmaps(): Uint8Array {
    return this.objects.kmaps;
  }

  isGhost(instance: number): boolean {
    return this.dead[instance] === GHOST;
  }

  makeGhost(instance: number): void {
    this.dead[instance] = GHOST;
  }

  isKilled(process: number): boolean {
    return this.objects.isKilled(process);
  }

  /** The operation that sleeps now does so inside an allocation. */
  get waitsForMemory(): boolean {
    return this.machine.control[CONTROL_STAGE] !== 0;
  }

  /** Tell the machine whose operation this is. @param event the operation being played; `row` the one that asked, or NIL */
  begin(event: number, row: number, now: number): void {
    const { request } = this.machine;
    const task = row === NIL ? NIL : this.tape.task[row];
    request[REQ_TASK] = task;
    request[REQ_SITE] = row === NIL ? NIL : this.tape.site[row];
    request[REQ_OWNER] = task === NIL ? NIL : this.owner[task];
    request[REQ_TIME_MS] = Math.floor(now / 1000);
    request[REQ_EVENT] = event;
    request[REQ_CPU] = row === NIL ? 0 : this.tape.cpu[row];
    request[REQ_CTX] = row === NIL ? 0 : this.answers.contextNow(row);
    // Until something is asked for: what gives back asks for nothing.
    request[REQ_GFP] = NIL;
    request[REQ_ORDER] = NIL;
    this.machine.printk.row = row;
  }

  /** Play one row. @param process who runs it, or NIL */
  perform(row: number, event: number, now: number, process: number): number {
    const { machine, tape } = this;
    if (this.whole || machine.named) this.begin(event, row, now);
    else machine.request[REQ_EVENT] = event;
    const op = tape.op[row];
    const slot = tape.slot[row];
    switch (op) {
      case T.OP_ALLOC:
      case T.OP_KMALLOC:
      case T.OP_CACHE_ALLOC:
      case T.OP_VMALLOC:
      case T.OP_MMAP:
      case T.OP_BUFFER:
        return this.take(op, row, slot, now, process);
      case T.OP_RETRY:
        return this.slotState[slot] === SLOT_REFUSED || this.slotState[slot] === SLOT_WAITING
          ? this.take(tape.b[row], row, slot, now, process)
          : DONE;
      case T.OP_FREE:
      case T.OP_KFREE:
      case T.OP_CACHE_FREE:
      case T.OP_VFREE:
        this.give(op, row, slot, tape.flags[row]);
        return DONE;
      case T.OP_MUNMAP:
        // The areas of a killed process went with its memory.
        if (this.isKilled(process)) this.slotState[slot] = SLOT_GONE;
        else this.give(op, row, slot, tape.flags[row]);
        return DONE;
      case T.OP_FREE_BUFFER:
        if (this.slotState[slot] === SLOT_HELD) this.give(this.answers.freeOf(slot), row, slot, T.OPF_VADDR);
        else this.slotState[slot] = SLOT_GONE;
        return DONE;
      case T.OP_CALL:
        if (slot !== NIL) return this.enterWithBuffer(row, slot, now, process);
        enterFunction(machine.tasks!, tape.cpu[row], tape.object[row], tape.a[row]);
        return DONE;
      case T.OP_RETURN:
        if (slot !== NIL) this.give(T.OP_KFREE, row, slot, 0);
        leaveFunction(machine.tasks!, tape.cpu[row]);
        return DONE;
      case T.OP_LOCK:
        return spinLock(machine.tasks!, tape.cpu[row], tape.object[row]) ? DONE : WAIT;
      case T.OP_UNLOCK:
        spinUnlock(machine.tasks!, tape.cpu[row], tape.object[row]);
        return DONE;
      case T.OP_IRQ_OFF:
        localIrqDisable(machine.tasks!, tape.cpu[row]);
        return DONE;
      case T.OP_IRQ_ON:
        localIrqEnable(machine.tasks!, tape.cpu[row]);
        return DONE;
      default:
        return this.use(op, row, slot, now, process);
    }
  }

  /** The run's task gives its CPU away. */
  schedule(cpu: number, now: number, row: number): void {
    const { tasks } = this.machine;
    if (tasks === null) return;
    this.begin(this.machine.request[REQ_EVENT], row, now);
    schedule(tasks, cpu);
  }

  /** A process comes to be. @returns DONE, WAIT, or REFUSED where there was no memory for it */
  fork(row: number, event: number, now: number, process: number): number {
    const { machine, tape, tally, plan } = this;
    const task = tape.task[row];
    const cpu = tape.cpu[row];
    this.begin(event, row, now);
    if (machine.tasks !== null) {
      mightSleep(machine.tasks, cpu, LOG_PLACE_FORK);
      machine.outcome = 0;
      if (!forkProcess(machine.tasks, process, task, cpu, tape.ctx[row])) {
        if (machine.path === PATH_WAIT && this.waits(now)) return WAIT;
        tally.forkFailures[task]++;
        // The stack is what is large; its order is what the general cache of that size asks for.
        this.fail(row, now, this.objects.stackOrder, GFP_KERNEL);
        return REFUSED;
      }
    }
    this.objects.startProcess(process, plan.workload.tasks[task], now);
    return DONE;
  }

  /** A killed process gives its memory back, once. */
  dropMemory(process: number, cpu: number): void {
    this.objects.dropMemory(process, cpu);
  }

  exit(row: number, process: number): void {
    this.objects.exitProcess(process, this.tape.cpu[row]);
  }

  /** @param op of the row that asked first; what a buffer comes to is decided here */
  private take(op: number, row: number, slot: number, now: number, process: number): number {
    const { tape, slotState, tally, machine } = this;
    const first = slotState[slot] !== SLOT_WAITING;
    if (this.dead[tape.instance[row]] !== 0 || this.isKilled(process)) {
      slotState[slot] = SLOT_GONE;
      if (!first) machine.control.fill(0);
      return DONE;
    }
    const call = this.resolve(op, row, slot);
    const pages = call === T.OP_ALLOC;
    const { gfp, order } = this;
    if (first) {
      tally.calls[0]++;
      if (pages) tally.asked[this.countOf(row, order)]++;
      this.slotRow[slot] = row;
      this.checkSleep(call, row, now);
    }
    machine.outcome = 0;
    const got = pages
      ? this.askPages(row, op)
      : this.objects.take(call, row, process, first, gfp, this.amount);
    if (machine.wakeMask !== 0 && first) this.countWakeups(machine.wakeMask);
    if (got) {
      slotState[slot] = SLOT_HELD;
      return DONE;
    }
    if (this.waits(now)) {
      if (first && pages) tally.stalls[this.countOf(row, order)]++;
      slotState[slot] = SLOT_WAITING;
      return WAIT;
    }
    slotState[slot] = SLOT_REFUSED;
    if (pages) tally.failures[this.countOf(row, order)]++;
    else if (call === T.OP_VMALLOC) tally.vmallocFailures[tape.task[row]]++;
    else if (call !== T.OP_MMAP) tally.slabFailures[tape.task[row]]++;
    if ((tape.flags[row] & T.OPF_ABANDON) !== 0) this.dead[tape.instance[row]] = DEAD;
    if (pages) this.fail(row, now, order, gfp);
    else if (call !== T.OP_MMAP && machine.path === PATH_ORDER)
      this.incidents.push(INCIDENT_REFUSED, row, now, 0, gfp);
    else if (call !== T.OP_MMAP && machine.path !== 0)
      this.fail(row, now, machine.request[REQ_ORDER], machine.request[REQ_GFP]);
    return DONE;
  }

  /** Which call serves a request, and its `gfp`, `order` and `amount`. @returns OP_ */
  private resolve(op: number, row: number, slot: number): number {
    const { tape, machine } = this;
    this.gfp = tape.gfp[row];
    this.order = tape.order[row];
    this.amount = tape.a[row];
    if (op === T.OP_CALL) {
      this.amount = tape.b[row];
      this.gfp = interruptContext(machine.tasks!, tape.cpu[row]) === 0 ? GFP_KERNEL : GFP_ATOMIC;
      return T.OP_KMALLOC;
    }
    let call = op;
    if (op === T.OP_BUFFER) {
      call = this.answers.routeOf(row, slot);
      if (call === T.OP_ALLOC) this.order = this.answers.orderOf(this.amount);
    }
    if ((machine.hookMask & HOOK_GFP) !== 0 && call !== T.OP_VMALLOC && call !== T.OP_MMAP)
      this.gfp = this.answers.maskOf(row, slot, call, this.order, this.amount);
    if (op === T.OP_BUFFER && call === T.OP_VMALLOC)
      this.amount = Math.ceil(this.amount / machine.arch.pageBytes);
    return call;
  }

  /** A function with a local buffer is called: it lies on the stack, or comes from kmalloc as long as there is any. */
  private enterWithBuffer(row: number, slot: number, now: number, process: number): number {
    const { machine, tape, slotState } = this;
    const tasks = machine.tasks!;
    const cpu = tape.cpu[row];
    const frame = tape.a[row];
    const withBuffer = frame + tape.b[row];
    if (slotState[slot] !== SLOT_WAITING) {
      const mayAllocate = this.dead[tape.instance[row]] === 0 && !this.isKilled(process);
      const fromKmalloc = mayAllocate && this.answers.buffersFromKmalloc(row);
      enterFunction(tasks, cpu, tape.object[row], fromKmalloc ? frame : withBuffer);
      if (!fromKmalloc) return DONE;
    }
    if (this.take(T.OP_CALL, row, slot, now, process) === WAIT) return WAIT;
    if (slotState[slot] === SLOT_HELD) return DONE;
    leaveFunction(tasks, cpu);
    enterFunction(tasks, cpu, tape.object[row], withBuffer);
    return DONE;
  }

  /** Whether the operation that came back empty wants to sleep; `machine.sleep` then says how. */
  private waits(now: number): boolean {
    const { machine } = this;
    const { path } = machine;
    if (path !== PATH_WAIT && path !== PATH_RETRY) return false;
    if (path === PATH_RETRY) {
      machine.sleep[SLEEP_UNTIL_US] = now + RETRY_WAIT_US;
      machine.sleep[SLEEP_QUEUE] = QUEUE_NONE;
    }
    // Deviation: an interrupt that would have to sleep is refused, after the report; the kernel would put what it interrupted to sleep.
    if (machine.tasks !== null && contextOf(machine.tasks, machine.request[REQ_CPU]) !== 0) {
      schedule(machine.tasks, machine.request[REQ_CPU]);
      machine.control.fill(0);
      return false;
    }
    return true;
  }

  /** One call of the page allocator. @returns whether the slot got its block */
  private askPages(row: number, op: number): boolean {
    const { machine, tape, tally, gfp, order } = this;
    const flags = op === T.OP_BUFFER ? T.OPF_VADDR : tape.flags[row];
    const cpu = tape.cpu[row];
    let ctx = this.answers.ctxOf(row);
    // __alloc_pages() asks the machine itself where it is called.
    if (machine.tasks !== null) ctx |= contextOf(machine.tasks, cpu);
    let pfn: number;
    if ((flags & T.OPF_VADDR) === 0) {
      pfn = allocPages(machine, gfp, order, cpu, ctx);
    } else {
      const vaddr =
        (flags & T.OPF_ZEROED) !== 0
          ? getZeroedPage(machine, gfp, cpu, ctx)
          : getFreePages(machine, gfp, order, cpu, ctx);
      pfn = vaddr === 0 ? NIL : virtToPfn(machine, vaddr);
    }
    if (pfn === NIL) return false;
    const slot = tape.slot[row];
    machine.tag[pfn] = slot;
    this.slotPfn[slot] = pfn;
    const count = this.countOf(row, order);
    const zone = zoneOf(machine, pfn);
    tally.served[count]++;
    tally.usedPages[tape.task[row] * MAX_NR_ZONES + zone] += 1 << order;
    if (zone !== (machine.zonelists[gfp & GFP_ZONEMASK] & 15) - 1) tally.fallbacks[count]++;
    return true;
  }

  private give(op: number, row: number, slot: number, flags: number): void {
    const { slotState, gone } = this;
    if ((flags & (T.OPF_AGAIN | T.OPF_WRONG_ORDER)) !== 0 && this.giveWrongly(op, row, slot)) return;
    const state = slotState[slot];
    slotState[slot] = SLOT_GONE;
    if (state !== SLOT_HELD) return;
    const value = this.slotPfn[slot];
    if (gone !== null) gone[slot] = this.objects.placeOf(op, value);
    this.tally.calls[0]++;
    if (op === T.OP_FREE) this.freeBlock(row, slot, value, flags);
    else this.objects.give(op, row, value);
    this.slotPfn[slot] = NIL;
  }

  private freeBlock(row: number, slot: number, pfn: number, flags: number): void {
    const { machine, tape, answers } = this;
    const asked = this.slotRow[slot];
    const order = tape.op[row] === T.OP_FREE_BUFFER ? answers.orderOf(tape.a[asked]) : tape.order[asked];
    machine.tag[pfn] = NIL;
    this.tally.usedPages[tape.task[row] * MAX_NR_ZONES + zoneOf(machine, pfn)] -= 1 << order;
    if ((flags & T.OPF_VADDR) !== 0) freePagesAt(machine, pageAddress(machine, pfn), order, tape.cpu[row]);
    else freePages(machine, pfn, order, tape.cpu[row], flags & T.OPF_COLD);
  }

  /** A bug that the workload means: what is gone is given back again, or a block with an order that it has not. */
  private giveWrongly(op: number, row: number, slot: number): boolean {
    const { tape, machine, gone, slotState } = this;
    const held = slotState[slot] === SLOT_HELD;
    const value = held ? this.slotPfn[slot] : gone === null ? NIL : gone[slot];
    if (value === NIL) return true;
    this.tally.calls[0]++;
    if (op !== T.OP_FREE) {
      if (held) return false;
      this.objects.giveAgain(op, row, value);
      return true;
    }
    const wrong = (tape.flags[row] & T.OPF_WRONG_ORDER) !== 0;
    if (held && !wrong) return false;
    if (held && tape.order[row] === tape.order[this.slotRow[slot]]) return false;
    badFreePages(machine, value, wrong ? tape.order[row] : tape.order[this.slotRow[slot]], tape.cpu[row]);
    return true;
  }

  private use(op: number, row: number, slot: number, now: number, process: number): number {
    const { tape, machine } = this;
    if (this.dead[tape.instance[row]] !== 0 || this.isKilled(process)) {
      machine.control.fill(0);
      if (op !== T.OP_KUNMAP && op !== T.OP_KUNMAP_ATOMIC && op !== T.OP_UNMAP_PAGE) return DONE;
    }
    if (op === T.OP_UNMAP_PAGE) {
      this.objects.unmapPage(row);
      return DONE;
    }
    let value: number = NIL;
    if (slot !== NIL) {
      const again = (tape.flags[row] & T.OPF_AGAIN) !== 0;
      if (this.slotState[slot] === SLOT_HELD) value = this.slotPfn[slot];
      else if (again && this.gone !== null) value = this.gone[slot];
      if (value === NIL) return DONE;
    }
    machine.outcome = 0;
    if (
      this.objects.use(
        op,
        row,
        value,
        slot === NIL ? NIL : this.slotRow[slot],
        slot !== NIL && this.slotState[slot] === SLOT_HELD,
        this.resumed,
      )
    )
      return DONE;
    if (this.waits(now)) return WAIT;
    this.tally.accessFailures[tape.task[row]]++;
    if (op === T.OP_TOUCH_AREA) this.objects.killForWant(process, tape.cpu[row]);
    return DONE;
  }

  private checkSleep(op: number, row: number, now: number): void {
    const { tape, machine, tally } = this;
    const sleeps = op === T.OP_VMALLOC || op === T.OP_MMAP || (this.gfp & __GFP_WAIT) !== 0;
    if (!sleeps) return;
    if (machine.tasks !== null) {
      if (op === T.OP_ALLOC) mightSleep(machine.tasks, tape.cpu[row], LOG_PLACE_PAGE_ALLOC);
      return;
    }
    if ((this.answers.ctxOf(row) & (T.CTX_SOFTIRQ | T.CTX_HARDIRQ)) === 0) return;
    tally.bugs[0]++;
    this.incidents.push(INCIDENT_SLEEP, row, now, this.order, this.gfp);
  }

  private fail(row: number, now: number, order: number, gfp: number): void {
    this.incidents.push(INCIDENT_FAILURE, row, now, order, gfp);
    if (this.onFailure !== null) this.onFailure();
  }

  private countOf(row: number, order: number): number {
    return this.tape.task[row] * TALLY_ORDERS + Math.min(order, MAX_ORDER);
  }

  private countWakeups(mask: number): void {
    const { kswapdWakeups } = this.tally;
    for (let z = 0; z < MAX_NR_ZONES; z++) if ((mask & (1 << z)) !== 0) kswapdWakeups[z]++;
  }
}

function usesAgain(steps: readonly StepPlan[]): boolean {
  return steps.some(
    step => ('again' in step && step.again === true) || ('run' in step && usesAgain(step.run)),
  );
}
