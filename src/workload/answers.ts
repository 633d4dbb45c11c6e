import type { ChallengePlan } from '../contract/plan.ts';
import type { Tape } from '../contract/tape.ts';
import * as T from '../contract/tape.ts';
import {
  askAnything,
  askPolicy,
  beginAsk,
  endAsk,
  FRAME_KMALLOC,
  FRAME_STACK,
  GFP_NAMES,
  GFP_ZONEMASK,
  HOOK_FRAME,
  HOOK_GFP,
  HOOK_INTERRUPT,
  HOOK_MAP,
  HOOK_ROUTE,
  INTERRUPT_DEFER,
  INTERRUPT_NEST,
  INTERRUPT_SOFTIRQ,
  interruptContext,
  MAP_ATOMIC,
  MAP_KMAP,
  MAX_ORDER,
  type Machine,
  NIL,
  REQ_BYTES,
  REQ_CTX,
  REQ_DEPTH,
  REQ_FUNCTION,
  REQ_GFP,
  REQ_IRQ,
  REQ_KIND,
  REQ_NESTED,
  REQ_ORDER,
  REQ_PFN,
  REQ_ROOM,
  ROUTE_KMALLOC,
  ROUTE_PAGES,
  ROUTE_VMALLOC,
  refuse,
  stackDepth,
  stackRoom,
} from '../engine/index.ts';

/** Every bit that has a name. */
const GFP_BITS = Object.values(GFP_NAMES).reduce((all, bits) => all | bits, 0);
/** In `masks`: the slot's mask was asked for. */
const ASKED = 0x8000;
const IN_INTERRUPT = T.CTX_HARDIRQ | T.CTX_SOFTIRQ;
/** Size of the largest general cache. Source: include/linux/kmalloc_sizes.h */
const MAX_KMALLOC = 128 << 10;

const GFP_RULE = 'must be a mask of known bits with the zone bits of the request';
const ROUTE_RULE = 'must be ROUTE_KMALLOC (up to 128 KiB), ROUTE_VMALLOC or ROUTE_PAGES (up to order 10)';
const FRAME_RULE = 'must be FRAME_STACK or FRAME_KMALLOC';
const INTERRUPT_RULE = 'must be INTERRUPT_DEFER, INTERRUPT_NEST or INTERRUPT_SOFTIRQ';
const MAP_RULE = 'must be MAP_KMAP, or MAP_ATOMIC + KM_USER0 or KM_USER1';
const MAP_RULES: Readonly<Record<number, string>> = {
  [T.CTX_HARDIRQ]: 'must be MAP_ATOMIC + KM_IRQ0 or KM_IRQ1 in a hard interrupt',
  [T.CTX_SOFTIRQ]: 'must be MAP_ATOMIC + KM_SOFTIRQ0 or KM_SOFTIRQ1 in a softirq',
};

/** Slot, page within its block, PFN, MAP_ answer + CPU << 8. */
const MAPPING_STRIDE = 4;
const CPU_SHIFT = 8;

export interface AnswersSnapshot {
  readonly masks: Uint16Array | null;
  readonly routes: Uint8Array | null;
  readonly soft: Uint8Array | null;
  readonly mappings: Int32Array;
}

/**
 * What is decided of the workload's own requests, by the policy or as Linux does, and kept: nothing is asked twice, and
 * what was done one way is undone the same way. Columns come to be when there is something to keep in them.
 */
export class Answers {
  private readonly machine: Machine;
  private readonly tape: Tape;
  private readonly objectBytes: number[];
  /** By slot: mask that its allocation uses, with ASKED; 0 for that of its row. */
  private masks: Uint16Array | null = null;
  /** By slot: ROUTE_ answer + 1; 0 before. */
  private routes: Uint8Array | null = null;
  /** By run: 1: a hard interrupt that is played as a softirq. */
  soft: Uint8Array | null = null;
  /** Pages that stand mapped. */
  private mappings = new Int32Array(16 * MAPPING_STRIDE);
  private nrMappings = 0;

  constructor(plan: ChallengePlan, machine: Machine, tape: Tape) {
    this.machine = machine;
    this.tape = tape;
    this.objectBytes = (plan.workload.named?.caches ?? []).map(cache => cache.size);
  }

  /** CTX_ bits that a row runs with: those of the tape, unless its interrupt was made a softirq. */
  ctxOf(row: number): number {
    const ctx = this.tape.ctx[row];
    if (this.soft === null || this.soft[this.tape.instance[row]] === 0) return ctx;
    return (ctx & ~T.CTX_HARDIRQ) | T.CTX_SOFTIRQ;
  }

  /** Order of the block that a buffer would lie in. Source: include/asm-i386/page.h, get_order() */
  orderOf(bytes: number): number {
    let order = 0;
    while (this.machine.arch.pageBytes * 2 ** order < bytes) order++;
    return order;
  }

