import { definePolicy } from 'oomph';

/** What processes hold comes back, so they may borrow from ZONE_DMA while 100 buffers and some single pages are left. */
export default definePolicy({
  zonelist: (request, mem) =>
    request.gfp & mem.GFP_DMA || (!request.owner && mem.free(0) > 440) ? -1 : mem.NORMAL_ONLY,
});
