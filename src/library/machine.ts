import {
  __GFP_NOWARN,
  addressText,
  allocPages,
  boot as bootEngine,
  cacheName,
  cacheOf,
  checkMachine,
  type Machine as Engine,
  type Snapshot as EngineSnapshot,
  EV_ALLOC,
  EV_FREE,
  kfree as engineKfree,
  kmalloc as engineKmalloc,
  kmap as engineKmap,
  ksize as engineKsize,
  kunmap as engineKunmap,
  pageAddress as enginePageAddress,
  vfree as engineVfree,
  vmalloc as engineVmalloc,
  findCache,
  freePages,
  KernelBug,
  kmemCacheCreate,
  LOG_UNPRINTED,
  MAX_NR_ZONES,
  MAX_ORDER,
  type MachineConfig,
  mappedPageAddress,
  NIL,
  nrFree,
  objectAt,
  objectVaddr,
  PAGE_ALLOCATED,
  PAGE_FREE,
  PAGE_ORDER,
  PAGE_PCP,
  PAGE_RESERVED,
  type Printk,
  recordEvents,
  restore as restoreEngine,
  type SlabAllocator,
  snapshot as snapshotEngine,
  stateHash,
  type Vmalloc,
  ZONE_FREE,
  ZONE_HIGH,
  ZONE_LOW,
  ZONE_MIN,
  ZONE_NAMES,
  ZONE_PRESENT,
  ZONE_STRIDE,
  zoneOf,
} from '../engine/index.ts';
import { allocatedPages, freedAtBoot } from '../harness/eventLog.ts';
import { failureLine, reportLines } from '../harness/kernelReports.ts';
import { KernelSymbols } from '../harness/kernelSymbols.ts';
import { VIEWS } from '../report/proc/views.ts';
import { SLAB_FLAGS } from '../spec/names.ts';
import {
  bad,
  contextOf,
  cpuOf,
  gfpMask,
  microseconds,
  runUntil,
  sleepThrough,
  unknownName,
  whole,
} from './asking.ts';
import { mustBeInUse, SlabCache } from './cache.ts';
import { guarded } from './failing.ts';
import { machineConfig } from './machineOptions.ts';
import type {
  Cache,
  CacheOptions,
  Caller,
  Gfp,
  Machine,
  MachineOptions,
  Page,
  Snapshot,
  Time,
  ViewName,
  Zone,
} from './machineTypes.ts';

/**
 * Build a machine and run the kernel's boot order on it.
 *
 * @param options  as `machine:` of a challenge
 * @throws OomphError `bad-machine` with `diagnostics`: unknown keys, sizes that cannot be, no such machine
 * @example
 * const machine = boot({ arch: 'i386', ram: '64MiB' });
 * const pfn = machine.allocPages(3, 'GFP_KERNEL');
 * if (pfn !== null) machine.freePages(pfn, 3);
 * machine.proc('buddyinfo');
 */
export function boot(options: MachineOptions): Machine {
  const config = machineConfig(options);
  return guarded(() => new BootedMachine(config, options.arch), 'bad-machine');
}

/** Events between two looks at the ring: more than one operation can come to. */
const RING = 1 << 16;
const RING_FIELDS = 5;

interface Kept {
  readonly config: string;
  readonly machine: EngineSnapshot;
  readonly failures: readonly Failure[];
  readonly printk: SavedLog;
  readonly pgalloc: number;
  readonly pgfree: number;
}

/** What the engine leaves to its caller to print, and how much had been printed before. */
interface Failure {
  readonly printed: number;
  readonly line: string;
}

type SavedLog = Pick<Printk, 'kind' | 'event' | 'timeUs' | 'task' | 'args' | 'contexts'>;

const kept = new WeakMap<Snapshot, Kept>();

class BootedMachine implements Machine {
  readonly arch: MachineOptions['arch'];
  readonly #m: Engine;
  readonly #config: string;
  /** Counters of /proc/vmstat that the engine leaves to whoever listens. */
  #pgalloc: number;
  #pgfree: number;
  #read = 0;
  #failures: Failure[] = [];

