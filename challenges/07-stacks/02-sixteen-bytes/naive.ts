import { definePolicy } from 'oomph';

/** Nobody nests when little room is left: the stack is safe, and the modem, who needed 250 bytes of it, is not heard. */
export default definePolicy({
  interrupt: (request, mem) => (request.room < 1300 ? mem.INTERRUPT_DEFER : mem.INTERRUPT_NEST),
});
