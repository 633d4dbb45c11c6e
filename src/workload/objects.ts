import type { ChallengePlan, TaskPlan } from '../contract/plan.ts';
import type { Tape } from '../contract/tape.ts';
import * as T from '../contract/tape.ts';
import {
  __GFP_WAIT,
  anonMap,
  anonTouch,
  anonUnmap,
  dcacheCreate,
  dcacheLookup,
  EV_CACHE_ALLOC,
  EV_CACHE_FREE,
  EV_KFREE,
  EV_KMALLOC,
  EV_KMAP,
  EV_KUNMAP,
  EV_VFREE,
  EV_VMALLOC,
  exitMm,
  exitProcess,
  fileRead,
  fileSync,
  fileWrite,
  KMAP_SLEEP,
  kfree,
  kfreeAt,
  kmalloc,
  kmap,
  kmapAtomic,
  kmapAtomicHeld,
  kmemCacheAlloc,
  kmemCacheCreateFor,
  kmemCacheFree,
  kmemCacheFreeAt,
  kmemCacheShrink,
  ksize,
  kunmap,
  kunmapAtomic,
  LOG_BAD_VFREE,
  LOG_PLACE_KMAP,
  LOG_PLACE_SLAB_ALLOC,
  LOG_PLACE_VMALLOC,
  LOG_VM_KILL,
  MAP_ATOMIC,
  MAP_KMAP,
  type Machine,
  mightSleep,
  NIL,
  OBSERVED_TRACE,
  objectPaddr,
  P_ALIVE,
  P_CPU_US,
  P_KILLED,
  P_NICE,
  P_ROOT,
  P_START_US,
  P_STRIDE,
  PATH_WAIT,
  printk,
  QUEUE_KMAP,
  REQ_EVENT,
  SLEEP_QUEUE,
  SLEEP_UNTIL_US,
  STAT_KERNEL_BUGS,
  staleTouch,
  touchMemory,
  vfree,
  vmalloc,
} from '../engine/index.ts';

import type { Answers } from './answers.ts';

/** P_KILLED: chosen by the OOM killer; its memory is back. */
const KILLED = 1;
const KILLED_AND_EMPTY = 2;

/** Everything on the tape that is no block of pages: objects, areas, mappings, files, processes' memory. */
export class Objects {
  private readonly plan: ChallengePlan;
  private readonly machine: Machine;
  private readonly tape: Tape;
  private readonly slotPfn: Int32Array;
  private readonly answers: Answers;
  /** Cache of the engine for each of the plan's; and its number among those with a shrinker, or NIL. */
  private readonly caches: number[] = [];
  private readonly dcaches: number[] = [];
  /** By slot: how often its block is mapped with kmap. */
  readonly kmaps: Uint8Array;

  constructor(plan: ChallengePlan, machine: Machine, tape: Tape, slotPfn: Int32Array, answers: Answers) {
    this.answers = answers;
    this.plan = plan;
    this.machine = machine;
    this.tape = tape;
    this.slotPfn = slotPfn;
    this.kmaps = new Uint8Array(machine.highmem === null ? 0 : tape.nrSlots);
  }

  /** Order of the block that a kernel stack lies in. */
  get stackOrder(): number {
    const { config, arch } = this.machine;
    const bytes = config.stacks?.threadBytes ?? arch.threadSize;
    let order = 0;
    while (arch.pageBytes << order < bytes) order++;
    return order;
  }

  /** The caches that the workload names. @returns whether there were any */
  createCaches(): boolean {
    const { machine, plan } = this;
    for (const cache of plan.workload.named?.caches ?? []) {
      // What a constructor writes is no part of the model; that there is one decides when objects are touched.
      const ctor = cache.constructor ? () => {} : null;
      const { name, size, offset, flags } = cache;
      const made = kmemCacheCreateFor(machine.slab!, name, size, offset, flags, 0, ctor);
      if (made === 0) throw new RangeError(`the machine has no memory for the cache '${name}'`);
      this.caches.push(made);
      const shrinks = cache.entries > 0 && machine.vm !== null;
      this.dcaches.push(shrinks ? dcacheCreate(machine.vm!, made, cache.entries, cache.seeks) : NIL);
    }
    return this.caches.length > 0;
  }

