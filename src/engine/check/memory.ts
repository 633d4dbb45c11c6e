/** Invariants of mm/memory, mm/mmap, mm/swapfile and fs/dcache, walked from scratch. Public: call it between two operations. */
import { KernelBug } from '../lib/kernelBug.ts';
import type { Dcache } from '../mm/dcache.ts';
import {
  AREA_NEXT,
  AREA_PAGES,
  AREA_PROCESS,
  AREA_START,
  AREA_STRIDE,
  MM_MMAP,
  MM_PGD,
  MM_STRIDE,
  ZERO_PFN,
} from '../mm/mm_types.ts';
import { NIL, PAGE_ALLOCATED, TAG_ANON, TAG_PAGE_TABLE } from '../mm/page.ts';
import { cacheOf } from '../mm/slab.ts';
import { SW_HIGHEST_BIT, SW_INUSE_PAGES, SW_LOWEST_BIT } from '../mm/swapfile.ts';
import {
  MAPPING_SWAP,
  P_STRIDE,
  P_TOTAL_VM,
  PTE_PRESENT,
  PTE_SHIFT,
  PTE_SWAP,
  VC_NR_SWAP_PAGES,
  VC_NR_SWAPCACHE,
  VC_TOTAL_SWAP_PAGES,
  type Vm,
} from '../mm/vm.ts';
import { pagevecReferences } from './filemap.ts';

function broken(code: string, message: string, pfn = -1): never {
  throw new KernelBug(code, message, pfn);
}

/**
 * Throws KernelBug with the first invariant that does not hold:
 * - areas of a process ascend without overlapping, within its address space; total_vm is what they have together
 * - a page table stands in a page of its own, under one stretch of one process that has an area there; entries outside
 *   areas and of tables that are free are 0
 * - the count of a slot is that of the entries and swap cache pages that lead to it; free slots are counted, and lie between
 *   the lowest and the highest bit
 * - the column of the swap cache and the fields of pages lead to each other; nr_swapcache counts them
 * - a page that was taken for anonymous memory or a page table is somebody's
 * - the list of a dentry-like cache holds each entry that is there once, and each has an object of the cache's own
 */
export function checkMemory(vm: Vm): void {
  const uses = new Int32Array(vm.swap.max);
  const tables = new Uint8Array(vm.anon.nrTables);
  const tablePages = new Uint8Array(vm.pgdat.nrPages);
  let areas = 0;
  for (let p = 0; p < vm.anon.nrProcesses; p++) {
    areas += checkAreas(vm, p);
    checkTables(vm, p, tables, tablePages, uses);
  }
  checkFreeAreas(vm, areas);
  for (let t = 0; t < vm.anon.nrTables; t++) if (tables[t] === 0) checkFreeTable(vm, t);
  checkSlots(vm, uses);
  checkOwners(vm, tablePages);
  for (const [n, cache] of vm.dcaches.entries()) checkDcache(vm, n, cache);
}

/** @returns how many the process has */
function checkAreas(vm: Vm, process: number): number {
  const { areas, mm, taskPages, nrAreas } = vm.anon;
  let end = 0;
  let pages = 0;
  let count = 0;
  for (
    let area = mm[process * MM_STRIDE + MM_MMAP];
    area !== NIL;
    area = areas[area * AREA_STRIDE + AREA_NEXT]
  ) {
    const at = area * AREA_STRIDE;
    if (area < 0 || area >= nrAreas || ++count > nrAreas)
      broken('area', `process ${process}: area ${area} in its list`);
    if (areas[at + AREA_PROCESS] !== process) broken('area', `area ${area} is not of process ${process}`);
    if (areas[at + AREA_START] < end || areas[at + AREA_PAGES] < 1)
      broken('area', `process ${process}: area ${area} overlaps the one before it`);
    end = areas[at + AREA_START] + areas[at + AREA_PAGES];
    pages += areas[at + AREA_PAGES];
  }
  if (end > taskPages) broken('area', `process ${process}: an area ends beyond its address space`);
  if (process < vm.nrProcesses && vm.process[process * P_STRIDE + P_TOTAL_VM] !== pages)
    broken(
      'total-vm',
      `process ${process}: total_vm is ${vm.process[process * P_STRIDE + P_TOTAL_VM]}, its areas have ${pages}`,
    );
  return count;
}

