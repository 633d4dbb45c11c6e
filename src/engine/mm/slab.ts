/**
 * The object path of the slab allocator: head arrays, their refill and flush, slabs that come and go.
 * Source: mm/slab.c of 2.6.0; slab_cache.ts, slab_reap.ts and kmalloc.ts have the rest of that file.
 *
 * An object is a number (slab_layout.ts, OBJ_SHIFT); objectPaddr() tells where it lies and objectAt() finds it again.
 *
 * What the kernel's debugging build finds in the free list of a slab (an object put back twice) is found here always;
 * slab_debug.ts has the rest of that build, and answers callers that give back what they may not.
 */
import { REQ_EVENT } from '../lib/hooks.ts';
import {
  EV_SLAB_DESTROY,
  EV_SLAB_GROW,
  STAT_KERNEL_BUGS,
  STAT_SLAB_FLUSHES,
  STAT_SLAB_FREED,
  STAT_SLAB_GROWN,
  STAT_SLAB_REFILLS,
} from '../trace/events.ts';
import { LOG_KERNEL_BUG, LOG_PLACE_SLAB_ALLOC } from '../trace/printk.ts';
import { __GFP_DMA, __GFP_NO_GROW, __GFP_WAIT } from './gfp.ts';
import { OBSERVED_TRACE } from './mmzone.ts';
import { NIL, TAG_SLAB } from './page.ts';
import { allocPages, freePages } from './page_alloc.ts';
import { PG_slab } from './page_flags.ts';
import { printk, tagBlock } from './pgdat.ts';
import { PATH_ORDER, PATH_WAIT } from './request.ts';
import { checkAlloc, checkDestroy, checkFree, initObjects } from './slab_debug.ts';
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
  C_GFP,
  C_HEAD,
  C_MGMT,
  C_NUM,
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
  S_OFFSET,
  S_PFN,
  S_PREV,
  S_STATE,
  SLAB_CTOR_ATOMIC,
  SLAB_CTOR_CONSTRUCTOR,
  SLAB_LEVEL_MASK,
  SLAB_POISON,
  SLAB_RECLAIM_ACCOUNT,
} from './slab_layout.ts';
import { linkSlab, takeFromSlabs, unlinkSlab } from './slab_lists.ts';
import { objectPaddr } from './slab_object.ts';
import { giveRow, nameOf, type SlabAllocator, slabBug, takeRow } from './slab_state.ts';
import { touchArray, touchBatch, touchNewSlab, touchObject } from './slab_watch.ts';

export { cacheOf, indexInSlab, objectAt, objectPaddr, objectVaddr, slabPfn } from './slab_object.ts';

/**
 * One object of a cache.
 *
 * @param gfp used only when the cache has to grow
 * @returns   the object, or NIL when no page could be had; the pgdat's `path` then says why. With PATH_WAIT nothing has
 *            changed that asking again would do twice; PATH_ORDER: the request itself is wrong, and a BUG() is recorded
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
  if (state < 0) return allocSlowly(s, cache, gfp, cpu, ctx);
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
  freeSlowly(s, cache, obj, cpu);
}

function allocSlowly(s: SlabAllocator, cache: number, gfp: number, cpu: number, ctx: number): number {
  const ac = s.ctl[cache + C_ARRAY + cpu];
  return ac === AC_NULL ? allocWatched(s, cache, gfp, cpu, ctx) : refillArray(s, cache, ac, gfp, cpu, ctx);
}

function freeSlowly(s: SlabAllocator, cache: number, obj: number, cpu: number): void {
  const ac = s.ctl[cache + C_ARRAY + cpu];
  if (ac === AC_NULL) freeWatched(s, cache, obj, cpu);
  else flushArray(s, cache, ac, obj, cpu);
}

/** kmemCacheAlloc() while debugging or a data cache looks at each object. */
function allocWatched(s: SlabAllocator, cache: number, gfp: number, cpu: number, ctx: number): number {
  const { ctl } = s;
  const ac = ctl[cache + C_HEAD + cpu];
  if (ac === AC_NULL) noArray(s, cache, cpu);
  // With debugging kmem_flagcheck() looks at every request, not only at those that let the cache grow.
  if (s.debug !== null && (gfp & __GFP_DMA) !== ctl[cache + C_GFP]) return requestBug(s);
  const held = ctl[ac + AC_STATE] >> 1;
  let obj: number;
  if (held > 0) {
    ctl[ac + AC_STATE] = ((held - 1) << 1) | 1;
    obj = ctl[ac + AC_ENTRIES + held - 1];
  } else {
    const shared = ctl[cache + C_SHARED];
    const fromShared = shared !== 0 && ctl[shared + AC_STATE] > 1;
    obj = refillArray(s, cache, ac, gfp, cpu, ctx);
    if (obj === NIL) return NIL;
    touchBatch(s, cache, ac, 0, (s.ctl[ac + AC_STATE] >> 1) + 1, fromShared, cpu);
  }
  touchArray(s, cache, ac, s.ctl[ac + AC_STATE] >> 1, cpu);
  touchObject(s, cache, obj, cpu);
  if (s.debug !== null) checkAlloc(s, s.debug, cache, obj, gfp);
  return obj;
}

