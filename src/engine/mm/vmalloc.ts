/**
 * Virtually contiguous memory: areas of the vmalloc window, their pages and page tables.
 * Source: mm/vmalloc.c of 2.6.0; arch/i386/mm/pgtable.c, pte_alloc_one_kernel().
 *
 * Addresses are unsigned 32-bit numbers and wrap as the kernel's do: only 32-bit architectures, all with pages of 4 KiB,
 * have it here.
 */
import { vmallocStart } from '../arch/arch.ts';
import {
  Extents,
  type ExtentsSnapshot,
  giveExtent,
  restoreExtents,
  snapshotExtents,
  takeExtent,
} from '../lib/extents.ts';
import { fnvInt } from '../lib/fnv.ts';
import { STAT_TLB_FLUSHES, STAT_VMALLOC_PAGES } from '../trace/events.ts';
import { __GFP_HIGHMEM, __GFP_REPEAT, GFP_HIGHUSER, GFP_KERNEL } from './gfp.ts';
import { kfree, kmalloc } from './kmalloc.ts';
import { NIL, TAG_KERNEL_TABLE, TAG_VMALLOC } from './page.ts';
import { allocPages, freePages } from './page_alloc.ts';
import { type Pgdat, tagBlock } from './pgdat.ts';
import { PATH_ORDER } from './request.ts';
import type { SlabAllocator } from './slab_state.ts';

export const VM_IOREMAP = 1;
export const VM_ALLOC = 2;

const PAGE_SIZE = 4096;
/** Page-table pages that stood there when the kernel booted. */
export const PGD_BOOT = -2;

/** An area (struct vm_struct) is the offset of its row in `areas`. */
export const A_ADDR = 0;
/** Bytes, guard page included. */
export const A_SIZE = 1;
export const A_FLAGS = 2;
export const A_NR_PAGES = 3;
/** Where its PFNs stand in `pfns`, and for how many pages there is room; 0 for none. */
export const A_PFNS = 4;
export const A_ROOM = 5;
/** kmalloc objects: the page-pointer array (NIL for none) and the descriptor. */
export const A_PAGES_OBJECT = 6;
export const A_DESC = 7;
/** Next area by address, or next unused row; NIL ends. */
export const A_NEXT = 8;
export const A_STRIDE = 9;

export interface VmallocSnapshot {
  readonly areas: Float64Array;
  readonly pfns: ExtentsSnapshot;
  readonly pgd: Int32Array;
  readonly vmlist: number;
  readonly freeRow: number;
  readonly usedRows: number;
}

/** The vmalloc window of one machine. */
export class Vmalloc {
  readonly slab: SlabAllocator;
  readonly start: number;
  readonly end: number;
  areas: Float64Array = new Float64Array(64 * A_STRIDE);
  readonly pfns: Extents = new Extents(1024, 1);
  /** PFN of the page table for each pgdirBytes of address space, NIL, or PGD_BOOT. */
  readonly pgd: Int32Array;
  /** Lowest area. */
  vmlist = NIL;
  freeRow = NIL;
  usedRows = 0;

  constructor(slab: SlabAllocator) {
    const { pgdat } = slab;
    const { arch } = pgdat;
    this.slab = slab;
    this.start = vmallocStart(arch, pgdat.normalEnd);
    this.end = arch.vmalloc.end;
    this.pgd = new Int32Array(2 ** 32 / arch.pgdirBytes).fill(NIL);
    this.pgd.fill(PGD_BOOT, 0, Math.floor(this.start / arch.pgdirBytes));
    if (arch.kmap !== null) this.pgd.fill(PGD_BOOT, Math.floor(arch.kmap.pkmapBase / arch.pgdirBytes));
  }
}

function takeAreaRow(v: Vmalloc): number {
  let row = v.freeRow;
  if (row !== NIL) {
    v.freeRow = v.areas[row + A_NEXT];
    return row;
  }
  row = v.usedRows * A_STRIDE;
  v.usedRows++;
  if (row + A_STRIDE > v.areas.length) {
    const longer = new Float64Array(2 * v.areas.length);
    longer.set(v.areas);
    v.areas = longer;
  }
  return row;
}

