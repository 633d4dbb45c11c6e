import { definePolicy } from 'oomph';

/** The lowest address first: what is given back at the top is not taken again. */
export default definePolicy({
  block: (request, mem) => mem.lowestFree(request.zone, request.order),
});
