/** A booted machine: the columns of its memory and what was asked for at boot. */
import { buildOf, L1_SIZES, SMP_NR_CPUS, vmallocStart } from './arch/arch.ts';
import { ARCHES, type Arch, type ArchName } from './arch/index.ts';
import { checkDataCache } from './check/data_cache.ts';
import { checkFilemap } from './check/filemap.ts';
import { checkHighmem } from './check/highmem.ts';
import { checkMemory } from './check/memory.ts';
import { checkPages } from './check/page_alloc.ts';
import { checkSlab } from './check/slab.ts';
import { checkTasks } from './check/tasks.ts';
import { checkVmalloc } from './check/vmalloc.ts';
import { checkVmscan } from './check/vmscan.ts';
import { startTasks } from './kernel/fork.ts';
import { keepContexts } from './kernel/printk_context.ts';
import {
  prepareTasks,
  restoreTasks,
  snapshotTasks,
  type Tasks,
  type TasksSnapshot,
  tasksHash,
} from './kernel/tasks.ts';
import { type AgendaSnapshot, DUE_KSWAPD, DUE_REAP } from './lib/agenda.ts';
import { FNV_START, fnvHex, fnvInt } from './lib/fnv.ts';
import { type Hooks, PAGE_HOOKS } from './lib/hooks.ts';
import { KernelBug } from './lib/kernelBug.ts';
import { buildZonelists, freeAllBootmem, initZones, type PageRange, setupWatermarks } from './mm/bootmem.ts';
import {
  DataCache,
  type DataCacheSnapshot,
  dataCacheFault,
  restoreDataCache,
  snapshotDataCache,
} from './mm/data_cache.ts';
import { Highmem, type HighmemSnapshot, highmemHash, restoreHighmem, snapshotHighmem } from './mm/highmem.ts';
import {
  MAX_NR_ZONES,
  MAX_ORDER,
  OBSERVED_FIELDS,
  OBSERVED_HOOKS,
  OBSERVED_TRACE,
  ZONE_STRIDE,
} from './mm/mmzone.ts';
import { NIL } from './mm/page.ts';
import { copyFields, type PageFields } from './mm/page_fields.ts';
import { Pgdat, pcpCount, pcpOf, pcpPage, setObserved } from './mm/pgdat.ts';
import { slabHash } from './mm/slab_info.ts';
import { kmemCacheInit, slabCpuUp } from './mm/slab_init.ts';
import { reapTimer, startReapTimers } from './mm/slab_reap.ts';
import { restoreSlab, type SlabAllocator, type SlabSnapshot, snapshotSlab } from './mm/slab_state.ts';
import { runStorage, storageFault } from './mm/storage.ts';
import {
  prepareVmProcesses,
  restoreVm,
  snapshotVm,
  Vm,
  type VmConfig,
  type VmSnapshot,
  vmHash,
} from './mm/vm.ts';
import { restoreVmalloc, snapshotVmalloc, Vmalloc, type VmallocSnapshot, vmallocHash } from './mm/vmalloc.ts';
import { kswapdTurn } from './mm/vmscan.ts';
import { EventRing } from './trace/ring.ts';

export type { ArchName, VmConfig };

