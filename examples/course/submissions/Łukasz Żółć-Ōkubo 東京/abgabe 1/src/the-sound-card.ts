import { definePolicy } from 'oomph';
import { comesBack, enoughFor } from './parts/lending.ts';

export default definePolicy({
  zonelist(request, mem) {
    if (request.gfp & mem.GFP_DMA) return mem.DMA_ONLY;
    return comesBack(request, mem) && enoughFor(mem) ? mem.NORMAL_DMA : mem.NORMAL_ONLY;
  },
});
