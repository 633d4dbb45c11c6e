/**
 * The boot-time allocator, as far as it decides which pages the page allocator gets and in which order.
 * Source: mm/bootmem.c of 2.6.0, __alloc_bootmem_core(), free_all_bootmem_core(); mm/page_alloc.c,
 * free_area_init_core(), calculate_zone_bitmap(), setup_per_zone_pages_min(); arch/i386/mm/init.c, mem_init().
 */
import { __GFP_DMA, __GFP_HIGHMEM, GFP_ZONEMASK } from './gfp.ts';
import {
  CTL_FIRST,
  MAX_NR_ZONES,
  MAX_ORDER,
  PCP_BATCH,
  PCP_HIGH,
  PCP_LOW,
  ZONE_DMA,
  ZONE_FREE,
  ZONE_HIGH,
  ZONE_HIGHMEM,
  ZONE_LOW,
  ZONE_MIN,
  ZONE_NORMAL,
  ZONE_PRESENT,
  ZONE_SPANNED,
  ZONE_START,
  ZONE_STRIDE,
} from './mmzone.ts';
import { putPcp } from './pcp.ts';
import { type Pgdat, pcpOf, setZoneLimits, zoneOf } from './pgdat.ts';

/** [first PFN, pages] */
export type PageRange = readonly [number, number];

/** The per-CPU lists hold what fits the L2 cache that the kernel guesses: bytes. */
const PCP_CACHE_BYTES = 256 * 1024;
const PAGES_PER_WAITQUEUE = 256;
const SWAP_CLUSTER_MAX = 32;

/** Zone sizes, list heads, per-CPU limits. Every page is reserved and every list empty afterwards. */
export function initZones(m: Pgdat): void {
  const ends = [m.dmaEnd, m.normalEnd, m.nrPages];
  const mostBatch = PCP_CACHE_BYTES / m.arch.pageBytes;
  let start = 0;
  for (let z = 0; z < MAX_NR_ZONES; z++) {
    const size = Math.max(0, ends[z] - start);
    const at = z * ZONE_STRIDE;
    m.zone[at + ZONE_FREE] = 0;
    m.zone[at + ZONE_START] = start;
    m.zone[at + ZONE_SPANNED] = size;
    m.zone[at + ZONE_PRESENT] = size;
    start += size;
    for (let order = 0; order < MAX_ORDER; order++) {
      const head = m.sentinelBase + z * MAX_ORDER + order;
      m.links[2 * head] = head;
      m.links[2 * head + 1] = head;
    }
    const batch = Math.max(1, Math.min(size >> 10, mostBatch) >> 2);
    for (let cpu = 0; cpu < m.cpus; cpu++) {
      const hot = pcpOf(z, cpu, 0);
      m.pcp[hot + PCP_LOW] = 2 * batch;
      m.pcp[hot + PCP_HIGH] = 6 * batch;
      m.pcp[hot + PCP_BATCH] = batch;
      const cold = pcpOf(z, cpu, 1);
      m.pcp[cold + PCP_LOW] = 0;
      m.pcp[cold + PCP_HIGH] = 2 * batch;
      m.pcp[cold + PCP_BATCH] = batch;
    }
  }
}

/**
 * Zones a request may use, best first; absent zones are left out.
 *
 * Source: mm/page_alloc.c, build_zonelists()
 * Deviation: 2.6.0 has no list for __GFP_DMA | __GFP_HIGHMEM and reads beyond its array; here DMA wins.
 */
export function buildZonelists(m: Pgdat): void {
  for (let mask = 0; mask <= GFP_ZONEMASK; mask++) {
    let best = ZONE_NORMAL;
    if ((mask & __GFP_HIGHMEM) !== 0) best = ZONE_HIGHMEM;
    if ((mask & __GFP_DMA) !== 0) best = ZONE_DMA;
    let list = 0;
    let shift = 0;
    for (let z = best; z >= ZONE_DMA; z--) {
      if (m.zone[z * ZONE_STRIDE + ZONE_PRESENT] === 0) continue;
      list |= (z + 1) << shift;
      shift += 4;
    }
    m.zonelists[mask] = list;
    m.ctl[CTL_FIRST + mask] = (list & 15) * 2 - 1;
  }
}

/**
 * pages_min, pages_low, pages_high of every zone from `m.minFreeKbytes`.
 *
 * Source: mm/page_alloc.c, setup_per_zone_pages_min()
 */
export function setupWatermarks(m: Pgdat): void {
  const total = m.minFreeKbytes >> (m.arch.pageShift - 10);
  const lowmem = m.zone[ZONE_PRESENT] + m.zone[ZONE_STRIDE + ZONE_PRESENT];
  for (let z = 0; z < MAX_NR_ZONES; z++) {
    const at = z * ZONE_STRIDE;
    const present = m.zone[at + ZONE_PRESENT];
    const min =
      z === ZONE_HIGHMEM
        ? Math.min(Math.max(present >> 10, SWAP_CLUSTER_MAX), 128)
        : Math.floor((total * present) / lowmem);
    m.zone[at + ZONE_MIN] = min;
    m.zone[at + ZONE_LOW] = 2 * min;
    m.zone[at + ZONE_HIGH] = 3 * min;
    setZoneLimits(m, z);
  }
}