/** Everything that boot needs; nothing else decides the machine's first state. */
export interface MachineConfig {
  arch: ArchName;
  /** Page frames of RAM that the kernel uses, PFN 0 included. */
  ramPages: number;
  /** CPUs online, 1..8. */
  cpus: number;
  /**
   * `flat`: every page outside `reserve` is free at boot. `bootmap`: the boot bitmap's own pages are freed late.
   * `real`: besides, mem_map, zone bitmaps and wait tables are taken by the boot allocator.
   */
  boot: 'flat' | 'bootmap' | 'real';
  /** First PFN of the boot bitmap; used by `bootmap` and `real`. */
  bootmapPfn: number;
  /** [first PFN, pages] kept from the allocator. */
  reserve: [number, number][];
  /** sysctl vm.min_free_kbytes; -1: the kernel's own 1024. */
  minFreeKbytes: number;
  /** sysctl vm.lower_zone_protection. */
  lowerZoneProtection: number;
  /** Start the slab allocator too, and with it kmalloc and vmalloc; without it a machine has pages and kmap only. */
  slab?: boolean;
  /** A CONFIG_SMP build with NR_CPUS 8; with more than one CPU always. */
  smp?: boolean;
  /** End of directly mapped memory, a PFN, where a boot option moved it (arch/bootOptions.ts). */
  lowPages?: number;
  /** L1_CACHE_BYTES of the build: 32, 64 or 128; the architecture's own when absent. */
  l1?: number;
  /** Processes have kernel stacks, CPUs have contexts. Needs `slab`. */
  stacks?: StackConfig;
  /** Page cache, anonymous memory and reclaim, over a disk. Needs `slab`. */
  vm?: VmConfig;
  /** Every CPU has a data cache; without it memory costs what it costs. */
  dataCache?: DataCacheConfig;
  /** Checks that the kernel was built with. */
  debug?: DebugConfig;
}

/** Kernel stacks and where interrupts run. */
export interface StackConfig {
  /** THREAD_SIZE: the architecture's own, or 4096 on i386 as CONFIG_4KSTACKS of 2.6.6 has it. */
  threadBytes: number;
  /** A stack of its own for hard and for soft interrupts on every CPU; with 4096 always. */
  irqStacks: boolean;
}

/** One level of data cache, write-allocate, least recently used line replaced. All powers of two. */
export interface DataCacheConfig {
  bytes: number;
  lineBytes: number;
  ways: number;
}

export interface DebugConfig {
  /** CONFIG_DEBUG_SLAB: poison and red zones. */
  slab: boolean;
  /** CONFIG_DEBUG_SPINLOCK_SLEEP: might_sleep() reports. */
  spinlockSleep: boolean;
  /** CONFIG_DEBUG_STACKOVERFLOW: do_IRQ() reports a stack that is nearly full. */
  stackOverflow: boolean;
  /** CONFIG_DEBUG_HIGHMEM: kmap_atomic() of a type that is in use is a BUG(). */
  highmem?: boolean;
}

/** min_free_kbytes of a 2.6.0 that nobody tuned. Source: mm/page_alloc.c */
export const DEFAULT_MIN_FREE_KBYTES = 1024;

export class Machine extends Pgdat {
  readonly config: MachineConfig;
  /** Where the boot bitmap lay: [first PFN, pages], [0, 0] without one. */
  bootmap: PageRange = [0, 0];
  /** Null without `slab` in the config. */
  slab: SlabAllocator | null = null;
  /** Null without `slab`, or where the architecture's window is not modelled. */
  vmalloc: Vmalloc | null = null;
  /** Null where the architecture has no high memory. */
  readonly highmem: Highmem | null;
  /** Null without `stacks`. */
  tasks: Tasks | null = null;

  constructor(config: MachineConfig) {
    const smp = config.smp === true || config.cpus > 1;
    super(
      buildOf(ARCHES[config.arch], smp, config.l1 ?? 0, config.lowPages ?? 0),
      config.ramPages,
      config.cpus,
    );
    this.config = config;
    this.highmem = this.arch.kmap === null ? null : new Highmem(this, this.arch.kmap, config.debug?.highmem);
    if (config.dataCache !== undefined) this.dataCache = new DataCache(config.cpus, config.dataCache);
  }
}

