import { definePolicy } from 'oomph';

/** No vmalloc() in interrupts: the one rule everybody remembers. The routing code is in none, and sleeps with its lock. */
export default definePolicy({
  route: (request, mem) =>
    request.bytes > 32768 && request.context === 0 ? mem.ROUTE_VMALLOC : mem.AS_LINUX,
});
