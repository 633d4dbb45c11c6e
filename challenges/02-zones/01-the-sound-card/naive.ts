import { definePolicy } from 'oomph';

/**
 * Keep the first 16 MiB for those who can use nothing else. The music plays, and the compilers, each with a part of its
 * memory in hand, wait for each other beside 10 MiB that are free: a reserve nobody may ever touch is memory the machine
 * does not have.
 */
export default definePolicy({
  zonelist: (request, mem) => (request.gfp & mem.GFP_DMA ? mem.DMA_ONLY : mem.NORMAL_ONLY),
});
