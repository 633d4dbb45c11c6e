import { definePolicy } from 'oomph';

// Lights out (pages/dark-chips)
// Every field of request and all that mem can tell: oomph docs policy
export default definePolicy<'block'>({
  /**
   * Asked: which free block a request is cut from, and which part of it.
   * Answer: first page frame of the free block to cut from; mem.AS_LINUX leaves it to Linux.
   * request tells: gfp, order, cpu, context, task, site, owner, timeMs, event, linux, zone.
   */
  block: (request, mem) => mem.AS_LINUX,
});
