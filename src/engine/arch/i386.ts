import type { Arch } from './arch.ts';

/**
 * Source: include/asm-i386/dma.h (MAX_DMA_ADDRESS), page.h (PAGE_OFFSET, MAXMEM), arch/i386/kernel/setup.c,
 * zone_sizes_init() and MAXMEM_PFN; asm-i386/pgtable.h (VMALLOC_END with CONFIG_HIGHMEM: PKMAP_BASE less two pages),
 * highmem.h (PKMAP_BASE), fixmap.h (FIX_KMAP_BEGIN: behind the APIC and IO-APIC slots on SMP), thread_info.h; struct
 * sizes evaluated from 2.6.0 without PAE, SMP ones with NR_CPUS 8.
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
  slabBytes: 24,
  arrayCacheBytes: 16,
  kmemCacheBytes: 116,
  vmStructBytes: 28,
  threadSize: 8192,
  threadInfoBytes: 48,
  nrCpus: 1,
  kmap: { lastPkmap: 1024, pkmapBase: 0xff800000, fixaddrTop: 0xfffff000, fixKmapBegin: 2, kmTypeNr: 14 },
  pgdirBytes: 0x400000,
  smp: {
    waitQueueHeadBytes: 12,
    kmemCacheBytes: 148,
    kmap: { lastPkmap: 1024, pkmapBase: 0xff800000, fixaddrTop: 0xfffff000, fixKmapBegin: 11, kmTypeNr: 14 },
  },
};
