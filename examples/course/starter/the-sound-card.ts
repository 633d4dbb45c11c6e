import { definePolicy } from 'oomph';

// The sound card that starved (zones/the-sound-card)
// Every field of request and all that mem can tell: oomph docs policy
export default definePolicy<'zonelist'>({
  /**
   * Asked: which zones one request may take pages from, and in which order.
   * Answer: mem.zonelist(first, second?, third?) or a constant such as mem.NORMAL_ONLY; mem.AS_LINUX leaves it to Linux.
   * request tells: gfp, order, cpu, context, task, site, owner, timeMs, event, linux.
   */
  zonelist: (request, mem) => mem.AS_LINUX,
});
