import { definePolicy } from 'oomph';

/**
 * No handler may keep others out, so all of them become softirqs. But softirqs do not interrupt each other: the tick now
 * waits behind the CD in another queue.
 */
export default definePolicy({
  interrupt: (_request, mem) => mem.INTERRUPT_SOFTIRQ,
});
