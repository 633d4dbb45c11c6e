import {
  addToPageCacheLru,
  allocPages,
  boot,
  CTX_MEMALLOC,
  GFP_HIGHUSER,
  lruCacheAddActive,
  type Machine,
  type MachineConfig,
  NIL,
  P_ALIVE,
  P_RSS,
  P_STRIDE,
  P_TOTAL_VM,
  PG_locked,
  PG_referenced,
  PG_uptodate,
  PTE_DIRTY,
  PTE_PRESENT,
  PTE_SHIFT,
  PTE_YOUNG,
  pageAddRmap,
  prepareVmProcesses,
  setPageDirty,
  type Vm,
  type VmConfig,
} from '../../../../src/engine/index.ts';
import { i386 } from '../machines.ts';

/** A disk of 20 MB/s and one file of 4 MiB, everything else as 2.6.0 has it. */
export const CONFIG: VmConfig = {
  diskBytesPerSecond: 20_000_000,
  diskSeekUs: 8000,
  diskRequests: 128,
  swapPages: 1024,
  swappiness: 60,
  dirtyRatio: 40,
  dirtyBackgroundRatio: 10,
  dirtyWritebackCentisecs: 500,
  dirtyExpireCentisecs: 3000,
  pageCluster: 3,
  filePages: [4096],
};

export function vmMachine(
  ramMiB: number,
  vm: Partial<VmConfig> = {},
  over: Partial<MachineConfig> = {},
): { m: Machine; vm: Vm } {
  const m = boot(i386(ramMiB, { slab: true, vm: { ...CONFIG, ...vm }, ...over }));
  prepareVmProcesses(m.vm!, 4);
  for (let p = 0; p < 4; p++) m.vm!.process[p * P_STRIDE + P_ALIVE] = 1;
  return { m, vm: m.vm! };
}

function newPage(vm: Vm): number {
  const pfn = allocPages(vm.pgdat, GFP_HIGHUSER, 0, 0, CTX_MEMALLOC);
  if (pfn === NIL) throw new Error('no page left');
  return pfn;
}

/** Page `index` of file 0, up to date, on its way to the inactive list. */
export function cachePage(
  vm: Vm,
  index: number,
  what: { dirty?: boolean; referenced?: boolean } = {},
): number {
  const pfn = newPage(vm);
  addToPageCacheLru(vm, pfn, 0, index);
  vm.fields.flags[pfn] = (vm.fields.flags[pfn] | PG_uptodate) & ~PG_locked;
  if (what.dirty === true) setPageDirty(vm, pfn);
  if (what.referenced === true) vm.fields.flags[pfn] |= PG_referenced;
  return pfn;
}

/** A page of anonymous memory of a process, on its way to the active list. */
export function anonPage(vm: Vm, process: number, what: { young?: boolean; dirty?: boolean } = {}): number {
  const pfn = newPage(vm);
  const entry = vm.pte.length;
  const pte = new Int32Array(entry + 1);
  pte.set(vm.pte);
  vm.pte = pte;
  const owner = new Int32Array(entry + 1);
  owner.set(vm.pteProcess);
  vm.pteProcess = owner;
  vm.pteProcess[entry] = process;
  vm.pte[entry] =
    (pfn << PTE_SHIFT) |
    PTE_PRESENT |
    (what.young === true ? PTE_YOUNG : 0) |
    (what.dirty === false ? 0 : PTE_DIRTY);
  vm.fields.flags[pfn] |= PG_uptodate;
  pageAddRmap(vm, pfn, entry);
  vm.process[process * P_STRIDE + P_RSS]++;
  vm.process[process * P_STRIDE + P_TOTAL_VM]++;
  lruCacheAddActive(vm, pfn);
  return pfn;
}

/** PFNs of a zone's list, head (newest) first. */
export function lruPages(vm: Vm, z: number, active: number): number[] {
  const { lru } = vm.fields;
  const head = vm.pgdat.nrPages + 2 * z + active;
  const pages: number[] = [];
  for (let pfn = lru[2 * head]; pfn !== head; pfn = lru[2 * pfn]) pages.push(pfn);
  return pages;
}

/** The first `count` pages of a CPU's hot (0) or cold (1) list, newest first. */
export function pcpPages(m: Machine, z: number, cold: number, count: number): number[] {
  const list = (z * 2 + cold) << 8;
  return Array.from({ length: count }, (_, i) => m.pcp[list + 128 + ((m.pcp[list] + i) & 127)]);
}
