import type { Arch } from './arch.ts';

/**
 * All memory is one zone, DMA. struct page has a field more: WANT_PAGE_VIRTUAL.
 * Deviation: 64 GiB at most, a limit of oomph. Deviation: RAM is one bank that begins at physical address 0.
 */
export const sparc64: Arch = {
  name: 'sparc64',
  title: 'an Ultra with one bank of RAM',
  pageShift: 13,
  pageBytes: 8192,
  dmaEndPfn: 1 << 23,
  normalEndPfn: 1 << 23,
  maxPfn: 1 << 23,
  maxReason: 'oomph simulates at most 64 GiB of a sparc64',
  pageOffset: -(2 ** 43),
  structPageBytes: 88,
  waitQueueHeadBytes: 16,
  longBytes: 8,
  l1CacheBytes: 32,
  vmalloc: { start: 0x140000000, gap: 0, offset: 0, end: 0x200000000 },
  slabBytes: 40,
  arrayCacheBytes: 16,
  kmemCacheBytes: 192,
  vmStructBytes: 56,
  threadSize: 16384,
  threadInfoBytes: 1280,
  hz: 100,
  nrCpus: 1,
  kmap: null,
  pgdirBytes: 0,
  smp: { waitQueueHeadBytes: 24, kmemCacheBytes: 256 },
  usualReserve: [[0, 0x400000]],
  memOption: { suffixes: 'KM', extraBytes: 0 },
  hasHighmemOption: false,
  sources: {
    page: 'include/asm-sparc64/page.h: PAGE_SHIFT, PAGE_OFFSET, WANT_PAGE_VIRTUAL; include/linux/mm.h: struct page',
    zones: 'include/asm-sparc64/dma.h: MAX_DMA_ADDRESS; arch/sparc64/mm/init.c: paging_init()',
    limit: 'of oomph',
    vmalloc: 'include/asm-sparc64/pgtable.h: VMALLOC_START, VMALLOC_END',
    kmap: 'no high memory',
    thread: 'include/asm-sparc64/thread_info.h: THREAD_SIZE, struct thread_info',
    cache: 'include/asm-sparc64/cache.h: L1_CACHE_BYTES; mm/slab.c: struct kmem_cache_s',
    options: 'arch/sparc64/kernel/setup.c: boot_flags_init()',
  },
};
