import type { Arch } from './arch.ts';

/**
 * One of the Alphas without an IOMMU, whose DMA reaches 16 MiB as a PC's does; on those with one, all memory is zone DMA.
 */
export const alpha: Arch = {
  name: 'alpha',
  title: 'a UP1000 (Nautilus), without an IOMMU',
  pageShift: 13,
  pageBytes: 8192,
  dmaEndPfn: 2048,
  normalEndPfn: 1 << 22,
  maxPfn: 1 << 22,
  maxReason: 'setup_memory() of alpha uses at most 32 GiB',
  pageOffset: -(2 ** 42),
  structPageBytes: 80,
  waitQueueHeadBytes: 16,
  longBytes: 8,
  l1CacheBytes: 64,
  vmalloc: { start: -(2 ** 34), gap: 0, offset: 0, end: -(2 ** 33) },
  slabBytes: 40,
  arrayCacheBytes: 16,
  kmemCacheBytes: 192,
  vmStructBytes: 56,
  threadSize: 16384,
  threadInfoBytes: 176,
  hz: 1024,
  nrCpus: 1,
  kmap: null,
  pgdirBytes: 0,
  smp: 'the Alphas without an IOMMU (Nautilus, RX164) have one CPU',
  usualReserve: [
    [0, 0x200000],
    [0x300000, 0x400000],
  ],
  memOption: { suffixes: 'KMG', extraBytes: 0 },
  hasHighmemOption: false,
  sources: {
    page: 'include/asm-alpha/page.h: PAGE_SHIFT, PAGE_OFFSET; include/linux/mm.h: struct page',
    zones:
      'include/asm-alpha/dma.h: MAX_DMA_ADDRESS; arch/alpha/kernel/proto.h: irongate_pci_tbi; arch/alpha/mm/init.c: paging_init()',
    limit: 'arch/alpha/kernel/setup.c: setup_memory()',
    vmalloc: 'include/asm-alpha/pgtable.h: VMALLOC_START, VMALLOC_END without CONFIG_ALPHA_LARGE_VMALLOC',
    kmap: 'no high memory',
    thread: 'include/asm-alpha/thread_info.h: THREAD_SIZE, struct thread_info; hwrpb.h: struct pcb_struct',
    cache: 'include/asm-alpha/cache.h: L1_CACHE_BYTES of EV6; mm/slab.c: struct kmem_cache_s',
    options: 'arch/alpha/kernel/setup.c: get_mem_size_limit()',
  },
};
