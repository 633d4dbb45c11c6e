import { definePolicy } from 'oomph';

/** The tape driver, st0, and its one call that is made with st_lock held: task and step of the challenge, from 0. */
const TAPE = 0;
const UNDER_LOCK = 4;

export default definePolicy({
  gfp(request, mem) {
    // In an interrupt there is no process that could be put to sleep.
    if (request.context & (mem.CTX_SOFTIRQ | mem.CTX_HARDIRQ)) return mem.GFP_ATOMIC;
    // Under a lock there is, but whoever wants the lock would spin until it wakes. Nothing but the code itself says so.
    if (request.task === TAPE && request.site === UNDER_LOCK) return mem.GFP_ATOMIC;
    return mem.GFP_KERNEL;
  },
});
