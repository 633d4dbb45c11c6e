/**
 * Anonymous areas of processes and the page tables under them.
 * Source: mm/mmap.c, mm/memory.c (page tables, zap_page_range()), arch/i386/mm/pgtable.c, security/commoncap.c of 2.6.0.
 *
 * An address is a page number within the part of the address space that mmap() hands out, from TASK_UNMAPPED_BASE on. The
 * entries of all page tables stand in one column, `vm.pte`: table t has those from t << ptrsShift on.
 *
 * Deviation: a process has no memory but its anonymous areas: no text, no libraries, no stack. Areas are not joined, and
 * take no memory themselves. Its page directory is made with its first page table; middle directories are not modelled.
 */
import { FNV_START, fnvInt } from '../lib/fnv.ts';
import { STAT_PAGES_ZEROED } from '../trace/events.ts';
import { __GFP_REPEAT, GFP_KERNEL } from './gfp.ts';
import { MAX_NR_ZONES, ZONE_FREE, ZONE_SHIFT } from './mmzone.ts';
import { NIL, TAG_PAGE_TABLE } from './page.ts';
import { allocPages } from './page_alloc.ts';
import { PG_dirty } from './page_flags.ts';
import type { Pgdat } from './pgdat.ts';
import { PATH_ATOMIC, PATH_FIRST } from './request.ts';
import { pageRemoveRmap } from './rmap.ts';
import { lruAddDrain, pageCacheRelease, releasePages } from './swap.ts';
import { freePageAndSwapCache, freeSwapCache } from './swap_state.ts';
import { freeSwapAndCache } from './swapfile.ts';
import {
  P_ROOT,
  P_RSS,
  P_STRIDE,
  P_TOTAL_VM,
  PTE_DIRTY,
  PTE_PRESENT,
  PTE_SHIFT,
  VC_NR_PAGECACHE,
  VC_NR_SWAP_PAGES,
  type Vm,
} from './vm.ts';

/** ZERO_PAGE() where an entry has a page frame: the page itself is part of the kernel's image. */
export const ZERO_PFN = 1 << 24;

/** Area a has these at `areas[a * AREA_STRIDE + AREA_…]`. Source: include/linux/mm.h, struct vm_area_struct */
/** Its process, or NIL for a place that is free. */
export const AREA_PROCESS = 0;
export const AREA_START = 1;
export const AREA_PAGES = 2;
/** Next area of the process at a higher address, or the next free place; NIL at the end. */
export const AREA_NEXT = 3;
export const AREA_STRIDE = 4;

/** Process p has these at `mm[p * MM_STRIDE + MM_…]`. Source: include/linux/sched.h, struct mm_struct */
/** First area, NIL for none. */
export const MM_MMAP = 0;
/** Page frame of the page directory, NIL before the first page table. */
export const MM_PGD = 1;
export const MM_FREE_AREA_CACHE = 2;
export const MM_STRIDE = 4;

/** Pages that are unmapped before they are freed together, on a machine of several CPUs. Source: asm-generic/tlb.h */
const FREE_PTE_NR = 506;
/** Chunks in which free_pages_and_swap_cache() releases them. */
const RELEASE_CHUNK = 16;

export class Anon {
  /** PTRS_PER_PTE is 2^ptrsShift. */
  declare readonly ptrsShift: number;
  /** Pages of address space that a process has for its areas. */
  declare readonly taskPages: number;
  declare areas: Int32Array;
  /** Areas ever used; first free place. */
  nrAreas = 0;
  freeArea: number = NIL;
  declare mm: Int32Array;
  nrProcesses = 0;
  /** Of each process: 1 + number of the table that maps a stretch of its address space, 0 for none. Null before its first area. */
  dirs: (Int32Array | null)[] = [];
  /** Page frame of each table, NIL for a number that is free. */
  declare tablePfn: Int32Array;
  /** Numbers ever used; free ones, as a stack. */
  nrTables = 0;
  freeTables: number[] = [];
  /** struct mmu_gather.pages. */
  declare readonly gather: Int32Array;
  nrGathered = 0;

  constructor(m: Pgdat) {
    const { arch } = m;
    const pteBytes = arch.longBytes === 4 && arch.name !== 'i386-pae' ? 4 : 8;
    this.ptrsShift = arch.pageShift - (pteBytes === 4 ? 2 : 3);
    // TASK_UNMAPPED_BASE is a third of TASK_SIZE; of a 64-bit address space, as much as any machine can fill.
    const bytes = arch.longBytes === 4 ? arch.pageOffset - Math.floor(arch.pageOffset / 3) : 2 ** 38;
    this.taskPages = Math.floor(bytes / arch.pageBytes);
    this.areas = new Int32Array(16 * AREA_STRIDE);
    this.mm = new Int32Array(0);
    this.tablePfn = new Int32Array(16).fill(NIL);
    this.gather = new Int32Array(FREE_PTE_NR);
  }
}

