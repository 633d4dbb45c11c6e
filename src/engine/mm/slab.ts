/**
 * The object path of the slab allocator: head arrays, their refill and flush, slabs that come and go.
 * Source: mm/slab.c of 2.6.0; slab_cache.ts, slab_reap.ts and kmalloc.ts have the rest of that file.
 *
 * An object is a number (slab_layout.ts, OBJ_SHIFT); objectPaddr() tells where it lies and objectAt() finds it again.
 *
 * Deviation: SLAB_POISON, SLAB_RED_ZONE and SLAB_STORE_USER are not modelled. What the kernel's debugging build finds in
 * the free list of a slab (an object put back twice) is found here always.
 */
import { REQ_EVENT } from '../lib/hooks.ts';
import { EV_SLAB_DESTROY, EV_SLAB_GROW, STAT_SLAB_FREED, STAT_SLAB_GROWN } from '../trace/events.ts';
import { __GFP_DMA, __GFP_NO_GROW, __GFP_WAIT } from './gfp.ts';
import { OBSERVED_TRACE } from './mmzone.ts';
import { NIL } from './page.ts';
import { allocPages, freePages } from './page_alloc.ts';
import {
  AC_BATCH,
  AC_ENTRIES,
  AC_LIMIT,
  AC_NULL,
  AC_STATE,
  BATCHREFILL_LIMIT,
  BUFCTL_END,
  BUFCTL_FREE,
  C_ARRAY,
  C_COLOUR,
  C_COLOUR_NEXT,
  C_COLOUR_OFF,
  C_FLAGS,
  C_FREE,
  C_FREE_LIMIT,
  C_FREE_OBJECTS,
  C_FREE_TOUCHED,
  C_FULL,
  C_GFP,
  C_MGMT,
  C_NUM,
  C_OBJSIZE,
  C_ORDER,
  C_PARTIAL,
  C_SHARED,
  C_SLABP_CACHE,
  C_TEXT,
  OBJ_MASK,
  OBJ_SHIFT,
  S_BUFCTL,
  S_CACHE,
  S_MGMT,
  S_NEXT,
  S_OFFSET,
  S_PFN,
  S_PREV,
  S_STATE,
  SLAB_CTOR_ATOMIC,
  SLAB_CTOR_CONSTRUCTOR,
  SLAB_LEVEL_MASK,
  SLAB_RECLAIM_ACCOUNT,
} from './slab_layout.ts';
import { giveRow, nameOf, type SlabAllocator, slabBug, takeRow } from './slab_state.ts';

/**
 * One object of a cache.
 *
 * @param gfp used only when the cache has to grow
 * @returns   the object, or NIL when no page could be had; the pgdat's `path` then says why
 * Source:    mm/slab.c, kmem_cache_alloc(), __cache_alloc()
 */
export function kmemCacheAlloc(
  s: SlabAllocator,
  cache: number,
  gfp: number,
  cpu: number,
  ctx: number,
): number {
  const { ctl } = s;
  const ac = ctl[cache + C_ARRAY + cpu];
  const state = (ctl[ac + AC_STATE] - 2) | 1;
  if (state < 0) return refillArray(s, cache, gfp, cpu, ctx);
  ctl[ac + AC_STATE] = state;
  return ctl[(ac + AC_ENTRIES + (state >> 1)) | 0];
}

/**
 * Put an object back into the cache that it came from.
 *
 * Source: mm/slab.c, kmem_cache_free(), __cache_free()
 */
export function kmemCacheFree(s: SlabAllocator, cache: number, obj: number, cpu: number): void {
  const { ctl } = s;
  const ac = ctl[cache + C_ARRAY + cpu];
  const state = ctl[ac + AC_STATE];
  if (state >> 1 < ctl[(ac + AC_LIMIT) | 0]) {
    ctl[(ac + AC_ENTRIES + (state >> 1)) | 0] = obj;
    ctl[ac + AC_STATE] = state + 2;
    return;
  }
  flushArray(s, cache, obj, cpu);
}