  /**
   * The mask that an allocation uses. The machine knows whose the operation is.
   *
   * @param kind   OP_ of the call, never OP_RETRY
   * @param amount bytes asked for, of an object that kmalloc or a buffer is
   */
  maskOf(row: number, slot: number, kind: number, order: number, amount: number): number {
    const { machine, tape } = this;
    this.masks ??= new Uint16Array(tape.nrSlots);
    const { masks } = this;
    const own = tape.gfp[row];
    if (masks[slot] !== 0) return masks[slot] & ~ASKED;
    const { request } = machine;
    const pages = kind === T.OP_ALLOC;
    this.describe(row, own, pages ? order : NIL);
    request[REQ_KIND] = tape.op[row] === T.OP_RETRY ? tape.b[row] : tape.op[row];
    if (pages) request[REQ_BYTES] = order <= MAX_ORDER ? machine.arch.pageBytes << order : NIL;
    else request[REQ_BYTES] = kind === T.OP_CACHE_ALLOC ? this.objectBytes[tape.object[row]] : amount;
    let mask = askAnything(machine, HOOK_GFP, own);
    if (((mask ^ own) & GFP_ZONEMASK) !== 0 || (mask & ~GFP_BITS) !== 0) {
      refuse(machine, HOOK_GFP, mask, GFP_RULE);
      mask = own;
    }
    endAsk(machine);
    masks[slot] = mask | ASKED;
    return mask;
  }

  /** Where a buffer comes from: OP_KMALLOC, OP_VMALLOC or OP_ALLOC. */
  routeOf(row: number, slot: number): number {
    const { tape, machine } = this;
    this.routes ??= new Uint8Array(tape.nrSlots);
    const { routes } = this;
    if (routes[slot] === 0) {
      const bytes = tape.a[row];
      const linux = bytes <= MAX_KMALLOC ? ROUTE_KMALLOC : ROUTE_VMALLOC;
      routes[slot] = 1 + ((machine.hookMask & HOOK_ROUTE) === 0 ? linux : this.askRoute(row, bytes, linux));
    }
    return ALLOC_OF_ROUTE[routes[slot] - 1];
  }

  /** How a slot's buffer is given back: OP_KFREE, OP_VFREE or OP_FREE. */
  freeOf(slot: number): number {
    return FREE_OF_ROUTE[this.routes![slot] - 1];
  }

  private askRoute(row: number, bytes: number, linux: number): number {
    const { machine } = this;
    const order = this.orderOf(bytes);
    this.describe(row, this.tape.gfp[row], order);
    machine.request[REQ_BYTES] = bytes;
    let answer = askAnything(machine, HOOK_ROUTE, linux);
    const serves =
      (answer === ROUTE_KMALLOC && bytes <= MAX_KMALLOC) ||
      (answer === ROUTE_VMALLOC && machine.vmalloc !== null) ||
      (answer === ROUTE_PAGES && order < MAX_ORDER);
    if (!serves && answer !== linux) {
      refuse(machine, HOOK_ROUTE, answer, ROUTE_RULE);
      answer = linux;
    }
    endAsk(machine);
    return answer;
  }

  /** Whether a function's local buffer comes from kmalloc. */
  buffersFromKmalloc(row: number): boolean {
    const { machine, tape } = this;
    if ((machine.hookMask & HOOK_FRAME) === 0) return false;
    const { request } = machine;
    this.describe(row, NIL, NIL);
    request[REQ_BYTES] = tape.b[row];
    request[REQ_FUNCTION] = tape.object[row];
    this.describeStack(tape.cpu[row]);
    const answer = askPolicy(machine, HOOK_FRAME, FRAME_STACK, FRAME_STACK, FRAME_KMALLOC, FRAME_RULE);
    endAsk(machine);
    return answer === FRAME_KMALLOC;
  }

  /**
   * What becomes of a hard interrupt that comes while its CPU is busy, and may come in.
   *
   * @param nested interrupts and softirqs that the CPU is in
   * @returns      an INTERRUPT_ answer
   */
  interrupt(row: number, nested: number): number {
    const { machine, tape } = this;
    const { request } = machine;
    this.describe(row, NIL, NIL);
    // What it would come on top of; its own context everybody knows.
    request[REQ_CTX] = interruptContext(machine.tasks!, tape.cpu[row]);
    request[REQ_IRQ] = tape.a[row];
    request[REQ_NESTED] = nested;
    this.describeStack(tape.cpu[row]);
    const answer = askPolicy(
      machine,
      HOOK_INTERRUPT,
      INTERRUPT_NEST,
      INTERRUPT_DEFER,
      INTERRUPT_SOFTIRQ,
      INTERRUPT_RULE,
    );
    endAsk(machine);
    if (answer === INTERRUPT_SOFTIRQ) {
      this.soft ??= new Uint8Array(tape.nrInstances);
      this.soft[tape.instance[row]] = 1;
    }
    return answer;
  }

