import {
  boot,
  forkProcess,
  type MachineConfig,
  prepareTasks,
  REQ_EVENT,
  REQ_TASK,
  startTasks,
  switchTo,
  type Tasks,
  type TasksConfig,
} from '../../../../src/engine/index.ts';
import { i386 } from '../machines.ts';

/** Tasks of a machine with 16 process numbers and no process. */
export function tasksOf(over: Partial<TasksConfig> = {}, machine: Partial<MachineConfig> = {}): Tasks {
  const m = boot(i386(64, { slab: true, ...machine }));
  const t = startTasks(m.slab!, {
    threadBytes: m.arch.threadSize,
    irqStacks: false,
    debugSleep: false,
    debugOverflow: false,
    ...over,
  });
  prepareTasks(t, 16);
  m.stat.fill(0);
  m.request[REQ_EVENT] = 0;
  m.request[REQ_TASK] = 0;
  return t;
}

/** The same with process 0 running on CPU 0, in a system call. */
export function running(over: Partial<TasksConfig> = {}, machine: Partial<MachineConfig> = {}): Tasks {
  const t = tasksOf(over, machine);
  expect(forkProcess(t, 0, 7, 0, 0)).toBe(true);
  switchTo(t, 0, 0);
  return t;
}

/** What was printed or kept: kind, then a to d. */
export function logOf(t: Tasks): number[][] {
  const { printk } = t.pgdat;
  return Array.from({ length: printk.length }, (_, i) => [
    printk.kind[i],
    ...printk.args.subarray(4 * i, 4 * i + 4),
  ]);
}

/** Field of the thread_info of a process. */
export const row = (t: Tasks, process: number) => (3 * t.pgdat.cpus + process) * 16;
