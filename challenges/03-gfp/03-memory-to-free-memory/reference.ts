import { definePolicy } from 'oomph';

/** The writers, and their steps: the first page of a file, those that follow, the request that sends it all off. */
const WRITER = 0;
const FIRST = 0;
const REQUEST = 4;

export default definePolicy({
  watermark({ task, site }) {
    // Everybody who has not begun can wait, tar too.
    if (task !== WRITER || site === FIRST) return 1000;
    // Who has begun must come to an end, and who has this gives thirty pages back: it may have the last.
    return site === REQUEST ? 0 : 100;
  },
});
