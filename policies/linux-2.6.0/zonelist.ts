import type { Mem, ZonelistRequest } from 'oomph';

/**
 * build_zonelists() in mm/page_alloc.c makes three lists at boot. A request starts at the highest zone that its mask
 * allows and falls back downwards: high memory is the cheapest to give away, ZONE_DMA the dearest.
 */
export function zonelist(request: ZonelistRequest, mem: Mem): number {
  if (request.gfp & mem.__GFP_DMA) return mem.DMA_ONLY;
  const zones: number[] = [];
  if (request.gfp & mem.__GFP_HIGHMEM) zones.push(mem.HIGHMEM);
  zones.push(mem.NORMAL, mem.DMA);
  // A zone without pages is in no list (build_zonelists_node()).
  const [first, second, third] = zones.filter(zone => mem.present(zone) > 0);
  return mem.zonelist(first, second, third);
}
