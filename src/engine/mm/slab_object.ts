/** Where objects lie, and which object lies where. Source: mm/slab.c of 2.6.0, GET_PAGE_SLAB(), GET_PAGE_CACHE(). */
import { NIL } from './page.ts';
import {
  C_DBGHEAD,
  C_MGMT,
  C_NUM,
  C_OBJSIZE,
  C_SLABP_CACHE,
  OBJ_MASK,
  OBJ_SHIFT,
  S_CACHE,
  S_MGMT,
  S_OFFSET,
  S_PFN,
} from './slab_layout.ts';
import type { SlabAllocator } from './slab_state.ts';

/** Physical address of an object as its user sees it, behind the red zone of a debugging build; a double. */
export function objectPaddr(s: SlabAllocator, obj: number): number {
  const row = (obj >> OBJ_SHIFT) << 2;
  const cache = s.cold[row + S_CACHE];
  const index = obj & OBJ_MASK;
  return firstObject(s, row) + index * s.ctl[cache + C_OBJSIZE] + s.ctl[cache + C_DBGHEAD];
}

/** slabp->s_mem: physical address of a slab's first object, a double. */
export function firstObject(s: SlabAllocator, row: number): number {
  return s.cold[row + S_PFN] * s.pgdat.arch.pageBytes + s.cold[row + S_OFFSET];
}

/** Physical address of a slab's management, on the slab or off it, a double. */
export function managementPaddr(s: SlabAllocator, row: number): number {
  const cache = s.cold[row + S_CACHE];
  if (s.ctl[cache + C_SLABP_CACHE] !== 0) return objectPaddr(s, s.cold[row + S_MGMT]);
  return firstObject(s, row) - s.ctl[cache + C_MGMT];
}

/** Kernel virtual address of an object: slabs lie in the direct mapping. */
export function objectVaddr(s: SlabAllocator, obj: number): number {
  return s.pgdat.arch.pageOffset + objectPaddr(s, obj);
}

/** First page of the object's slab. */
export function slabPfn(s: SlabAllocator, obj: number): number {
  return s.cold[((obj >> OBJ_SHIFT) << 2) + S_PFN];
}

export function indexInSlab(obj: number): number {
  return obj & OBJ_MASK;
}

/** The cache that an object belongs to, by its slab. */
export function cacheOf(s: SlabAllocator, obj: number): number {
  return s.cold[((obj >> OBJ_SHIFT) << 2) + S_CACHE];
}

/** Row of the slab that a physical address lies in, or NIL. */
export function slabAt(s: SlabAllocator, paddr: number): number {
  const page = Math.floor(paddr / s.pgdat.arch.pageBytes);
  return page >= 0 && page < s.slabOfPage.length ? s.slabOfPage[page] : NIL;
}

/**
 * The object that starts at a physical address, by the page it lies in.
 *
 * @returns NIL when the page belongs to no slab or no object starts there
 * Source:  mm/slab.c, GET_PAGE_SLAB(), free_block()
 */
export function objectAt(s: SlabAllocator, paddr: number): number {
  const row = slabAt(s, paddr);
  if (row === NIL) return NIL;
  const cache = s.cold[row + S_CACHE];
  const index = (paddr - s.ctl[cache + C_DBGHEAD] - firstObject(s, row)) / s.ctl[cache + C_OBJSIZE];
  if (!Number.isInteger(index) || index < 0 || index >= s.ctl[cache + C_NUM]) return NIL;
  return (row << (OBJ_SHIFT - 2)) | index;
}
