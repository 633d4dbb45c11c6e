import {
  MAPPING_SWAP,
  type Machine,
  PAGE_ALLOCATED,
  STAT_SWAP_CACHE_ADDS,
  STAT_SWAP_CACHE_DELETES,
  STAT_SWAP_CACHE_FINDS,
  STAT_SWAP_CACHE_FOUND,
  VC_NR_SWAP_PAGES,
} from '../../engine/index.ts';
import { showFreeAreas } from '../../harness/showMem.ts';
import { countPages, freePagesOf, slabPages } from './pages.ts';

/**
 * What SysRq-m writes to the kernel's log, byte for byte, of a kernel with CONFIG_SWAP.
 *
 * Source: drivers/char/sysrq.c, sysrq_handle_showmem(); show_mem() of each architecture
 */
export function sysrqMem(m: Machine): string {
  const freeSwap = ((m.vm?.count[VC_NR_SWAP_PAGES] ?? 0) * m.arch.pageBytes) / 1024;
  const stat = (of: number): number => m.stat[of];
  const areas = showFreeAreas(m, undefined, m.arch.nrCpus);
  const lines = [
    'SysRq : Show Memory',
    ...(m.arch.name === 'alpha' ? [''] : []),
    ...areas,
    `Swap cache: add ${stat(STAT_SWAP_CACHE_ADDS)}, delete ${stat(STAT_SWAP_CACHE_DELETES)}, find ${stat(STAT_SWAP_CACHE_FOUND)}/${stat(STAT_SWAP_CACHE_FINDS)}, race 0+0`,
    `Free swap:       ${String(freeSwap).padStart(6)}kB`,
    ...totals(m),
  ];
  return `${lines.join('\n')}\n`;
}

function totals(m: Machine): string[] {
  const { reserved, counted, shared, swapCached } = countPages(m);
  const free = m.nrPages - reserved - swapCached - counted;
  const ends = [`${shared} pages shared`, `${swapCached} pages swap cached`];
  switch (m.arch.name) {
    case 'x86_64':
      return [`${m.nrPages} pages of RAM`, `${reserved} reserved pages`, ...ends];
    case 'arm':
      return armTotals(m, reserved + swapCached, reserved, ends);
    case 'ppc32':
      return [
        `${m.nrPages} pages of RAM`,
        `${m.nrPages - m.normalEnd} pages of HIGHMEM`,
        `${free} free pages`,
        `${reserved} reserved pages`,
        ...ends,
      ];
    case 'alpha':
      return [`${m.nrPages} pages of RAM`, `${free} free pages`, `${reserved} reserved pages`, ...ends];
    case 'sparc64':
      return [
        `${m.nrPages} pages of RAM`,
        `${freePagesOf(m).all} free pages`,
        '0 pages in page table cache',
        ...(m.arch.nrCpus === 1 ? ['0 entries in page dir cache'] : []),
      ];
    default:
      return [
        `${m.nrPages} pages of RAM`,
        `${m.nrPages - m.normalEnd} pages of HIGHMEM`,
        `${reserved} reserved pages`,
        ...ends,
      ];
  }
}

/** PG_slab is asked before the count: on ARM the pages of slabs are neither free nor shared. */
function armTotals(m: Machine, apart: number, reserved: number, ends: string[]): string[] {
  const slab = slabPages(m);
  const { slab: allocator } = m;
  let counted = 0;
  for (let pfn = 0; pfn < m.nrPages; pfn++) {
    if ((m.state[pfn] & PAGE_ALLOCATED) === 0 || m.fields?.mapping[pfn] === MAPPING_SWAP) continue;
    if (allocator === null || allocator.slabOfPage[pfn] < 0) counted++;
  }
  return [
    `${m.nrPages} pages of RAM`,
    `${m.nrPages - apart - slab - counted} free pages`,
    `${reserved} reserved pages`,
    `${slab} slab pages`,
    ...ends,
  ];
}
