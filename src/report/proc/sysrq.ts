import { type Machine, PAGE_ALLOCATED } from '../../engine/index.ts';
import { showFreeAreas } from '../../harness/showMem.ts';
import { countPages, freePagesOf, slabPages } from './pages.ts';

/**
 * What SysRq-m writes to the kernel's log, byte for byte, of a kernel with CONFIG_SWAP and no swap space.
 *
 * Source: drivers/char/sysrq.c, sysrq_handle_showmem(); show_mem() of each architecture
 */
export function sysrqMem(m: Machine): string {
  const areas = showFreeAreas(m, undefined, m.arch.nrCpus);
  const lines = [
    'SysRq : Show Memory',
    ...(m.arch.name === 'alpha' ? [''] : []),
    ...areas,
    'Swap cache: add 0, delete 0, find 0/0, race 0+0',
    'Free swap:            0kB',
    ...totals(m),
  ];
  return `${lines.join('\n')}\n`;
}

/** Every page that is in use has one reference, so none is shared; nothing is in a swap cache. */
function totals(m: Machine): string[] {
  const { reserved, counted } = countPages(m);
  const free = m.nrPages - reserved - counted;
  const ends = ['0 pages shared', '0 pages swap cached'];
  switch (m.arch.name) {
    case 'x86_64':
      return [`${m.nrPages} pages of RAM`, `${reserved} reserved pages`, ...ends];
    case 'arm':
      return armTotals(m, reserved, ends);
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
function armTotals(m: Machine, reserved: number, ends: string[]): string[] {
  const slab = slabPages(m);
  const { slab: allocator } = m;
  let counted = 0;
  for (let pfn = 0; pfn < m.nrPages; pfn++) {
    if ((m.state[pfn] & PAGE_ALLOCATED) === 0) continue;
    if (allocator === null || allocator.slabOfPage[pfn] < 0) counted++;
  }
  return [
    `${m.nrPages} pages of RAM`,
    `${m.nrPages - reserved - slab - counted} free pages`,
    `${reserved} reserved pages`,
    `${slab} slab pages`,
    ...ends,
  ];
}
