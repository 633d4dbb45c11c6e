import { definePolicy, type Mem } from 'oomph';

/** vm.lowmem_reserve_ratio: of the pages above a zone, one in so many is kept free in it. Zone DMA, zone Normal. */
const RATIO = [256, 32];

/**
 * On a machine of 64 MiB that comes to 48 pages of zone DMA, less than the marks keep free anyway. This share of the zone
 * is kept at least: drivers want their pages side by side, so some must be free around them.
 */
const SHARE_OF_DMA = 4;

/**
 * Pages that stay free in a zone while a request that could go as high as `highest` is served from it:
 * zone->lowmem_reserve[], setup_per_zone_lowmem_reserve() in mm/page_alloc.c of 2.6.10.
 */
function reserve(mem: Mem, zone: number, highest: number): number {
  let above = 0;
  for (let z = zone + 1; z <= highest; z++) above += mem.present(z);
  if (above === 0) return 0;
  const share = zone === mem.DMA ? Math.floor(mem.present(zone) / SHARE_OF_DMA) : 0;
  return Math.max(share, Math.floor(above / RATIO[zone]));
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
