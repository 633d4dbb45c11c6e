/**
 * The page functions that a driver calls, by virtual address. Source: include/linux/gfp.h and mm/page_alloc.c of 2.6.0.
 *
 * Addresses are doubles, since a 64-bit kernel address does not fit 32 bits; those of arch.ts.
 */
import { addressText } from '../arch/arch.ts';
import { KernelBug } from '../lib/kernelBug.ts';
import { STAT_PAGES_ZEROED } from '../trace/events.ts';
import { touchMemory } from './data_cache.ts';
import { __GFP_HIGHMEM } from './gfp.ts';
import { NIL } from './page.ts';
import { allocPages, freePages } from './page_alloc.ts';
import type { Pgdat } from './pgdat.ts';

/**
 * Kernel virtual address of a page frame: the direct mapping for low memory.
 *
 * @returns 0 for a page of high memory that is not mapped
 * Source:  include/linux/mm.h, page_address(); mm/highmem.c, page_address()
 */
export function pageAddress(m: Pgdat, pfn: number): number {
  return pfn < m.normalEnd ? m.arch.pageOffset + pfn * m.arch.pageBytes : 0;
}

/** virt_to_page(). Throws KernelBug for an address outside the direct mapping. Source: include/asm-i386/page.h */
export function virtToPfn(m: Pgdat, vaddr: number): number {
  const pfn = Math.floor((vaddr - m.arch.pageOffset) / m.arch.pageBytes);
  if (!(pfn >= 0 && pfn < m.normalEnd)) {
    throw new KernelBug(
      'bad-address',
      `${addressText(m.arch, Math.floor(vaddr))} is not in the direct mapping of low memory`,
    );
  }
  return pfn;
}

/**
 * @returns virtual address of the block, or 0 on failure, or for high memory, whose pages then are lost
 * Source:  mm/page_alloc.c, __get_free_pages()
 */
export function getFreePages(m: Pgdat, gfp: number, order: number, cpu: number, ctx: number): number {
  const pfn = allocPages(m, gfp, order, cpu, ctx);
  return pfn === NIL ? 0 : pageAddress(m, pfn);
}

/**
 * One page of zeroes. Throws KernelBug for __GFP_HIGHMEM, where the kernel has a BUG_ON.
 *
 * Source: mm/page_alloc.c, get_zeroed_page()
 */
export function getZeroedPage(m: Pgdat, gfp: number, cpu: number, ctx: number): number {
  if ((gfp & __GFP_HIGHMEM) !== 0) {
    throw new KernelBug('highmem-address', 'get_zeroed_page() cannot return a page of high memory');
  }
  const pfn = allocPages(m, gfp, 0, cpu, ctx);
  if (pfn === NIL) return 0;
  m.stat[STAT_PAGES_ZEROED]++;
  touchMemory(m, cpu, pfn * m.arch.pageBytes, m.arch.pageBytes, true);
  return pageAddress(m, pfn);
}

/** alloc_page(): one page, by PFN. Source: include/linux/gfp.h */
export function allocPage(m: Pgdat, gfp: number, cpu: number, ctx: number): number {
  return allocPages(m, gfp, 0, cpu, ctx);
}

/** free_pages(): address 0 is ignored. Source: mm/page_alloc.c */
export function freePagesAt(m: Pgdat, vaddr: number, order: number, cpu: number): void {
  if (vaddr !== 0) freePages(m, virtToPfn(m, vaddr), order, cpu, 0);
}

/** free_page(): address 0 is ignored. Source: include/linux/gfp.h */
export function freePageAt(m: Pgdat, vaddr: number, cpu: number): void {
  freePagesAt(m, vaddr, 0, cpu);
}

/** __free_page(): one page, hot. Source: include/linux/gfp.h */
export function freePage(m: Pgdat, pfn: number, cpu: number): void {
  freePages(m, pfn, 0, cpu, 0);
}
