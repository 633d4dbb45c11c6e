/** Invariants of mm/vmalloc, walked from scratch. Public: call it at any event. */
import { KernelBug } from '../lib/kernelBug.ts';
import { NIL, PAGE_ALLOCATED } from '../mm/page.ts';
import { BUFCTL_FREE, OBJ_MASK, OBJ_SHIFT, S_BUFCTL } from '../mm/slab_layout.ts';
import type { SlabAllocator } from '../mm/slab_state.ts';
import {
  A_ADDR,
  A_DESC,
  A_NR_PAGES,
  A_PAGES_OBJECT,
  A_SIZE,
  areaPages,
  type Vmalloc,
  vmAreas,
} from '../mm/vmalloc.ts';

function broken(code: string, message: string, pfn = NIL): never {
  throw new KernelBug(code, message, pfn);
}

/** Handed out by its slab, so far as the slab knows: in use or in a head array. */
function isHandedOut(s: SlabAllocator, obj: number): boolean {
  const row = (obj >> OBJ_SHIFT) << 2;
  return obj >= 0 && s.bufctl[s.rows[row + S_BUFCTL] + (obj & OBJ_MASK)] === BUFCTL_FREE;
}

/**
 * Throws KernelBug with the first invariant that does not hold:
 * - areas stand in ascending order, begin in the window and do not overlap
 * - descriptor and page-pointer array of each are objects of kmalloc that are in use
 * - every page behind an area is an allocated single page, and behind one area only
 * - every mapped page has a page table, and every page table is an allocated page
 */
export function checkVmalloc(v: Vmalloc): void {
  const { pgdat } = v.slab;
  const owner = new Map<number, string>();
  const take = (pfn: number, what: string) => {
    if (pgdat.state[pfn] !== PAGE_ALLOCATED)
      broken('vmalloc-page', `${what}: pfn ${pfn} is not allocated`, pfn);
    const other = owner.get(pfn);
    if (other !== undefined) broken('vmalloc-page', `pfn ${pfn} belongs to ${other} and to ${what}`, pfn);
    owner.set(pfn, what);
  };
  for (let i = 0; i < v.pgd.length; i++) if (v.pgd[i] >= 0) take(v.pgd[i], `page table ${i}`);
  let end = v.start;
  for (const row of vmAreas(v)) {
    const addr = v.areas[row + A_ADDR];
    const nrPages = v.areas[row + A_NR_PAGES];
    const what = `the area at 0x${addr.toString(16)}`;
    if (addr < end) broken('vmalloc-order', `${what} begins before the one below it ends`);
    end = addr + v.areas[row + A_SIZE];
    if (nrPages * 4096 >= v.areas[row + A_SIZE]) broken('vmalloc-guard', `${what} has no guard page`);
    if (!isHandedOut(v.slab, v.areas[row + A_DESC]))
      broken('vmalloc-object', `${what}: its descriptor is free`);
    const pointers = v.areas[row + A_PAGES_OBJECT];
    if (pointers === NIL ? nrPages > 0 : !isHandedOut(v.slab, pointers))
      broken('vmalloc-object', `${what}: its page-pointer array is free`);
    for (const pfn of areaPages(v, row)) take(pfn, what);
    for (let at = addr; at < Math.min(addr + nrPages * 4096, 2 ** 32); at += 4096) {
      if (v.pgd[Math.floor(at / pgdat.arch.pgdirBytes)] === NIL)
        broken('vmalloc-table', `${what}: no page table for 0x${at.toString(16)}`);
    }
  }
}