/**
 * The head array is empty: take from the shared array, else from slabs, partial ones first, else grow.
 *
 * Source: mm/slab.c, cache_alloc_refill()
 */
function refillArray(s: SlabAllocator, cache: number, gfp: number, cpu: number, ctx: number): number {
  for (;;) {
    const { ctl } = s;
    const ac = ctl[cache + C_ARRAY + cpu];
    if (ac === AC_NULL) noArray(s, cache, cpu);
    let batch = ctl[ac + AC_BATCH];
    if ((ctl[ac + AC_STATE] & 1) === 0 && batch > BATCHREFILL_LIMIT) batch = BATCHREFILL_LIMIT;
    const shared = ctl[cache + C_SHARED];
    const held = shared === 0 ? 0 : ctl[shared + AC_STATE] >> 1;
    if (held > 0) {
      if (batch > held) batch = held;
      const from = shared + AC_ENTRIES + held - batch;
      ctl.copyWithin(ac + AC_ENTRIES, from, from + batch);
      ctl[shared + AC_STATE] = ((held - batch) << 1) | 1;
      ctl[ac + AC_STATE] += batch << 1;
    } else {
      takeFromSlabs(s, cache, ac, batch);
    }
    let avail = ctl[ac + AC_STATE] >> 1;
    if (avail === 0) {
      const grew = cacheGrow(s, cache, gfp, cpu, ctx);
      avail = s.ctl[ac + AC_STATE] >> 1;
      if (!grew && avail === 0) return NIL;
      if (avail === 0) continue;
    }
    avail--;
    s.ctl[ac + AC_STATE] = (avail << 1) | 1;
    return s.ctl[ac + AC_ENTRIES + avail];
  }
}

/** Move up to `batch` objects from slabs into an empty head array, each slab to the head of the list it then belongs to. */
function takeFromSlabs(s: SlabAllocator, cache: number, ac: number, batch: number): void {
  const { ctl, rows, bufctl } = s;
  const num = ctl[cache + C_NUM];
  const partial = ctl[cache + C_PARTIAL];
  let to = ac + AC_ENTRIES;
  let left = batch;
  while (left > 0) {
    let row = rows[partial + S_NEXT];
    if (row === partial) {
      ctl[cache + C_FREE_TOUCHED] = 1;
      const free = ctl[cache + C_FREE];
      row = rows[free + S_NEXT];
      if (row === free) break;
    }
    const state = rows[row + S_STATE];
    const inuse = state & 0xffff;
    const links = rows[row + S_BUFCTL];
    const obj = row << (OBJ_SHIFT - 2);
    let index = state >>> 16;
    const take = Math.min(num - inuse, left);
    for (const end = to + take; to < end; to++) {
      ctl[to] = obj | index;
      const next = bufctl[links + index];
      bufctl[links + index] = BUFCTL_FREE;
      index = next;
    }
    left -= take;
    rows[row + S_STATE] = (index << 16) | (inuse + take);
    const head = index === BUFCTL_END ? ctl[cache + C_FULL] : partial;
    unlinkSlab(rows, row);
    linkSlab(rows, row, head);
  }
  ctl[ac + AC_STATE] += (batch - left) << 1;
  ctl[cache + C_FREE_OBJECTS] -= batch - left;
}

function unlinkSlab(rows: Int32Array, row: number): void {
  const next = rows[row + S_NEXT];
  const prev = rows[row + S_PREV];
  rows[prev + S_NEXT] = next;
  rows[next + S_PREV] = prev;
}

/** Insert behind `at`: a list's head makes it the first, the head's S_PREV the last. */
function linkSlab(rows: Int32Array, row: number, at: number): void {
  const next = rows[at + S_NEXT];
  rows[at + S_NEXT] = row;
  rows[row + S_NEXT] = next;
  rows[row + S_PREV] = at;
  rows[next + S_PREV] = row;
}

/**
 * The head array is full: a batch goes from its bottom, oldest first, to the shared array or to the slabs.
 *
 * Source: mm/slab.c, cache_flusharray()
 */
