/**
 * Anonymous areas of processes.
 * Source: mm/mmap.c, security/commoncap.c of 2.6.0.
 *
 * Deviation: a process has no memory but its anonymous areas: no text, no libraries, no stack. Areas are not joined, and
 * take no memory themselves.
 */
import {
  type Anon,
  AREA_NEXT,
  AREA_PAGES,
  AREA_PROCESS,
  AREA_START,
  AREA_STRIDE,
  MM_FREE_AREA_CACHE,
  MM_MMAP,
  MM_PGD,
  MM_STRIDE,
} from './mm_types.ts';
import { MAX_NR_ZONES, ZONE_FREE, ZONE_SHIFT } from './mmzone.ts';
import { NIL } from './page.ts';
import { clearPageTables, finishGather, freePgtables, zapRange } from './pgtable.ts';
import { PATH_ATOMIC, PATH_FIRST } from './request.ts';
import { lruAddDrain, pageCacheRelease } from './swap.ts';
import { P_ROOT, P_RSS, P_STRIDE, P_TOTAL_VM, VC_NR_PAGECACHE, VC_NR_SWAP_PAGES, type Vm } from './vm.ts';

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