/** Why no machine can be built from this, or '' when one can. */
export function machineFault(config: MachineConfig): string {
  const arch = ARCHES[config.arch] as Arch | undefined;
  if (arch === undefined) return `there is no architecture '${config.arch}'`;
  const { ramPages, cpus } = config;
  if (!Number.isInteger(ramPages) || ramPages < 1) return 'a machine needs at least one page of RAM';
  if (ramPages > arch.maxPfn) return `${arch.maxReason}: at most ${arch.maxPfn} pages`;
  if (!Number.isInteger(cpus) || cpus < 1 || cpus > SMP_NR_CPUS) return 'a machine has 1 to 8 CPUs';
  if (typeof arch.smp === 'string' && (cpus > 1 || config.smp === true)) return arch.smp;
  const low = config.lowPages;
  if (low !== undefined && low !== 0) {
    if (!arch.hasHighmemOption) return `no boot option of ${arch.name} moves the end of low memory`;
    if (!Number.isInteger(low) || low < arch.dmaEndPfn || low > ramPages)
      return `low memory cannot end at page ${low}`;
    if (vmallocStart(arch, low) >= arch.vmalloc.end)
      return `low memory up to page ${low} leaves no room for vmalloc`;
  }
  if (config.l1 !== undefined && !L1_SIZES.includes(config.l1))
    return `an L1 line has ${L1_SIZES.join(', ')} bytes, not ${config.l1}`;
  if (config.dataCache !== undefined) {
    const reason = dataCacheFault(config.dataCache);
    if (reason !== '') return reason;
  }
  if (config.vm !== undefined) {
    const reason = storageFault(config.vm);
    if (reason !== '') return reason;
  }
  for (const [first, count] of config.reserve) {
    if (first < 0 || count < 1 || first + count > ramPages)
      return `reserved pages ${first}+${count} are not in RAM`;
  }
  return '';
}

/**
 * Build a machine and run the kernel's boot order on it.
 *
 * @throws RangeError with the reason when no such machine can exist
 * Cost: linear in RAM
 */
export function boot(config: MachineConfig): Machine {
  const fault = machineFault(config);
  if (fault !== '') throw new RangeError(fault);
  const m = new Machine(config);
  m.minFreeKbytes = config.minFreeKbytes < 0 ? DEFAULT_MIN_FREE_KBYTES : config.minFreeKbytes;
  m.lowerZoneProtection = config.lowerZoneProtection;
  initZones(m);
  setupWatermarks(m);
  buildZonelists(m);
  const { bootmap } = freeAllBootmem(
    m,
    config.boot === 'flat' ? -1 : config.bootmapPfn,
    config.reserve,
    config.boot === 'real',
  );
  m.bootmap = bootmap;
  if (config.slab === true || config.stacks !== undefined || config.vm !== undefined) startSlab(m);
  if (config.stacks !== undefined) startStacks(m, config.stacks);
  if (config.vm !== undefined) new Vm(m.slab!, config.vm);
  if (config.stacks !== undefined || config.vm !== undefined) startReapTimers(m.slab!);
  m.stat.fill(0);
  return m;
}

function startSlab(m: Machine): void {
  m.born = new Int32Array(m.nrPages).fill(NIL);
  try {
    m.slab = kmemCacheInit(m, m.config.debug?.slab === true);
    for (let cpu = 1; cpu < m.cpus; cpu++) slabCpuUp(m.slab, cpu);
  } catch (error) {
    if (error instanceof KernelBug) throw new RangeError(error.message);
    throw error;
  }
  if (m.arch.pgdirBytes > 0) m.vmalloc = new Vmalloc(m.slab);
}

function startStacks(m: Machine, stacks: StackConfig): void {
  m.tasks = startTasks(m.slab!, {
    threadBytes: stacks.threadBytes,
    irqStacks: stacks.irqStacks,
    debugSleep: m.config.debug?.spinlockSleep === true,
    debugOverflow: m.config.debug?.stackOverflow === true,
  });
  keepContexts(m.tasks);
}

/** Room for processes 0..n-1. Numbers are the caller's; those that are there keep what they have. */
export function prepareProcesses(m: Machine, n: number): void {
  if (m.tasks !== null) prepareTasks(m.tasks, n);
  if (m.vm !== null) prepareVmProcesses(m.vm, n);
}

