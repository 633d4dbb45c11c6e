import type { Arch } from './arch.ts';

/**
 * Source: include/asm-i386/dma.h (MAX_DMA_ADDRESS), page.h (PAGE_OFFSET, MAXMEM), arch/i386/kernel/setup.c,
 * zone_sizes_init() and MAXMEM_PFN; asm-i386/pgtable.h (VMALLOC_END with CONFIG_HIGHMEM: PKMAP_BASE less two pages); struct sizes evaluated from 2.6.0 without PAE.
 */
export const i386: Arch = {
  name: 'i386',
  pageShift: 12,
  dmaEndPfn: 4096,
  normalEndPfn: 229376,
  maxPfn: 1 << 20,
  maxReason: 'i386 without PAE addresses 4 GiB',
  pageOffset: 0xc0000000,
  structPageBytes: 40,
  waitQueueHeadBytes: 8,
  longBytes: 4,
  l1CacheBytes: 32,
  vmallocOffset: 0x800000,
  vmallocEnd: 0xff7fe000,
};
