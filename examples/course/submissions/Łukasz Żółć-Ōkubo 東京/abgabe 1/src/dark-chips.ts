import { definePolicy } from 'oomph';

// Von unten nach oben.
export default definePolicy({
  block: (request, mem) => mem.lowestFree(request.zone, request.order),
});
