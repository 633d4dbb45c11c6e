import { definePolicy, type Mem } from 'oomph';

/** vm.lowmem_reserve_ratio: of the pages above a zone, one in so many is kept free in it. Zone DMA, zone Normal. */
const RATIO = [256, 32];

/** The share of a small machine would be a handful of pages; a driver asks for a few buffers at least. */
const AT_LEAST = 128;

/**
 * Pages that stay free in a zone while a request that could go as high as `highest` is served from it:
 * zone->lowmem_reserve[], setup_per_zone_lowmem_reserve() in mm/page_alloc.c of 2.6.10.
 */
function reserve(mem: Mem, zone: number, highest: number): number {
  let above = 0;
  for (let z = zone + 1; z <= highest; z++) above += mem.present(z);
  return above === 0 ? 0 : Math.max(AT_LEAST, Math.floor(above / RATIO[zone]));
}

/** Fall back into a lower zone only while it has more than its reserve free. */
export default definePolicy({
  zonelist(request, mem) {
    if (request.gfp & mem.__GFP_DMA) return mem.AS_LINUX;
    const high = request.gfp & mem.__GFP_HIGHMEM && mem.present(mem.HIGHMEM) > 0;
    const highest = high ? mem.HIGHMEM : mem.NORMAL;
    if (mem.present(highest) === 0) return mem.AS_LINUX;
    let list = highest + 1;
    let shift = 4;
    for (let zone = highest - 1; zone >= 0; zone--) {
      const keep = reserve(mem, zone, highest) + mem.low(zone) + (1 << request.order);
      if (mem.free(zone) < keep) continue;
      list |= (zone + 1) << shift;
      shift += 4;
    }
    return list;
  },
});
