import type { Machine } from '../../engine/index.ts';
import type { Cause } from '../cause.ts';
import type { MachineEvent } from '../eventLog.ts';
import type { KernelSymbols } from '../kernelSymbols.ts';

/** How what a spec looks at is put into words: `report/testing/words` has them. */
export interface TestWords {
  /** A view of /proc; the counters are those of /proc/vmstat. */
  view(
    name: string,
    m: Machine,
    counters: { pgalloc: number; pgfree: number },
    names: { tasks: readonly string[]; functions: readonly string[] },
  ): string;
  /** An event in one line, ended. */
  event(m: Machine, tasks: readonly string[], event: MachineEvent, symbols: KernelSymbols): string;
  /** A metric's value with its unit. */
  quantity(value: number, unit: string): string;
  /** Simulated time. */
  time(us: number): string;
  cause(cause: Cause): string;
}