  /**
   * How a page is to be mapped: MAP_KMAP, or MAP_ATOMIC + a KM_ type.
   *
   * Linux maps with kmap() where it may sleep, else in the first of two types that nothing of the workload's is in.
   */
  mapping(row: number, pfn: number): number {
    const { machine, tape } = this;
    const cpu = tape.cpu[row];
    const ctx = this.contextNow(row);
    const context = (ctx & T.CTX_HARDIRQ) !== 0 ? T.CTX_HARDIRQ : ctx & T.CTX_SOFTIRQ;
    const { kmTypes } = machine.highmem!.layout;
    const names = TYPE_OF_CONTEXT[context];
    const first = MAP_ATOMIC + kmTypes.indexOf(`${names}0`);
    const second = MAP_ATOMIC + kmTypes.indexOf(`${names}1`);
    const linux = context === 0 ? MAP_KMAP : this.isTaken(first, cpu) ? second : first;
    if ((machine.hookMask & HOOK_MAP) === 0) return linux;
    this.describe(row, NIL, NIL);
    machine.request[REQ_PFN] = pfn;
    const rule = context === 0 ? MAP_RULE : MAP_RULES[context];
    let answer = askAnything(machine, HOOK_MAP, linux);
    if (answer !== linux && answer !== first && answer !== second) {
      refuse(machine, HOOK_MAP, answer, rule);
      answer = linux;
    }
    endAsk(machine);
    return answer;
  }

  /** A page stands mapped. @param how of mapping() */
  addMapping(slot: number, page: number, pfn: number, how: number, cpu: number): void {
    const at = this.nrMappings * MAPPING_STRIDE;
    if (at === this.mappings.length) {
      const grown = new Int32Array(2 * at);
      grown.set(this.mappings);
      this.mappings = grown;
    }
    this.mappings[at] = slot;
    this.mappings[at + 1] = page;
    this.mappings[at + 2] = pfn;
    this.mappings[at + 3] = how | (cpu << CPU_SHIFT);
    this.nrMappings++;
  }

  /** Takes the mapping of a slot's page that was made last off the list. @returns its place for mappedPfn() and mappedHow(), NIL for none */
  takeMapping(slot: number, page: number): number {
    const { mappings } = this;
    let at = (this.nrMappings - 1) * MAPPING_STRIDE;
    while (at >= 0 && (mappings[at] !== slot || mappings[at + 1] !== page)) at -= MAPPING_STRIDE;
    if (at < 0) return NIL;
    const last = --this.nrMappings * MAPPING_STRIDE;
    for (let i = 0; i < MAPPING_STRIDE; i++) {
      const value = mappings[at + i];
      mappings[at + i] = mappings[last + i];
      mappings[last + i] = value;
    }
    return last;
  }

  mappedPfn(place: number): number {
    return this.mappings[place + 2];
  }

  mappedHow(place: number): number {
    return this.mappings[place + 3] & ((1 << CPU_SHIFT) - 1);
  }

  snapshot(): AnswersSnapshot {
    return {
      masks: this.masks?.slice() ?? null,
      routes: this.routes?.slice() ?? null,
      soft: this.soft?.slice() ?? null,
      mappings: this.mappings.slice(0, this.nrMappings * MAPPING_STRIDE),
    };
  }

  restore(s: AnswersSnapshot): void {
    this.masks = s.masks?.slice() ?? null;
    this.routes = s.routes?.slice() ?? null;
    this.soft = s.soft?.slice() ?? null;
    this.nrMappings = s.mappings.length / MAPPING_STRIDE;
    if (this.mappings.length < s.mappings.length) this.mappings = new Int32Array(2 * s.mappings.length);
    this.mappings.set(s.mappings);
  }

  private isTaken(how: number, cpu: number): boolean {
    const wanted = how | (cpu << CPU_SHIFT);
    for (let i = 0; i < this.nrMappings; i++)
      if (this.mappings[i * MAPPING_STRIDE + 3] === wanted) return true;
    return false;
  }

  /** CTX_ bits that it runs with now. */
  contextNow(row: number): number {
    const { tasks } = this.machine;
    const ctx = this.ctxOf(row);
    return tasks === null ? ctx : (ctx & ~IN_INTERRUPT) | interruptContext(tasks, this.tape.cpu[row]);
  }

  /** The fields that every hook has, and its own ready to be written. */
  private describe(row: number, gfp: number, order: number): void {
    const { request } = this.machine;
    beginAsk(this.machine);
    request[REQ_GFP] = gfp;
    request[REQ_ORDER] = order;
    request[REQ_CTX] = this.contextNow(row);
  }

  private describeStack(cpu: number): void {
    const { tasks, request } = this.machine;
    request[REQ_DEPTH] = stackDepth(tasks!, cpu);
    request[REQ_ROOM] = stackRoom(tasks!, cpu);
  }
}

/** By ROUTE_ answer. */
const ALLOC_OF_ROUTE = [T.OP_KMALLOC, T.OP_VMALLOC, T.OP_ALLOC];
const FREE_OF_ROUTE = [T.OP_KFREE, T.OP_VFREE, T.OP_FREE];

const TYPE_OF_CONTEXT: Readonly<Record<number, string>> = {
  0: 'KM_USER',
  [T.CTX_SOFTIRQ]: 'KM_SOFTIRQ',
  [T.CTX_HARDIRQ]: 'KM_IRQ',
};
