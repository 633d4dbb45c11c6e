import { definePolicy } from 'oomph';

/** The function above the lock whose buffer leaves the stack, and the step that asks below it, as the briefing has them. */
const XFS_BMAPI = 2;
const UNDER_LOCK = 6;

export default definePolicy({
  // The functions under the lock find room, because the one above it made some.
  frame: (request, mem) => (request.function === XFS_BMAPI ? mem.FRAME_KMALLOC : mem.FRAME_STACK),
  // The mask says what is true.
  gfp: ({ site, gfp }, mem) => (site === UNDER_LOCK ? mem.GFP_ATOMIC : gfp),
  // Single pages for those who may sleep, which the mask that was written does not tell.
  route: ({ site, gfp }, mem) =>
    site !== UNDER_LOCK && gfp & mem.__GFP_WAIT ? mem.ROUTE_VMALLOC : mem.ROUTE_KMALLOC,
});
