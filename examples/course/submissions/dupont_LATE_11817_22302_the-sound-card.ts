import { definePolicy } from 'oomph';

export default definePolicy({
  zonelist: (request, mem) => (request.gfp & mem.GFP_DMA ? mem.DMA_ONLY : mem.NORMAL_ONLY),
});
