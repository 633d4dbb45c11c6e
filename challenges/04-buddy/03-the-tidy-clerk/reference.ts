import { definePolicy } from 'oomph';

/** Blocks of each order that lie ready for the next who wants one. More than come at a time, and not many more. */
const STOCK = 8;

export default definePolicy({
  coalesce: (request, mem) => (mem.nrFree(request.zone, request.order) < STOCK ? request.order : 10),
});
