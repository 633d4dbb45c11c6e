import type { Arch } from './arch.ts';

/**
 * Deviation: 64 GiB at most, where the kernel maps 120 TiB; the columns of a larger machine would not fit an ordinary
 * host. Deviation: vmalloc() is not modelled on 64-bit architectures, only its window is known.
 */
export const x86_64: Arch = {
  name: 'x86_64',
  title: 'an AMD64 PC, no NUMA',
  pageShift: 12,
  pageBytes: 4096,
  dmaEndPfn: 4096,
  normalEndPfn: 1 << 24,
  maxPfn: 1 << 24,
  maxReason: 'oomph simulates at most 64 GiB of an x86_64',
  pageOffset: 2 ** 40,
  structPageBytes: 80,
  waitQueueHeadBytes: 16,
  longBytes: 8,
  l1CacheBytes: 64,
  vmalloc: { start: -(2 ** 40), gap: 0, offset: 0, end: -(2 ** 39) },
  slabBytes: 40,
  arrayCacheBytes: 16,
  kmemCacheBytes: 192,
  vmStructBytes: 56,
  threadSize: 8192,
  threadInfoBytes: 80,
  hz: 1000,
  nrCpus: 1,
  kmap: null,
  pgdirBytes: 0,
  smp: { waitQueueHeadBytes: 24, kmemCacheBytes: 256 },
  usualReserve: [
    [0, 0x1000],
    [0xa0000, 0x460000],
  ],
  memOption: { suffixes: 'KMG', extraBytes: 0x100000 },
  hasHighmemOption: false,
  sources: {
    page: 'include/asm-x86_64/page.h: PAGE_SHIFT, __PAGE_OFFSET; include/linux/mm.h: struct page',
    zones: 'include/asm-x86_64/dma.h: MAX_DMA_ADDRESS; arch/x86_64/mm/init.c: paging_init()',
    limit: 'of oomph; include/asm-x86_64/e820.h: MAXMEM is 120 TiB',
    vmalloc: 'include/asm-x86_64/pgtable.h: VMALLOC_START, VMALLOC_END',
    kmap: 'no high memory',
    thread: 'include/asm-x86_64/page.h: THREAD_ORDER; thread_info.h: struct thread_info',
    cache: 'arch/x86_64/Kconfig: X86_L1_CACHE_SHIFT of MK8; mm/slab.c: struct kmem_cache_s',
    options: 'arch/x86_64/kernel/e820.c: parse_memopt()',
  },
};
