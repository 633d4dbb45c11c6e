import type { Arch } from './arch.ts';
import { i386 } from './i386.ts';

/** struct page stays as it is: pte_addr_t grows to 64 bits only with CONFIG_HIGHPTE. Three-level page tables. */
export const i386_pae: Arch = {
  ...i386,
  name: 'i386-pae',
  title: 'a PC with CONFIG_HIGHMEM64G',
  maxPfn: 1 << 24,
  maxReason: 'i386 with PAE addresses 64 GiB',
  kmap: { ...i386.kmap!, lastPkmap: 512 },
  pgdirBytes: 0x200000,
  smp: {
    ...(i386.smp as Partial<Arch>),
    kmap: { ...(i386.smp as Partial<Arch>).kmap!, lastPkmap: 512 },
  },
  sources: {
    ...i386.sources,
    limit: 'arch/i386/Kconfig: HIGHMEM64G; 36 address bits',
    vmalloc: `${i386.sources.vmalloc}; pgtable-3level.h: PMD_SHIFT`,
  },
};
