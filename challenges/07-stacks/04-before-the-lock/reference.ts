import { definePolicy } from 'oomph';

/** The last functions above the lock: whoever is called below them may not sleep. */
const LOOP_MAKE = 3;
const EXT3_GET_BLOCK = 4;

export default definePolicy({
  frame: (request, mem) =>
    request.function === LOOP_MAKE || request.function === EXT3_GET_BLOCK
      ? mem.FRAME_KMALLOC
      : mem.FRAME_STACK,
});
