/**
 * Numbers of the slab allocator: flags of 2.6.0 and where the fields of its structs stand in the columns.
 * Source: include/linux/slab.h and mm/slab.c (struct slab, struct array_cache, struct kmem_cache_s).
 */
export const SLAB_DEBUG_INITIAL = 0x200;
export const SLAB_RED_ZONE = 0x400;
export const SLAB_POISON = 0x800;
export const SLAB_NO_REAP = 0x1000;
export const SLAB_HWCACHE_ALIGN = 0x2000;
export const SLAB_CACHE_DMA = 0x4000;
export const SLAB_MUST_HWCACHE_ALIGN = 0x8000;
export const SLAB_STORE_USER = 0x10000;
export const SLAB_RECLAIM_ACCOUNT = 0x20000;
/** Flags that kmem_cache_create() takes in a build without slab debugging. */
export const CREATE_MASK = 0x2f000;
/** Those of a build with CONFIG_DEBUG_SLAB. */
export const CREATE_MASK_DEBUG = 0x3fe00;
/** Set by kmem_cache_create(): slab management stands in an object of a general cache. */
export const CFLGS_OFF_SLAB = 0x80000000;
/** Request bits that may reach the page allocator from a slab. */
export const SLAB_LEVEL_MASK = 0x1ff0;

export const SLAB_CTOR_CONSTRUCTOR = 1;
export const SLAB_CTOR_ATOMIC = 2;
export const SLAB_CTOR_VERIFY = 4;

export const BOOT_CPUCACHE_ENTRIES = 1;
export const BATCHREFILL_LIMIT = 16;
/** The most that enable_cpucache() gives a head array. */
export const MAX_CPUCACHE_LIMIT = 120;
export const MAX_GFP_ORDER = 5;
export const BUFCTL_BYTES = 4;
/** Of a PC; each architecture has its own, Arch.hz. */
export const HZ = 1000;
/** In seconds: after so long a CPU's timer looks at its head arrays again, and at a cache's slabs. */
export const REAPTIMEOUT_CPUC = 2;
export const REAPTIMEOUT_LIST3 = 4;
export const ENOMEM = 12;
/** g_cpucache_up: how far the allocator's own start has come. */
export const CPUCACHE_NONE = 0;
export const CPUCACHE_PARTIAL = 1;
export const CPUCACHE_FULL = 2;

/**
 * Objects are numbered: `slab number << OBJ_SHIFT | index in the slab`, so that slab and index of an object cost no
 * look-up and no division. No slab of the kernel's rules has more than OBJ_MASK objects.
 */
export const OBJ_SHIFT = 10;
export const OBJ_MASK = 1023;
/** Slabs at most at a time. Deviation: Linux has no such limit; 2^21 slabs are at least 8 GiB. */
export const MAX_SLABS = 2097152;

/**
 * A cache is the offset of its row in `ctl`; offset 0 is no cache. C_ARRAY + cpu holds the head array that the short ways
 * of that CPU use: its own, or while the allocator is watched AC_NULL, so that each use takes the slow way.
 */
export const C_ARRAY = 0;
export const C_LIMIT = 8;
export const C_BATCH = 9;
/** Shared array, 0 while there is none. */
export const C_SHARED = 10;
export const C_FREE_OBJECTS = 11;
export const C_FREE_LIMIT = 12;
/** Objects a slab. */
export const C_NUM = 13;
/** List heads: rows in `rows`. */
export const C_PARTIAL = 14;
export const C_FULL = 15;
export const C_FREE = 16;
export const C_OBJSIZE = 17;
export const C_FLAGS = 18;
export const C_ORDER = 19;
/** Forced into every request for pages: GFP_DMA or 0. */
export const C_GFP = 20;
export const C_COLOUR = 21;
export const C_COLOUR_OFF = 22;
export const C_COLOUR_NEXT = 23;
/** Cache of off-slab management, 0 for management on the slab. */
export const C_SLABP_CACHE = 24;
/** Bytes of slab management, L1-aligned. */
export const C_MGMT = 25;
export const C_FREE_TOUCHED = 26;
export const C_NEXT_REAP = 27;
/** The object that the descriptor is; NIL for the static cache of caches. */
export const C_DESC = 28;
/** Next older cache of cache_chain, 0 at its end. */
export const C_NEXT = 29;
/** Index into `texts`. */
export const C_TEXT = 30;
/** Bytes before the object itself: its first red zone. 0 without. */
export const C_DBGHEAD = 31;
/** C_HEAD + cpu: the CPU's head array, watched or not; AC_NULL when it has none. */
export const C_HEAD = 32;
/** Bytes an object as asked for; the rest of C_OBJSIZE is padding and debugging words. */
export const C_REALLEN = 40;
export const C_STRIDE = 41;

/**
 * A head array (struct array_cache) is an offset in `ctl` too. AC_STATE is avail << 1 | touched, so that an allocation
 * writes one word.
 */
export const AC_STATE = 0;
export const AC_LIMIT = 1;
export const AC_BATCH = 2;
/** The kmalloc object that the array is; NIL for the two static arrays of the start. */
export const AC_OBJECT = 3;
export const AC_ENTRIES = 8;
/** The array of a CPU that has none: nothing is in it and nothing fits, so that each use takes the slow way. */
export const AC_NULL = 32;
/** First offset of `ctl` that extents are taken from: behind offset 0 and the null array. */
export const CTL_EXTENTS = 64;

/** A slab is the offset of its row in `rows`, hot, and in `cold`; number = row / 4. */
export const S_NEXT = 0;
export const S_PREV = 1;
/** First free index << 16 | objects in use. */
export const S_STATE = 2;
/** Where its links of free objects stand in `bufctl`; NIL for a list head. */
export const S_BUFCTL = 3;
/** Cold: first PFN, bytes from there to the first object, management object or NIL, cache or 0. */
export const S_PFN = 0;
export const S_OFFSET = 1;
export const S_MGMT = 2;
export const S_CACHE = 3;

/** `bufctl`: index of the next free object, the end of the list, or an object that is handed out. */
export const BUFCTL_END = 0xffff;
export const BUFCTL_FREE = 0xfffe;
