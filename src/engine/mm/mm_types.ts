/**
 * Address spaces of processes as columns: areas, page directories, page tables. Free functions of mmap.ts and pgtable.ts own
 * the algorithms.
 * Source: include/linux/mm.h, struct vm_area_struct; include/linux/sched.h, struct mm_struct; of 2.6.0.
 *
 * An address is a page number within the part of the address space that mmap() hands out, from TASK_UNMAPPED_BASE on. The
 * entries of all page tables stand in one column, `vm.pte`: table t has those from t << ptrsShift on.
 *
 * Deviation: on every architecture a page table is one page full of entries of 4 bytes, or of 8 with PAE and on 64-bit ones.
 */
import { FNV_START, fnvInt } from '../lib/fnv.ts';
import { NIL } from './page.ts';
import type { Pgdat } from './pgdat.ts';
import type { Vm } from './vm.ts';

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
export const FREE_PTE_NR = 506;

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
