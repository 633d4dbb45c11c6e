/**
 * Page tables of processes: made on the first touch, emptied when what they map goes.
 * Source: mm/memory.c, mm/mmap.c, arch/i386/mm/pgtable.c, include/asm-generic/tlb.h of 2.6.0.
 *
 * Deviation: a page directory is made with its first page table; middle directories are not modelled.
 */

import { STAT_PAGES_ZEROED } from '../trace/events.ts';
import { __GFP_REPEAT, GFP_KERNEL } from './gfp.ts';
import {
  AREA_NEXT,
  AREA_PAGES,
  AREA_START,
  AREA_STRIDE,
  FREE_PTE_NR,
  MM_MMAP,
  MM_PGD,
  MM_STRIDE,
  ZERO_PFN,
} from './mm_types.ts';
import { NIL, TAG_PAGE_TABLE } from './page.ts';
import { allocPages } from './page_alloc.ts';
import { PG_dirty } from './page_flags.ts';
import { tagBlock } from './pgdat.ts';
import { pageRemoveRmap } from './rmap.ts';
import { lruAddDrain, releasePages } from './swap.ts';
import { freePageAndSwapCache, freeSwapCache } from './swap_state.ts';
import { freeSwapAndCache } from './swapfile.ts';
import { P_RSS, P_STRIDE, PTE_DIRTY, PTE_PRESENT, PTE_SHIFT, type Vm } from './vm.ts';

/** Chunks in which free_pages_and_swap_cache() releases pages. */
const RELEASE_CHUNK = 16;

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
  tagBlock(m, pfn, TAG_PAGE_TABLE);
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

/** Unmap every page of a stretch of address space. Source: mm/memory.c, zap_pte_range() */
export function zapRange(vm: Vm, process: number, start: number, end: number, cpu: number): void {
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
export function finishGather(vm: Vm, cpu: number): void {
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
export function freePgtables(vm: Vm, process: number, start: number, end: number, cpu: number): void {
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
export function clearPageTables(vm: Vm, process: number, first: number, last: number, cpu: number): void {
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