function giveAreaRow(v: Vmalloc, row: number): void {
  if (v.areas[row + A_ROOM] > 0) giveExtent(v.pfns, v.areas[row + A_PFNS], v.areas[row + A_ROOM]);
  v.areas.fill(0, row, row + A_STRIDE);
  v.areas[row + A_NEXT] = v.freeRow;
  v.freeRow = row;
}

/**
 * Reserve addresses: first fit, with an unmapped guard page behind.
 *
 * @param size bytes without the guard page; not rounded
 * @returns    the area's row, or NIL
 * Source:     mm/vmalloc.c, __get_vm_area(). As there, nothing looks at the window's end while no area exists yet.
 */
function reserveArea(v: Vmalloc, size: number, flags: number, cpu: number, ctx: number): number {
  const { slab } = v;
  const desc = kmalloc(slab, slab.pgdat.arch.vmStructBytes, GFP_KERNEL, cpu, ctx);
  if (desc === NIL) return NIL;
  const whole = (size + PAGE_SIZE) >>> 0;
  let addr = v.start;
  let before = NIL;
  let next = v.vmlist;
  let fits = whole !== 0;
  while (fits && next !== NIL) {
    const begin = v.areas[next + A_ADDR];
    if (begin >= addr) {
      const end = (whole + addr) >>> 0;
      if (end < addr) fits = false;
      else if (end <= begin) break;
      addr = (v.areas[next + A_SIZE] + begin) >>> 0;
      if (addr > (v.end - whole) >>> 0) fits = false;
    }
    before = next;
    next = v.areas[next + A_NEXT];
  }
  if (!fits) {
    kfree(slab, desc, cpu);
    slab.pgdat.outcome = PATH_ORDER;
    return NIL;
  }
  const row = takeAreaRow(v);
  const { areas } = v;
  areas[row + A_ADDR] = addr;
  areas[row + A_SIZE] = whole;
  areas[row + A_FLAGS] = flags;
  areas[row + A_NR_PAGES] = 0;
  areas[row + A_PFNS] = 0;
  areas[row + A_ROOM] = 0;
  areas[row + A_PAGES_OBJECT] = NIL;
  areas[row + A_DESC] = desc;
  areas[row + A_NEXT] = next;
  if (before === NIL) v.vmlist = row;
  else areas[before + A_NEXT] = row;
  return row;
}

/** Unmap the area that begins at `addr` and take it off the list. @returns its row, or NIL. Source: remove_vm_area() */
function removeArea(v: Vmalloc, addr: number): number {
  const { areas } = v;
  let before = NIL;
  let row = v.vmlist;
  while (row !== NIL && areas[row + A_ADDR] !== addr) {
    before = row;
    row = areas[row + A_NEXT];
  }
  if (row === NIL) return NIL;
  // unmap_vm_area() clears the page table entries and keeps the page tables.
  v.slab.pgdat.stat[STAT_TLB_FLUSHES]++;
  if (before === NIL) v.vmlist = areas[row + A_NEXT];
  else areas[before + A_NEXT] = areas[row + A_NEXT];
  return row;
}

function dropArea(v: Vmalloc, row: number, cpu: number): void {
  const desc = v.areas[row + A_DESC];
  giveAreaRow(v, row);
  kfree(v.slab, desc, cpu);
}

/**
 * Reserve addresses for a mapping of one's own, such as ioremap's.
 *
 * @param flags VM_IOREMAP or VM_ALLOC
 * @returns     virtual address, or 0
 * Source:      mm/vmalloc.c, get_vm_area()
 */
export function getVmArea(v: Vmalloc, size: number, flags: number, cpu: number, ctx: number): number {
  const row = reserveArea(v, size, flags, cpu, ctx);
  return row === NIL ? 0 : v.areas[row + A_ADDR];
}

