import type { MapRequest, Mem } from 'oomph';

/**
 * kmap() in mm/highmem.c where it may sleep. In interrupts kmap_atomic(), in the first slot of this context's two that
 * nothing is in: whoever wrote the call knows that, and no view shows it.
 */
export function map(request: MapRequest, mem: Mem): number {
  const mayNotSleep = request.context & (mem.CTX_HARDIRQ | mem.CTX_SOFTIRQ);
  return mayNotSleep ? request.linux : mem.MAP_KMAP;
}
