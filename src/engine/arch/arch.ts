/** What an architecture decides about physical memory. One data file an architecture, registered in index.ts. */
export interface Arch {
  readonly name: string;
  readonly pageShift: number;
  /** Zones end (exclusive) at these PFNs: DMA, NORMAL; what lies above NORMAL is high memory. */
  readonly dmaEndPfn: number;
  readonly normalEndPfn: number;
  readonly maxPfn: number;
  /** Why maxPfn is the limit, for the message that refuses more. */
  readonly maxReason: string;
  /** Virtual address of physical address 0, a double. */
  readonly pageOffset: number;
  /** sizeof(struct page), sizeof(wait_queue_head_t), sizeof(long), L1 line: what the boot allocator hands out. */
  readonly structPageBytes: number;
  readonly waitQueueHeadBytes: number;
  readonly longBytes: number;
  readonly l1CacheBytes: number;
  /** The vmalloc window begins at least this far above the direct mapping, at a multiple of it. */
  readonly vmallocOffset: number;
  /** End of the vmalloc window, exclusive, a virtual address. */
  readonly vmallocEnd: number;
  /** sizeof(struct slab), sizeof(struct array_cache), sizeof(kmem_cache_t), sizeof(struct vm_struct). */
  readonly slabBytes: number;
  readonly arrayCacheBytes: number;
  readonly kmemCacheBytes: number;
  readonly vmStructBytes: number;
  /** Kernel stack and the struct at its lowest address. */
  readonly threadSize: number;
  readonly threadInfoBytes: number;
  /** NR_CPUS of the build: 1 without CONFIG_SMP. */
  readonly nrCpus: number;
  /** Where high memory is mapped; null for an architecture without. */
  readonly kmap: KmapLayout | null;
  /** Bytes of vmalloc space that one page of page table maps; 0: the vmalloc window is not modelled. */
  readonly pgdirBytes: number;
  /** What a CONFIG_SMP build changes. */
  readonly smp: Partial<Arch>;
}

/** Permanent mappings (a pool) and atomic ones (fixed slots a CPU), all virtual addresses. */
export interface KmapLayout {
  /** LAST_PKMAP slots of a page each from pkmapBase. */
  readonly lastPkmap: number;
  readonly pkmapBase: number;
  /** Address of fixmap slot i is fixaddrTop - 4096 * i. */
  readonly fixaddrTop: number;
  readonly fixKmapBegin: number;
  readonly kmTypeNr: number;
}

/** CPUs of a CONFIG_SMP build. */
export const SMP_NR_CPUS = 8;

/** L1 lines that a build may have. */
export const L1_SIZES: readonly number[] = [32, 64, 128];

/**
 * The architecture as one build of the kernel sees it.
 *
 * @param l1 L1_CACHE_BYTES of the build; 0: the architecture's own
 */
export function buildOf(arch: Arch, smp: boolean, l1: number): Arch {
  const built = smp ? { ...arch, ...arch.smp, nrCpus: SMP_NR_CPUS } : arch;
  return l1 === 0 || l1 === built.l1CacheBytes ? built : { ...built, l1CacheBytes: l1 };
}

/**
 * First virtual address of the vmalloc window: a gap of one to two offsets behind the direct mapping.
 *
 * @param lowPages pages of directly mapped memory
 * Source: include/asm-i386/pgtable.h, VMALLOC_START
 */
export function vmallocStart(arch: Arch, lowPages: number): number {
  const end = arch.pageOffset + lowPages * 4096;
  return Math.floor((end + 2 * arch.vmallocOffset - 1) / arch.vmallocOffset) * arch.vmallocOffset;
}
