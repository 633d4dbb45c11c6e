import { definePolicy } from 'oomph';

/** Blocks of that size lie between the dentries in any number. */
const PLENTY = 32768;

export default definePolicy({
  // Nothing but the mask knows of the lock: __GFP_WAIT is the caller's word that it may sleep.
  route: (request, mem) =>
    request.bytes > PLENTY && request.gfp & mem.__GFP_WAIT ? mem.ROUTE_VMALLOC : mem.AS_LINUX,
});
