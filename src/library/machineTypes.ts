/** A machine as those who build on oomph see it. No type of the engine's stands here: this is what versions promise. */

/** Bytes, or a text with a binary unit: `'64MiB'`, `'8KiB'`. */
export type Size = number | string;

/** Microseconds of simulated time, or a text with its unit: `'20ms'`, `'5s'`. */
export type Time = number | string;

/** The computer and its kernel, as `machine:` of a challenge has them; docs/reference/challenge.md says more of every key. */
export interface MachineOptions {
  arch: 'i386' | 'i386-pae' | 'x86_64' | 'arm' | 'ppc32' | 'alpha' | 'sparc64';
  /** Whole pages, 1 MiB at least. */
  ram: Size;
  /** CPUs online, 1 to 8. Default 1. */
  cpus?: number;
  /** A CONFIG_SMP kernel; with more than one CPU always. */
  smp?: boolean;
  /** What boot leaves to the allocator. Default `flat`: every page outside `reserve`. */
  boot?:
    | 'flat'
    | 'bootmap'
    | 'real'
    | { kind?: 'flat' | 'bootmap' | 'real'; reserve: { at: Size; size: Size }[]; bitmap?: Size };
  /** The kernel's command line, as far as it concerns memory: `mem=48M`. */
  boot_options?: string;
  /** Start the slab allocator, and with it kmalloc and vmalloc. Default false: pages and kmap only. */
  slab?: boolean;
  /** Processes have kernel stacks of so many bytes, such as `'8KiB'`. */
  stack?: Size;
  /** Interrupts have stacks of their own. */
  irq_stacks?: boolean;
  /** A disk, and with it page cache, kswapd and direct reclaim. `speed`: `'30MB/s'`. */
  disk?: { speed: string; seek?: string; requests?: number };
  /** Swap space on the disk. */
  swap?: Size;
  /** A data cache in each CPU. */
  data_cache?: { size: Size; line?: Size; ways?: number };
  /** CONFIG_DEBUG_ options of the build. */
  debug?: ('slab' | 'spinlock_sleep' | 'stackoverflow' | 'highmem')[];
  sysctl?: {
    'vm.min_free_kbytes'?: number;
    'vm.lower_zone_protection'?: number;
    'vm.swappiness'?: number;
    'vm.dirty_ratio'?: number;
    'vm.dirty_background_ratio'?: number;
    'vm.dirty_writeback_centisecs'?: number;
    'vm.dirty_expire_centisecs'?: number;
    'vm.page-cluster'?: number;
  };
}

/** Names of include/linux/gfp.h of 2.6.0. */
export type GfpName =
  | 'GFP_ATOMIC'
  | 'GFP_NOIO'
  | 'GFP_NOFS'
  | 'GFP_KERNEL'
  | 'GFP_USER'
  | 'GFP_HIGHUSER'
  | 'GFP_DMA'
  | '__GFP_DMA'
  | '__GFP_HIGHMEM'
  | '__GFP_WAIT'
  | '__GFP_HIGH'
  | '__GFP_IO'
  | '__GFP_FS'
  | '__GFP_COLD'
  | '__GFP_NOWARN'
  | '__GFP_REPEAT'
  | '__GFP_NOFAIL'
  | '__GFP_NORETRY'
  | '__GFP_NO_GROW';

/** A gfp mask: one name, several whose bits are put together, or the bits themselves. */
export type Gfp = GfpName | readonly GfpName[] | number;

/** Who asks. */
export interface Caller {
  /** CPU on which the kernel runs, from 0. Default 0. */
  cpu?: number;
  /** Default `process`: may sleep where the mask allows it. */
  context?: 'process' | 'softirq' | 'hardirq';
}

/** Views that `proc()` gives; docs/proc.md shows each. */
export type ViewName =
  | 'buddyinfo'
  | 'kmap'
  | 'meminfo'
  | 'slabinfo'
  | 'stack_trace'
  | 'stacks'
  | 'sysrq-m'
  | 'vmallocinfo'
  | 'vmstat'
  | 'zoneinfo';

export interface Zone {
  name: 'DMA' | 'Normal' | 'HighMem';
  /** First page frame number, and page frames from there on. */
  start: number;
  spanned: number;
  /** Pages: all that exist, those free now (per-CPU lists not counted), and the watermarks. */
  present: number;
  free: number;
  min: number;
  low: number;
  high: number;
  /** Free blocks of order 0 to 10. */
  freeBlocks: number[];
}

/** What a page frame is now. */
export interface Page {
  zone: Zone['name'];
  /**
   * `free`: on a free list; `pcp`: on a per-CPU list; `allocated`: handed out; `reserved`: never the allocator's;
   * `inside`: of a larger block, whose first page says more.
   */
  state: 'free' | 'pcp' | 'allocated' | 'reserved' | 'inside';
  /** Of the block that begins here, 0 for single pages; -1 for `inside` and `reserved`. */
  order: number;
}

/** A machine at one moment. Plain memory: keep as many as fit. */
export interface Snapshot {
  /** Microseconds since boot. */
  readonly timeUs: number;
}

