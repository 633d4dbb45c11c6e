import { definePolicy } from 'oomph';

/**
 * The second page never comes from the pool, so nobody waits with a slot in his hand. That saves cp; but tar goes to
 * sleep with a slot that is its CPU's, and the next tar takes it.
 */
export default definePolicy({
  map: ({ site }, mem) => (site === 4 ? mem.MAP_ATOMIC + mem.KM_USER0 : mem.AS_LINUX),
});
