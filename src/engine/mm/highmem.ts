/**
 * High memory: the pool of permanent mappings and the atomic slots of each CPU.
 *
 * Deviation: whoever runs into the BUG() of kmap_atomic() goes on; the kernel ends the process, or itself. The fences that
 * CONFIG_DEBUG_HIGHMEM puts between the types move no address.
 *
 * Source: mm/highmem.c and arch/i386/mm/highmem.c of 2.6.0.
 */
import type { KmapLayout } from '../arch/arch.ts';
import { i386 } from '../arch/i386.ts';
import { fnvInt } from '../lib/fnv.ts';
import { KernelBug } from '../lib/kernelBug.ts';
import {
  STAT_KERNEL_BUGS,
  STAT_KMAP_ATOMICS,
  STAT_KMAP_FLUSHES,
  STAT_KMAP_WAITS,
  STAT_KMAPS,
  STAT_TLB_FLUSHES,
} from '../trace/events.ts';
import { LOG_KERNEL_BUG, LOG_MAPPING_LOST, LOG_PLACE_KMAP_ATOMIC } from '../trace/printk.ts';
import { pageAddress } from './gfp_functions.ts';
import { NIL } from './page.ts';
import { type Pgdat, printk } from './pgdat.ts';
import { PATH_WAIT, QUEUE_KMAP, SLEEP_QUEUE, SLEEP_UNTIL_US } from './request.ts';

/** Types of atomic mappings on i386, for the `type` of kmapAtomic(); others in each layout. Source: include/asm-i386/kmap_types.h */
export const KM_TYPES: readonly string[] = i386.kmap!.kmTypes;

/** What kmap() answers when every slot is in use. */
export const KMAP_SLEEP = 0;

export interface HighmemSnapshot {
  readonly pkmapCount: Int32Array;
  readonly pkmapPage: Int32Array;
  readonly bucket: Int16Array;
  readonly chain: Int16Array;
  readonly atomicPage: Int32Array;
  readonly lastPkmapNr: number;
}

/** The kmap pool and the atomic slots of one machine. */
export class Highmem {
  readonly pgdat: Pgdat;
  readonly layout: KmapLayout;
  /** CONFIG_DEBUG_HIGHMEM */
  readonly debug: boolean;
  /** A slot: 0 free, 1 no user but still in some TLB, n: n - 1 users. */
  readonly pkmapCount: Int32Array;
  /** PFN that a slot maps; NIL where the count is 0. */
  readonly pkmapPage: Int32Array;
  /** page_address_htable: first slot of each hash of a PFN, then the next slot of the same hash; NIL ends. */
  readonly bucket: Int16Array;
  readonly chain: Int16Array;
  /** PFN in each atomic slot, `cpu * kmTypeNr + type`; NIL when nothing is mapped. */
  readonly atomicPage: Int32Array;
  /** Where the search for a free slot stands. */
  lastPkmapNr = 0;

  constructor(pgdat: Pgdat, layout: KmapLayout, debug = false) {
    this.pgdat = pgdat;
    this.layout = layout;
    this.debug = debug;
    this.pkmapCount = new Int32Array(layout.lastPkmap);
    this.pkmapPage = new Int32Array(layout.lastPkmap).fill(NIL);
    this.bucket = new Int16Array(layout.lastPkmap).fill(NIL);
    this.chain = new Int16Array(layout.lastPkmap).fill(NIL);
    this.atomicPage = new Int32Array(pgdat.arch.nrCpus * layout.kmTypeNr).fill(NIL);
  }
}

/** Slot that maps a page of high memory, or NIL. */
function slotOf(h: Highmem, pfn: number): number {
  let slot = h.bucket[pfn & (h.layout.lastPkmap - 1)];
  while (slot !== NIL && h.pkmapPage[slot] !== pfn) slot = h.chain[slot];
  return slot;
}

function setPageAddress(h: Highmem, pfn: number, slot: number): void {
  const at = pfn & (h.layout.lastPkmap - 1);
  h.pkmapPage[slot] = pfn;
  h.chain[slot] = h.bucket[at];
  h.bucket[at] = slot;
}

