/**
 * The slab allocator's own start, from pages up. Source: mm/slab.c of 2.6.0, kmem_cache_init(), cpuup_callback().
 */

import { GFP_KERNEL } from './gfp.ts';
import { kmalloc, kmallocSizes } from './kmalloc.ts';
import { NIL } from './page.ts';
import type { Pgdat } from './pgdat.ts';
import {
  applyLayout,
  arrayBytes,
  cacheEstimate,
  enableCpucache,
  kmemCacheCreate,
  newArray,
} from './slab_cache.ts';
import { descriptorDebugBytes } from './slab_debug.ts';
import { SlabDebug } from './slab_debug_state.ts';
import {
  AC_OBJECT,
  BOOT_CPUCACHE_ENTRIES,
  BUFCTL_BYTES,
  C_BATCH,
  C_DESC,
  C_FLAGS,
  C_FREE_LIMIT,
  C_HEAD,
  C_LIMIT,
  C_NEXT,
  C_NUM,
  C_TEXT,
  CFLGS_OFF_SLAB,
  CPUCACHE_FULL,
  SLAB_CACHE_DMA,
  SLAB_HWCACHE_ALIGN,
  SLAB_NO_REAP,
} from './slab_layout.ts';
import { SlabAllocator, setArray, slabBug, takeCache, takeText } from './slab_state.ts';

/**
 * The allocator of a machine whose pages are up, started on CPU 0 as the kernel starts it.
 *
 * @param debug CONFIG_DEBUG_SLAB
 * Throws KernelBug `slab-create` when the machine has not enough memory to start it.
 * Source: mm/slab.c, kmem_cache_init()
 */
export function kmemCacheInit(pgdat: Pgdat, debug = false): SlabAllocator {
  const { arch } = pgdat;
  const pageSize = 1 << arch.pageShift;
  const sizes = kmallocSizes(pageSize, arch.l1CacheBytes);
  const s = new SlabAllocator(pgdat, sizes, debug ? new SlabDebug() : null);
  s.breakOrder = pgdat.nrPages > (32 << 20) / pageSize ? 2 : 1;
  s.cacheCache = cacheOfCaches(s);
  s.chain = s.cacheCache;
  for (let slot = 0; slot < s.mallocSizes.length; slot++) {
    const size = s.mallocSizes[slot];
    s.mallocCaches[slot] = general(s, `size-${size}`, size, SLAB_HWCACHE_ALIGN);
    if ((s.ctl[s.mallocCaches[slot] + C_FLAGS] & CFLGS_OFF_SLAB) === 0) {
      s.offslabLimit = Math.floor((size - arch.slabBytes) / BUFCTL_BYTES);
    }
    s.mallocDmaCaches[slot] = general(s, `size-${size}(DMA)`, size, SLAB_CACHE_DMA | SLAB_HWCACHE_ALIGN);
  }
  replaceStaticArray(s, s.cacheCache);
  replaceStaticArray(s, s.mallocCaches[0]);
  for (let cache = s.chain; cache !== 0; cache = s.ctl[cache + C_NEXT]) enableCpucache(s, cache, 0);
  s.cpucacheUp = CPUCACHE_FULL;
  return s;
}

/** The static cache that descriptors come from. */
function cacheOfCaches(s: SlabAllocator): number {
  const { arch } = s.pgdat;
  const l1 = arch.l1CacheBytes;
  const cache = takeCache(s);
  const objsize = arch.kmemCacheBytes + (s.debug === null ? 0 : descriptorDebugBytes(arch));
  const [num, left] = cacheEstimate(arch, 0, objsize, false);
  const mgmt = (num * BUFCTL_BYTES + arch.slabBytes + l1 - 1) & -l1;
  const colour = Math.floor(left / l1);
  applyLayout(s, cache, {
    objsize,
    num,
    order: 0,
    colour,
    colourOff: l1,
    offSlab: false,
    mgmt,
    flags: SLAB_NO_REAP,
    reallen: objsize,
    dbghead: 0,
  });
  s.ctl[cache + C_DESC] = NIL;
  s.ctl[cache + C_TEXT] = takeText(s, { name: 'kmem_cache', ctor: null, dtor: null });
  setArray(s, cache, 0, newArray(s, BOOT_CPUCACHE_ENTRIES, 1, true, 0));
  s.ctl[cache + C_BATCH] = 1;
  s.ctl[cache + C_LIMIT] = BOOT_CPUCACHE_ENTRIES;
  return cache;
}

function general(s: SlabAllocator, name: string, size: number, flags: number): number {
  const cache = kmemCacheCreate(s, name, size, 0, flags, 0);
  if (cache === 0)
    slabBug('slab-create', 'no memory for the general caches: this machine is too small to boot');
  return cache;
}

/** What stood in the kernel image moves into memory from kmalloc; its objects stay where they are. */
function replaceStaticArray(s: SlabAllocator, cache: number): void {
  const obj = kmalloc(s, arrayBytes(s, BOOT_CPUCACHE_ENTRIES), GFP_KERNEL, 0, 0);
  if (obj === NIL)
    slabBug('slab-create', 'no memory for the first head arrays: this machine is too small to boot');
  s.ctl[s.ctl[cache + C_HEAD] + AC_OBJECT] = obj;
}

/**
 * A further CPU comes up: every cache, newest first, gets a head array for it, allocated on CPU 0.
 *
 * @param cpu 1..NR_CPUS-1, one after the other
 * Source: mm/slab.c, cpuup_callback(), CPU_UP_PREPARE: num_online_cpus() does not count the new CPU yet, so that
 *         free_limit stays one batch short
 */
export function slabCpuUp(s: SlabAllocator, cpu: number): void {
  for (let cache = s.chain; cache !== 0; cache = s.ctl[cache + C_NEXT]) {
    const ac = newArray(s, s.ctl[cache + C_LIMIT], s.ctl[cache + C_BATCH], false, 0);
    if (ac === 0) slabBug('slab-create', `CPU ${cpu} does not come up: no memory for its head arrays`);
    setArray(s, cache, cpu, ac);
    s.ctl[cache + C_FREE_LIMIT] = (1 + s.onlineCpus) * s.ctl[cache + C_BATCH] + s.ctl[cache + C_NUM];
  }
  s.onlineCpus = cpu + 1;
}
