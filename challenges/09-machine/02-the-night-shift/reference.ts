import { definePolicy } from 'oomph';

/** Half way from the first look at the list (12) to the last (0). */
const DISTRESS = 6;

export default definePolicy({
  // Pages of processes stay until reclaim has seen often enough that files are not enough.
  reclaim: ({ mapped, priority }, mem) =>
    mapped && priority > DISTRESS ? mem.RECLAIM_ACTIVATE : mem.AS_LINUX,
});