function prepareMm(anon: Anon, process: number): void {
  if (process < anon.nrProcesses) return;
  const n = Math.max(process + 1, 2 * anon.nrProcesses);
  const grown = new Int32Array(n * MM_STRIDE);
  grown.set(anon.mm);
  for (let p = anon.nrProcesses; p < n; p++) {
    grown[p * MM_STRIDE + MM_MMAP] = NIL;
    grown[p * MM_STRIDE + MM_PGD] = NIL;
    anon.dirs.push(null);
  }
  anon.mm = grown;
  anon.nrProcesses = n;
}

/**
 * A process gets address space, and nothing yet in it.
 *
 * @returns the area, or NIL when there is no room or the kernel thinks that it could never fill it
 * Source:  mm/mmap.c, do_mmap_pgoff(), arch_get_unmapped_area()
 */
export function anonMap(vm: Vm, process: number, nrPages: number): number {
  const { anon, pgdat: m } = vm;
  prepareMm(anon, process);
  m.outcome = PATH_FIRST;
  const before = placeFor(anon, process, nrPages);
  if (before === NO_ROOM || !vmEnoughMemory(vm, process, nrPages)) {
    m.outcome = PATH_ATOMIC;
    return NIL;
  }
  const area = takeArea(anon);
  const { areas, mm } = anon;
  const at = area * AREA_STRIDE;
  const link = before === NIL ? -1 : before * AREA_STRIDE + AREA_NEXT;
  areas[at + AREA_PROCESS] = process;
  areas[at + AREA_START] = anon.mm[process * MM_STRIDE + MM_FREE_AREA_CACHE] - nrPages;
  areas[at + AREA_PAGES] = nrPages;
  areas[at + AREA_NEXT] = link < 0 ? mm[process * MM_STRIDE + MM_MMAP] : areas[link];
  if (link < 0) mm[process * MM_STRIDE + MM_MMAP] = area;
  else areas[link] = area;
  vm.process[process * P_STRIDE + P_TOTAL_VM] += nrPages;
  growDir(anon, process, areas[at + AREA_START] + nrPages);
  return area;
}

const NO_ROOM = -2;

/**
 * Find room from free_area_cache on, then from the beginning; free_area_cache becomes the end of what was found.
 *
 * @returns the area before it, NIL when it will be the first, NO_ROOM
 */
function placeFor(anon: Anon, process: number, nrPages: number): number {
  const { areas, mm, taskPages } = anon;
  const at = process * MM_STRIDE;
  for (let from = mm[at + MM_FREE_AREA_CACHE]; ; from = 0) {
    let address = from;
    let before = NIL;
    for (let area = mm[at + MM_MMAP]; area !== NIL; area = areas[area * AREA_STRIDE + AREA_NEXT]) {
      const start = areas[area * AREA_STRIDE + AREA_START];
      const end = start + areas[area * AREA_STRIDE + AREA_PAGES];
      if (end > address) {
        if (address + nrPages <= start) break;
        address = end;
      }
      before = area;
    }
    if (address + nrPages <= taskPages) {
      mm[at + MM_FREE_AREA_CACHE] = address + nrPages;
      return before;
    }
    if (from === 0) return NO_ROOM;
  }
}

function takeArea(anon: Anon): number {
  const free = anon.freeArea;
  if (free !== NIL) {
    anon.freeArea = anon.areas[free * AREA_STRIDE + AREA_NEXT];
    return free;
  }
  const area = anon.nrAreas++;
  if (anon.nrAreas * AREA_STRIDE > anon.areas.length) {
    const grown = new Int32Array(2 * anon.areas.length);
    grown.set(anon.areas);
    anon.areas = grown;
  }
  return area;
}

/** The process's directory leads as far as `endPage`. */
function growDir(anon: Anon, process: number, endPage: number): void {
  const needed = ((endPage - 1) >> anon.ptrsShift) + 1;
  const dir = anon.dirs[process];
  if (dir !== null && dir.length >= needed) return;
  const grown = new Int32Array(Math.max(needed, 8, dir === null ? 0 : 2 * dir.length));
  if (dir !== null) grown.set(dir);
  anon.dirs[process] = grown;
}

