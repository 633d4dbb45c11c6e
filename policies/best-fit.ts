import { type BlockRequest, definePolicy, type Mem } from 'oomph';

/** Blocks of one list that are compared. More finds better ones, and every one costs fuel. */
const CANDIDATES = 24;

/**
 * How much of a block's buddy is in use, from 0 to 8: looked at in eight places. A free block beside a full buddy will
 * not grow soon, so it is the one to spend.
 */
function useOfBuddy(mem: Mem, pfn: number, order: number): number {
  const buddy = pfn ^ (1 << order);
  const step = Math.max(1, (1 << order) >> 3);
  let used = 0;
  for (let page = buddy; page < buddy + (1 << order); page += step) {
    const block = mem.blockOf(page);
    if (block < 0 || mem.freeOrder(block) < 0) used++;
  }
  return order < 3 ? used << (3 - order) : used;
}

/** The free block of this order whose buddy is used most; -1 where the list is empty. */
function mostHemmedIn({ zone }: BlockRequest, mem: Mem, order: number): number {
  let best = -1;
  let bestUse = -1;
  let pfn = mem.firstFree(zone, order);
  for (let i = 0; i < CANDIDATES && pfn >= 0; i++) {
    const use = useOfBuddy(mem, pfn, order);
    if (use === 8) return pfn;
    if (use > bestUse) {
      bestUse = use;
      best = pfn;
    }
    pfn = mem.nextFree(zone, order, pfn);
  }
  return best;
}

/**
 * Best fit. The buddy system takes the smallest order that is enough already; among the blocks of that order Linux takes
 * the one that came back last, and this policy the one that is least likely to join with its buddy.
 */
export default definePolicy({
  block(request, mem) {
    for (let order = request.order; order < mem.MAX_ORDER; order++) {
      const pfn = mostHemmedIn(request, mem, order);
      if (pfn >= 0) return pfn;
    }
    return mem.AS_LINUX;
  },
});
