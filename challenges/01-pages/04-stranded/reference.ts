import { definePolicy } from 'oomph';

/** Free pages of the zone below which nothing stays in a list: what all the lists together could hold. */
const SHORT = 600;

export default definePolicy({
  pcp(request, mem) {
    // Fetch when there is nothing left. Linux does it earlier, and keeps pages that nobody has asked for yet.
    if (request.refill) return request.count > 0 ? 0 : request.batch;
    // In good times keep what comes back, as Linux does; it is wanted again soon. In bad times it belongs to everybody.
    return mem.free(request.zone) < SHORT ? request.count : mem.AS_LINUX;
  },
});