/**
 * Whether so many pages more could be had if everything that can be given up were, with sysctl vm.overcommit_memory 0.
 *
 * Source: security/commoncap.c, cap_vm_enough_memory()
 */
function vmEnoughMemory(vm: Vm, process: number, nrPages: number): boolean {
  const { pgdat: m } = vm;
  let free = vm.count[VC_NR_PAGECACHE] + vm.count[VC_NR_SWAP_PAGES] + vm.slab.reclaimPages;
  for (let z = 0; z < MAX_NR_ZONES; z++) free += m.zone[(z << ZONE_SHIFT) + ZONE_FREE];
  if (vm.process[process * P_STRIDE + P_ROOT] === 0) free -= free >> 5;
  return free > nrPages;
}

/**
 * The page table entry of an address, with the page table that it is in, and the page directory before that.
 *
 * @returns place in `vm.pte`, or NIL without memory (the machine's `path` says why)
 * Source:  mm/memory.c, pte_alloc_map(); arch/i386/mm/pgtable.c, pte_alloc_one(), pgd_alloc()
 */
export function pteAlloc(vm: Vm, process: number, vpn: number, cpu: number, ctx: number): number {
  const { anon } = vm;
  const { ptrsShift, mm } = anon;
  const dir = anon.dirs[process]!;
  let table = dir[vpn >> ptrsShift];
  if (table === 0) {
    if (mm[process * MM_STRIDE + MM_PGD] === NIL) {
      const pgd = tablePage(vm, GFP_KERNEL, cpu, ctx);
      if (pgd === NIL) return NIL;
      mm[process * MM_STRIDE + MM_PGD] = pgd;
    }
    const pfn = tablePage(vm, GFP_KERNEL | __GFP_REPEAT, cpu, ctx);
    if (pfn === NIL) return NIL;
    table = takeTable(vm, process, pfn) + 1;
    dir[vpn >> ptrsShift] = table;
  }
  return ((table - 1) << ptrsShift) + (vpn & ((1 << ptrsShift) - 1));
}

function tablePage(vm: Vm, gfp: number, cpu: number, ctx: number): number {
  const { pgdat: m } = vm;
  const pfn = allocPages(m, gfp, 0, cpu, ctx);
  if (pfn === NIL) return NIL;
  m.tag[pfn] = TAG_PAGE_TABLE;
  m.stat[STAT_PAGES_ZEROED]++;
  return pfn;
}

/** A number, and cleared entries, for a page table that stands in page frame `pfn`. */
function takeTable(vm: Vm, process: number, pfn: number): number {
  const { anon } = vm;
  const { ptrsShift } = anon;
  const free = anon.freeTables.pop();
  const table = free ?? anon.nrTables++;
  const entries = (table + 1) << ptrsShift;
  if (entries > vm.pte.length) {
    const length = Math.max(entries, 2 * vm.pte.length);
    const pte = new Int32Array(length);
    pte.set(vm.pte);
    vm.pte = pte;
    const owner = new Int32Array(length);
    owner.set(vm.pteProcess);
    vm.pteProcess = owner;
  }
  if (table === anon.tablePfn.length) {
    const grown = new Int32Array(2 * table).fill(NIL);
    grown.set(anon.tablePfn);
    anon.tablePfn = grown;
  }
  anon.tablePfn[table] = pfn;
  vm.pteProcess.fill(process, table << ptrsShift, entries);
  return table;
}

/**
 * An area goes, with its pages, its slots in the swap area, and page tables that map nothing else.
 *
 * Source: mm/mmap.c, do_munmap(), unmap_region()
 */
export function anonUnmap(vm: Vm, area: number, cpu: number): void {
  const { anon } = vm;
  const { areas, mm } = anon;
  const at = area * AREA_STRIDE;
  const process = areas[at + AREA_PROCESS];
  const start = areas[at + AREA_START];
  const pages = areas[at + AREA_PAGES];
  unlinkArea(anon, process, area);
  vm.process[process * P_STRIDE + P_TOTAL_VM] -= pages;
  if (start < mm[process * MM_STRIDE + MM_FREE_AREA_CACHE])
    mm[process * MM_STRIDE + MM_FREE_AREA_CACHE] = start;
  lruAddDrain(vm, cpu);
  zapRange(vm, process, start, start + pages, cpu);
  freePgtables(vm, process, start, start + pages, cpu);
  finishGather(vm, cpu);
  giveArea(anon, area);
}

