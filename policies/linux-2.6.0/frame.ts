import type { FrameRequest, Mem } from 'oomph';

/** A local variable of C is on the stack, however little of that is left. */
export function frame(_request: FrameRequest, mem: Mem): number {
  return mem.FRAME_STACK;
}
