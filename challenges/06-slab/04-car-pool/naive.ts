import { definePolicy } from 'oomph';

export default definePolicy({
  /** Whoever fits in gets in. Dentries of 116 bytes share with requests of 200, and each of them wastes 84. */
  slabMerge(request, mem) {
    for (let n = 1; n < mem.nrCaches(); n++) {
      if (mem.cacheSize(n) >= request.bytes && mem.cacheFlags(n) === request.flags && !mem.cacheHasCtor(n))
        return n;
    }
    return mem.AS_LINUX;
  },
});