function unlinkArea(anon: Anon, process: number, area: number): void {
  const { areas, mm } = anon;
  const next = areas[area * AREA_STRIDE + AREA_NEXT];
  if (mm[process * MM_STRIDE + MM_MMAP] === area) {
    mm[process * MM_STRIDE + MM_MMAP] = next;
    return;
  }
  let before = mm[process * MM_STRIDE + MM_MMAP];
  while (areas[before * AREA_STRIDE + AREA_NEXT] !== area) before = areas[before * AREA_STRIDE + AREA_NEXT];
  areas[before * AREA_STRIDE + AREA_NEXT] = next;
}

function giveArea(anon: Anon, area: number): void {
  anon.areas[area * AREA_STRIDE + AREA_PROCESS] = NIL;
  anon.areas[area * AREA_STRIDE + AREA_NEXT] = anon.freeArea;
  anon.freeArea = area;
}

/** Unmap every page of a stretch of address space. Source: mm/memory.c, zap_pte_range() */
function zapRange(vm: Vm, process: number, start: number, end: number, cpu: number): void {
  const { anon, pte } = vm;
  const { ptrsShift } = anon;
  const { flags } = vm.fields;
  const dir = anon.dirs[process]!;
  const mask = (1 << ptrsShift) - 1;
  let freed = 0;
  for (let vpn = start; vpn < end; ) {
    const table = dir[vpn >> ptrsShift];
    const stop = Math.min(end, (vpn | mask) + 1);
    if (table === 0) {
      vpn = stop;
      continue;
    }
    for (let at = ((table - 1) << ptrsShift) + (vpn & mask); vpn < stop; vpn++, at++) {
      const entry = pte[at];
      if (entry === 0) continue;
      pte[at] = 0;
      const page = entry >> PTE_SHIFT;
      if ((entry & PTE_PRESENT) === 0) freeSwapAndCache(vm, page, cpu);
      else if (page !== ZERO_PFN) {
        if ((entry & PTE_DIRTY) !== 0) flags[page] |= PG_dirty;
        freed++;
        pageRemoveRmap(vm, page);
        removePage(vm, page, cpu);
      }
    }
  }
  vm.process[process * P_STRIDE + P_RSS] -= freed;
}

/** Source: include/asm-generic/tlb.h, tlb_remove_page(): one CPU frees at once, several gather. */
function removePage(vm: Vm, pfn: number, cpu: number): void {
  if (vm.pgdat.cpus === 1) {
    freePageAndSwapCache(vm, pfn, cpu);
    return;
  }
  const { anon } = vm;
  anon.gather[anon.nrGathered++] = pfn;
  if (anon.nrGathered === FREE_PTE_NR) finishGather(vm, cpu);
}

/** Source: mm/swap_state.c, free_pages_and_swap_cache() */
function finishGather(vm: Vm, cpu: number): void {
  const { anon } = vm;
  const { gather } = anon;
  if (anon.nrGathered === 0) return;
  lruAddDrain(vm, cpu);
  for (let first = 0; first < anon.nrGathered; first += RELEASE_CHUNK) {
    const nr = Math.min(RELEASE_CHUNK, anon.nrGathered - first);
    for (let i = first; i < first + nr; i++) freeSwapCache(vm, gather[i]);
    releasePages(vm, gather, first, nr, 0, cpu);
  }
  anon.nrGathered = 0;
}

/** Free the page tables of a stretch that no other area reaches into. Source: mm/mmap.c, free_pgtables() */
function freePgtables(vm: Vm, process: number, start: number, end: number, cpu: number): void {
  const { anon } = vm;
  const { areas, mm, ptrsShift } = anon;
  let first = start >> ptrsShift;
  let last = (end - 1) >> ptrsShift;
  for (
    let area = mm[process * MM_STRIDE + MM_MMAP];
    area !== NIL;
    area = areas[area * AREA_STRIDE + AREA_NEXT]
  ) {
    const otherStart = areas[area * AREA_STRIDE + AREA_START];
    const otherEnd = otherStart + areas[area * AREA_STRIDE + AREA_PAGES];
    if (otherEnd <= start) first = Math.max(first, ((otherEnd - 1) >> ptrsShift) + 1);
    else last = Math.min(last, (otherStart >> ptrsShift) - 1);
  }
  clearPageTables(vm, process, first, last, cpu);
}

/** Source: mm/memory.c, clear_page_tables() */
function clearPageTables(vm: Vm, process: number, first: number, last: number, cpu: number): void {
  const { anon } = vm;
  const dir = anon.dirs[process]!;
  for (let i = first; i <= Math.min(last, dir.length - 1); i++) {
    const table = dir[i] - 1;
    if (table < 0) continue;
    dir[i] = 0;
    const pfn = anon.tablePfn[table];
    anon.tablePfn[table] = NIL;
    anon.freeTables.push(table);
    removePage(vm, pfn, cpu);
  }
}

