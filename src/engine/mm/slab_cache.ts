/**
 * Caches: how their slabs are laid out, their creation, head arrays and end.
 * Source: mm/slab.c of 2.6.0, kmem_cache_create(), kmem_cache_destroy(), do_tune_cpucache().
 */
import type { Arch } from '../arch/arch.ts';
import { HOOK_SLAB_LIMIT, HOOK_SLAB_ORDER } from '../lib/hooks.ts';
import { __GFP_DMA, GFP_KERNEL } from './gfp.ts';
import { kfree, kmalloc, mallocSlot } from './kmalloc.ts';
import { NIL } from './page.ts';
import { freeBlock, kmemCacheAlloc, kmemCacheFree } from './slab.ts';
import { debugFlags } from './slab_debug.ts';
import {
  AC_BATCH,
  AC_ENTRIES,
  AC_LIMIT,
  AC_NULL,
  AC_OBJECT,
  AC_STATE,
  BOOT_CPUCACHE_ENTRIES,
  BUFCTL_BYTES,
  C_ARRAY,
  C_BATCH,
  C_COLOUR,
  C_COLOUR_OFF,
  C_DBGHEAD,
  C_DESC,
  C_FLAGS,
  C_FREE_LIMIT,
  C_GFP,
  C_HEAD,
  C_LIMIT,
  C_MGMT,
  C_NEXT,
  C_NEXT_REAP,
  C_NUM,
  C_OBJSIZE,
  C_ORDER,
  C_REALLEN,
  C_SHARED,
  C_SLABP_CACHE,
  C_TEXT,
  CFLGS_OFF_SLAB,
  CPUCACHE_FULL,
  CPUCACHE_NONE,
  CPUCACHE_PARTIAL,
  CREATE_MASK,
  CREATE_MASK_DEBUG,
  ENOMEM,
  MAX_CPUCACHE_LIMIT,
  MAX_GFP_ORDER,
  OBJ_MASK,
  REAPTIMEOUT_LIST3,
  SLAB_CACHE_DMA,
  SLAB_DEBUG_INITIAL,
  SLAB_HWCACHE_ALIGN,
  SLAB_RED_ZONE,
  SLAB_STORE_USER,
} from './slab_layout.ts';
import { objectVaddr } from './slab_object.ts';
import { askSlabLimit, askSlabOrder, mergeCandidate } from './slab_policy.ts';
import { kmemCacheShrink } from './slab_reap.ts';
import {
  type Constructor,
  giveArray,
  giveCache,
  giveText,
  nameOf,
  type SlabAllocator,
  setArray,
  slabBug,
  takeArray,
  takeCache,
  takeText,
} from './slab_state.ts';

/** How the slabs of a cache are laid out. */
export interface SlabLayout {
  /** Bytes an object, rounded. */
  objsize: number;
  /** Objects a slab; 0 when not even the largest slab holds one. */
  num: number;
  order: number;
  colour: number;
  colourOff: number;
  offSlab: boolean;
  /** Bytes of slab management, L1-aligned. */
  mgmt: number;
  /** SLAB_ bits as the cache keeps them. */
  flags: number;
  /** Bytes an object, as asked for. */
  reallen: number;
  /** Bytes before it, for a red zone. */
  dbghead: number;
}

function alignUp(value: number, align: number): number {
  return (value + align - 1) & -align;
}

/**
 * Objects that fit a slab of 2^order pages, and the bytes left over.
 *
 * Source: mm/slab.c, cache_estimate()
 */
export function cacheEstimate(arch: Arch, order: number, size: number, offSlab: boolean): [number, number] {
  const room = 1 << (arch.pageShift + order);
  const base = offSlab ? 0 : arch.slabBytes;
  const extra = offSlab ? 0 : BUFCTL_BYTES;
  const used = (n: number) => n * size + alignUp(base + n * extra, arch.l1CacheBytes);
  let num = Math.floor(room / (size + extra));
  while (num > 0 && used(num) > room) num--;
  return [num, room - used(num)];
}

