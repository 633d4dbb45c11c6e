import { definePolicy } from 'oomph';

/** The kernel below, the users above. But not all that is the kernel's stays, and the cellar is small. */
export default definePolicy({
  zonelist(request, mem) {
    if (request.gfp & mem.GFP_DMA) return mem.DMA_ONLY;
    return request.owner === mem.KERNEL ? mem.DMA_NORMAL : mem.NORMAL_ONLY;
  },
});