/**
 * A process ends: all its areas, page tables and its page directory go.
 *
 * Source: mm/mmap.c, exit_mmap(); arch/i386/mm/pgtable.c, pgd_free()
 */
export function exitMm(vm: Vm, process: number, cpu: number): void {
  const { anon } = vm;
  if (process >= anon.nrProcesses) return;
  const { mm } = anon;
  const at = process * MM_STRIDE;
  const dir = anon.dirs[process];
  if (dir !== null) {
    lruAddDrain(vm, cpu);
    for (let area = mm[at + MM_MMAP]; area !== NIL; area = anon.areas[area * AREA_STRIDE + AREA_NEXT]) {
      const start = anon.areas[area * AREA_STRIDE + AREA_START];
      zapRange(vm, process, start, start + anon.areas[area * AREA_STRIDE + AREA_PAGES], cpu);
    }
    clearPageTables(vm, process, 0, dir.length - 1, cpu);
    finishGather(vm, cpu);
  }
  for (let area = mm[at + MM_MMAP]; area !== NIL; ) {
    const next = anon.areas[area * AREA_STRIDE + AREA_NEXT];
    giveArea(anon, area);
    area = next;
  }
  if (mm[at + MM_PGD] !== NIL) pageCacheRelease(vm, mm[at + MM_PGD], cpu);
  mm[at + MM_MMAP] = NIL;
  mm[at + MM_PGD] = NIL;
  mm[at + MM_FREE_AREA_CACHE] = 0;
  anon.dirs[process] = null;
  vm.process[process * P_STRIDE + P_TOTAL_VM] = 0;
  vm.process[process * P_STRIDE + P_RSS] = 0;
}

export interface AnonSnapshot {
  readonly areas: Int32Array;
  readonly nrAreas: number;
  readonly freeArea: number;
  readonly mm: Int32Array;
  readonly nrProcesses: number;
  readonly dirs: readonly (Int32Array | null)[];
  readonly tablePfn: Int32Array;
  readonly nrTables: number;
  readonly freeTables: readonly number[];
}

/** The entries themselves are `vm.pte`, which snapshotVm() keeps. */
export function snapshotAnon(anon: Anon): AnonSnapshot {
  return {
    areas: anon.areas.slice(),
    nrAreas: anon.nrAreas,
    freeArea: anon.freeArea,
    mm: anon.mm.slice(),
    nrProcesses: anon.nrProcesses,
    dirs: anon.dirs.map(dir => (dir === null ? null : dir.slice())),
    tablePfn: anon.tablePfn.slice(),
    nrTables: anon.nrTables,
    freeTables: anon.freeTables.slice(),
  };
}

/** Only into a machine of the same config. */
export function restoreAnon(anon: Anon, saved: AnonSnapshot): void {
  anon.areas = saved.areas.slice();
  anon.nrAreas = saved.nrAreas;
  anon.freeArea = saved.freeArea;
  anon.mm = saved.mm.slice();
  anon.nrProcesses = saved.nrProcesses;
  anon.dirs = saved.dirs.map(dir => (dir === null ? null : dir.slice()));
  anon.tablePfn = saved.tablePfn.slice();
  anon.nrTables = saved.nrTables;
  anon.freeTables = saved.freeTables.slice();
}

/** Areas of every process in the order of their addresses, and its page tables with their entries. */
export function anonHash(vm: Vm, start = FNV_START): number {
  const { anon, pte } = vm;
  const { areas, mm, ptrsShift } = anon;
  let h = start;
  for (let p = 0; p < anon.nrProcesses; p++) {
    const dir = anon.dirs[p];
    if (dir === null) continue;
    h = fnvInt(h, p);
    for (let i = MM_PGD; i <= MM_FREE_AREA_CACHE; i++) h = fnvInt(h, mm[p * MM_STRIDE + i]);
    for (let area = mm[p * MM_STRIDE + MM_MMAP]; area !== NIL; area = areas[area * AREA_STRIDE + AREA_NEXT]) {
      h = fnvInt(fnvInt(h, areas[area * AREA_STRIDE + AREA_START]), areas[area * AREA_STRIDE + AREA_PAGES]);
    }
    for (let i = 0; i < dir.length; i++) {
      const table = dir[i] - 1;
      if (table < 0) continue;
      h = fnvInt(fnvInt(h, i), anon.tablePfn[table]);
      for (let at = table << ptrsShift; at < (table + 1) << ptrsShift; at++) h = fnvInt(h, pte[at]);
    }
  }
  return h;
}