/**
 * @param size   bytes an object, as asked for
 * @param offset colour offset asked for: 0 means a line of the L1 cache
 * @param asked  SLAB_ bits; a debugging build adds its own
 * Source: mm/slab.c, kmem_cache_create()
 */
export function slabLayout(s: SlabAllocator, size: number, offset: number, asked: number): SlabLayout {
  const { arch } = s.pgdat;
  const l1 = arch.l1CacheBytes;
  let flags = s.debug === null ? asked : debugFlags(arch, size, asked);
  let objsize = alignUp(size, arch.longBytes);
  let dbghead = 0;
  if ((flags & SLAB_RED_ZONE) !== 0) {
    flags &= ~SLAB_HWCACHE_ALIGN;
    dbghead = arch.longBytes;
    objsize += 2 * arch.longBytes;
  }
  if ((flags & SLAB_STORE_USER) !== 0) {
    flags &= ~SLAB_HWCACHE_ALIGN;
    objsize += arch.longBytes;
  }
  let offSlab = objsize >= 1 << (arch.pageShift - 3);
  let align = arch.longBytes;
  if ((flags & SLAB_HWCACHE_ALIGN) !== 0) {
    align = l1;
    while (objsize <= align / 2) align /= 2;
    objsize = alignUp(objsize, align);
  }
  let order = 0;
  let [num, left] = cacheEstimate(arch, order, objsize, offSlab);
  while (order < MAX_GFP_ORDER) {
    if (num > 0) {
      if (offSlab && num > s.offslabLimit) {
        order--;
        [num, left] = cacheEstimate(arch, order, objsize, offSlab);
        break;
      }
      if (order >= s.breakOrder || left * 8 <= 1 << (arch.pageShift + order)) break;
    }
    order++;
    [num, left] = cacheEstimate(arch, order, objsize, offSlab);
  }
  if ((s.pgdat.hookMask & HOOK_SLAB_ORDER) !== 0 && num > 0) {
    order = chooseOrder(s, objsize, offSlab, order);
    [num, left] = cacheEstimate(arch, order, objsize, offSlab);
  }
  const mgmt = alignUp(num * BUFCTL_BYTES + arch.slabBytes, l1);
  if (offSlab && left >= mgmt) {
    offSlab = false;
    left -= mgmt;
  }
  const colourOff = alignUp(offset, align) || l1;
  const colour = Math.floor(left / colourOff);
  return { objsize, num, order, colour, colourOff, offSlab, mgmt, flags, reallen: size, dbghead };
}

/** Let a policy choose among the orders whose slabs hold an object, and no more than the allocator can count. */
function chooseOrder(s: SlabAllocator, objsize: number, offSlab: boolean, linux: number): number {
  const cap = offSlab ? Math.min(OBJ_MASK, s.offslabLimit) : OBJ_MASK;
  let least = 0;
  while (cacheEstimate(s.pgdat.arch, least, objsize, offSlab)[0] === 0) least++;
  let most = least;
  while (most < MAX_GFP_ORDER && cacheEstimate(s.pgdat.arch, most + 1, objsize, offSlab)[0] <= cap) most++;
  return askSlabOrder(s, objsize, linux, least, most);
}

/** Write a layout into a cache's row. */
export function applyLayout(s: SlabAllocator, cache: number, layout: SlabLayout): void {
  const { ctl } = s;
  const { flags } = layout;
  ctl[cache + C_OBJSIZE] = layout.objsize;
  ctl[cache + C_REALLEN] = layout.reallen;
  ctl[cache + C_DBGHEAD] = layout.dbghead;
  ctl[cache + C_NUM] = layout.num;
  ctl[cache + C_ORDER] = layout.order;
  ctl[cache + C_COLOUR] = layout.colour;
  ctl[cache + C_COLOUR_OFF] = layout.colourOff;
  ctl[cache + C_MGMT] = layout.mgmt;
  ctl[cache + C_FLAGS] = layout.offSlab ? flags | CFLGS_OFF_SLAB : flags;
  ctl[cache + C_GFP] = (flags & SLAB_CACHE_DMA) !== 0 ? __GFP_DMA : 0;
  ctl[cache + C_SLABP_CACHE] = layout.offSlab ? s.mallocCaches[mallocSlot(s, layout.mgmt)] : 0;
  ctl.fill(AC_NULL, cache + C_ARRAY, cache + C_ARRAY + 8);
  ctl.fill(AC_NULL, cache + C_HEAD, cache + C_HEAD + 8);
}

