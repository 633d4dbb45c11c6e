import type { Mem, ZonelistRequest } from 'oomph';

/**
 * build_zonelists() in mm/page_alloc.c makes three lists at boot. A request starts at the highest zone that its mask
 * allows and falls back downwards: high memory is the cheapest to give away, ZONE_DMA the dearest.
 */
export function zonelist(request: ZonelistRequest, mem: Mem): number {
  if (request.gfp & mem.__GFP_DMA) return mem.DMA_ONLY;
  // A zone without pages is in no list (build_zonelists_node()).
  const normal = mem.present(mem.NORMAL) > 0;
  if (request.gfp & mem.__GFP_HIGHMEM && mem.present(mem.HIGHMEM) > 0) {
    return normal ? mem.HIGHMEM_NORMAL_DMA : mem.HIGHMEM_DMA;
  }
  return normal ? mem.NORMAL_DMA : mem.DMA_ONLY;
}