function flushArray(s: SlabAllocator, cache: number, obj: number, cpu: number): void {
  const { ctl } = s;
  const ac = ctl[cache + C_ARRAY + cpu];
  if (ac === AC_NULL) noArray(s, cache, cpu);
  let batch = ctl[ac + AC_BATCH];
  const shared = ctl[cache + C_SHARED];
  const room = shared === 0 ? 0 : ctl[shared + AC_LIMIT] - (ctl[shared + AC_STATE] >> 1);
  if (room !== 0) {
    if (batch > room) batch = room;
    const to = shared + AC_ENTRIES + (ctl[shared + AC_STATE] >> 1);
    ctl.copyWithin(to, ac + AC_ENTRIES, ac + AC_ENTRIES + batch);
    ctl[shared + AC_STATE] += batch << 1;
  } else {
    freeBlock(s, cache, ac + AC_ENTRIES, batch, cpu);
  }
  const avail = dropOldest(ctl, ac, batch);
  ctl[ac + AC_ENTRIES + avail] = obj;
  ctl[ac + AC_STATE] += 2;
}

/** The `count` oldest entries of an array are gone. @returns how many are left */
export function dropOldest(ctl: Int32Array, ac: number, count: number): number {
  const avail = (ctl[ac + AC_STATE] >> 1) - count;
  const first = ac + AC_ENTRIES;
  ctl.copyWithin(first, first + count, first + count + avail);
  ctl[ac + AC_STATE] -= count << 1;
  return avail;
}

/**
 * Objects go back to their slabs, one by one; a slab that becomes empty is kept, or given back when the cache has more
 * free objects than its limit. The free objects are counted up by the whole batch before the first is put back.
 *
 * @param from offset in `ctl` of the first object
 * Throws KernelBug `double-free` for an object that is free already.
 * Source: mm/slab.c, free_block()
 */
export function freeBlock(s: SlabAllocator, cache: number, from: number, count: number, cpu: number): void {
  const { ctl, rows, bufctl } = s;
  const partial = ctl[cache + C_PARTIAL];
  const end = from + count;
  ctl[cache + C_FREE_OBJECTS] += count;
  let i = from;
  while (i < end) {
    // Objects that lie side by side in the array often lie in one slab, which then moves once.
    let obj = ctl[i];
    const slab = obj >> OBJ_SHIFT;
    const row = slab << 2;
    const links = rows[row + S_BUFCTL];
    const state = rows[row + S_STATE];
    let free = state >>> 16;
    let inuse = state & 0xffff;
    do {
      const index = obj & OBJ_MASK;
      if (bufctl[links + index] !== BUFCTL_FREE) doubleFree(s, cache, obj);
      bufctl[links + index] = free;
      free = index;
      inuse--;
      i++;
      obj = ctl[i];
    } while (i < end && obj >> OBJ_SHIFT === slab);
    rows[row + S_STATE] = (free << 16) | inuse;
    if (inuse === 0) {
      emptied(s, cache, row, cpu);
    } else if (rows[partial + S_PREV] !== row) {
      unlinkSlab(rows, row);
      linkSlab(rows, row, rows[partial + S_PREV]);
    }
  }
}

function emptied(s: SlabAllocator, cache: number, row: number, cpu: number): void {
  const { ctl } = s;
  unlinkSlab(s.rows, row);
  if (ctl[cache + C_FREE_OBJECTS] > ctl[cache + C_FREE_LIMIT]) {
    ctl[cache + C_FREE_OBJECTS] -= ctl[cache + C_NUM];
    slabDestroy(s, cache, row, cpu);
  } else {
    linkSlab(s.rows, row, ctl[cache + C_FREE]);
  }
}

function doubleFree(s: SlabAllocator, cache: number, obj: number): never {
  const name = nameOf(s, s.ctl[cache + C_TEXT]);
  return slabBug(
    'double-free',
    `slab: double free detected in cache '${name}', objp 0x${objectPaddr(s, obj).toString(16)}`,
  );
}

