import { definePolicy } from 'oomph';

/** Free pages at which those who may wait stop: the packets of one flood (395), and some to spare. */
const FLOOD = 400;

/** Free pages at which those who can do without stop: a flood, and the memory that cron's jobs come for. */
const QUIET = 1300;

export default definePolicy({
  watermark(request, mem) {
    // The mask is what the caller claims, the context is what it is: nothing in an interrupt can wait, ever.
    if (request.context & (mem.CTX_SOFTIRQ | mem.CTX_HARDIRQ)) return 0;
    // A process that will not wait gets NULL and lives on; one that waits would stand still. So the latter goes first.
    return request.gfp & mem.__GFP_WAIT ? FLOOD : QUIET;
  },
});
