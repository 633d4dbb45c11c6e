import type { Mem, RouteRequest } from 'oomph';

/** The largest of the general caches: include/linux/kmalloc_sizes.h. */
const MAX_KMALLOC = 131072;

/** What a driver's author does: kmalloc() as long as it can serve, vmalloc() for what is larger. */
export function route(request: RouteRequest, mem: Mem): number {
  return request.bytes <= MAX_KMALLOC ? mem.ROUTE_KMALLOC : mem.ROUTE_VMALLOC;
}
