import type { StackFrame } from '../contract/verdict.ts';
import { type Machine, maxStack } from '../engine/index.ts';
import { KernelSymbols } from './kernelSymbols.ts';

/**
 * The chain of calls that left the least room on any kernel stack so far, innermost first; empty where there are no stacks.
 *
 * @param functions names of the workload's functions, by number
 */
export function deepestStack({ arch, tasks }: Machine, functions: readonly string[]): StackFrame[] {
  if (tasks === null) return [];
  const symbols = new KernelSymbols(arch, functions);
  return maxStack(tasks).map(({ fn, depth, size }) => ({ depth, size, function: symbols.nameOf(fn) }));
}
