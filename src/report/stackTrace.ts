import type { StackFrame } from '../contract/verdict.ts';
import { symbolText } from '../harness/kernelSymbols.ts';

/**
 * /sys/kernel/debug/tracing/stack_trace: which calls filled a stack, the innermost first.
 *
 * Source: kernel/trace/trace_stack.c of 2.6.32, t_show()
 */
export function stackTable(frames: readonly StackFrame[]): string[] {
  return [
    `        Depth    Size   Location    (${frames.length} entries)`,
    '        -----    ----   --------',
    ...frames.map(
      ({ depth, size, function: name }, i) =>
        `${String(i).padStart(3)}) ${String(depth).padStart(8)}   ${String(size).padStart(5)}   ${symbolText(name)}`,
    ),
  ];
}
