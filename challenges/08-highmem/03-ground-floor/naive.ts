import { definePolicy } from 'oomph';

/** What stands mapped belongs into low memory, where it needs no slot. It does not fit. */
export default definePolicy({
  zonelist: ({ task }, mem) => (task < 2 ? mem.NORMAL_DMA : mem.AS_LINUX),
});