/** What kmem_cache_create() answers with BUG(), or ''. */
function createFault(s: SlabAllocator, name: string, size: number, offset: number, flags: number): string {
  const { arch } = s.pgdat;
  if (name === '') return 'a cache needs a name';
  const most = 1 << (arch.pageShift + MAX_GFP_ORDER);
  if (!(size >= arch.longBytes && size <= most))
    return `objects have ${arch.longBytes} to ${most} bytes, not ${size}`;
  if (!(offset >= 0 && offset <= size)) return `the colour offset is 0 to the object's size, not ${offset}`;
  if ((flags & ~(s.debug === null ? CREATE_MASK : CREATE_MASK_DEBUG)) !== 0)
    return `flags 0x${(flags >>> 0).toString(16)} are not all known`;
  return '';
}

/**
 * A new cache, first in the chain.
 *
 * @param size   bytes an object
 * @param offset colour OFFSET in this version of the kernel, not an alignment; 0: a line of the L1 cache
 * @param flags  SLAB_ bits of CREATE_MASK
 * @param cpu    CPU that the creator runs on; in process context, may wait
 * @returns      the cache, or 0 when its descriptor could not be had. A cache whose head arrays could not be had comes back
 *               too, as in the kernel, and oopses when it is used.
 * Throws KernelBug `slab-create` where the kernel has BUG(): impossible size, unknown flags, a name taken.
 * Source: mm/slab.c, kmem_cache_create()
 */
export function kmemCacheCreate(
  s: SlabAllocator,
  name: string,
  size: number,
  offset: number,
  flags: number,
  cpu: number,
  ctor: Constructor | null = null,
  dtor: Constructor | null = null,
): number {
  const fault = createFault(s, name, size, offset, flags);
  if (fault !== '') slabBug('slab-create', `kmem_cache_create: ${fault}`);
  if (dtor !== null && ctor === null)
    slabBug('slab-create', 'kmem_cache_create: a destructor without a constructor');
  const desc = kmemCacheAlloc(s, s.cacheCache, GFP_KERNEL, cpu, 0);
  if (desc === NIL) return 0;
  // Nobody could answer a request to verify objects.
  const wanted = ctor === null ? flags & ~SLAB_DEBUG_INITIAL : flags;
  const layout = slabLayout(s, size, offset, wanted);
  if (layout.num > OBJ_MASK)
    throw new RangeError(`a slab of cache '${name}' would hold ${layout.num} objects`);
  if (layout.num === 0) {
    kmemCacheFree(s, s.cacheCache, desc, cpu);
    return 0;
  }
  const cache = takeCache(s);
  applyLayout(s, cache, layout);
  s.ctl[cache + C_DESC] = desc;
  s.ctl[cache + C_TEXT] = takeText(s, { name, ctor, dtor });
  if (s.cpucacheUp === CPUCACHE_FULL) enableCpucache(s, cache, cpu);
  else bootArray(s, cache, cpu);
  const ticks = REAPTIMEOUT_LIST3 * s.pgdat.arch.hz;
  s.ctl[cache + C_NEXT_REAP] = s.jiffies + ticks + unsignedRemainder(objectVaddr(s, desc), ticks);
  if (findCache(s, name) !== 0) slabBug('slab-create', `kmem_cache_create: duplicate cache ${name}`);
  s.ctl[cache + C_NEXT] = s.chain;
  s.chain = cache;
  return cache;
}

/**
 * The cache for a caller's objects: a new one, unless a policy has one of the others serve.
 *
 * @returns as kmemCacheCreate()
 * Deviation: a cache that serves several callers is destroyed by none of them; no step of a workload destroys caches.
 */