/** First-fit over a page bitmap, small requests packed into the page that the last one left part of. */
class Bootmem {
  readonly taken: Uint8Array;
  private lastPage = -1;
  private lastOffset = 0;
  private lastSuccess = 0;
  private readonly goal: number;
  private readonly align: number;
  private readonly pageBytes: number;

  constructor(taken: Uint8Array, goal: number, align: number, pageBytes: number) {
    this.taken = taken;
    this.goal = goal < taken.length ? goal : 0;
    this.align = align;
    this.pageBytes = pageBytes;
  }

  /** @param bytes to take above the goal, or below it when there is no room above; throws RangeError when there is none */
  alloc(bytes: number): void {
    const { pageBytes } = this;
    const pages = Math.ceil(bytes / pageBytes);
    let start = this.find(Math.max(this.goal, this.goal === 0 ? 0 : this.lastSuccess), pages);
    if (start < 0) start = this.find(0, pages);
    if (start < 0) throw new RangeError('not enough memory for the memory map of this machine');
    this.lastSuccess = start;
    if (this.lastOffset !== 0 && this.lastPage + 1 === start) {
      const offset = (this.lastOffset + this.align - 1) & -this.align;
      const room = pageBytes - offset;
      if (bytes < room) {
        this.lastOffset = offset + bytes;
        return;
      }
      const rest = bytes - room;
      const more = Math.ceil(rest / pageBytes);
      this.taken.fill(1, start, start + more);
      this.lastPage = start + more - 1;
      this.lastOffset = rest % pageBytes;
      return;
    }
    this.taken.fill(1, start, start + pages);
    this.lastPage = start + pages - 1;
    this.lastOffset = bytes % pageBytes;
  }

  private find(from: number, pages: number): number {
    const { taken } = this;
    let free = 0;
    for (let i = from; i < taken.length; i++) {
      free = taken[i] === 0 ? free + 1 : 0;
      if (free === pages) return i - pages + 1;
    }
    return -1;
  }
}

/** What free_area_init_core() takes from the boot allocator: mem_map, wait tables, buddy bitmaps, the valid-page bitmap. */
function takeMemoryMap(m: Pgdat, taken: Uint8Array): void {
  const { arch } = m;
  const boot = new Bootmem(taken, arch.dmaEndPfn, arch.l1CacheBytes, arch.pageBytes);
  const longAlign = (bytes: number) => (bytes + arch.longBytes - 1) & -arch.longBytes;
  boot.alloc((m.nrPages + 1) * arch.structPageBytes);
  for (let z = 0; z < MAX_NR_ZONES; z++) {
    const size = m.zone[z * ZONE_STRIDE + ZONE_SPANNED];
    if (size === 0) continue;
    let queues = 1;
    while (queues < Math.floor(size / PAGES_PER_WAITQUEUE)) queues *= 2;
    boot.alloc(Math.max(4, Math.min(queues, 4096)) * arch.waitQueueHeadBytes);
    for (let order = 0; order < MAX_ORDER - 1; order++)
      boot.alloc(longAlign(((size - 1) >> (order + 4)) + 1));
  }
  boot.alloc(longAlign((m.nrPages + 7) >> 3));
}

/**
 * Hand the pages over, one at a time through CPU 0's hot list: low memory ascending, then the boot bitmap's own pages,
 * then high memory.
 *
 * @param bootmapPfn first page of the boot bitmap, -1 when it lies outside memory
 * @param reserve    pages to keep back
 * @param withMap    mem_map and its company are taken out of low memory too
 */
export function freeAllBootmem(
  m: Pgdat,
  bootmapPfn: number,
  reserve: readonly PageRange[],
  withMap: boolean,
): { bootmap: PageRange } {
  const lowPages = m.normalEnd;
  const taken = new Uint8Array(lowPages);
  const highTaken = new Uint8Array(m.nrPages - lowPages);
  for (const [first, count] of reserve) {
    for (let pfn = first; pfn < first + count; pfn++) {
      if (pfn < lowPages) taken[pfn] = 1;
      else highTaken[pfn - lowPages] = 1;
    }
  }
  const bitmapPages = bootmapPfn < 0 ? 0 : Math.ceil(Math.ceil(lowPages / 8) / m.arch.pageBytes);
  if (bitmapPages > 0) taken.fill(1, bootmapPfn, bootmapPfn + bitmapPages);
  if (withMap) takeMemoryMap(m, taken);
  for (let pfn = 0; pfn < lowPages; pfn++) if (taken[pfn] === 0) putPcp(m, zoneOf(m, pfn), 0, 0, pfn);
  for (let i = 0; i < bitmapPages; i++) putPcp(m, zoneOf(m, bootmapPfn + i), 0, 0, bootmapPfn + i);
  for (let i = 0; i < highTaken.length; i++)
    if (highTaken[i] === 0) putPcp(m, ZONE_HIGHMEM, 0, 0, lowPages + i);
  return { bootmap: bitmapPages > 0 ? [bootmapPfn, bitmapPages] : [0, 0] };
}
