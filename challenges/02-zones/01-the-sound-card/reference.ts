import { definePolicy } from 'oomph';

/**
 * Pages of ZONE_DMA that stay free for the card: 100 buffers of 4 pages are 400. The rest is for single pages between
 * them, which are free but not part of a whole buffer.
 */
const RESERVE = 500;

export default definePolicy({
  zonelist(request, mem) {
    // The card can use nothing else.
    if (request.gfp & mem.GFP_DMA) return mem.DMA_ONLY;
    // A process ends and gives its pages back. The kernel's caches would still sit in ZONE_DMA when the recording starts.
    const comesBack = request.owner === mem.USER;
    return comesBack && mem.free(mem.DMA) > RESERVE ? mem.NORMAL_DMA : mem.NORMAL_ONLY;
  },
});