function noArray(s: SlabAllocator, cache: number, cpu: number): never {
  return slabBug(
    'no-head-array',
    `NULL pointer dereference: cache '${nameOf(s, s.ctl[cache + C_TEXT])}' has no head array on CPU ${cpu} (its creation ran out of memory, or the CPU is not online)`,
  );
}

/**
 * One slab more at the end of the cache's free list.
 *
 * @returns false when pages or management could not be had, or the caller forbids growing
 * Source:  mm/slab.c, cache_grow(), kmem_getpages(), alloc_slabmgmt(), cache_init_objs()
 */
function cacheGrow(s: SlabAllocator, cache: number, gfp: number, cpu: number, ctx: number): boolean {
  const { ctl, pgdat } = s;
  if ((gfp & ~(__GFP_DMA | SLAB_LEVEL_MASK | __GFP_NO_GROW)) !== 0) {
    slabBug('slab-gfp', `gfp mask 0x${gfp.toString(16)} has bits that a slab cannot be asked for`);
  }
  if ((gfp & __GFP_NO_GROW) !== 0) return false;
  const colour = ctl[cache + C_COLOUR_NEXT];
  ctl[cache + C_COLOUR_NEXT] = colour + 1 >= ctl[cache + C_COLOUR] ? 0 : colour + 1;
  if ((gfp & __GFP_DMA) !== ctl[cache + C_GFP]) {
    slabBug(
      'slab-gfp',
      `__GFP_DMA asked of cache '${nameOf(s, ctl[cache + C_TEXT])}', or not asked of a DMA one`,
    );
  }
  const order = ctl[cache + C_ORDER];
  const num = ctl[cache + C_NUM];
  const accounted = (ctl[cache + C_FLAGS] & SLAB_RECLAIM_ACCOUNT) !== 0;
  // A failed request for pages leaves the count too high: that is how 2.6.0 does it.
  if (accounted) s.reclaimPages += 1 << order;
  const pfn = allocPages(pgdat, gfp, order, cpu, ctx);
  if (pfn === NIL) return false;
  let offset = colour * ctl[cache + C_COLOUR_OFF];
  let mgmt = NIL;
  const slabpCache = ctl[cache + C_SLABP_CACHE];
  if (slabpCache !== 0) mgmt = kmemCacheAlloc(s, slabpCache, gfp & SLAB_LEVEL_MASK, cpu, ctx);
  else offset += ctl[cache + C_MGMT];
  const row = slabpCache !== 0 && mgmt === NIL ? NIL : takeRow(s, num);
  if (row === NIL) {
    if (mgmt !== NIL) kmemCacheFree(s, slabpCache, mgmt, cpu);
    freePages(pgdat, pfn, order, cpu, 0);
    if (accounted) s.reclaimPages -= 1 << order;
    return false;
  }
  markPages(s, pfn, order, row);
  const { rows, cold, bufctl } = s;
  cold[row + S_PFN] = pfn;
  cold[row + S_OFFSET] = offset;
  cold[row + S_MGMT] = mgmt;
  cold[row + S_CACHE] = cache;
  const links = rows[row + S_BUFCTL];
  for (let i = 1; i < num; i++) bufctl[links + i - 1] = i;
  bufctl[links + num - 1] = BUFCTL_END;
  rows[row + S_STATE] = 0;
  construct(s, cache, row, (gfp & __GFP_WAIT) === 0 ? SLAB_CTOR_ATOMIC : 0);
  linkSlab(s.rows, row, s.rows[s.ctl[cache + C_FREE] + S_PREV]);
  s.ctl[cache + C_FREE_OBJECTS] += num;
  pgdat.stat[STAT_SLAB_GROWN]++;
  if ((pgdat.observed & OBSERVED_TRACE) !== 0)
    pgdat.trace?.record(pgdat.request[REQ_EVENT], EV_SLAB_GROW, pfn, order, num);
  return true;
}

/** Every page of a slab leads to its row. Source: mm/slab.c, SET_PAGE_SLAB() */
function markPages(s: SlabAllocator, pfn: number, order: number, row: number): void {
  const { slabOfPage } = s;
  for (let page = pfn, end = pfn + (1 << order); page < end; page++) slabOfPage[page] = row;
}