function clearPageAddress(h: Highmem, slot: number): void {
  const at = h.pkmapPage[slot] & (h.layout.lastPkmap - 1);
  if (h.bucket[at] === slot) {
    h.bucket[at] = h.chain[slot];
  } else {
    let before = h.bucket[at];
    while (h.chain[before] !== slot) before = h.chain[before];
    h.chain[before] = h.chain[slot];
  }
  h.pkmapPage[slot] = NIL;
}

/**
 * Virtual address of a page: the direct mapping, or for high memory its slot of the pool.
 *
 * @returns 0 for a page of high memory that has no slot
 * Source:  mm/highmem.c, page_address()
 */
export function mappedPageAddress(h: Highmem, pfn: number): number {
  if (pfn < h.pgdat.normalEnd) return pageAddress(h.pgdat, pfn);
  const slot = slotOf(h, pfn);
  return slot === NIL ? 0 : pkmapAddress(h, slot);
}

/** PKMAP_ADDR() */
export function pkmapAddress(h: Highmem, slot: number): number {
  return h.layout.pkmapBase + slot * h.pgdat.arch.pageBytes;
}

/**
 * Map a page until kunmap().
 *
 * @returns virtual address, or KMAP_SLEEP (PATH_WAIT) when every slot is in use: the kernel's task sleeps uninterruptibly
 *          until somebody unmaps (QUEUE_KMAP), and then asks again
 * Source:  mm/highmem.c, kmap_high(), map_new_virtual()
 */
export function kmap(h: Highmem, pfn: number): number {
  if (pfn < h.pgdat.normalEnd) return pageAddress(h.pgdat, pfn);
  let slot = slotOf(h, pfn);
  if (slot === NIL) {
    slot = freeSlot(h);
    if (slot === NIL) return sleepForSlot(h);
    h.pkmapCount[slot] = 1;
    setPageAddress(h, pfn, slot);
  }
  h.pkmapCount[slot]++;
  h.pgdat.stat[STAT_KMAPS]++;
  return pkmapAddress(h, slot);
}

/** The task sleeps until some slot has no user any more, however long that takes. */
function sleepForSlot(h: Highmem): number {
  const { pgdat } = h;
  pgdat.sleep[SLEEP_UNTIL_US] = Number.POSITIVE_INFINITY;
  pgdat.sleep[SLEEP_QUEUE] = QUEUE_KMAP;
  pgdat.outcome = PATH_WAIT;
  pgdat.stat[STAT_KMAP_WAITS]++;
  return KMAP_SLEEP;
}

/** The next slot with count 0 behind the cursor; a wrap to slot 0 first flushes, and then all are looked at again. */
function freeSlot(h: Highmem): number {
  const { pkmapCount } = h;
  const mask = h.layout.lastPkmap - 1;
  let count = h.layout.lastPkmap;
  for (;;) {
    h.lastPkmapNr = (h.lastPkmapNr + 1) & mask;
    if (h.lastPkmapNr === 0) {
      flushAllZeroPkmaps(h);
      count = h.layout.lastPkmap;
    }
    if (pkmapCount[h.lastPkmapNr] === 0) return h.lastPkmapNr;
    if (--count === 0) return NIL;
  }
}

/** Slots without users become free, for one flush of every TLB. Source: mm/highmem.c, flush_all_zero_pkmaps() */
function flushAllZeroPkmaps(h: Highmem): void {
  const { pkmapCount } = h;
  for (let slot = 0; slot < pkmapCount.length; slot++) {
    if (pkmapCount[slot] !== 1) continue;
    pkmapCount[slot] = 0;
    clearPageAddress(h, slot);
  }
  h.pgdat.stat[STAT_TLB_FLUSHES]++;
  h.pgdat.stat[STAT_KMAP_FLUSHES]++;
}

/**
 * One user less. The slot keeps its page until the cursor wraps.
 *
 * @returns whether nobody uses the slot any more, so that those who wait for one (QUEUE_KMAP) are woken to look again
 * Throws KernelBug `bad-kunmap` for a page that nobody has mapped.
 * Source: mm/highmem.c, kunmap_high()
 */
