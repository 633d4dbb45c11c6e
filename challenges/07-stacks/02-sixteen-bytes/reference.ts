import { definePolicy } from 'oomph';

/** Line of the serial port. */
const SERIAL = 4;

/** Bytes that a greedy handler takes, the registers under it, and the serial port's on top of it. */
const ROOM = 1300;

export default definePolicy({
  interrupt: (request, mem) =>
    request.irq !== SERIAL && request.room < ROOM ? mem.INTERRUPT_DEFER : mem.INTERRUPT_NEST,
});
