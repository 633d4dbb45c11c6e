import { definePolicy } from 'oomph';

/** Pages of the blocks that are wanted whole: order 5. */
const WHOLE = 32;

export default definePolicy({
  /** What is mostly taken may be taken again; what is mostly free is left alone until it is whole. */
  placement({ pfn }, mem) {
    const start = pfn - (pfn % WHOLE);
    let taken = 0;
    for (let page = start; page < start + WHOLE; page += 2) if (mem.allocatedOrder(page) >= 0) taken += 2;
    return taken > WHOLE / 2 ? mem.HEAD : mem.TAIL;
  },
});