export function kunmap(h: Highmem, pfn: number): boolean {
  if (pfn < h.pgdat.normalEnd) return false;
  const slot = slotOf(h, pfn);
  if (slot === NIL || h.pkmapCount[slot] < 2) {
    throw new KernelBug('bad-kunmap', `kunmap of pfn ${pfn}, which is not mapped`, pfn);
  }
  if (--h.pkmapCount[slot] !== 1) return false;
  h.pgdat.woken |= 1 << QUEUE_KMAP;
  return true;
}

/**
 * Map a page into one of this CPU's own slots. Does not sleep, needs no search and flushes one entry of one TLB.
 *
 * What was mapped there before is lost, a bug of the caller: STAT_KERNEL_BUGS, and with CONFIG_DEBUG_HIGHMEM a BUG().
 *
 * @param type 0..kmTypeNr-1, KM_TYPES
 * Source: arch/i386/mm/highmem.c, kmap_atomic()
 */
export function kmapAtomic(h: Highmem, pfn: number, type: number, cpu: number): number {
  const { layout } = h;
  if (!(type >= 0 && type < layout.kmTypeNr))
    throw new KernelBug('km-type', `there is no atomic mapping of type ${type}`, pfn);
  if (pfn < h.pgdat.normalEnd) return pageAddress(h.pgdat, pfn);
  const index = cpu * layout.kmTypeNr + type;
  if (h.atomicPage[index] !== NIL) mappingLost(h, h.atomicPage[index], type);
  h.atomicPage[index] = pfn;
  h.pgdat.stat[STAT_KMAP_ATOMICS]++;
  return layout.fixaddrTop + layout.fixmapStep * (layout.fixKmapBegin + index);
}

function mappingLost(h: Highmem, pfn: number, type: number): void {
  h.pgdat.stat[STAT_KERNEL_BUGS]++;
  if (h.debug) printk(h.pgdat, LOG_KERNEL_BUG, LOG_PLACE_KMAP_ATOMIC);
  else printk(h.pgdat, LOG_MAPPING_LOST, pfn, type);
}

/** End of an atomic mapping. Source: arch/i386/mm/highmem.c, kunmap_atomic() */
export function kunmapAtomic(h: Highmem, type: number, cpu: number): void {
  h.atomicPage[cpu * h.layout.kmTypeNr + type] = NIL;
}

export function snapshotHighmem(h: Highmem): HighmemSnapshot {
  return {
    pkmapCount: h.pkmapCount.slice(),
    pkmapPage: h.pkmapPage.slice(),
    bucket: h.bucket.slice(),
    chain: h.chain.slice(),
    atomicPage: h.atomicPage.slice(),
    lastPkmapNr: h.lastPkmapNr,
  };
}

export function restoreHighmem(h: Highmem, saved: HighmemSnapshot): void {
  h.pkmapCount.set(saved.pkmapCount);
  h.pkmapPage.set(saved.pkmapPage);
  h.bucket.set(saved.bucket);
  h.chain.set(saved.chain);
  h.atomicPage.set(saved.atomicPage);
  h.lastPkmapNr = saved.lastPkmapNr;
}

/** FNV-1a over the slots in use and the cursor; nothing at all while the pool was never used. */
export function highmemHash(h: Highmem, start: number): number {
  let hash = h.lastPkmapNr === 0 ? start : fnvInt(start, h.lastPkmapNr);
  for (let slot = 0; slot < h.pkmapCount.length; slot++) {
    if (h.pkmapCount[slot] === 0) continue;
    hash = fnvInt(fnvInt(fnvInt(hash, slot), h.pkmapCount[slot]), h.pkmapPage[slot]);
  }
  for (let i = 0; i < h.atomicPage.length; i++) {
    if (h.atomicPage[i] !== NIL) hash = fnvInt(fnvInt(hash, i), h.atomicPage[i]);
  }
  return hash;
}
