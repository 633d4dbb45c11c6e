import type { PcpRequest } from 'oomph';

/**
 * buffered_rmqueue() fetches a batch when the list has sunk to `low`, free_hot_cold_page() gives one back when it has
 * grown to `high` (mm/page_alloc.c). So the zone's lock is taken once a batch and not once a page.
 */
export function pcp(request: PcpRequest): number {
  if (request.refill) return request.count <= request.low ? request.batch : 0;
  return request.count >= request.high ? request.batch : 0;
}
