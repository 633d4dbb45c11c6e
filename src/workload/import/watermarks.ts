/**
 * Marks with which 2.6.0 refuses what the kernel of a log refused.
 *
 * Source: mm/page_alloc.c of 2.6.0, __alloc_pages(), setup_per_zone_pages_min(); of 2.6.12 on, zone_watermark_ok()
 */
import {
  __GFP_DMA,
  __GFP_HIGH,
  __GFP_HIGHMEM,
  __GFP_WAIT,
  DEFAULT_MIN_FREE_KBYTES,
} from '../../engine/index.ts';
import { freePages } from './machineState.ts';
import type { SimMachine, SimZone } from './simMachine.ts';

/** Most that vm.lower_zone_protection may be. */
const MOST_PROTECTION = 1000;

export interface Marks {
  minFreeKbytes: number;
  lowerZoneProtection: number;
  why: string[];
}

const pageKbOf = (sim: SimMachine): number => sim.pageBytes / 1024;

/** pages_min of a low zone, by the RAM that it has. */
function pagesMin(sim: SimMachine, zone: SimZone, minFreeKbytes: number): number {
  const low = sim.zones.reduce((sum, z) => sum + (z.index < 2 ? z.pages : 0), 0);
  return Math.floor((Math.floor(minFreeKbytes / pageKbOf(sim)) * zone.pages) / low);
}

/**
 * What a later kernel keeps in its lower zones by lowmem_reserve, 2.6.0 keeps by vm.lower_zone_protection.
 *
 * @param raise  blocks of the order are there, and the log's kernel refused all the same: it looks at orders too
 * @returns      marks as the log has them where nothing has to be done
 */
export function marksFor(sim: SimMachine, mask: number, order: number, raise: boolean): Marks {
  const why = [...sim.inferred.marks];
  let minFreeKbytes = sim.minFreeKbytes;
  const shift = (mask & __GFP_HIGH) !== 0 ? 2 : 0;
  const normal = sim.zones.find(zone => zone.index === 1);
  if (raise) {
    const raised = raisedMark(sim, mask, order, shift);
    if (raised > Math.max(minFreeKbytes, DEFAULT_MIN_FREE_KBYTES)) {
      why.push(
        `raised from ${minFreeKbytes < 0 ? DEFAULT_MIN_FREE_KBYTES : minFreeKbytes}: the marks of the log's kernel look at orders and refuse the request, those of 2.6.0 do not`,
      );
      minFreeKbytes = raised;
    }
  }
  const used = minFreeKbytes < 0 ? DEFAULT_MIN_FREE_KBYTES : minFreeKbytes;
  const min = normal === undefined ? 0 : pagesMin(sim, normal, used) >> shift;
  const reserve = raise ? Math.max(sim.dmaReserve, freePages(sim.zones[0].free) + 1) : sim.dmaReserve;
  const protection = min > 0 && reserve > 0 ? Math.min(MOST_PROTECTION, Math.ceil(reserve / min)) : 0;
  if (protection > 0 && sim.dmaReserve > 0)
    why.push(
      `lower_zone_protection from the ${sim.dmaReserve} pages of zone DMA that its lowmem_reserve keeps`,
    );
  return { minFreeKbytes, lowerZoneProtection: protection, why };
}

/** @returns -1: no mark does it */
function raisedMark(sim: SimMachine, mask: number, order: number, shift: number): number {
  // Marks of high memory do not depend on vm.min_free_kbytes.
  if ((mask & __GFP_HIGHMEM) !== 0 && sim.zones.some(zone => zone.index === 2)) return -1;
  const first = (mask & __GFP_DMA) !== 0 ? 0 : 1;
  const zone = sim.zones.find(z => z.index === first) ?? sim.zones[0];
  const hasBlock = (of: SimZone): boolean => of.free.some((count, o) => o >= order && count > 0);
  const dma = sim.zones[0];
  if (!hasBlock(zone) && !hasBlock(dma)) return -1;
  const low = sim.zones.reduce((sum, z) => sum + (z.index < 2 ? z.pages : 0), 0);
  let pages = hasBlock(zone)
    ? Math.ceil((((freePages(zone.free) + 1) * 2 ** shift + 2) * low) / zone.pages)
    : 0;
  // Who may not wait also gets what lies above pages_high, three times pages_min, whatever is protected.
  if ((mask & __GFP_WAIT) === 0 && hasBlock(dma))
    pages = Math.max(pages, Math.ceil(((Math.floor(freePages(dma.free) / 3) + 2) * low) / dma.pages));
  // With marks above half of memory nobody would get anything.
  return pages * 2 > low ? -1 : pages * pageKbOf(sim);
}
