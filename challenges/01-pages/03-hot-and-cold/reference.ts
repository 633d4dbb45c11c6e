import { definePolicy } from 'oomph';

/** What a device fills goes past the cache: for it a cold page is as good as a hot one. Page tables are written at once. */
export default definePolicy({
  gfp: (request, mem) => (request.owner === mem.KERNEL ? request.gfp : request.gfp | mem.__GFP_COLD),
});
