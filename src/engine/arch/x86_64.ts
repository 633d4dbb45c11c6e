import type { Arch } from './arch.ts';

/**
 * Source: include/asm-x86_64/dma.h (MAX_DMA_ADDRESS), page.h (PAGE_OFFSET), pgtable.h (VMALLOC_START, VMALLOC_END),
 * arch/x86_64/mm/init.c, paging_init(): two zones, no high memory.
 * Deviation: 64 GiB at most, where the kernel maps 512 GiB; the columns of a larger machine would not fit an ordinary host.
 * Deviation: the vmalloc window of x86_64 is not modelled. Deviation: sizes of slab structs are counted from their
 * fields, not evaluated by a compiler.
 */
export const x86_64: Arch = {
  name: 'x86_64',
  pageShift: 12,
  dmaEndPfn: 4096,
  normalEndPfn: 1 << 24,
  maxPfn: 1 << 24,
  maxReason: 'oomph simulates at most 64 GiB of an x86_64',
  pageOffset: 0x10000000000,
  structPageBytes: 72,
  waitQueueHeadBytes: 24,
  longBytes: 8,
  l1CacheBytes: 64,
  vmallocOffset: 0x10000000000,
  vmallocEnd: 0x20000000000,
  slabBytes: 40,
  arrayCacheBytes: 16,
  kmemCacheBytes: 192,
  vmStructBytes: 56,
  threadSize: 16384,
  threadInfoBytes: 64,
  nrCpus: 1,
  kmap: null,
  pgdirBytes: 0,
  smp: { kmemCacheBytes: 256 },
};
