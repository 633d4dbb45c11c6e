import { definePolicy } from 'oomph';

/** Steps of one search. Whoever finds nothing within them takes what Linux would: a challenge pays for every step. */
const PATIENCE = 150;

/**
 * First fit in address order: the free block with the lowest address that is large enough, cut from below. What lives
 * long gathers at the bottom of the zone, and its top stays in one piece.
 */
export default definePolicy({
  block(request, mem) {
    const { zone, order } = request;
    let lowest = -1;
    let steps = 0;
    for (let o = order; o < mem.MAX_ORDER; o++) {
      for (let pfn = mem.firstFree(zone, o); pfn >= 0; pfn = mem.nextFree(zone, o, pfn)) {
        if (++steps > PATIENCE) return lowest < 0 ? mem.AS_LINUX : lowest;
        if (lowest < 0 || pfn < lowest) lowest = pfn;
      }
    }
    return lowest < 0 ? mem.AS_LINUX : lowest;
  },
});