function checkFreeAreas(vm: Vm, used: number): void {
  const { areas, nrAreas } = vm.anon;
  let count = used;
  for (let area = vm.anon.freeArea; area !== NIL; area = areas[area * AREA_STRIDE + AREA_NEXT]) {
    if (areas[area * AREA_STRIDE + AREA_PROCESS] !== NIL || ++count > nrAreas)
      broken('area', `area ${area} is free and in use`);
  }
  if (count !== nrAreas) broken('area', `${nrAreas - count} areas are nobody's`);
}

/** Marks what the process has, and counts its swapped pages by slot. */
function checkTables(
  vm: Vm,
  process: number,
  tables: Uint8Array,
  tablePages: Uint8Array,
  uses: Int32Array,
): void {
  const { anon, pgdat: m } = vm;
  const dir = anon.dirs[process];
  const pgd = anon.mm[process * MM_STRIDE + MM_PGD];
  if (pgd !== NIL) claim(vm, pgd, tablePages, `page directory of process ${process}`);
  if (dir === null) {
    if (anon.mm[process * MM_STRIDE + MM_MMAP] !== NIL)
      broken('page-table', `process ${process} has areas and no directory`);
    return;
  }
  for (let i = 0; i < dir.length; i++) {
    const table: number = dir[i] - 1;
    if (table < 0) continue;
    if (pgd === NIL) broken('page-table', `process ${process} has page tables and no page directory`);
    if (table >= anon.nrTables || tables[table] !== 0)
      broken('page-table', `process ${process}: table ${table} is not its own`);
    tables[table] = 1;
    claim(vm, anon.tablePfn[table], tablePages, `page table ${table}`);
    const first = i << anon.ptrsShift;
    const mapped = areaPages(vm, process, first, 1 << anon.ptrsShift);
    if (!mapped.includes(1)) broken('page-table', `process ${process}: table ${table} maps no area`);
    for (let k = 0; k < 1 << anon.ptrsShift; k++) {
      const at = (table << anon.ptrsShift) + k;
      const entry: number = vm.pte[at];
      if (vm.pteProcess[at] !== process) broken('page-table', `entry ${at} is not of process ${process}`);
      if (entry === 0) continue;
      if (mapped[k] === 0) broken('pte', `process ${process}: page ${first + k} is mapped and in no area`);
      const value = entry >> PTE_SHIFT;
      if ((entry & PTE_PRESENT) !== 0) {
        if (value !== ZERO_PFN && (value >= m.nrPages || m.state[value] !== PAGE_ALLOCATED))
          broken(
            'pte',
            `process ${process}: page ${first + k} is mapped to pfn ${value}, which is not in use`,
            value,
          );
      } else {
        if (entry !== ((value << PTE_SHIFT) | PTE_SWAP) || value < 1 || value >= vm.swap.max)
          broken('pte', `process ${process}: entry ${entry} of page ${first + k}`);
        uses[value]++;
      }
    }
  }
}

/** A page of page tables is in use, and nobody else's. */
function claim(vm: Vm, pfn: number, tablePages: Uint8Array, what: string): void {
  const { fields, pgdat: m } = vm;
  if (pfn < 0 || pfn >= m.nrPages || m.state[pfn] !== PAGE_ALLOCATED || tablePages[pfn] !== 0)
    broken('page-table', `${what}: pfn ${pfn} is not its own`, pfn);
  if (fields.mapping[pfn] !== 0 || fields.pte[pfn] !== 0 || fields.count[pfn] !== 1)
    broken('page-table', `${what}: pfn ${pfn} is somebody else's too`, pfn);
  tablePages[pfn] = 1;
}

/** 1 for each page of a stretch that is in an area of the process. */
function areaPages(vm: Vm, process: number, first: number, pages: number): Uint8Array {
  const { areas, mm } = vm.anon;
  const mapped = new Uint8Array(pages);
  for (
    let area = mm[process * MM_STRIDE + MM_MMAP];
    area !== NIL;
    area = areas[area * AREA_STRIDE + AREA_NEXT]
  ) {
    const start = areas[area * AREA_STRIDE + AREA_START] - first;
    const end = start + areas[area * AREA_STRIDE + AREA_PAGES];
    if (end > 0 && start < pages) mapped.fill(1, Math.max(start, 0), end);
  }
  return mapped;
}

function checkFreeTable(vm: Vm, table: number): void {
  const { anon } = vm;
  if (anon.tablePfn[table] !== NIL) broken('page-table', `table ${table} is under no directory`);
  for (let at = table << anon.ptrsShift; at < (table + 1) << anon.ptrsShift; at++) {
    if (vm.pte[at] !== 0) broken('pte', `entry ${at} of a table that is free`);
  }
}

