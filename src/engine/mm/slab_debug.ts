/**
 * CONFIG_DEBUG_SLAB: poison, red zones and last users, and what the allocator says when it finds them overwritten.
 * Source: mm/slab.c of 2.6.0, the parts under DEBUG and FORCED_DEBUG.
 *
 * What lies in an object is modelled as far as these checks can see it: whether a free one is still all poison and where
 * it first is not, and the two words around it. slab_misuse.ts overwrites them.
 *
 * Deviation: the kernel puts an object that is freed twice into the head array twice, and hands it out twice later. Here
 * the second free is reported, and the object stays where it is, once. Of an object without red zones (4096 bytes and
 * more, where they would take it beyond a power of two) the kernel notices only when the array is flushed, with a BUG();
 * here at once.
 * Deviation: red zones are 32 bits wide; a write to the upper half of one on a 64-bit machine changes the lower. Neither
 * the hex dump of a corrupted object nor CONFIG_DEBUG_PAGEALLOC is modelled.
 */
import type { Arch } from '../arch/arch.ts';
import { REQ_TASK } from '../lib/hooks.ts';
import { STAT_KERNEL_BUGS } from '../trace/events.ts';
import {
  LOG_KERNEL_BUG,
  LOG_PLACE_KFREE,
  LOG_SLAB_CORRUPTION,
  LOG_SLAB_DESTROY,
  LOG_SLAB_DOUBLE_FREE,
  LOG_SLAB_RED_ZONE,
} from '../trace/printk.ts';
import { __GFP_WAIT } from './gfp.ts';
import { printk } from './pgdat.ts';
import { growDebug, RED_ACTIVE, RED_INACTIVE, type SlabDebug } from './slab_debug_state.ts';
import {
  C_FLAGS,
  C_NUM,
  C_TEXT,
  OBJ_MASK,
  OBJ_SHIFT,
  S_BUFCTL,
  SLAB_CTOR_ATOMIC,
  SLAB_CTOR_CONSTRUCTOR,
  SLAB_CTOR_VERIFY,
  SLAB_DEBUG_INITIAL,
  SLAB_MUST_HWCACHE_ALIGN,
  SLAB_POISON,
  SLAB_RED_ZONE,
  SLAB_STORE_USER,
} from './slab_layout.ts';
import { objectPaddr } from './slab_object.ts';
import type { SlabAllocator } from './slab_state.ts';

/** What a stray write leaves in each byte: no byte of poison, nor of a red zone. */
export const STRAY_BYTE = 0x2a;

const fls = (n: number): number => 32 - Math.clz32(n);

/**
 * Flags of a cache in a debugging build: everything is poisoned; red zones and last users are left out where alignment
 * is a must, and where three words more would take a large object beyond the next power of two.
 *
 * Source: mm/slab.c, kmem_cache_create(), FORCED_DEBUG
 */
export function debugFlags(arch: Arch, size: number, flags: number): number {
  const fits = size < 4096 || fls(size - 1) === fls(size - 1 + 3 * arch.longBytes);
  const zones = fits && (flags & SLAB_MUST_HWCACHE_ALIGN) === 0 ? SLAB_RED_ZONE | SLAB_STORE_USER : 0;
  return flags | SLAB_POISON | zones;
}

/** Bytes that statistics and debugging add to kmem_cache_t: 7 longs, 4 atomics, 2 ints. Source: mm/slab.c, struct kmem_cache_s */
export function descriptorDebugBytes(arch: Arch): number {
  return 7 * arch.longBytes + 6 * 4;
}

/** Physical address in words of the machine, so that one of more than 4 GiB fits an argument of a log line. */
export function inWords(s: SlabAllocator, paddr: number): number {
  return Math.floor(paddr / s.pgdat.arch.longBytes) | 0;
}

/** Objects of a new slab: poisoned, their red zones inactive. Source: mm/slab.c, cache_init_objs() */
export function initObjects(s: SlabAllocator, d: SlabDebug, cache: number, row: number): void {
  growDebug(d, s.bufctl.length);
  const first = s.rows[row + S_BUFCTL];
  const end = first + s.ctl[cache + C_NUM];
  d.out.fill(0, first, end);
  d.redzone1.fill(RED_INACTIVE, first, end);
  d.redzone2.fill(RED_INACTIVE, first, end);
  d.spoilt.fill(0, first, end);
  d.user.fill(-1, first, end);
}

/** Where an object stands in the columns of SlabDebug. */
export function debugIndex(s: SlabAllocator, obj: number): number {
  return s.rows[((obj >> OBJ_SHIFT) << 2) + S_BUFCTL] + (obj & OBJ_MASK);
}