/**
 * A booted machine. Everything is synchronous and deterministic: the same calls give the same machine, to the last bit.
 *
 * Where the kernel's task would sleep (reclaim, a full kmap pool), simulated time passes inside the call, and the disk, kswapd and
 * the timers go on. Addresses are numbers: kernel virtual ones, those of the upper half of a 64-bit address space as
 * address - 2^64, so that each is exact.
 *
 * Every method throws OomphError: `bad-argument` for what cannot be asked, `kernel-bug` where the kernel has a BUG(); the
 * machine cannot go on after that.
 */
export interface Machine {
  readonly arch: MachineOptions['arch'];
  readonly pageBytes: number;
  /** Page frames, reserved ones and holes included: PFN 0 to nrPages - 1. */
  readonly nrPages: number;
  readonly cpus: number;
  /** Microseconds since boot. */
  readonly timeUs: number;

  /** Zones that have pages, lowest first. */
  zones(): Zone[];
  page(pfn: number): Page;

  /**
   * 2^order contiguous pages (alloc_pages).
   *
   * @param order 0 to 10
   * @param gfp   default GFP_KERNEL
   * @returns PFN of the first page; null when the kernel would return NULL, or wait for ever
   */
  allocPages(order: number, gfp?: Gfp, caller?: Caller): number | null;
  /**
   * Give a block back (__free_pages).
   *
   * @param order the order it was allocated with; another one, or a second free, is a `kernel-bug` (`bad-free`)
   */
  freePages(pfn: number, order: number, caller?: Caller): void;
  /** Kernel virtual address of a page: the direct mapping, or its kmap slot; null for high memory that is not mapped. */
  pageAddress(pfn: number): number | null;

  /**
   * Physically contiguous bytes from the general caches (kmalloc). Needs `slab`.
   *
   * @param bytes 1 to 128 KiB; more fails
   * @returns kernel virtual address, or null
   */
  kmalloc(bytes: number, gfp?: Gfp, caller?: Caller): number | null;
  /** Give back what kmalloc() gave. What is wrong with the address is `bad-argument`, a second free `kernel-bug`. */
  kfree(address: number, caller?: Caller): void;
  /** Bytes that can be used behind an address of kmalloc() (ksize). */
  ksize(address: number): number;
  /**
   * A slab cache (kmem_cache_create). Needs `slab`.
   *
   * @param name        as /proc/slabinfo has it; of its own
   * @param objectBytes bytes an object, from the size of a long to 128 KiB
   * @returns null when its descriptor could not be had
   */
  createCache(name: string, objectBytes: number, options?: CacheOptions): Cache | null;

  /**
   * Bytes that are contiguous in virtual addresses only (vmalloc). Needs `slab`.
   *
   * @returns address of a page boundary in the vmalloc window, or null
   */
  vmalloc(bytes: number, caller?: Caller): number | null;
  /** @returns false where no area begins at the address: the kernel prints that and goes on */
  vfree(address: number, caller?: Caller): boolean;

  /**
   * Map a page until kunmap() (kmap). Pages of low memory are mapped always.
   *
   * @returns kernel virtual address; null when every slot is in use
   */
  kmap(pfn: number): number | null;
  kunmap(pfn: number): void;

  /** Let time pass: what is due of the disk, kswapd, pdflush and timers happens. */
  advance(time: Time): void;

  /** A view of /proc as the kernel prints it. @throws OomphError `bad-argument` where this machine has none such */
  proc(view: ViewName): string;
  /** Everything that the kernel printed, oldest first: failed allocations (unless __GFP_NOWARN), bugs, bad addresses. */
  log(): string[];

  snapshot(): Snapshot;
  /** @throws OomphError `bad-argument` for a snapshot of another machine's options */
  restore(snapshot: Snapshot): void;
  /** 8 hex digits over everything that decides what the allocator does next. */
  hash(): string;
  /** Every invariant of every part. @throws OomphError `kernel-bug` with the first that does not hold */
  check(): void;
}

export interface CacheOptions {
  /** Default none. */
  flags?: SlabFlag[];
  /** Bytes by which slabs are shifted against each other; default a line of the L1 cache. */
  colourOffset?: number;
}

/** Flags of include/linux/slab.h of 2.6.0. */
export type SlabFlag =
  | 'SLAB_HWCACHE_ALIGN'
  | 'SLAB_MUST_HWCACHE_ALIGN'
  | 'SLAB_NO_REAP'
  | 'SLAB_CACHE_DMA'
  | 'SLAB_RECLAIM_ACCOUNT';

/** A slab cache: objects of one size. */
export interface Cache {
  /** As /proc/slabinfo has it. */
  readonly name: string;
  /** Bytes that an object takes, alignment included. */
  readonly objectBytes: number;
  readonly objectsPerSlab: number;
  /** A slab is 2^order pages. */
  readonly order: number;
  /**
   * One object (kmem_cache_alloc).
   *
   * @param gfp used when the cache has to grow. Default GFP_KERNEL
   * @returns kernel virtual address, null when no page could be had
   */
  alloc(gfp?: Gfp, caller?: Caller): number | null;
  /** Give an object back (kmem_cache_free). What is no object of this cache is `bad-argument`, a second free `kernel-bug`. */
  free(address: number, caller?: Caller): void;
  /** Give its free slabs back to the page allocator (kmem_cache_shrink). @returns whether objects are still in use */
  shrink(caller?: Caller): boolean;
  /** Give up the cache (kmem_cache_destroy). @returns false: objects are still in use, and the cache stays */
  destroy(caller?: Caller): boolean;
}
