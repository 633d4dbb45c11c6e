import { definePolicy } from 'oomph';

export default definePolicy({
  zonelist(request, mem) {
    if (request.gfp & mem.GFP_DMA) return mem.DMA_ONLY;
    // What a process has ends with it, and a packet is read: both come back. What the kernel took for itself stays.
    const stays = request.owner === mem.KERNEL && request.context === 0;
    return stays ? mem.DMA_NORMAL : mem.NORMAL_ONLY;
  },
});
