import { definePolicy } from 'oomph';

/** Pages that stay free in quiet times: the first bursts of a storm fit. */
const QUIET = 120;

/** Each burst is at most 1.67 times as large as the one before. */
const GROWTH = 1.7;

/** Bursts of a storm come every 0.8 s. After a second without one it is over. */
const STORM_MS = 1000;

/** Pages of the burst that is running, or was the last, and when it began. */
let burst = 0;
let began = 0;

export default definePolicy({
  watermark({ context, pass, timeMs }) {
    if (context === 0) return timeMs - began > STORM_MS ? QUIET : Math.floor(QUIET + GROWTH * burst);
    if (timeMs - began > 100) {
      burst = 0;
      began = timeMs;
    }
    // A request is asked about again in later passes. It is still one page.
    if (pass === 1) burst++;
    return 0;
  },
});