export function kmemCacheCreateFor(
  s: SlabAllocator,
  name: string,
  size: number,
  offset: number,
  flags: number,
  cpu: number,
  ctor: Constructor | null = null,
): number {
  const other = ctor === null ? mergeCandidate(s, size, flags) : 0;
  return other !== 0 ? other : kmemCacheCreate(s, name, size, offset, flags, cpu, ctor);
}

/** Remainder of an address as the kernel takes it: those of the upper half of 64 bits are negative here (arch.ts). */
function unsignedRemainder(vaddr: number, divisor: number): number {
  return vaddr >= 0 ? vaddr % divisor : ((vaddr % divisor) + (2 ** 64 % divisor) + divisor) % divisor;
}

/** The cache of that name, 0 when there is none. */
export function findCache(s: SlabAllocator, name: string): number {
  let cache = s.chain;
  while (cache !== 0 && nameOf(s, s.ctl[cache + C_TEXT]) !== name) cache = s.ctl[cache + C_NEXT];
  return cache;
}

/** Bytes that a head array for `limit` objects asks of kmalloc. */
export function arrayBytes(s: SlabAllocator, limit: number): number {
  const { arch } = s.pgdat;
  return arch.longBytes * limit + arch.arrayCacheBytes;
}

/**
 * A head array from kmalloc, or for a static one without.
 *
 * @returns 0 when kmalloc has nothing
 */
export function newArray(
  s: SlabAllocator,
  limit: number,
  batch: number,
  isStatic: boolean,
  cpu: number,
): number {
  const obj = isStatic ? NIL : kmalloc(s, arrayBytes(s, limit), GFP_KERNEL, cpu, 0);
  if (obj === NIL && !isStatic) return 0;
  const ac = takeArray(s, limit, obj);
  s.ctl[ac + AC_LIMIT] = limit;
  s.ctl[ac + AC_BATCH] = batch;
  return ac;
}

function dropArray(s: SlabAllocator, ac: number, cpu: number): void {
  const obj = s.ctl[ac + AC_OBJECT];
  giveArray(s, ac, s.ctl[ac + AC_LIMIT]);
  if (obj !== NIL) kfree(s, obj, cpu);
}

/** The one-entry array of a general cache while the allocator starts; the very first one is static. */
function bootArray(s: SlabAllocator, cache: number, cpu: number): void {
  const isStatic = s.cpucacheUp === CPUCACHE_NONE;
  s.cpucacheUp = CPUCACHE_PARTIAL;
  const ac = newArray(s, BOOT_CPUCACHE_ENTRIES, 1, isStatic, cpu);
  if (ac === 0) slabBug('slab-create', 'no memory for the general caches: this machine is too small to boot');
  const { ctl } = s;
  setArray(s, cache, cpu, ac);
  ctl[cache + C_BATCH] = 1;
  ctl[cache + C_LIMIT] = BOOT_CPUCACHE_ENTRIES;
  ctl[cache + C_FREE_LIMIT] = (1 + s.onlineCpus) * ctl[cache + C_BATCH] + ctl[cache + C_NUM];
}

/**
 * Head arrays of the size that a cache of such objects gets.
 *
 * @returns 0, or -ENOMEM, and then the cache has the arrays it had before
 * Source:  mm/slab.c, enable_cpucache()
 */
export function enableCpucache(s: SlabAllocator, cache: number, cpu: number): number {
  const { arch } = s.pgdat;
  const size = s.ctl[cache + C_OBJSIZE];
  const pageSize = 1 << arch.pageShift;
  let limit = MAX_CPUCACHE_LIMIT;
  if (size > 131072) limit = 1;
  else if (size > pageSize) limit = 8;
  else if (size > 1024) limit = 24;
  else if (size > 256) limit = 54;
  // A large batch would keep interrupts off for long while each object of it is checked.
  if (s.debug !== null && limit > 32) limit = 32;
  if ((s.pgdat.hookMask & HOOK_SLAB_LIMIT) !== 0) limit = askSlabLimit(s, cache, limit);
  const shared = arch.nrCpus > 1 && size <= pageSize ? 8 : 0;
  return tuneCpucache(s, cache, limit, (limit + 1) >> 1, shared, cpu);
}