function freeWatched(s: SlabAllocator, cache: number, obj: number, cpu: number): void {
  const { ctl } = s;
  const ac = ctl[cache + C_HEAD + cpu];
  if (ac === AC_NULL) noArray(s, cache, cpu);
  if (s.debug !== null) {
    touchObject(s, cache, obj, cpu);
    if (!checkFree(s, s.debug, cache, obj)) return;
  }
  const held = ctl[ac + AC_STATE] >> 1;
  if (held < ctl[ac + AC_LIMIT]) {
    ctl[ac + AC_ENTRIES + held] = obj;
    ctl[ac + AC_STATE] += 2;
  } else {
    const room = roomInShared(s, cache);
    const batch = room !== 0 ? Math.min(room, ctl[ac + AC_BATCH]) : ctl[ac + AC_BATCH];
    touchBatch(s, cache, ac, 0, batch, room !== 0, cpu);
    flushArray(s, cache, ac, obj, cpu);
  }
  touchArray(s, cache, ac, (s.ctl[ac + AC_STATE] >> 1) - 1, cpu);
}

/** Objects that the shared array can take; 0 without one. */
function roomInShared(s: SlabAllocator, cache: number): number {
  const shared = s.ctl[cache + C_SHARED];
  return shared === 0 ? 0 : s.ctl[shared + AC_LIMIT] - (s.ctl[shared + AC_STATE] >> 1);
}

/** BUG() where a request makes no sense: recorded, and nothing is handed out. Source: mm/slab.c, cache_grow(), kmem_flagcheck() */
function requestBug(s: SlabAllocator): number {
  const { pgdat } = s;
  printk(pgdat, LOG_KERNEL_BUG, LOG_PLACE_SLAB_ALLOC);
  pgdat.stat[STAT_KERNEL_BUGS]++;
  pgdat.outcome = PATH_ORDER;
  return NIL;
}

/**
 * The head array is empty: take from the shared array, else from slabs, partial ones first, else grow.
 *
 * Source: mm/slab.c, cache_alloc_refill()
 */
function refillArray(
  s: SlabAllocator,
  cache: number,
  ac: number,
  gfp: number,
  cpu: number,
  ctx: number,
): number {
  for (;;) {
    const { ctl } = s;
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
      // Reclaim put objects of this very cache back: nobody will go on with a request for pages that sleeps.
      if (!grew) s.pgdat.control.fill(0);
    }
    s.pgdat.stat[STAT_SLAB_REFILLS]++;
    avail--;
    s.ctl[ac + AC_STATE] = (avail << 1) | 1;
    return s.ctl[ac + AC_ENTRIES + avail];
  }
}

/**
 * The head array is full: a batch goes from its bottom, oldest first, to the shared array or to the slabs.
 *
 * Source: mm/slab.c, cache_flusharray()
 */
