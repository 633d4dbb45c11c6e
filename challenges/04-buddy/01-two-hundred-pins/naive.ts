import { definePolicy } from 'oomph';

/**
 * Fill memory from its beginning, so that its end stays in one piece. But at the busiest hour it is full to the end,
 * and the stacks of that hour lie between the pages of the processes, everywhere.
 */
export default definePolicy({
  block: (request, mem) => mem.lowestFree(request.zone, request.order),
});
