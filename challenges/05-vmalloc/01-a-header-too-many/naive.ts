import { definePolicy } from 'oomph';

/**
 * Contiguous memory is precious, so whatever is larger than a page comes from vmalloc. Nothing fails any more, and the
 * machine does little else than enter pages into page tables and flush TLBs for the NFS server.
 */
export default definePolicy({
  route: (request, mem) => (request.bytes > 4096 ? mem.ROUTE_VMALLOC : mem.AS_LINUX),
});
