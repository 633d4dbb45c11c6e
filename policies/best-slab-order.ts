import { definePolicy, type Mem } from 'oomph';

/** PAGE_ALLOC_COSTLY_ORDER: blocks up to this size can be had as long as there is memory at all. */
const MOST = 3;

/** Bytes that the slab's management takes, if it lies beside the objects: struct slab, a number for each object. */
function management(objects: number, bytes: number, mem: Mem): number {
  return bytes < mem.pageBytes >> 3 ? 32 + 4 * objects : 0;
}

/** Bytes of a slab that are in no object. */
function leftOver(order: number, bytes: number, mem: Mem): number {
  const slab = mem.pageBytes << order;
  let objects = Math.floor(slab / bytes);
  while (objects > 0 && objects * bytes + management(objects, bytes, mem) > slab) objects--;
  return objects === 0 ? slab : slab - objects * bytes;
}

/**
 * The rule of SLUB, calculate_order() in mm/slub.c of 2.6.22: the smallest slab that wastes no more than a sixteenth; if there
 * is none, an eighth will do, then a quarter. 2.6.0 takes an eighth at once, and stops at order 2 whatever is wasted.
 */
export default definePolicy({
  slabOrder({ bytes }, mem) {
    for (let fraction = 16; fraction >= 4; fraction >>= 1) {
      for (let order = 0; order <= MOST; order++) {
        if (leftOver(order, bytes, mem) * fraction <= mem.pageBytes << order) return order;
      }
    }
    return mem.AS_LINUX;
  },
});