/**
 * New head arrays for every CPU, absent ones included; the objects of the old ones go back to their slabs.
 *
 * @param shared the shared array takes `batch * shared` objects
 * @returns      0, or -ENOMEM, and then nothing has changed
 * Source:       mm/slab.c, do_tune_cpucache(), do_ccupdate_local()
 */
export function tuneCpucache(
  s: SlabAllocator,
  cache: number,
  limit: number,
  batch: number,
  shared: number,
  cpu: number,
): number {
  const arrays: number[] = [];
  for (let i = 0; i < s.nrCpus; i++) {
    const ac = newArray(s, limit, batch, false, cpu);
    if (ac === 0) {
      for (let given = i - 1; given >= 0; given--) dropArray(s, arrays[given], cpu);
      return -ENOMEM;
    }
    arrays.push(ac);
  }
  for (let i = 0; i < s.onlineCpus; i++) {
    const old = s.ctl[cache + C_HEAD + i];
    setArray(s, cache, i, arrays[i]);
    arrays[i] = old;
  }
  s.ctl[cache + C_BATCH] = batch;
  s.ctl[cache + C_LIMIT] = limit;
  s.ctl[cache + C_FREE_LIMIT] = (1 + s.onlineCpus) * batch + s.ctl[cache + C_NUM];
  for (const old of arrays) {
    if (old === AC_NULL) continue;
    freeBlock(s, cache, old + AC_ENTRIES, s.ctl[old + AC_STATE] >> 1, cpu);
    dropArray(s, old, cpu);
  }
  const newShared = newArray(s, batch * shared, 0, false, cpu);
  if (newShared === 0) return 0;
  const old = s.ctl[cache + C_SHARED];
  s.ctl[cache + C_SHARED] = newShared;
  if (old !== 0) {
    freeBlock(s, cache, old + AC_ENTRIES, s.ctl[old + AC_STATE] >> 1, cpu);
    dropArray(s, old, cpu);
  }
  return 0;
}

/**
 * Give up a cache. One that still has objects in use stays, and comes first in the chain.
 *
 * @returns 0 destroyed, 1 objects are still in use
 * Throws KernelBug `slab-destroy` for the caches that the allocator itself stands on.
 * Source: mm/slab.c, kmem_cache_destroy()
 */
export function kmemCacheDestroy(s: SlabAllocator, cache: number, cpu: number): number {
  if (cache === s.cacheCache || s.mallocCaches.includes(cache) || s.mallocDmaCaches.includes(cache)) {
    slabBug('slab-destroy', `cache '${nameOf(s, s.ctl[cache + C_TEXT])}' belongs to the allocator itself`);
  }
  unchain(s, cache);
  if (kmemCacheShrink(s, cache, cpu) !== 0) {
    s.ctl[cache + C_NEXT] = s.chain;
    s.chain = cache;
    return 1;
  }
  for (let i = 0; i < s.nrCpus; i++) {
    const ac = s.ctl[cache + C_HEAD + i];
    if (ac !== AC_NULL) dropArray(s, ac, cpu);
  }
  const shared = s.ctl[cache + C_SHARED];
  if (shared !== 0) dropArray(s, shared, cpu);
  kmemCacheFree(s, s.cacheCache, s.ctl[cache + C_DESC], cpu);
  giveText(s, s.ctl[cache + C_TEXT]);
  giveCache(s, cache);
  return 0;
}

function unchain(s: SlabAllocator, cache: number): void {
  const { ctl } = s;
  if (s.chain === cache) {
    s.chain = ctl[cache + C_NEXT];
    return;
  }
  let before = s.chain;
  while (ctl[before + C_NEXT] !== cache) {
    if (before === 0) slabBug('slab-destroy', 'the cache is not in the chain (destroyed twice?)');
    before = ctl[before + C_NEXT];
  }
  ctl[before + C_NEXT] = ctl[cache + C_NEXT];
}
