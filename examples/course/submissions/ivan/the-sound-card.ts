import { definePolicy } from 'oomph';

export default definePolicy({
  zonelist: (request, mem) =>
    request.gfp & mem.GFP_DMA || (request.owner === mem.USER && mem.free(mem.DMA) > 430)
      ? mem.AS_LINUX
      : mem.NORMAL_ONLY,
});
