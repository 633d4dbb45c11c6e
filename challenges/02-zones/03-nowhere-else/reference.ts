import { definePolicy } from 'oomph';

/** Pages of ZONE_NORMAL kept from those who could live in high memory: what updatedb comes for, less what DMA lends. */
const NORMAL_RESERVE = 6500;

/** Pages of ZONE_DMA kept from those who could live elsewhere: what the card comes for. */
const DMA_RESERVE = 600;

export default definePolicy({
  watermark({ zone, gfp }, mem) {
    if (zone === mem.NORMAL && gfp & mem.__GFP_HIGHMEM) return NORMAL_RESERVE;
    if (zone === mem.DMA && !(gfp & mem.__GFP_DMA)) return DMA_RESERVE;
    return mem.AS_LINUX;
  },
});
