import type { Mem, SlabLimitRequest } from 'oomph';

/** enable_cpucache() in mm/slab.c: a table that somebody measured once, so that large objects are not hoarded. */
export function slabLimit(request: SlabLimitRequest, mem: Mem): number {
  const { bytes } = request;
  if (bytes > 131072) return 1;
  if (bytes > mem.pageBytes) return 8;
  if (bytes > 1024) return 24;
  return bytes > 256 ? 54 : 120;
}
