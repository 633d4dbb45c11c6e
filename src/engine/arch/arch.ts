/**
 * What an architecture decides about memory. One data file an architecture, registered in index.ts.
 *
 * Virtual addresses are doubles. Those of the upper half of a 64-bit address space are negative (address - 2^64), so
 * that every one is exact; addressText() prints them as the kernel does.
 */
export interface Arch {
  readonly name: string;
  /** The computer meant: where 2.6.0 has several kinds of one architecture, facts are those of this one. */
  readonly title: string;
  readonly pageShift: number;
  /** 1 << pageShift. */
  readonly pageBytes: number;
  /** Zones end (exclusive) at these PFNs: DMA, NORMAL; what lies above NORMAL is high memory. */
  readonly dmaEndPfn: number;
  readonly normalEndPfn: number;
  readonly maxPfn: number;
  /** Why maxPfn is the limit, for the message that refuses more. */
  readonly maxReason: string;
  /** Virtual address of physical address 0. */
  readonly pageOffset: number;
  /** sizeof(struct page), sizeof(wait_queue_head_t), sizeof(long), L1 line: what the boot allocator hands out. */
  readonly structPageBytes: number;
  readonly waitQueueHeadBytes: number;
  readonly longBytes: number;
  readonly l1CacheBytes: number;
  readonly vmalloc: VmallocWindow;
  /** sizeof(struct slab), sizeof(struct array_cache), sizeof(kmem_cache_t), sizeof(struct vm_struct). */
  readonly slabBytes: number;
  readonly arrayCacheBytes: number;
  readonly kmemCacheBytes: number;
  readonly vmStructBytes: number;
  /** Kernel stack and the struct at its lowest address. */
  readonly threadSize: number;
  readonly threadInfoBytes: number;
  /** Clock ticks a second. */
  readonly hz: number;
  /** NR_CPUS of the build: 1 without CONFIG_SMP. */
  readonly nrCpus: number;
  /** Where high memory is mapped; null for an architecture without. */
  readonly kmap: KmapLayout | null;
  /** Bytes of vmalloc space that one page of page table maps; 0: vmalloc is not modelled. */
  readonly pgdirBytes: number;
  /** What a CONFIG_SMP build changes; a sentence, why there is none. */
  readonly smp: Partial<Arch> | string;
  /** [physical address, bytes] that are not free after a boot: firmware, and a kernel image of 4 MiB. */
  readonly usualReserve: readonly (readonly [number, number])[];
  /** How the kernel's own start reads `mem=`: which suffixes, and how much is added. */
  readonly memOption: { readonly suffixes: string; readonly extraBytes: number };
  /** `highmem=` and `vmalloc=` are read. */
  readonly hasHighmemOption: boolean;
  /** Kernel file and symbol of 2.6.0 for each group of facts. */
  readonly sources: ArchSources;
}

export interface ArchSources {
  readonly page: string;
  readonly zones: string;
  readonly limit: string;
  readonly vmalloc: string;
  readonly kmap: string;
  readonly thread: string;
  readonly cache: string;
  readonly options: string;
}

/**
 * Where vmalloc() finds addresses: at a place of its own, or behind the direct mapping, `gap` bytes on and then rounded
 * down to a multiple of `offset`.
 */
export interface VmallocWindow {
  readonly start: number | null;
  readonly gap: number;
  readonly offset: number;
  /** Exclusive. */
  readonly end: number;
}

/** Permanent mappings (a pool) and atomic ones (fixed slots a CPU), all virtual addresses. */
export interface KmapLayout {
  /** LAST_PKMAP slots of a page each from pkmapBase. */
  readonly lastPkmap: number;
  readonly pkmapBase: number;
  /** Address of fixmap slot i is fixaddrTop + fixmapStep * i. */
  readonly fixaddrTop: number;
  readonly fixmapStep: number;
  readonly fixKmapBegin: number;
  readonly kmTypeNr: number;
  /** Names of the kmTypeNr types. */
  readonly kmTypes: readonly string[];
}

/** CPUs of a CONFIG_SMP build. */
export const SMP_NR_CPUS = 8;

/** L1 lines that a build may have. */
export const L1_SIZES: readonly number[] = [32, 64, 128];

/**
 * The architecture as one build of the kernel sees it.
 *
 * @param smp      refused by machineFault() where the architecture has no SMP
 * @param l1       L1_CACHE_BYTES of the build; 0: the architecture's own
 * @param lowPages where directly mapped memory ends, when a boot option moved it; 0: where it always does
 */
export function buildOf(arch: Arch, smp: boolean, l1: number, lowPages = 0): Arch {
  let built = arch;
  if (smp && typeof arch.smp !== 'string') built = { ...built, ...arch.smp, nrCpus: SMP_NR_CPUS };
  if (l1 !== 0 && l1 !== built.l1CacheBytes) built = { ...built, l1CacheBytes: l1 };
  return lowPages === 0 || lowPages === built.normalEndPfn ? built : { ...built, normalEndPfn: lowPages };
}

/**
 * First virtual address of the vmalloc window.
 *
 * @param lowPages pages of directly mapped memory
 * Source: VMALLOC_START of each architecture's pgtable.h or vmalloc.h
 */
export function vmallocStart(arch: Arch, lowPages: number): number {
  const { start, gap, offset } = arch.vmalloc;
  if (start !== null) return start;
  const end = arch.pageOffset + lowPages * arch.pageBytes;
  return Math.floor((end + gap) / offset) * offset;
}

/** A virtual address as %p prints it: `0xc0100000`, `0xfffffc0000310000`. */
export function addressText(arch: Arch, vaddr: number): string {
  const unsigned = BigInt.asUintN(arch.longBytes * 8, BigInt(vaddr));
  return `0x${unsigned.toString(16).padStart(arch.longBytes * 2, '0')}`;
}
