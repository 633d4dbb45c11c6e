import { type CoalesceRequest, definePolicy, type Mem } from 'oomph';

/**
 * How much slack there is, as in a lazy buddy system: LAZY leaves freed blocks as they are, RECLAIMING joins each once,
 * ACCELERATED joins all the way. The paper compares how many blocks of the size are in use with how many are free; here
 * the zone's free pages against its marks say the same.
 */
const LAZY = 0;
const RECLAIMING = 1;
const ACCELERATED = 2;

function slack({ zone }: CoalesceRequest, mem: Mem): number {
  const free = mem.free(zone);
  if (free > 4 * mem.high(zone)) return LAZY;
  return free > mem.high(zone) ? RECLAIMING : ACCELERATED;
}

/** Deferred coalescing: whoever wants the same size again next finds it uncut. */
export default definePolicy({
  coalesce(request, mem) {
    const { order } = request;
    const most = mem.MAX_ORDER - 1;
    const mode = slack(request, mem);
    if (mode === LAZY) return order;
    return mode === RECLAIMING ? Math.min(order + 1, most) : most;
  },
});
