import type { Mem, ReclaimRequest } from 'oomph';

/**
 * shrink_list() in mm/vmscan.c. A page that a process maps, or that is swap, gets a second chance if it was used since the
 * last look: page_mapping_inuse(). Of a page that is only in the page cache the use counts too late: pageout() keeps a
 * dirty one that was used, a clean one goes.
 */
export function reclaim(request: ReclaimRequest, mem: Mem): number {
  if (!request.referenced) return mem.RECLAIM_TAKE;
  if (request.mapped || mem.pageMapping(request.pfn) === mem.SWAPPER_SPACE) return mem.RECLAIM_ACTIVATE;
  return request.flags & mem.PG_dirty ? mem.RECLAIM_KEEP : mem.RECLAIM_TAKE;
}
