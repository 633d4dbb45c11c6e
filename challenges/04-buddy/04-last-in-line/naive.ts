import { definePolicy } from 'oomph';

export default definePolicy({
  /** Let everything rest as long as it can. But all wait for the same time, and a queue mixes as well as a stack. */
  placement: (_request, mem) => mem.TAIL,
});
