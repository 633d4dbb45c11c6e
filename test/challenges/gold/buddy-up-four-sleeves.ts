import { definePolicy } from 'oomph';

const emptied = [0, 0, 0, 0];

/** Lists that may grow to 80 pages, since they are emptied by the clock anyway: fewer batches. */
export default definePolicy({
  pcp({ refill, count, cpu, timeMs }) {
    if (refill) return count ? 0 : 14;
    if (timeMs - emptied[cpu] < 250 && count < 80) return 0;
    emptied[cpu] = timeMs;
    return count;
  },
});
