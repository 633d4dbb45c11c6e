import type { InterruptRequest, Mem } from 'oomph';

/** do_IRQ() in arch/i386/kernel/irq.c runs the handler at once, on top of whatever runs. */
export function interrupt(_request: InterruptRequest, mem: Mem): number {
  return mem.INTERRUPT_NEST;
}