/** The constructor of a cache runs once for each object of a new slab. */
function construct(s: SlabAllocator, cache: number, row: number, flags: number): void {
  const { ctor } = s.texts[s.ctl[cache + C_TEXT]];
  if (ctor === null) return;
  const num = s.ctl[cache + C_NUM];
  for (let i = 0; i < num; i++) ctor(s, cache, (row << (OBJ_SHIFT - 2)) | i, SLAB_CTOR_CONSTRUCTOR | flags);
}

/**
 * A slab that is in no list any more: its pages go back first, then its management object.
 *
 * Source: mm/slab.c, slab_destroy(), kmem_freepages()
 */
export function slabDestroy(s: SlabAllocator, cache: number, row: number, cpu: number): void {
  const { ctl, cold, pgdat } = s;
  const { dtor } = s.texts[ctl[cache + C_TEXT]];
  const num = ctl[cache + C_NUM];
  if (dtor !== null) for (let i = 0; i < num; i++) dtor(s, cache, (row << (OBJ_SHIFT - 2)) | i, 0);
  const pfn = cold[row + S_PFN];
  const order = ctl[cache + C_ORDER];
  const mgmt = cold[row + S_MGMT];
  markPages(s, pfn, order, NIL);
  giveRow(s, row, num);
  freePages(pgdat, pfn, order, cpu, 0);
  if ((ctl[cache + C_FLAGS] & SLAB_RECLAIM_ACCOUNT) !== 0) s.reclaimPages -= 1 << order;
  pgdat.stat[STAT_SLAB_FREED]++;
  if ((pgdat.observed & OBSERVED_TRACE) !== 0)
    pgdat.trace?.record(pgdat.request[REQ_EVENT], EV_SLAB_DESTROY, pfn, order, num);
  if (mgmt !== NIL) kmemCacheFree(s, ctl[cache + C_SLABP_CACHE], mgmt, cpu);
}

/** Physical address of an object, a double. */
export function objectPaddr(s: SlabAllocator, obj: number): number {
  const row = (obj >> OBJ_SHIFT) << 2;
  const size = s.ctl[s.cold[row + S_CACHE] + C_OBJSIZE];
  return slabPfn(s, obj) * (1 << s.pgdat.arch.pageShift) + s.cold[row + S_OFFSET] + (obj & OBJ_MASK) * size;
}

/** Kernel virtual address of an object: slabs lie in the direct mapping. */
export function objectVaddr(s: SlabAllocator, obj: number): number {
  return s.pgdat.arch.pageOffset + objectPaddr(s, obj);
}

/** First page of the object's slab. */
export function slabPfn(s: SlabAllocator, obj: number): number {
  return s.cold[((obj >> OBJ_SHIFT) << 2) + S_PFN];
}

export function indexInSlab(obj: number): number {
  return obj & OBJ_MASK;
}

/** The cache that an object belongs to, by its slab. */
export function cacheOf(s: SlabAllocator, obj: number): number {
  return s.cold[((obj >> OBJ_SHIFT) << 2) + S_CACHE];
}

/**
 * The object that starts at a physical address, by the page it lies in.
 *
 * @returns NIL when the page belongs to no slab or no object starts there
 * Source:  mm/slab.c, GET_PAGE_SLAB(), free_block()
 */
export function objectAt(s: SlabAllocator, paddr: number): number {
  const pageSize = 1 << s.pgdat.arch.pageShift;
  const page = Math.floor(paddr / pageSize);
  const row = page >= 0 && page < s.slabOfPage.length ? s.slabOfPage[page] : NIL;
  if (row === NIL) return NIL;
  const cache = s.cold[row + S_CACHE];
  const index = (paddr - s.cold[row + S_PFN] * pageSize - s.cold[row + S_OFFSET]) / s.ctl[cache + C_OBJSIZE];
  if (!Number.isInteger(index) || index < 0 || index >= s.ctl[cache + C_NUM]) return NIL;
  return (row << (OBJ_SHIFT - 2)) | index;
}
