import type { Mem, SlabOrderRequest } from 'oomph';

/** slab_break_gfp_order in mm/slab.c: no larger than this if an object fits. Two sizes of machine, 2.6.0 knows. */
const BREAK_ORDER_LOW = 1;
const BREAK_ORDER_HIGH = 2;
const SMALL_MACHINE = 32 << 20;

/**
 * kmem_cache_create() in mm/slab.c: the smallest order at which no more than an eighth of the slab is left over. Objects of
 * less than an eighth of a page have their slab's management beside them, and what is left over is never that much.
 */
export function slabOrder(request: SlabOrderRequest, mem: Mem): number {
  const { bytes } = request;
  if (bytes < mem.pageBytes >> 3) return 0;
  const most = mem.nrPages * mem.pageBytes > SMALL_MACHINE ? BREAK_ORDER_HIGH : BREAK_ORDER_LOW;
  for (let order = 0; order < mem.MAX_ORDER; order++) {
    const slab = mem.pageBytes << order;
    if (slab >= bytes && (order >= most || (slab % bytes) * 8 <= slab)) return order;
  }
  return mem.AS_LINUX;
}
