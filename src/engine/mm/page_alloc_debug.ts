/**
 * What happens when callers give back pages that they have no right to. Only who plays such a bug calls this: freePages()
 * trusts its callers, and throws where the machine itself would be at fault.
 */
import { STAT_KERNEL_BUGS } from '../trace/events.ts';
import {
  LOG_BAD_FREE,
  LOG_KERNEL_BUG,
  LOG_PLACE_PAGE_ALLOC,
  LOG_STALE_USE,
  STALE_FREE_ORDER,
} from '../trace/printk.ts';
import { ZONE_SHIFT, ZONE_START } from './mmzone.ts';
import { NIL, PAGE_ALLOCATED, PAGE_ORDER, PAGE_RESERVED } from './page.ts';
import { freePages } from './page_alloc.ts';
import { type Pgdat, printk, zoneOf } from './pgdat.ts';

/**
 * __free_pages() by somebody who may have freed them before, or asks for another order than theirs.
 *
 * - pages that nobody has: their count is 0, and put_page_testzero() is a BUG_ON(): LOG_BAD_FREE
 * - pages that somebody else got meanwhile: nothing can tell, they are free and used
 * - a smaller order: nothing looks at it. The first pages are free, and the others nobody's for ever
 * - a larger order: a BUG() where the block cannot start there, else nothing notices
 * - reserved pages: ignored, as in the kernel
 *
 * @returns whether pages became free
 * Source: mm/page_alloc.c, __free_pages(), __free_pages_bulk(); include/linux/mm.h, put_page_testzero()
 *
 * Deviation: freed with a larger order than theirs, only the block itself becomes free. The kernel frees its neighbours too,
 * whoever uses them, and its lists are in pieces when those come back. A page that a BUG() found stays allocated.
 */
export function badFreePages(m: Pgdat, pfn: number, order: number, cpu: number): boolean {
  if (!(pfn >= 0 && pfn < m.nrPages)) return found(m, LOG_KERNEL_BUG, LOG_PLACE_PAGE_ALLOC, 0, 0);
  const state = m.state[pfn];
  if (state === PAGE_RESERVED) return false;
  if ((state & PAGE_ALLOCATED) === 0) return found(m, LOG_BAD_FREE, pfn, order, state);
  const own = state & PAGE_ORDER;
  if (order === own) {
    freePages(m, pfn, order, cpu, 0);
    return true;
  }
  const index = pfn - m.zone[(zoneOf(m, pfn) << ZONE_SHIFT) + ZONE_START];
  if (order > own && (index & ((1 << order) - 1)) !== 0)
    return found(m, LOG_KERNEL_BUG, LOG_PLACE_PAGE_ALLOC, 0, 0);
  found(m, LOG_STALE_USE, pfn, STALE_FREE_ORDER, order);
  if (order < own) abandon(m, pfn, order, own);
  freePages(m, pfn, Math.min(order, own), cpu, 0);
  return true;
}

/** All of a block of order `own` but its first 2^order pages becomes blocks of their own that nobody will give back. */
function abandon(m: Pgdat, pfn: number, order: number, own: number): void {
  const { state, tag, fields } = m;
  state[pfn] = PAGE_ALLOCATED | order;
  for (let o = order; o < own; o++) {
    const rest = pfn + (1 << o);
    state[rest] = PAGE_ALLOCATED | o;
    tag[rest] = NIL;
    // The kernel's count is 0, and would be found when somebody frees it: nobody knows of it.
    if (fields !== null) fields.count[rest] = 1;
  }
}

function found(m: Pgdat, kind: number, a: number, b: number, c: number): false {
  m.stat[STAT_KERNEL_BUGS]++;
  printk(m, kind, a, b, c);
  return false;
}