  constructor(config: MachineConfig, arch: MachineOptions['arch']) {
    this.arch = arch;
    this.#m = bootEngine(config);
    this.#config = JSON.stringify(config);
    this.#pgfree = freedAtBoot(this.#m);
    this.#pgalloc = allocatedPages(this.#m);
    recordEvents(this.#m, RING);
  }

  get pageBytes(): number {
    return this.#m.arch.pageBytes;
  }

  get nrPages(): number {
    return this.#m.nrPages;
  }

  get cpus(): number {
    return this.#m.cpus;
  }

  get timeUs(): number {
    return this.#m.agenda.nowUs;
  }

  zones(): Zone[] {
    const m = this.#m;
    const ends = [m.dmaEnd, m.normalEnd, m.nrPages];
    const zones: Zone[] = [];
    for (let z = 0; z < MAX_NR_ZONES; z++) {
      const of = (field: number): number => m.zone[z * ZONE_STRIDE + field];
      if (of(ZONE_PRESENT) === 0) continue;
      const start = z === 0 ? 0 : ends[z - 1];
      zones.push({
        name: ZONE_NAMES[z],
        start,
        spanned: ends[z] - start,
        present: of(ZONE_PRESENT),
        free: of(ZONE_FREE),
        min: of(ZONE_MIN),
        low: of(ZONE_LOW),
        high: of(ZONE_HIGH),
        freeBlocks: Array.from({ length: MAX_ORDER }, (_, order) => nrFree(m, z, order)),
      });
    }
    return zones;
  }

  page(pfn: number): Page {
    const m = this.#m;
    this.#checkPfn(pfn);
    const zone = ZONE_NAMES[zoneOf(m, pfn)];
    const state = m.state[pfn];
    if (state === PAGE_RESERVED) return { zone, state: 'reserved', order: -1 };
    if (state === 0) return { zone, state: 'inside', order: -1 };
    const order = state & PAGE_ORDER;
    if ((state & PAGE_ALLOCATED) !== 0) return { zone, state: 'allocated', order };
    return (state & ~PAGE_ORDER) === PAGE_PCP
      ? { zone, state: 'pcp', order: 0 }
      : { zone, state: 'free', order: state & ~PAGE_FREE };
  }

  allocPages(order: number, gfp: Gfp = 'GFP_KERNEL', caller: Caller = {}): number | null {
    whole(order, 0, MAX_ORDER - 1, 'an order');
    const mask = gfpMask(gfp);
    const cpu = cpuOf(this.#m, caller);
    const ctx = contextOf(caller);
    const pfn = this.#ask(() => allocPages(this.#m, mask, order, cpu, ctx));
    if (pfn !== undefined && pfn !== NIL) return pfn;
    if ((mask & __GFP_NOWARN) === 0) this.#failed(order, mask);
    return null;
  }

  freePages(pfn: number, order: number, caller: Caller = {}): void {
    whole(order, 0, MAX_ORDER - 1, 'an order');
    this.#checkPfn(pfn);
    const cpu = cpuOf(this.#m, caller);
    this.#ask(() => freePages(this.#m, pfn, order, cpu, 0));
  }

  pageAddress(pfn: number): number | null {
    this.#checkPfn(pfn);
    const { highmem } = this.#m;
    return (highmem === null ? enginePageAddress(this.#m, pfn) : mappedPageAddress(highmem, pfn)) || null;
  }

  kmalloc(bytes: number, gfp: Gfp = 'GFP_KERNEL', caller: Caller = {}): number | null {
    whole(bytes, 1, 2 ** 31 - 1, 'a number of bytes');
    const mask = gfpMask(gfp);
    const slab = this.#slab('kmalloc');
    const cpu = cpuOf(this.#m, caller);
    const ctx = contextOf(caller);
    const object = this.#ask(() => engineKmalloc(slab, bytes, mask, cpu, ctx));
    return object === undefined || object === NIL ? null : objectVaddr(slab, object);
  }

  kfree(address: number, caller: Caller = {}): void {
    const slab = this.#slab('kfree');
    const object = this.#kmallocObject(slab, address);
    const cpu = cpuOf(this.#m, caller);
    this.#ask(() => {
      mustBeInUse(slab, cacheOf(slab, object), object);
      engineKfree(slab, object, cpu);
    });
  }

  ksize(address: number): number {
    const slab = this.#slab('ksize');
    return engineKsize(slab, this.#kmallocObject(slab, address));
  }

  createCache(name: string, objectBytes: number, options: CacheOptions = {}): Cache | null {
    const slab = this.#slab('createCache');
    if (typeof name !== 'string' || !/^[!-~]{1,19}$/.test(name))
      throw bad(`${JSON.stringify(name)} cannot be the name of a cache: 1 to 19 characters, no spaces`);
    if (findCache(slab, name) !== 0) throw bad(`there is a cache ${name} already: choose another name`);
    let flags = 0;
    for (const flag of options.flags ?? []) {
      if (!Object.hasOwn(SLAB_FLAGS, flag)) throw unknownName('slab flag', flag, Object.keys(SLAB_FLAGS));
      flags |= SLAB_FLAGS[flag];
    }
    const { arch } = this.#m;
    whole(objectBytes, arch.longBytes, 32 * arch.pageBytes, 'the size of an object');
    const offset = whole(options.colourOffset ?? 0, 0, objectBytes, 'a colour offset');
    const cache = this.#ask(() => kmemCacheCreate(slab, name, objectBytes, offset, flags, 0));
    return cache === undefined || cache === 0
      ? null
      : new SlabCache({ slab, ask: operation => this.#ask(operation) }, cache, name);
  }

  vmalloc(bytes: number, caller: Caller = {}): number | null {
    whole(bytes, 1, 2 ** 40, 'a number of bytes');
    const window = this.#window('vmalloc');
    const cpu = cpuOf(this.#m, caller);
    const ctx = contextOf(caller);
    return this.#ask(() => engineVmalloc(window, bytes, cpu, ctx)) || null;
  }

  vfree(address: number, caller: Caller = {}): boolean {
    const window = this.#window('vfree');
    const cpu = cpuOf(this.#m, caller);
    if (this.#ask(() => engineVfree(window, address, cpu)) === true) return true;
    const what = address % this.pageBytes === 0 ? 'nonexistent vm area' : 'bad address';
    this.#print(`Trying to vfree() ${what} (${addressText(this.#m.arch, address).slice(2)})`);
    return false;
  }

  kmap(pfn: number): number | null {
    const { highmem } = this.#m;
    this.#checkPfn(pfn);
    if (highmem === null) return this.pageAddress(pfn);
    return this.#ask(() => engineKmap(highmem, pfn)) || null;
  }

  kunmap(pfn: number): void {
    const { highmem } = this.#m;
    this.#checkPfn(pfn);
    if (highmem !== null) this.#ask(() => engineKunmap(highmem, pfn));
  }

  advance(time: Time): void {
    const us = microseconds(time);
    this.#fresh();
    guarded(() => runUntil(this.#m, this.timeUs + us, () => this.#drain()));
    this.#m.woken = 0;
  }

  proc(name: ViewName): string {
    const view = Object.hasOwn(VIEWS, name) ? VIEWS[name] : undefined;
    if (view === undefined) throw unknownName('view', name, Object.keys(VIEWS));
    const why = view.absent(this.#m);
    if (why !== '') throw bad(`this machine cannot show ${name}: ${why.replace(/: add .*$/, '')}`);
    return view.text(this.#m, { pgalloc: this.#pgalloc, pgfree: this.#pgfree }, { tasks: [], functions: [] });
  }

  log(): string[] {
    const { printk, arch } = this.#m;
    const symbols = new KernelSymbols(arch, []);
    const lines: string[] = [];
    let next = 0;
    for (let i = 0; i <= printk.length; i++) {
      while (next < this.#failures.length && this.#failures[next].printed === i)
        lines.push(this.#failures[next++].line);
      if (i === printk.length || LOG_UNPRINTED.includes(printk.kind[i])) continue;
      const [a, b, c, d] = printk.args.subarray(4 * i, 4 * i + 4);
      lines.push(
        ...reportLines({
          machine: this.#m,
          plan: { workload: { tasks: [] } },
          symbols,
          kind: printk.kind[i],
          args: [a, b, c, d],
          task: '',
          op: NIL,
          deaths: 0,
          context: printk.contexts[i],
        }),
      );
    }
    return lines;
  }

  snapshot(): Snapshot {
    const snapshot: Snapshot = Object.freeze({ timeUs: this.timeUs });
    kept.set(snapshot, {
      config: this.#config,
      machine: snapshotEngine(this.#m),
      failures: [...this.#failures],
      printk: savedLog(this.#m.printk),
      pgalloc: this.#pgalloc,
      pgfree: this.#pgfree,
    });
    return snapshot;
  }

  restore(snapshot: Snapshot): void {
    const saved = kept.get(snapshot);
    if (saved === undefined) throw bad('restore() takes what snapshot() gave');
    if (saved.config !== this.#config)
      throw bad('that is a snapshot of a machine with other options: boot one like it');
    restoreEngine(this.#m, saved.machine);
    restoreLog(this.#m.printk, saved.printk);
    this.#failures = [...saved.failures];
    this.#pgalloc = saved.pgalloc;
    this.#pgfree = saved.pgfree;
    this.#read = this.#m.trace!.recorded;
  }

  hash(): string {
    return stateHash(this.#m);
  }

  check(): void {
    guarded(() => checkMachine(this.#m));
  }

  #checkPfn(pfn: number): void {
    whole(pfn, 0, this.#m.nrPages - 1, 'a page frame number of this machine');
  }

  #slab(what: string): SlabAllocator {
    const { slab } = this.#m;
    if (slab === null) throw bad(`${what}() needs the slab allocator: boot with \`slab: true\``);
    return slab;
  }

  #window(what: string): Vmalloc {
    this.#slab(what);
    const { vmalloc } = this.#m;
    if (vmalloc === null) throw bad(`${what}(): vmalloc is not modelled on ${this.arch}`);
    return vmalloc;
  }

  #kmallocObject(slab: SlabAllocator, address: number): number {
    const object = Number.isSafeInteger(address) ? objectAt(slab, address - this.#m.arch.pageOffset) : NIL;
    if (object === NIL || !cacheName(slab, cacheOf(slab, object)).startsWith('size-'))
      throw bad(`nothing of kmalloc() begins at ${String(address)}: give back what it gave`);
    return object;
  }

  /** What the kernel prints of a call is noted by whoever makes it. */
  #print(line: string): void {
    this.#failures.push({ printed: this.#m.printk.length, line });
  }

  #failed(order: number, mask: number): void {
    this.#print(failureLine('swapper', order, mask));
  }

  /** How the last allocation ended is nothing to what comes now. */
  #fresh(): void {
    this.#m.outcome = 0;
  }

  #ask<T>(operation: () => T): T | undefined {
    this.#fresh();
    return guarded(() => sleepThrough(this.#m, operation, () => this.#drain()));
  }

  #drain(): void {
    const ring = this.#m.trace!;
    if (ring.recorded - this.#read > ring.capacity)
      throw new KernelBug('event-ring', 'an operation outran the event ring');
    for (; this.#read < ring.recorded; this.#read++) {
      const at = (this.#read & (ring.capacity - 1)) * RING_FIELDS;
      if (ring.rows[at + 1] === EV_ALLOC) this.#pgalloc += 1 << ring.rows[at + 3];
      else if (ring.rows[at + 1] === EV_FREE) this.#pgfree += 1 << ring.rows[at + 3];
    }
  }
}

/** The engine's snapshot has only its length, since its own users never go on another way from where they went back to. */
function savedLog({ length, kind, event, timeUs, task, args, contexts }: Printk): SavedLog {
  return {
    kind: kind.slice(0, length),
    event: event.slice(0, length),
    timeUs: timeUs.slice(0, length),
    task: task.slice(0, length),
    args: args.slice(0, 4 * length),
    contexts: contexts.slice(0, length),
  };
}

function restoreLog(log: Printk, saved: SavedLog): void {
  log.kind.set(saved.kind);
  log.event.set(saved.event);
  log.timeUs.set(saved.timeUs);
  log.task.set(saved.task);
  log.args.set(saved.args);
  log.contexts = [...saved.contexts];
}
