import type { Mem, SlabPickRequest } from 'oomph';

/**
 * cache_alloc_refill() in mm/slab.c takes the first slab that is partly used, and a free one only when there is none. A slab
 * whose object comes back goes to the end of that list, so nobody looks for the fullest.
 */
export function slabPick(request: SlabPickRequest, mem: Mem): number {
  const partial = mem.firstPartial(request.cache);
  return partial >= 0 ? partial : mem.firstFreeSlab(request.cache);
}
