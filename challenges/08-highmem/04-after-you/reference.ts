import { definePolicy } from 'oomph';

const CP = 0;
const TAR = 1;

/** Steps of both: the destination is allocated, and mapped while the source stands mapped. */
const ALLOC_DEST = 1;
const MAP_DEST = 4;

// Nobody waits for a slot of the pool while he holds one.
export default definePolicy({
  // cp does not sleep with its destination: a slot of the CPU will do.
  map: ({ task, site }, mem) =>
    task === CP && site === MAP_DEST ? mem.MAP_ATOMIC + mem.KM_USER0 : mem.AS_LINUX,
  // tar sleeps with both, but its destination is one page: it gets one that has an address.
  zonelist: ({ task, site }, mem) => (task === TAR && site === ALLOC_DEST ? mem.NORMAL_DMA : mem.AS_LINUX),
});
