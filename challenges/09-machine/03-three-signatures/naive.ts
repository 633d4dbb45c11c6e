import { definePolicy } from 'oomph';

/**
 * Three things that were right before: a buffer leaves a stack that is nearly full, interrupts do not sleep, whoever may
 * sleep gets single pages. Each believes what it sees, and none of them sees the lock.
 */
export default definePolicy({
  frame: (request, mem) => (request.room - request.bytes < 800 ? mem.FRAME_KMALLOC : mem.FRAME_STACK),
  gfp: ({ context, gfp }, mem) => (context === 0 ? gfp : mem.GFP_ATOMIC),
  route: ({ gfp }, mem) => (gfp & mem.__GFP_WAIT ? mem.ROUTE_VMALLOC : mem.ROUTE_KMALLOC),
});
