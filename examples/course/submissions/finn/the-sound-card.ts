import { definePolicy } from 'oomph';

// Users give their pages back, so they may borrow what the card leaves.
const LEFT_FOR_THE_CARD = 500;

export default definePolicy({
  zonelist(request, mem) {
    if (request.gfp & mem.GFP_DMA) return mem.DMA_ONLY;
    if (request.owner !== mem.USER) return mem.NORMAL_ONLY;
    return mem.free(mem.DMA) > LEFT_FOR_THE_CARD ? mem.NORMAL_DMA : mem.NORMAL_ONLY;
  },

