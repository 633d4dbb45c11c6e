import { definePolicy } from 'oomph';

/** Milliseconds after which a list is emptied. Shorter costs cycles, longer leaves pages in it that break large blocks. */
const KEEP_MS = 200;

/** When each list was last emptied. */
const emptied = new Map<number, number>();

export default definePolicy({
  pcp(request, mem) {
    const { refill, count, timeMs } = request;
    // Fetch when there is nothing left, then enough for a while. Fetching earlier, as Linux does, keeps 2 * batch pages
    // in the list that nobody wants: scraps, because the smallest blocks are taken first.
    if (refill) return count > 0 ? 0 : 2 * request.batch;
    const list = (request.cpu * 3 + request.zone) * 2 + request.cold;
    if (timeMs - (emptied.get(list) ?? 0) < KEEP_MS) return mem.AS_LINUX;
    // All of it: what Linux moves out at a time is a batch, and what stays may be the last missing buddy.
    emptied.set(list, timeMs);
    return count;
  },
});
