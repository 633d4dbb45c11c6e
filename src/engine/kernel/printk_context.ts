import { REQ_CPU } from '../lib/hooks.ts';
import { pageAddress } from '../mm/gfp_functions.ts';
import { NIL } from '../mm/page.ts';
import { objectVaddr } from '../mm/slab.ts';
import type { PrintkContext } from '../trace/printk.ts';
import { currentOf } from './context.ts';
import { stackTrace } from './stack.ts';
import { TASK_OWNER, TASK_PFN, TASK_STRIDE, TASK_STRUCT, type Tasks } from './tasks.ts';

/**
 * From now on the log keeps with every line what ran on the CPU that printed it: the stack as dump_stack() finds it. The CPU
 * is that of the present request.
 */
export function keepContexts(t: Tasks): void {
  t.pgdat.printk.contextNow = a => contextOn(t, Math.max(0, t.pgdat.request[REQ_CPU]), a);
}

/** @param about process that the entry is about, where it is about one */
export function contextOn(t: Tasks, cpu: number, about: number): PrintkContext {
  const process = currentOf(t, cpu);
  const task = process * TASK_STRIDE;
  const pfn = process === NIL ? NIL : t.tasks[task + TASK_PFN];
  const struct = process === NIL ? NIL : t.tasks[task + TASK_STRUCT];
  return {
    cpu,
    row: t.pgdat.printk.row,
    process,
    threadInfo: pfn === NIL ? 0 : pageAddress(t.pgdat, pfn),
    taskStruct: struct === NIL ? 0 : objectVaddr(t.slab, struct),
    owner: ownerOf(t, process),
    subject: ownerOf(t, about),
    chain: stackTrace(t, cpu).map(entry => entry.fn),
  };
}

function ownerOf(t: Tasks, process: number): number {
  return process < 0 || process >= t.nrProcesses ? NIL : t.tasks[process * TASK_STRIDE + TASK_OWNER];
}
