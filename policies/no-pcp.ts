import { definePolicy } from 'oomph';

/**
 * No per-CPU lists, as in 2.4: a page is fetched when it is asked for, and one that was put into the list goes back
 * to the buddy system as soon as the list is looked at again. Each time the zone's lock is taken.
 */
export default definePolicy({
  pcp(request) {
    // The hook comes before a page is put, so the list still holds one between two calls.
    if (request.refill) return request.count > 0 ? 0 : 1;
    return request.count;
  },
});
