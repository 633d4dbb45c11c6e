import { definePolicy } from 'oomph';

/** Bytes that may still come below a buffer: the frames of the rest of the chain, and two interrupts on top of them. */
const RESERVE = 2600;

export default definePolicy({
  // A buffer is not large or small, it is too large for what is left or not.
  frame: (request, mem) => (request.room - request.bytes < RESERVE ? mem.FRAME_KMALLOC : mem.FRAME_STACK),
});