  isKilled(process: number): boolean {
    const { vm } = this.machine;
    return process !== NIL && vm !== null && vm.process[process * P_STRIDE + P_KILLED] !== 0;
  }

  startProcess(process: number, task: TaskPlan, now: number): void {
    const { vm } = this.machine;
    if (vm === null) return;
    const at = process * P_STRIDE;
    vm.process.fill(0, at, at + P_STRIDE);
    vm.process[at + P_ALIVE] = 1;
    vm.process[at + P_START_US] = now;
    vm.process[at + P_CPU_US] = 0;
    vm.process[at + P_NICE] = task.process?.nice ?? 0;
    vm.process[at + P_ROOT] = task.process?.root === true ? 1 : 0;
  }

  dropMemory(process: number, cpu: number): void {
    const vm = this.machine.vm!;
    const at = process * P_STRIDE + P_KILLED;
    if (vm.process[at] !== KILLED) return;
    vm.process[at] = KILLED_AND_EMPTY;
    exitMm(vm, process, cpu);
  }

  /** A fault found no memory: the process is killed. Source: arch/i386/mm/fault.c, do_page_fault() */
  killForWant(process: number, cpu: number): void {
    const { machine } = this;
    const vm = machine.vm!;
    const at = process * P_STRIDE + P_KILLED;
    if (process === NIL || vm.process[at] !== 0) return;
    printk(machine, LOG_VM_KILL, process);
    vm.process[at] = KILLED;
    this.dropMemory(process, cpu);
  }

  exitProcess(process: number, cpu: number): void {
    const { vm, tasks } = this.machine;
    if (vm !== null) {
      exitMm(vm, process, cpu);
      vm.process.fill(0, process * P_STRIDE, (process + 1) * P_STRIDE);
    }
    if (tasks !== null) exitProcess(tasks, process, cpu);
  }

  /**
   * @param first  not played again after a sleep
   * @param gfp    mask to ask with
   * @param amount bytes, or pages of an area
   * @returns      whether the row's slot got what it asked for
   */
  take(op: number, row: number, process: number, first: boolean, gfp: number, amount: number): boolean {
    const { machine, tape } = this;
    const cpu = tape.cpu[row];
    const ctx = this.answers.ctxOf(row);
    const slot = tape.slot[row];
    const { tasks } = machine;
    let got: number;
    if (op === T.OP_KMALLOC || op === T.OP_CACHE_ALLOC) {
      // cache_alloc_debugcheck_before() asks in every build.
      if (first && tasks !== null && (gfp & __GFP_WAIT) !== 0) mightSleep(tasks, cpu, LOG_PLACE_SLAB_ALLOC);
      got =
        op === T.OP_KMALLOC
          ? kmalloc(machine.slab!, amount, gfp, cpu, ctx)
          : kmemCacheAlloc(machine.slab!, this.caches[tape.object[row]], gfp, cpu, ctx);
      if (got === NIL) return false;
      if (op === T.OP_KMALLOC) this.trace(EV_KMALLOC, got, amount, gfp);
      else this.trace(EV_CACHE_ALLOC, got, this.caches[tape.object[row]], gfp);
    } else if (op === T.OP_VMALLOC) {
      if (first && tasks !== null) mightSleep(tasks, cpu, LOG_PLACE_VMALLOC);
      const address = vmalloc(machine.vmalloc!, amount * machine.arch.pageBytes, cpu, ctx);
      if (address === 0) return false;
      got = address | 0;
      this.trace(EV_VMALLOC, got, amount, 0);
    } else {
      got = anonMap(machine.vm!, process, amount);
      if (got === NIL) return false;
    }
    this.slotPfn[slot] = got;
    return true;
  }

