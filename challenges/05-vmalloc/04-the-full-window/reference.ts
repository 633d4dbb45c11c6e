import { definePolicy } from 'oomph';

/** The largest block there is, order 10: what is larger has to come from vmalloc. */
const LARGEST_BLOCK = 4 << 20;

/** What the window must always have room for: the frames, and the guard page behind what is put in front of them. */
const HOLE = (5 << 20) + 4096;

export default definePolicy({
  route(request, mem) {
    if (request.bytes > LARGEST_BLOCK) return mem.ROUTE_VMALLOC;
    // vmalloc() wastes less memory, so it serves everybody, while the hole stays.
    return mem.vmallocLargest() - request.bytes >= HOLE ? mem.ROUTE_VMALLOC : mem.ROUTE_PAGES;
  },
});
