import { definePolicy } from 'oomph';

export default definePolicy({
  /** The fullest slab that has room, so that the others run dry. */
  slabPick({ cache }, mem) {
    let best = mem.AS_LINUX;
    let seats = mem.cacheNum(cache);
    for (let slab = mem.firstPartial(cache); slab >= 0; slab = mem.nextSlab(cache, slab)) {
      if (mem.slabFree(slab) >= seats) continue;
      seats = mem.slabFree(slab);
      best = slab;
    }
    return best;
  },
});
