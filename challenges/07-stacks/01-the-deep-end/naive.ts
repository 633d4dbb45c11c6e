import { definePolicy } from 'oomph';

/**
 * Large buffers do not belong on the stack. But filldir64() has the largest, and room for it; those on the long way down
 * are of a size that everybody calls small.
 */
export default definePolicy({
  frame: (request, mem) => (request.bytes > 1024 ? mem.FRAME_KMALLOC : mem.FRAME_STACK),
});
