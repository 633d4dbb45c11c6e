import {
  CPU_STRIDE,
  hardirqStack,
  idleStack,
  type Machine,
  processStack,
  STACK_BYTES,
  STACK_CLOBBERED,
  STACK_DEEPEST,
  STACK_DEPTH,
  STACK_LIMIT,
  SWITCH_NEVER,
  softirqStack,
  TASK_ALIVE,
  TASK_CPU,
  TASK_NONE,
  TASK_OWNER,
  TASK_STATE,
  TASK_STRIDE,
  type Tasks,
} from '../../engine/index.ts';
import { comm, pidOf } from '../../harness/kernelReports.ts';
import type { ViewNames } from './views.ts';

/**
 * Every kernel stack: whose, on which CPU it runs, bytes in use, most ever in use, and what that left above thread_info
 * (below 0: it grew into it). No kernel has such a file; the form is oomph's own. `!` stands where thread_info is not what
 * the kernel wrote.
 */
export function stacks(m: Machine, { tasks: names }: ViewNames): string {
  const t = m.tasks!;
  let text = 'PID   COMM            CPU  SIZE  DEPTH  DEEPEST  LEFT\n';
  const nrCpus = t.cpus.length / CPU_STRIDE;
  for (let cpu = 0; cpu < nrCpus; cpu++) text += line(t, idleStack(cpu), '0', 'swapper', String(cpu));
  for (let cpu = 0; cpu < nrCpus && t.switching !== SWITCH_NEVER; cpu++) {
    text += line(t, hardirqStack(t, cpu), '-', 'hardirq', String(cpu));
    text += line(t, softirqStack(t, cpu), '-', 'softirq', String(cpu));
  }
  for (let process = 0; process < t.nrProcesses; process++) {
    const at = process * TASK_STRIDE;
    const state = t.tasks[at + TASK_STATE];
    if (state === TASK_NONE) continue;
    const name = comm(names[t.tasks[at + TASK_OWNER]] ?? '?');
    const cpu =
      state !== TASK_ALIVE ? 'Z' : t.tasks[at + TASK_CPU] < 0 ? '-' : String(t.tasks[at + TASK_CPU]);
    text += line(t, processStack(t, process), String(pidOf(process)), name, cpu);
  }
  return text;
}

function line({ stacks }: Tasks, row: number, pid: string, name: string, cpu: string): string {
  const field = (f: number, width: number): string => String(stacks[row + f]).padStart(width);
  const left = stacks[row + STACK_LIMIT] - stacks[row + STACK_DEEPEST];
  const clobbered = stacks[row + STACK_CLOBBERED] === 0 ? '' : ' !';
  return (
    `${pid.padEnd(5)} ${name.padEnd(15)} ${cpu.padStart(3)} ${field(STACK_BYTES, 5)} ${field(STACK_DEPTH, 6)}` +
    ` ${field(STACK_DEEPEST, 8)} ${String(left).padStart(5)}${clobbered}\n`
  );
}
