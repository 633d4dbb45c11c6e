import { definePolicy } from 'oomph';

/**
 * The window is for those who fit nowhere else. Everybody else takes a block, and every block is a power of two: of a
 * large one nearly half is lost, and there are few of them.
 */
export default definePolicy({
  route: (request, mem) => (request.bytes > 4 << 20 ? mem.ROUTE_VMALLOC : mem.ROUTE_PAGES),
});
