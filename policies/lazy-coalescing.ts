import { definePolicy, type Mem, type PcpRequest } from 'oomph';

/** The most pages that a list keeps; it has room for 127. */
const MOST = 96;

/**
 * How much slack there is, as in a lazy buddy system: LAZY leaves freed pages as they are, RECLAIMING joins as many
 * as come back, ACCELERATED joins more than come back. The paper compares how many of its blocks are in use; here the
 * zone's free pages against its marks say the same.
 */
const LAZY = 0;
const RECLAIMING = 1;
const ACCELERATED = 2;

function slack({ zone }: PcpRequest, mem: Mem): number {
  const free = mem.free(zone);
  if (free > 4 * mem.high(zone)) return LAZY;
  return free > mem.high(zone) ? RECLAIMING : ACCELERATED;
}

/**
 * Deferred coalescing, as far as the hook reaches: pages in a per-CPU list are free, and not joined. (Blocks of two pages
 * and more join when they come back; no hook puts that off.)
 */
export default definePolicy({
  pcp(request, mem) {
    const { count, batch } = request;
    const mode = slack(request, mem);
    // Cut blocks only when nothing is left to use again.
    if (request.refill) return count > 0 ? 0 : mode === LAZY ? 2 * batch : Math.max(1, batch >> 1);
    if (mode === ACCELERATED) return count;
    if (mode === RECLAIMING) return Math.min(count, 2);
    return count >= MOST ? batch : 0;
  },
});
