import { definePolicy } from 'oomph';

/** To each its own: who can live in high memory does, and low memory is the kernel's. */
export default definePolicy({
  watermark: (request, mem) =>
    request.gfp & mem.__GFP_HIGHMEM && request.zone !== mem.HIGHMEM
      ? mem.present(request.zone)
      : mem.AS_LINUX,
});
