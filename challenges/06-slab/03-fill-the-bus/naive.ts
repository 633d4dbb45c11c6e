import { definePolicy } from 'oomph';

export default definePolicy({
  /** The emptiest slab: the most objects for one look. Whoever was about to become empty is filled up again. */
  slabPick({ cache }, mem) {
    let best = mem.AS_LINUX;
    let seats = 0;
    for (let slab = mem.firstPartial(cache); slab >= 0; slab = mem.nextSlab(cache, slab)) {
      if (mem.slabFree(slab) <= seats) continue;
      seats = mem.slabFree(slab);
      best = slab;
    }
    return best;
  },
});
