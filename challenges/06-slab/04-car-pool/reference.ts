import { definePolicy } from 'oomph';

/** Bytes that an object may waste: nobody knows yet how many there will be. */
const TOO_MUCH = 16;

export default definePolicy({
  /** The cache that fits best, of those that may serve and fit well. */
  slabMerge(request, mem) {
    let best = mem.AS_LINUX;
    let waste = TOO_MUCH;
    for (let n = 1; n < mem.nrCaches(); n++) {
      const more = mem.cacheSize(n) - request.bytes;
      if (more < 0 || more >= waste || mem.cacheFlags(n) !== request.flags || mem.cacheHasCtor(n)) continue;
      best = n;
      waste = more;
    }
    return best;
  },
});
