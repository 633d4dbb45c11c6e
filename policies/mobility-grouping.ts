import { type BlockRequest, definePolicy, type Mem } from 'oomph';

/**
 * Order of a page block: 1 MiB. 2.6.24 uses the size of a huge page (pageblock_order), on i386 4 MiB; that is for
 * machines with gigabytes.
 */
const PAGEBLOCK_ORDER = 8;

/** MIGRATE_ types (include/linux/mmzone.h of 2.6.24). A page block that nobody has turned over is movable. */
const UNMOVABLE = 0;
const RECLAIMABLE = 1;
const MOVABLE = 2;

/** Types of the page blocks that are not movable, by number of the block. */
const types = new Map<number, number>();

/** fallbacks[] in mm/page_alloc.c: where a type goes when its own page blocks are full. */
const FALLBACKS = [
  [RECLAIMABLE, MOVABLE],
  [UNMOVABLE, MOVABLE],
  [RECLAIMABLE, UNMOVABLE],
];

/**
 * The kernel of 2.6.24 reads the type from the mask (__GFP_MOVABLE, __GFP_RECLAIMABLE). 2.6.0 has no such bits, but the
 * owner says as much: pages of processes can be moved, the page cache can be dropped, the rest stays where it is.
 */
function typeOf(request: BlockRequest, mem: Mem): number {
  if (request.owner === mem.USER) return MOVABLE;
  return request.owner === mem.PAGE_CACHE ? RECLAIMABLE : UNMOVABLE;
}

/** Blocks that one request may look at: a challenge pays for every step. */
const PATIENCE = 150;
let steps = 0;

/** A free block of this order in a page block of this type, or -1. */
function find(zone: number, order: number, type: number, mem: Mem): number {
  let pfn = mem.firstFree(zone, order);
  for (; pfn >= 0 && steps < PATIENCE; steps++) {
    if ((types.get(pfn >> PAGEBLOCK_ORDER) ?? MOVABLE) === type) return pfn;
    pfn = mem.nextFree(zone, order, pfn);
  }
  return -1;
}

/** Give every page block that a free block covers another type. */
function turnOver(pfn: number, order: number, type: number): void {
  const first = pfn >> PAGEBLOCK_ORDER;
  const last = (pfn + (1 << order) - 1) >> PAGEBLOCK_ORDER;
  for (let block = first; block <= last; block++) types.set(block, type);
}

/** __rmqueue() and __rmqueue_fallback() in mm/page_alloc.c of 2.6.24. */
export default definePolicy({
  block(request, mem) {
    const { zone, order } = request;
    const type = typeOf(request, mem);
    steps = 0;
    for (let o = order; o < mem.MAX_ORDER; o++) {
      const pfn = find(zone, o, type, mem);
      if (pfn >= 0) return pfn;
    }
    // Its own page blocks are full. The LARGEST block of another type: one big intrusion is better than many small ones.
    for (let o = mem.MAX_ORDER - 1; o >= order; o--) {
      for (const other of FALLBACKS[type]) {
        const pfn = find(zone, o, other, mem);
        if (pfn < 0) continue;
        // Half a page block or more, and what cannot move: the whole of it changes hands.
        if (o >= PAGEBLOCK_ORDER - 1 || (type !== MOVABLE && o >= PAGEBLOCK_ORDER >> 1))
          turnOver(pfn, o, type);
        return pfn;
      }
    }
    return mem.AS_LINUX;
  },
});
