import { definePolicy } from 'oomph';

/** Take what has been free for longest, so that no chip is worn out before the others. All are used, and all stay lit. */
export default definePolicy({
  block(request, mem) {
    for (let order = request.order; order < mem.MAX_ORDER; order++) {
      const pfn = mem.lastFree(request.zone, order);
      if (pfn >= 0) return pfn;
    }
    return mem.AS_LINUX;
  },
});
