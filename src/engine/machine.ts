/** A booted machine: the columns of its memory and what was asked for at boot. */
import { ARCHES, type ArchName } from './arch/index.ts';
import { FNV_START, fnvHex, fnvInt } from './lib/fnv.ts';
import type { Hooks } from './lib/hooks.ts';
import { buildZonelists, freeAllBootmem, initZones, type PageRange, setupWatermarks } from './mm/bootmem.ts';
import { MAX_NR_ZONES, MAX_ORDER, OBSERVED_TRACE, ZONE_STRIDE } from './mm/mmzone.ts';
import { Pgdat, pcpCount, pcpOf, pcpPage } from './mm/pgdat.ts';
import { EventRing } from './trace/ring.ts';

export type { ArchName };

/** Everything that boot needs; nothing else decides the machine's first state. */
export interface MachineConfig {
  arch: ArchName;
  /** Page frames of RAM, PFN 0 included. */
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
}

/** min_free_kbytes of a 2.6.0 that nobody tuned. Source: mm/page_alloc.c */
export const DEFAULT_MIN_FREE_KBYTES = 1024;

export class Machine extends Pgdat {
  readonly config: MachineConfig;
  /** Where the boot bitmap lay: [first PFN, pages], [0, 0] without one. */
  bootmap: PageRange = [0, 0];

  constructor(config: MachineConfig) {
    super(ARCHES[config.arch], config.ramPages, config.cpus);
    this.config = config;
  }
}

/** Why no machine can be built from this, or '' when one can. */
export function machineFault(config: MachineConfig): string {
  const arch = ARCHES[config.arch];
  if (arch === undefined) return `there is no architecture '${config.arch}'`;
  const { ramPages, cpus } = config;
  if (!Number.isInteger(ramPages) || ramPages < 1) return 'a machine needs at least one page of RAM';
  if (ramPages > arch.maxPfn) return `${arch.maxReason}: at most ${arch.maxPfn} pages`;
  if (!Number.isInteger(cpus) || cpus < 1 || cpus > 8) return 'a machine has 1 to 8 CPUs';
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
  m.stat.fill(0);
  return m;
}

/** Let a policy decide, or with null Linux's own rules again. */
export function setHooks(m: Machine, hooks: Hooks | null): void {
  m.hooks = hooks;
  m.observed = (m.observed & OBSERVED_TRACE) | (hooks === null ? 0 : hooks.mask);
}

/** Keep the last `capacity` events (a power of two) in `m.trace`; 0 stops recording. */
export function recordEvents(m: Machine, capacity: number): void {
  m.trace = capacity === 0 ? null : new EventRing(capacity);
  m.observed = capacity === 0 ? m.observed & ~OBSERVED_TRACE : m.observed | OBSERVED_TRACE;
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
}

/**
 * 8 hex digits over everything that decides what the allocator does next: marks and counts of zones, the order of
 * every list, the state of every page. Stale links and tags are left out.
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
