import type { Mem, SlabReapRequest } from 'oomph';

/**
 * cache_reap() in mm/slab.c, every four seconds: a fifth of the objects that a cache may keep free, in slabs. But none if a free
 * slab was used since the last time, which the cache remembers and no view shows: then Linux's answer is 0.
 */
export function slabReap(request: SlabReapRequest, mem: Mem): number {
  if (request.linux === 0) return 0;
  const { cache } = request;
  const num = mem.cacheNum(cache);
  // enable_cpucache(): half of a head array moves at once, and what all CPUs could ask for at once may stay.
  const batch = (mem.cacheLimit(cache) + 1) >> 1;
  const mayKeep = (1 + mem.cpus) * batch + num;
  return Math.min(request.free, Math.ceil(mayKeep / (5 * num)));
}
