import { definePolicy } from 'oomph';

/** GFP_ATOMIC works everywhere. So everybody stands before the last reserve, and nobody waits for anything to come back. */
export default definePolicy({
  gfp: (_request, mem) => mem.GFP_ATOMIC,
});
