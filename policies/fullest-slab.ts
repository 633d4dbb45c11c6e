import { definePolicy } from 'oomph';

/** Slabs looked at: the list may be long, and the best of a few is nearly the best of all. */
const LOOK = 16;

/**
 * Objects come from the fullest slab, so that the emptier ones run dry and can be given back. Linux takes the first of the
 * list, and so keeps all of them a little in use.
 */
export default definePolicy({
  slabPick({ cache }, mem) {
    let best = mem.firstPartial(cache);
    let slab = best;
    for (let n = 0; slab >= 0 && n < LOOK; n++) {
      if (mem.slabFree(slab) < mem.slabFree(best)) best = slab;
      slab = mem.nextSlab(cache, slab);
    }
    return best < 0 ? mem.AS_LINUX : best;
  },
});