/**
 * An object is about to be handed out: nobody may have written it while it was free.
 *
 * Source: mm/slab.c, cache_alloc_debugcheck_after()
 */
export function checkAlloc(s: SlabAllocator, d: SlabDebug, cache: number, obj: number, gfp: number): void {
  const at = debugIndex(s, obj);
  const flags = s.ctl[cache + C_FLAGS];
  if (d.spoilt[at] !== 0) corrupted(s, d, cache, obj, at);
  d.user[at] = s.pgdat.request[REQ_TASK];
  if ((flags & SLAB_RED_ZONE) !== 0) {
    if (d.redzone1[at] !== RED_INACTIVE || d.redzone2[at] !== RED_INACTIVE)
      report(s, LOG_SLAB_RED_ZONE, cache, obj, d.redzone1[at], d.redzone2[at]);
    d.redzone1[at] = RED_ACTIVE;
    d.redzone2[at] = RED_ACTIVE;
  }
  d.out[at] = 1;
  const { ctor } = s.texts[s.ctl[cache + C_TEXT]];
  const atomic = (gfp & __GFP_WAIT) === 0 ? SLAB_CTOR_ATOMIC : 0;
  if (ctor !== null) ctor(s, cache, obj, SLAB_CTOR_CONSTRUCTOR | atomic);
}

/**
 * An object comes back: its red zones must be as they were handed out. It is poisoned.
 *
 * @returns false when it is free already, and must not be put back again
 * Source:  mm/slab.c, cache_free_debugcheck(); for objects without red zones, free_block()
 */
export function checkFree(s: SlabAllocator, d: SlabDebug, cache: number, obj: number): boolean {
  const at = debugIndex(s, obj);
  const hasZones = (s.ctl[cache + C_FLAGS] & SLAB_RED_ZONE) !== 0;
  const wasOut = d.out[at] !== 0;
  if (hasZones) {
    if (d.redzone1[at] !== RED_ACTIVE || d.redzone2[at] !== RED_ACTIVE)
      report(s, LOG_SLAB_DOUBLE_FREE, cache, obj, d.redzone1[at], d.redzone2[at]);
    d.redzone1[at] = RED_INACTIVE;
    d.redzone2[at] = RED_INACTIVE;
  } else if (!wasOut) {
    s.pgdat.stat[STAT_KERNEL_BUGS]++;
    printk(s.pgdat, LOG_KERNEL_BUG, LOG_PLACE_KFREE, cache, inWords(s, objectPaddr(s, obj)));
  }
  if (!wasOut) return false;
  d.out[at] = 0;
  d.user[at] = s.pgdat.request[REQ_TASK];
  d.spoilt[at] = 0;
  const { ctor, dtor } = s.texts[s.ctl[cache + C_TEXT]];
  if (ctor !== null && (s.ctl[cache + C_FLAGS] & SLAB_DEBUG_INITIAL) !== 0)
    ctor(s, cache, obj, SLAB_CTOR_CONSTRUCTOR | SLAB_CTOR_VERIFY);
  if (dtor !== null) dtor(s, cache, obj, 0);
  return true;
}

/** A slab is about to go: all its objects are looked at once more. Source: mm/slab.c, slab_destroy() */
export function checkDestroy(s: SlabAllocator, d: SlabDebug, cache: number, row: number): void {
  const num = s.ctl[cache + C_NUM];
  for (let i = 0; i < num; i++) {
    const obj = (row << (OBJ_SHIFT - 2)) | i;
    const at = debugIndex(s, obj);
    if (d.spoilt[at] !== 0) corrupted(s, d, cache, obj, at);
    if ((s.ctl[cache + C_FLAGS] & SLAB_RED_ZONE) === 0) continue;
    if (d.redzone1[at] !== RED_INACTIVE) report(s, LOG_SLAB_DESTROY, cache, obj, 1, 0);
    if (d.redzone2[at] !== RED_INACTIVE) report(s, LOG_SLAB_DESTROY, cache, obj, 2, 0);
  }
}

/** Source: mm/slab.c, check_poison_obj() */
function corrupted(s: SlabAllocator, d: SlabDebug, cache: number, obj: number, at: number): void {
  const user = d.user[at] + 1;
  report(s, LOG_SLAB_CORRUPTION, cache, obj, d.spoilt[at] - 1, STRAY_BYTE | (user << 8));
  d.spoilt[at] = 0;
}

function report(s: SlabAllocator, kind: number, cache: number, obj: number, c: number, d: number): void {
  s.pgdat.stat[STAT_KERNEL_BUGS]++;
  printk(s.pgdat, kind, cache, inWords(s, objectPaddr(s, obj)), c, d);
}