function flushArray(s: SlabAllocator, cache: number, ac: number, obj: number, cpu: number): void {
  const { ctl } = s;
  s.pgdat.stat[STAT_SLAB_FLUSHES]++;
  let batch = ctl[ac + AC_BATCH];
  const shared = ctl[cache + C_SHARED];
  const room = roomInShared(s, cache);
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
 * @returns false when pages or management could not be had, or the caller forbids growing; its colour was used up all the
 *          same, unless the request sleeps and will be made again
 * Source:  mm/slab.c, cache_grow(), kmem_getpages(), alloc_slabmgmt(), cache_init_objs()
 *
 * Deviation: a task that has to sleep for management gives the slab's pages back meanwhile, and its colour.
 */
function cacheGrow(s: SlabAllocator, cache: number, gfp: number, cpu: number, ctx: number): boolean {
  const { ctl, pgdat } = s;
  if ((gfp & ~(__GFP_DMA | SLAB_LEVEL_MASK | __GFP_NO_GROW)) !== 0) {
    requestBug(s);
    return false;
  }
  if ((gfp & __GFP_NO_GROW) !== 0) {
    pgdat.outcome = PATH_ORDER;
    return false;
  }
  const colour = ctl[cache + C_COLOUR_NEXT];
  ctl[cache + C_COLOUR_NEXT] = colour + 1 >= ctl[cache + C_COLOUR] ? 0 : colour + 1;
  if ((gfp & __GFP_DMA) !== ctl[cache + C_GFP]) {
    requestBug(s);
    return false;
  }
  const order = ctl[cache + C_ORDER];
  const num = ctl[cache + C_NUM];
  const accounted = (ctl[cache + C_FLAGS] & SLAB_RECLAIM_ACCOUNT) !== 0;
  // A failed request for pages leaves the count too high: that is how 2.6.0 does it.
  if (accounted) s.reclaimPages += 1 << order;
  const pfn = allocPages(pgdat, gfp, order, cpu, ctx);
  if (pfn === NIL) {
    if (pgdat.path === PATH_WAIT) {
      ctl[cache + C_COLOUR_NEXT] = colour;
      if (accounted) s.reclaimPages -= 1 << order;
    }
    return false;
  }
  let offset = colour * ctl[cache + C_COLOUR_OFF];
  let mgmt = NIL;
  const slabpCache = ctl[cache + C_SLABP_CACHE];
  if (slabpCache !== 0) mgmt = kmemCacheAlloc(s, slabpCache, gfp & SLAB_LEVEL_MASK, cpu, ctx);
  else offset += ctl[cache + C_MGMT];
  const row = slabpCache !== 0 && mgmt === NIL ? NIL : takeRow(s, num);
  if (row === NIL) {
    if (mgmt !== NIL) {
      kmemCacheFree(s, slabpCache, mgmt, cpu);
      pgdat.outcome = PATH_ORDER;
    }
    if (pgdat.path === PATH_WAIT) {
      ctl[cache + C_COLOUR_NEXT] = colour;
      // When asked again, pages come first: what sleeps is not their request.
      pgdat.control.fill(0);
    }
    freePages(pgdat, pfn, order, cpu, 0);
    if (accounted) s.reclaimPages -= 1 << order;
    return false;
  }
  markPages(s, pfn, order, row);
  tagBlock(pgdat, pfn, TAG_SLAB);
  const { rows, cold, bufctl } = s;
  cold[row + S_PFN] = pfn;
  cold[row + S_OFFSET] = offset;
  cold[row + S_MGMT] = mgmt;
  cold[row + S_CACHE] = cache;
  const links = rows[row + S_BUFCTL];
  for (let i = 1; i < num; i++) bufctl[links + i - 1] = i;
  bufctl[links + num - 1] = BUFCTL_END;
  rows[row + S_STATE] = 0;
  if (s.watched) {
    if (s.debug !== null) initObjects(s, s.debug, cache, row);
    touchNewSlab(s, row, num, cpu);
  }
  construct(s, cache, row, (gfp & __GFP_WAIT) === 0 ? SLAB_CTOR_ATOMIC : 0);
  linkSlab(s.rows, row, s.rows[s.ctl[cache + C_FREE] + S_PREV]);
  s.ctl[cache + C_FREE_OBJECTS] += num;
  pgdat.stat[STAT_SLAB_GROWN]++;
  if ((pgdat.observed & OBSERVED_TRACE) !== 0)
    pgdat.trace?.record(pgdat.request[REQ_EVENT], EV_SLAB_GROW, pfn, order, num);
  return true;
}

/** Every page of a slab leads to its row. Source: mm/slab.c, SET_PAGE_SLAB(), kmem_getpages(), kmem_freepages() */
function markPages(s: SlabAllocator, pfn: number, order: number, row: number): void {
  const { slabOfPage } = s;
  const { fields } = s.pgdat;
  for (let page = pfn, end = pfn + (1 << order); page < end; page++) {
    slabOfPage[page] = row;
    if (fields === null) continue;
    if (row === NIL) fields.flags[page] &= ~PG_slab;
    else fields.flags[page] |= PG_slab;
  }
}

/** The constructor of a cache runs once for each object of a new slab; where poison would undo it, each time one is handed out. */
function construct(s: SlabAllocator, cache: number, row: number, flags: number): void {
  const { ctor } = s.texts[s.ctl[cache + C_TEXT]];
  if (ctor === null || (s.ctl[cache + C_FLAGS] & SLAB_POISON) !== 0) return;
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
  if (s.debug !== null) checkDestroy(s, s.debug, cache, row);
  if (dtor !== null && (ctl[cache + C_FLAGS] & SLAB_POISON) === 0)
    for (let i = 0; i < num; i++) dtor(s, cache, (row << (OBJ_SHIFT - 2)) | i, 0);
  const pfn = cold[row + S_PFN];
  const order = ctl[cache + C_ORDER];
  const mgmt = cold[row + S_MGMT];
  markPages(s, pfn, order, NIL);
  giveRow(s, row, num);
  freePages(pgdat, pfn, order, cpu, 0);
  if (pgdat.vm !== null) pgdat.vm.reclaimedSlab += 1 << order;
  if ((ctl[cache + C_FLAGS] & SLAB_RECLAIM_ACCOUNT) !== 0) s.reclaimPages -= 1 << order;
  pgdat.stat[STAT_SLAB_FREED]++;
  if ((pgdat.observed & OBSERVED_TRACE) !== 0)
    pgdat.trace?.record(pgdat.request[REQ_EVENT], EV_SLAB_DESTROY, pfn, order, num);
  if (mgmt !== NIL) kmemCacheFree(s, ctl[cache + C_SLABP_CACHE], mgmt, cpu);
}