/**
 * Give up an area but not the pages in it, as iounmap() does: remove_vm_area(), then kfree() of the descriptor.
 *
 * @returns false when no area begins at `addr`
 */
export function freeVmArea(v: Vmalloc, addr: number, cpu: number): boolean {
  const row = removeArea(v, addr);
  if (row === NIL) return false;
  dropArea(v, row, cpu);
  return true;
}

/** Page-table pages for a range that is mapped for the first time. @returns false without memory. Source: map_vm_area() */
function mapArea(v: Vmalloc, row: number, cpu: number, ctx: number): boolean {
  const { pgdat } = v.slab;
  const { pgdirBytes } = pgdat.arch;
  let address = v.areas[row + A_ADDR];
  const end = (address + v.areas[row + A_SIZE] - PAGE_SIZE) >>> 0;
  do {
    const at = Math.floor(address / pgdirBytes);
    if (v.pgd[at] === NIL) {
      const page = allocPages(pgdat, GFP_KERNEL | __GFP_REPEAT, 0, cpu, ctx);
      if (page === NIL) return false;
      v.pgd[at] = page;
      tagBlock(pgdat, page, TAG_KERNEL_TABLE);
    }
    address = ((at + 1) * pgdirBytes) >>> 0;
  } while (address !== 0 && address < end);
  return true;
}

/**
 * Memory that is contiguous in kernel virtual addresses only, a page at a time.
 *
 * @param size bytes; rounded up to pages
 * @param gfp  mask for the pages
 * @returns    virtual address, or 0 with everything given back but page tables; the pgdat's `path` then says why,
 *             PATH_ORDER that there are not so many pages or addresses
 * Source:     mm/vmalloc.c, __vmalloc()
 *
 * Deviation: a task that has to sleep in the middle (PATH_WAIT) gives back what it has, and begins anew when it wakes, its
 * reclaim too.
 */
export function vmallocGfp(v: Vmalloc, size: number, gfp: number, cpu: number, ctx: number): number {
  const { slab } = v;
  const { pgdat } = slab;
  const rounded = ((size + PAGE_SIZE - 1) >>> 0) & -PAGE_SIZE;
  const nrPages = (rounded >>> 0) / PAGE_SIZE;
  if (nrPages === 0 || nrPages > pgdat.nrPages) {
    pgdat.outcome = PATH_ORDER;
    return 0;
  }
  const row = reserveArea(v, nrPages * PAGE_SIZE, VM_ALLOC, cpu, ctx);
  if (row === NIL) return beginAnew(pgdat);
  const addr = v.areas[row + A_ADDR];
  const pointers = kmalloc(slab, nrPages * pgdat.arch.longBytes, gfp & ~__GFP_HIGHMEM, cpu, ctx);
  if (pointers === NIL) {
    dropArea(v, removeArea(v, addr), cpu);
    return beginAnew(pgdat);
  }
  const at = takeExtent(v.pfns, nrPages);
  v.areas[row + A_PAGES_OBJECT] = pointers;
  v.areas[row + A_PFNS] = at;
  v.areas[row + A_ROOM] = nrPages;
  let got = 0;
  while (got < nrPages) {
    const pfn = allocPages(pgdat, gfp, 0, cpu, ctx);
    if (pfn === NIL) break;
    tagBlock(pgdat, pfn, TAG_VMALLOC);
    v.pfns.words[at + got++] = pfn;
  }
  v.areas[row + A_NR_PAGES] = got;
  if (got === nrPages && mapArea(v, row, cpu, ctx)) {
    pgdat.stat[STAT_VMALLOC_PAGES] += nrPages;
    return addr;
  }
  vfree(v, addr, cpu);
  return beginAnew(pgdat);
}

/** No vmalloc this time. Which of its requests it was that sleeps would be forgotten: none goes on. */
function beginAnew(pgdat: Pgdat): number {
  pgdat.control.fill(0);
  return 0;
}