/** Something of the machine's own is due: a kind below DUE_CALLER that the agenda has given. */
export function runDue(m: Machine, kind: number, arg: number): void {
  switch (kind) {
    case DUE_KSWAPD:
      kswapdTurn(m.vm!, arg);
      break;
    case DUE_REAP:
      reapTimer(m.slab!, arg);
      break;
    default:
      if (m.vm !== null && runStorage(m.vm, kind, arg)) break;
      throw new RangeError(`nothing is known of the kind ${kind} of the agenda`);
  }
}

/** Every invariant of every part of the machine. Throws KernelBug with the first that does not hold. */
export function checkMachine(m: Machine): void {
  checkPages(m);
  if (m.slab !== null) checkSlab(m.slab);
  if (m.vmalloc !== null) checkVmalloc(m.vmalloc);
  if (m.vm !== null) {
    checkVmscan(m.vm);
    checkFilemap(m.vm);
    checkMemory(m.vm);
  }
  if (m.highmem !== null) checkHighmem(m.highmem);
  if (m.dataCache !== null) checkDataCache(m.dataCache);
  if (m.tasks !== null) checkTasks(m.tasks);
}

/** Let a policy decide, or with null Linux's own rules again. */
export function setHooks(m: Machine, hooks: Hooks | null): void {
  m.hooks = hooks;
  m.hookMask = hooks === null ? 0 : hooks.mask;
  setObserved(m, OBSERVED_HOOKS, m.hookMask & PAGE_HOOKS);
}

/** Keep the last `capacity` events (a power of two) in `m.trace`; 0 stops recording. */
export function recordEvents(m: Machine, capacity: number): void {
  m.trace = capacity === 0 ? null : new EventRing(capacity);
  setObserved(m, OBSERVED_TRACE, capacity === 0 ? 0 : OBSERVED_TRACE);
}

/** The columns at one moment. Restored only into a machine of the same config. */
export interface Snapshot {
  readonly links: Int32Array;
  readonly state: Uint8Array;
  readonly tag: Int32Array;
  readonly zone: Int32Array;
  readonly pcp: Int32Array;
  readonly stat: Float64Array;
  readonly request: Int32Array;
  readonly outcome: number;
  readonly apart: number;
  readonly agenda: AgendaSnapshot;
  /** Lines printed. */
  readonly printed: number;
  readonly sleep: Float64Array;
  readonly control: Int32Array;
  readonly woken: number;
  readonly born: Int32Array | null;
  readonly fields: PageFields | null;
  readonly slab: SlabSnapshot | null;
  readonly vmalloc: VmallocSnapshot | null;
  readonly vm: VmSnapshot | null;
  readonly highmem: HighmemSnapshot | null;
  readonly dataCache: DataCacheSnapshot | null;
  readonly tasks: TasksSnapshot | null;
}

/** Hooks and the event ring are not part of it: they belong to whoever looks. */
export function snapshot(m: Machine): Snapshot {
  return {
    links: m.links.slice(),
    state: m.state.slice(),
    tag: m.tag.slice(),
    zone: m.zone.slice(),
    pcp: m.pcp.slice(),
    stat: m.stat.slice(),
    request: m.request.slice(),
    outcome: m.outcome,
    apart: m.apart,
    agenda: m.agenda.snapshot(),
    printed: m.printk.length,
    sleep: m.sleep.slice(),
    control: m.control.slice(),
    woken: m.woken,
    born: m.born === null ? null : m.born.slice(),
    fields: m.fields === null ? null : copyFields(m.fields),
    slab: m.slab === null ? null : snapshotSlab(m.slab),
    vmalloc: m.vmalloc === null ? null : snapshotVmalloc(m.vmalloc),
    vm: m.vm === null ? null : snapshotVm(m.vm),
    highmem: m.highmem === null ? null : snapshotHighmem(m.highmem),
    dataCache: m.dataCache === null ? null : snapshotDataCache(m.dataCache),
    tasks: m.tasks === null ? null : snapshotTasks(m.tasks),
  };
}

