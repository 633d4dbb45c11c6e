import type { Mem, SlabMergeRequest } from 'oomph';

/** kmem_cache_create() in mm/slab.c of 2.6.0 makes a cache for whoever asks. SLUB, in 2.6.22, was the first to share them. */
export function slabMerge(_request: SlabMergeRequest, mem: Mem): number {
  return mem.AS_LINUX;
}