/** Source: mm/vmalloc.c, vmalloc(): pages from anywhere, high memory first. */
export function vmalloc(v: Vmalloc, size: number, cpu: number, ctx: number): number {
  return vmallocGfp(v, size, GFP_HIGHUSER, cpu, ctx);
}

/** Source: mm/vmalloc.c, vmalloc_32(): pages that 32-bit devices reach. */
export function vmalloc32(v: Vmalloc, size: number, cpu: number, ctx: number): number {
  return vmallocGfp(v, size, GFP_KERNEL, cpu, ctx);
}

/**
 * Give back an area with its pages; page tables stay. Address 0 is ignored.
 *
 * @returns false for an address where no area begins: the kernel prints "Trying to vfree() ..." and goes on
 * Source:  mm/vmalloc.c, vfree(), __vunmap()
 */
export function vfree(v: Vmalloc, addr: number, cpu: number): boolean {
  if (addr === 0) return true;
  if (addr % PAGE_SIZE !== 0) return false;
  const row = removeArea(v, addr);
  if (row === NIL) return false;
  const { areas, slab } = v;
  const at = areas[row + A_PFNS];
  const nrPages = areas[row + A_NR_PAGES];
  for (let i = 0; i < nrPages; i++) freePages(slab.pgdat, v.pfns.words[at + i], 0, cpu, 0);
  kfree(slab, areas[row + A_PAGES_OBJECT], cpu);
  dropArea(v, row, cpu);
  return true;
}

/** Rows of all areas, lowest address first. */
export function vmAreas(v: Vmalloc): number[] {
  const rows: number[] = [];
  for (let row = v.vmlist; row !== NIL; row = v.areas[row + A_NEXT]) rows.push(row);
  return rows;
}

/** PFNs behind an area, lowest address first; empty for one of get_vm_area. */
export function areaPages(v: Vmalloc, row: number): Int32Array {
  const at = v.areas[row + A_PFNS];
  return v.pfns.words.subarray(at, at + v.areas[row + A_NR_PAGES]);
}

/** Page behind an address of the window, NIL where nothing is mapped. Source: mm/vmalloc.c, vmalloc_to_page() of later kernels */
export function vmallocToPfn(v: Vmalloc, vaddr: number): number {
  for (const row of vmAreas(v)) {
    const page = Math.floor((vaddr - v.areas[row + A_ADDR]) / PAGE_SIZE);
    if (page >= 0 && page < v.areas[row + A_NR_PAGES]) return areaPages(v, row)[page];
  }
  return NIL;
}

export function snapshotVmalloc(v: Vmalloc): VmallocSnapshot {
  return {
    areas: v.areas.slice(0, v.usedRows * A_STRIDE),
    pfns: snapshotExtents(v.pfns),
    pgd: v.pgd.slice(),
    vmlist: v.vmlist,
    freeRow: v.freeRow,
    usedRows: v.usedRows,
  };
}

export function restoreVmalloc(v: Vmalloc, saved: VmallocSnapshot): void {
  while (v.areas.length < saved.areas.length) v.areas = new Float64Array(2 * v.areas.length);
  v.areas.set(saved.areas);
  restoreExtents(v.pfns, saved.pfns);
  v.pgd.set(saved.pgd);
  v.vmlist = saved.vmlist;
  v.freeRow = saved.freeRow;
  v.usedRows = saved.usedRows;
}

/** FNV-1a over every area with its pages, and over the page tables. */
export function vmallocHash(v: Vmalloc, start: number): number {
  let h = start;
  for (const row of vmAreas(v)) {
    for (let field = A_ADDR; field <= A_NR_PAGES; field++) h = fnvInt(h, v.areas[row + field] | 0);
    for (const pfn of areaPages(v, row)) h = fnvInt(h, pfn);
  }
  for (let i = 0; i < v.pgd.length; i++) if (v.pgd[i] >= 0) h = fnvInt(fnvInt(h, i), v.pgd[i]);
  return h;
}