function checkSlots(vm: Vm, uses: Int32Array): void {
  const { swap, fields, pgdat: m } = vm;
  const { map, cache, ctl } = swap;
  let free = 0;
  let cached = 0;
  for (let slot = 1; slot < swap.max; slot++) {
    const pfn = cache[slot];
    if (pfn !== NIL) {
      cached++;
      if (pfn < 0 || pfn >= m.nrPages || fields.mapping[pfn] !== MAPPING_SWAP || fields.index[pfn] !== slot)
        broken('swap-cache', `slot ${slot} leads to pfn ${pfn}, which is not of it`, pfn);
    }
    const references = uses[slot] + (pfn === NIL ? 0 : 1);
    if (map[slot] !== references)
      broken('swap-map', `slot ${slot}: its count is ${map[slot]}, ${references} lead to it`);
    if (map[slot] !== 0) continue;
    free++;
    if (slot < ctl[SW_LOWEST_BIT] || slot > ctl[SW_HIGHEST_BIT])
      broken('swap-bits', `slot ${slot} is free, outside ${ctl[SW_LOWEST_BIT]}..${ctl[SW_HIGHEST_BIT]}`);
  }
  const total = swap.max - 1;
  if (vm.count[VC_NR_SWAP_PAGES] !== free || vm.count[VC_TOTAL_SWAP_PAGES] !== total)
    broken('nr-swap-pages', `nr_swap_pages is ${vm.count[VC_NR_SWAP_PAGES]}, ${free} slots are free`);
  if (ctl[SW_INUSE_PAGES] !== total - free)
    broken('nr-swap-pages', `inuse_pages is ${ctl[SW_INUSE_PAGES]}, of ${total - free} slots`);
  if (vm.count[VC_NR_SWAPCACHE] !== cached)
    broken('nr-swapcache', `nr_swapcache is ${vm.count[VC_NR_SWAPCACHE]}, of ${cached} pages`);
}

function checkOwners(vm: Vm, tablePages: Uint8Array): void {
  const { fields, swap, pgdat: m } = vm;
  const inPagevec = pagevecReferences(vm);
  for (let pfn = 0; pfn < m.nrPages; pfn++) {
    if (fields.mapping[pfn] === MAPPING_SWAP && swap.cache[fields.index[pfn]] !== pfn)
      broken('swap-cache', `pfn ${pfn} says it is in the swap cache, which knows nothing of it`, pfn);
    if (m.state[pfn] !== PAGE_ALLOCATED) continue;
    if (m.tag[pfn] === TAG_PAGE_TABLE && tablePages[pfn] === 0)
      broken('lost-page', `pfn ${pfn} was taken for a page table, and is none`, pfn);
    if (m.tag[pfn] !== TAG_ANON) continue;
    if (fields.mapping[pfn] === 0 && fields.pte[pfn] === 0 && inPagevec[pfn] === 0)
      broken('lost-page', `pfn ${pfn} was taken for a process, and no process has it`, pfn);
  }
}

function checkDcache(vm: Vm, n: number, cache: Dcache): void {
  const { lru, entries, object } = cache;
  const listed = new Uint8Array(entries);
  let before = entries;
  let count = 0;
  for (let entry = lru[2 * entries]; entry !== entries; entry = lru[2 * entry]) {
    if (entry < 0 || entry >= entries || listed[entry] !== 0)
      broken('dcache-list', `cache ${n}: entry ${entry} does not belong into its list`);
    if (lru[2 * entry + 1] !== before) broken('dcache-list', `cache ${n}: entry ${entry} does not lead back`);
    listed[entry] = 1;
    count++;
    before = entry;
  }
  if (lru[2 * entries + 1] !== before) broken('dcache-list', `cache ${n}: the tail does not lead back`);
  if (count !== cache.nrUnused)
    broken('nr-unused', `cache ${n}: nr_unused is ${cache.nrUnused}, of ${count}`);
  const seen = new Set<number>();
  for (let entry = 0; entry < entries; entry++) {
    if ((object[entry] !== NIL) !== (listed[entry] !== 0))
      broken('dcache-object', `cache ${n}: entry ${entry}, its object and the list disagree`);
    if (object[entry] === NIL) continue;
    if (seen.has(object[entry]) || cacheOf(vm.slab, object[entry]) !== cache.slabCache)
      broken('dcache-object', `cache ${n}: the object of entry ${entry} is not its own`);
    seen.add(object[entry]);
  }
}
