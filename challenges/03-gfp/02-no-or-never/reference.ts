import { definePolicy } from 'oomph';

export default definePolicy({
  gfp(request, mem) {
    // A frame that comes late is worth nothing: rather none, and at once.
    if (request.owner === mem.DRIVER) return request.gfp | mem.__GFP_NORETRY;
    // Above order 3 a "no" is the kernel's habit. A transaction that has begun cannot take it.
    if (request.order > 3) return request.gfp | mem.__GFP_NOFAIL;
    return mem.AS_LINUX;
  },
});
