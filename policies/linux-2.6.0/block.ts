import type { BlockRequest, Mem } from 'oomph';

/**
 * __rmqueue() in mm/page_alloc.c takes the head of the first free list that has a block: the smallest that is enough,
 * and of those the one that came back last, because its memory may still be in the cache. expand() cuts it in halves,
 * lists the lower ones and hands out the uppermost part.
 */
export function block(request: BlockRequest, mem: Mem): number {
  for (let order = request.order; order < mem.MAX_ORDER; order++) {
    const pfn = mem.firstFree(request.zone, order);
    if (pfn >= 0) return pfn + (1 << order) - (1 << request.order);
  }
  return mem.AS_LINUX;
}
