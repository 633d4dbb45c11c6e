import { definePolicy } from 'oomph';

/** Lines of the timer and the serial port: all that they do has to be done now, and takes no time. */
const TIMER = 0;
const SERIAL = 4;

export default definePolicy({
  interrupt: ({ irq }, mem) => (irq === TIMER || irq === SERIAL ? mem.INTERRUPT_NEST : mem.INTERRUPT_SOFTIRQ),
});
