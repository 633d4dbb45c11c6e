import { definePolicy } from 'oomph';

/** The reference with every word saved, and the smallest reserve that holds. */
export default definePolicy({
  zonelist: (request, mem) =>
    request.gfp & mem.GFP_DMA || (!request.owner && mem.free(0) > 440) ? -1 : mem.NORMAL_ONLY,
});