  give(op: number, row: number, value: number): void {
    const { machine, tape } = this;
    const cpu = tape.cpu[row];
    switch (op) {
      case T.OP_KFREE:
        this.trace(EV_KFREE, value, 0, 0);
        kfree(machine.slab!, value, cpu);
        break;
      case T.OP_CACHE_FREE:
        this.trace(EV_CACHE_FREE, value, this.caches[tape.object[row]], 0);
        kmemCacheFree(machine.slab!, this.caches[tape.object[row]], value, cpu);
        break;
      case T.OP_VFREE:
        this.trace(EV_VFREE, value, 0, 0);
        vfree(machine.vmalloc!, value >>> 0, cpu);
        break;
      default:
        anonUnmap(machine.vm!, value, cpu);
    }
  }

  /** What says where an object or area was, once it is given back: a physical address, for an area its virtual one. */
  placeOf(op: number, value: number): number {
    if (op === T.OP_KFREE || op === T.OP_CACHE_FREE) return objectPaddr(this.machine.slab!, value);
    return op === T.OP_VFREE ? value >>> 0 : value;
  }

  /** A second free, by mistake. @param place of placeOf() */
  giveAgain(op: number, row: number, place: number): void {
    const { machine, tape } = this;
    const cpu = tape.cpu[row];
    if (op === T.OP_KFREE) kfreeAt(machine.slab!, place, cpu);
    else if (op === T.OP_CACHE_FREE)
      kmemCacheFreeAt(machine.slab!, this.caches[tape.object[row]], place, cpu);
    else if (op === T.OP_VFREE && !vfree(machine.vmalloc!, place, cpu)) {
      machine.stat[STAT_KERNEL_BUGS]++;
      printk(machine, LOG_BAD_VFREE, place | 0);
    }
  }

  /**
   * @param value  what the row's slot stands for, or stood for
   * @param source row that it came from
   * @param held   it is still the slot's
   * @param resumed it slept, and goes on
   * @returns      false: the operation is not done; `machine.path` says whether it sleeps
   */
  use(op: number, row: number, value: number, source: number, held: boolean, resumed: boolean): boolean {
    const { machine, tape } = this;
    const cpu = tape.cpu[row];
    const ctx = this.answers.ctxOf(row);
    const a = tape.a[row];
    const b = tape.b[row];
    switch (op) {
      case T.OP_CACHE_SHRINK:
        kmemCacheShrink(machine.slab!, this.caches[tape.object[row]], cpu);
        return true;
      case T.OP_KMAP:
        return this.map(row, value + b);
      case T.OP_KUNMAP:
        this.unmap(row, value + b);
        return true;
      case T.OP_KMAP_ATOMIC:
        this.mapAtomic(value + b, a, cpu);
        return true;
      case T.OP_KUNMAP_ATOMIC:
        this.unmapAtomic(value + b, a, cpu);
        return true;
      case T.OP_MAP_PAGE:
        return this.mapPage(row, value + b, resumed);
      case T.OP_READ:
        return fileRead(machine.vm!, tape.object[row], a, b, 0, cpu, ctx) === b;
      case T.OP_WRITE:
        return fileWrite(machine.vm!, tape.object[row], a, b, 0, cpu, ctx) === b;
      case T.OP_FSYNC:
        return fileSync(machine.vm!, tape.object[row]);
      case T.OP_TOUCH_AREA:
        return anonTouch(machine.vm!, value, a, b, (tape.flags[row] & T.OPF_WRITE) !== 0, cpu, ctx) === b;
      case T.OP_LOOKUP:
        return dcacheLookup(machine.vm!, this.dcaches[tape.object[row]], a, cpu, ctx) !== NIL;
      case T.OP_TOUCH_OBJECT:
        this.touch(row, value, source, held);
        return true;
      default:
        throw new RangeError(`there is no operation ${op}`);
    }
  }