export function restore(m: Machine, s: Snapshot): void {
  m.links.set(s.links);
  m.state.set(s.state);
  m.tag.set(s.tag);
  m.zone.set(s.zone);
  m.pcp.set(s.pcp);
  m.stat.set(s.stat);
  m.request.set(s.request);
  m.outcome = s.outcome;
  m.apart = s.apart;
  m.agenda.restore(s.agenda);
  m.printk.length = s.printed;
  m.sleep.set(s.sleep);
  m.control.set(s.control);
  m.woken = s.woken;
  if (m.born !== null && s.born !== null) m.born.set(s.born);
  // Whoever holds the columns of pages keeps them.
  m.fields = s.fields === null ? null : copyFields(s.fields, m.fields ?? undefined);
  // The limits in the columns are of whoever watched then.
  setObserved(m, OBSERVED_FIELDS, m.fields === null ? 0 : OBSERVED_FIELDS);
  if (m.slab !== null && s.slab !== null) restoreSlab(m.slab, s.slab);
  if (m.vmalloc !== null && s.vmalloc !== null) restoreVmalloc(m.vmalloc, s.vmalloc);
  if (m.vm !== null && s.vm !== null) restoreVm(m.vm, s.vm);
  if (m.highmem !== null && s.highmem !== null) restoreHighmem(m.highmem, s.highmem);
  if (m.dataCache !== null && s.dataCache !== null) restoreDataCache(m.dataCache, s.dataCache);
  if (m.tasks !== null && s.tasks !== null) restoreTasks(m.tasks, s.tasks);
}

/**
 * 8 hex digits over everything that decides what the allocator does next: marks and counts of zones, the order of
 * every list, the state of every page, caches and slabs, vmalloc areas, kmap slots. Stale links and tags are left out.
 */
export function stateHash(m: Machine): string {
  let h = FNV_START;
  for (let i = 0; i < MAX_NR_ZONES * ZONE_STRIDE; i++) h = fnvInt(h, m.zone[i]);
  for (let z = 0; z < MAX_NR_ZONES; z++) {
    for (let order = 0; order < MAX_ORDER; order++) h = freeListHash(m, z, order, h);
    for (let cpu = 0; cpu < m.cpus; cpu++) {
      for (let cold = 0; cold < 2; cold++) h = pcpHash(m, z, cpu, cold, h);
    }
  }
  const words = new Int32Array(m.state.buffer);
  for (let i = 0; i < words.length; i++) h = fnvInt(h, words[i]);
  if (m.slab !== null) h = slabHash(m.slab, h);
  if (m.vmalloc !== null) h = vmallocHash(m.vmalloc, h);
  if (m.vm !== null) h = vmHash(m.vm, h);
  if (m.highmem !== null) h = highmemHash(m.highmem, h);
  if (m.tasks !== null) h = tasksHash(m.tasks, h);
  return fnvHex(h);
}

/** FNV-1a over the PFNs of a free list, head to tail. */
export function freeListHash(m: Machine, z: number, order: number, start = FNV_START): number {
  const head = m.sentinelBase + z * MAX_ORDER + order;
  let h = start;
  for (let i = m.links[2 * head]; i !== head; i = m.links[2 * i]) h = fnvInt(h, i);
  return h;
}

/** FNV-1a over the PFNs of a per-CPU list, head to tail. */
export function pcpHash(m: Machine, z: number, cpu: number, cold: number, start = FNV_START): number {
  const list = pcpOf(z, cpu, cold);
  let h = start;
  for (let i = 0; i < pcpCount(m, list); i++) h = fnvInt(h, pcpPage(m, list, i));
  return h;
}
