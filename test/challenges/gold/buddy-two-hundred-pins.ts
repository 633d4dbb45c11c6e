import { definePolicy } from 'oomph';

/** A fixed border in each zone instead of page blocks: low for what stays, high for what goes. */
export default definePolicy({
  block(request, mem) {
    const { zone } = request;
    if (request.owner) return mem.lowestFree(zone, request.order);
    for (let order = request.order; order < 11; order++)
      for (let pfn = mem.firstFree(zone, order); pfn >= 0; pfn = mem.nextFree(zone, order, pfn))
        if (pfn > mem.start(zone) + 500) return pfn;
    return -1;
  },
});
