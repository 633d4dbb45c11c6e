import { definePolicy } from 'oomph';

/**
 * Keep nothing: fetch one page when one is asked for, give back what is there before one is put. Every buddy finds its
 * other half, and every page takes the zone's lock twice: more than twice the cycles.
 */
export default definePolicy({
  pcp(request) {
    if (request.refill) return request.count > 0 ? 0 : 1;
    return request.count;
  },
});