  private map(row: number, pfn: number): boolean {
    const { machine, tape } = this;
    if (machine.tasks !== null) mightSleep(machine.tasks, tape.cpu[row], LOG_PLACE_KMAP);
    const address = kmap(machine.highmem!, pfn);
    if (address === KMAP_SLEEP) {
      machine.sleep[SLEEP_UNTIL_US] = Number.POSITIVE_INFINITY;
      machine.sleep[SLEEP_QUEUE] = QUEUE_KMAP;
      machine.outcome = PATH_WAIT;
      return false;
    }
    this.kmaps[tape.slot[row]]++;
    this.trace(EV_KMAP, pfn, address | 0, NIL);
    return true;
  }

  private mapAtomic(pfn: number, type: number, cpu: number): void {
    const { machine } = this;
    kmapAtomic(machine.highmem!, pfn, type, cpu);
    if (machine.tasks !== null) kmapAtomicHeld(machine.tasks, cpu, 1);
    this.trace(EV_KMAP, pfn, NIL, type);
  }

  private unmapAtomic(pfn: number, type: number, cpu: number): void {
    const { machine } = this;
    kunmapAtomic(machine.highmem!, type, cpu);
    if (machine.tasks !== null) kmapAtomicHeld(machine.tasks, cpu, -1);
    this.trace(EV_KUNMAP, pfn, NIL, type);
  }

  /** The page is mapped as it is decided; only kmap() sleeps, so one that goes on was decided. */
  private mapPage(row: number, pfn: number, resumed: boolean): boolean {
    const { tape, answers } = this;
    const how = resumed ? MAP_KMAP : answers.mapping(row, pfn);
    if (how === MAP_KMAP) {
      if (!this.map(row, pfn)) return false;
    } else this.mapAtomic(pfn, how - MAP_ATOMIC, tape.cpu[row]);
    answers.addMapping(tape.slot[row], tape.b[row], pfn, how, tape.cpu[row]);
    return true;
  }

  /** The way it was mapped; nothing for a page that was not. */
  unmapPage(row: number): void {
    const { tape, answers } = this;
    const place = answers.takeMapping(tape.slot[row], tape.b[row]);
    if (place === NIL) return;
    const how = answers.mappedHow(place);
    const pfn = answers.mappedPfn(place);
    if (how === MAP_KMAP) this.unmap(row, pfn);
    else this.unmapAtomic(pfn, how - MAP_ATOMIC, tape.cpu[row]);
  }

  private unmap(row: number, pfn: number): void {
    const { machine, tape } = this;
    if (this.kmaps[tape.slot[row]] === 0) return;
    this.kmaps[tape.slot[row]]--;
    this.trace(EV_KUNMAP, pfn, NIL, NIL);
    if (kunmap(machine.highmem!, pfn)) machine.woken |= 1 << QUEUE_KMAP;
  }

  private touch(row: number, value: number, source: number, held: boolean): void {
    const { machine, tape } = this;
    const a = tape.a[row];
    const b = tape.b[row];
    const write = (tape.flags[row] & T.OPF_WRITE) !== 0;
    const cpu = tape.cpu[row];
    const op = tape.op[source] === T.OP_RETRY ? tape.b[source] : tape.op[source];
    if (op === T.OP_ALLOC) {
      if (held) touchMemory(machine, cpu, value * machine.arch.pageBytes + a, b, write);
    } else if (!held) staleTouch(machine.slab!, value, a, b, write);
    else this.touchObject(row, value, a, b, write);
  }

  /** What lies behind the object's end is somebody else's. */
  private touchObject(row: number, object: number, offset: number, bytes: number, write: boolean): void {
    const { machine } = this;
    const cpu = this.tape.cpu[row];
    const paddr = objectPaddr(machine.slab!, object);
    const inside = Math.max(0, Math.min(bytes, ksize(machine.slab!, object) - offset));
    if (inside > 0) touchMemory(machine, cpu, paddr + offset, inside, write);
    if (inside < bytes) staleTouch(machine.slab!, paddr, offset + inside, bytes - inside, write);
  }

  private trace(code: number, a: number, b: number, c: number): void {
    const { machine } = this;
    if ((machine.observed & OBSERVED_TRACE) !== 0)
      machine.trace?.record(machine.request[REQ_EVENT], code, a, b, c);
  }
}
