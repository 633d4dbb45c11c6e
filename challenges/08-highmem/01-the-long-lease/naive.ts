import { definePolicy } from 'oomph';

/**
 * The cheaper call for every process. sendfile then sleeps with a slot that belongs to its CPU, and has four pages in
 * it one over the other.
 */
export default definePolicy({
  map: (request, mem) => (request.context === 0 ? mem.MAP_ATOMIC + mem.KM_USER0 : mem.AS_LINUX),
});
