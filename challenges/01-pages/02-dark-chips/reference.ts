import { definePolicy } from 'oomph';

/** Always the lowest address: what lives long sinks to the bottom, and the top falls empty. */
export default definePolicy({
  block: (request, mem) => mem.lowestFree(request.zone, request.order),
});
