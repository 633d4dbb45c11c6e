import { definePolicy } from 'oomph';

/**
 * A buffer leaves the stack when little of it is left. That saved the file server; here it is the function under the
 * lock that finds too little, and kmalloc() may sleep.
 */
export default definePolicy({
  frame: (request, mem) => (request.room - request.bytes < 1200 ? mem.FRAME_KMALLOC : mem.FRAME_STACK),
});
