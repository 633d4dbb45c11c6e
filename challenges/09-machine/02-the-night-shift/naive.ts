import { definePolicy } from 'oomph';

/** Nobody's heap goes to disk for the sake of a backup. Nor for the sake of the linker, which looks for pages until morning. */
export default definePolicy({
  reclaim: ({ mapped }, mem) => (mapped ? mem.RECLAIM_ACTIVATE : mem.AS_LINUX),
});
