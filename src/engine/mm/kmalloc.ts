/**
 * kmalloc and kfree: the general caches. Source: mm/slab.c of 2.6.0, __kmalloc(), kfree(); include/linux/kmalloc_sizes.h.
 */
import { __GFP_DMA } from './gfp.ts';
import { NIL } from './page.ts';
import { PATH_ORDER } from './request.ts';
import { kmemCacheAlloc, kmemCacheFree } from './slab.ts';
import { C_OBJSIZE, C_REALLEN, OBJ_SHIFT } from './slab_layout.ts';
import { cacheOf } from './slab_object.ts';
import { type SlabAllocator, slabBug, usedRows } from './slab_state.ts';

/**
 * Sizes of the general caches, ascending.
 *
 * @param l1 L1_CACHE_BYTES: 96 and 192 are left out where they would only waste lines
 * Source: include/linux/kmalloc_sizes.h
 */
export function kmallocSizes(pageSize: number, l1: number): number[] {
  const sizes: number[] = [];
  if (pageSize === 4096) sizes.push(32);
  sizes.push(64);
  if (l1 < 64) sizes.push(96);
  sizes.push(128);
  if (l1 < 128) sizes.push(192);
  for (let size = 256; size <= 131072; size *= 2) sizes.push(size);
  return sizes;
}

/** Which general cache serves `bytes`; -1 when they are more than the largest has. */
export function mallocSlot(s: SlabAllocator, bytes: number): number {
  const { mallocSizes } = s;
  for (let i = 0; i < mallocSizes.length; i++) if (bytes <= mallocSizes[i]) return i;
  return -1;
}

/**
 * Physically contiguous memory.
 *
 * @param bytes 0 and up; more than the largest general cache has fails
 * @returns     the object, or NIL, as kmemCacheAlloc(); PATH_ORDER when it is too much
 * Source:      mm/slab.c, __kmalloc()
 */
export function kmalloc(s: SlabAllocator, bytes: number, gfp: number, cpu: number, ctx: number): number {
  const slot = mallocSlot(s, bytes);
  if (slot < 0) {
    s.pgdat.outcome = PATH_ORDER;
    return NIL;
  }
  const cache = (gfp & __GFP_DMA) !== 0 ? s.mallocDmaCaches[slot] : s.mallocCaches[slot];
  return kmemCacheAlloc(s, cache, gfp, cpu, ctx);
}

/**
 * Give back what kmalloc handed out; NIL is ignored, as the kernel ignores NULL.
 *
 * Throws KernelBug `bad-kfree` for what is in no slab.
 * Source: mm/slab.c, kfree()
 */
export function kfree(s: SlabAllocator, obj: number, cpu: number): void {
  if (obj === NIL) return;
  const cache = obj >= 0 && (obj >> OBJ_SHIFT) << 2 < usedRows(s) ? cacheOf(s, obj) : 0;
  if (cache === 0) slabBug('bad-kfree', `kfree of ${obj}, which is in no slab`);
  kmemCacheFree(s, cache, obj, cpu);
}

/** Bytes usable behind an object of kmalloc. Source: mm/slab.c, ksize(), obj_reallen() */
export function ksize(s: SlabAllocator, obj: number): number {
  return obj === NIL ? 0 : s.ctl[cacheOf(s, obj) + (s.debug === null ? C_OBJSIZE : C_REALLEN)];
}
