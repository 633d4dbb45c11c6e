import { definePolicy } from 'oomph';

/**
 * Move to high memory when low memory gets short. By then the rules are in low memory, for ever, and those who move are
 * the buffers that would have been given back anyway.
 */
export default definePolicy({
  route: (_request, mem) => (mem.free(mem.NORMAL) < 2000 ? mem.ROUTE_VMALLOC : mem.AS_LINUX),
});
