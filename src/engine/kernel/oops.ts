/** The kernel reads a field that frames have overwritten, and what becomes of it. Source: arch/i386/kernel/traps.c, mm/fault.c. */
import { NIL } from '../mm/page.ts';
import { printk } from '../mm/pgdat.ts';
import { STAT_KERNEL_BUGS, STAT_OOPSES } from '../trace/events.ts';
import {
  LOG_EXIT_ATOMIC,
  LOG_OOPS,
  LOG_PANIC,
  LOG_PLACE_IDLE,
  LOG_PLACE_INTERRUPT,
} from '../trace/printk.ts';
import { unwind } from './stack.ts';
import {
  CPU_CURRENT,
  CPU_HARDIRQS,
  CPU_INFO,
  CPU_IRQS_OFF,
  CPU_SOFTIRQ,
  CPU_STRIDE,
  LOCK_STACK,
  LOCK_STRIDE,
  processStack,
  STACK_CLOBBERED,
  STACK_INFO,
  STACK_LOCKS,
  setCurrent,
  TASK_STATE,
  TASK_STRIDE,
  TASK_ZOMBIE,
  type Tasks,
} from './tasks.ts';
import { HARDIRQ_MASK, SOFTIRQ_MASK, TI_PREEMPT_COUNT, TI_TASK } from './thread_info.ts';

/**
 * The kernel dereferences a pointer of current_thread_info().
 *
 * @returns whether it was overwritten: then there was an Oops, and nothing runs on the CPU but its idle task
 * Deviation: an overwritten pointer always faults, even when what stands there is an address of the kernel.
 */
export function readPointer(t: Tasks, cpu: number, field: number): boolean {
  const row = t.cpus[cpu * CPU_STRIDE + CPU_INFO];
  if ((t.stacks[row + STACK_CLOBBERED] & (1 << field)) === 0 || t.panicked) return false;
  oops(t, cpu, field);
  return true;
}

/** `current->…`: as readPointer(), where the architecture finds `current` in thread_info. */
export function readCurrent(t: Tasks, cpu: number): boolean {
  return t.layout.currentInInfo && readPointer(t, cpu, TI_TASK);
}

/**
 * Unable to handle kernel paging request. In process context the process ends; else the kernel does.
 *
 * Deviation: do_exit() finds the process although `current` may be what was overwritten; the kernel would fault again.
 * Source: arch/i386/mm/fault.c, do_page_fault(); traps.c, die(); kernel/exit.c, do_exit()
 */
function oops(t: Tasks, cpu: number, field: number): void {
  const { pgdat, stacks } = t;
  const at = cpu * CPU_STRIDE;
  const row = t.cpus[at + CPU_INFO];
  const process = t.cpus[at + CPU_CURRENT];
  pgdat.stat[STAT_OOPSES]++;
  pgdat.stat[STAT_KERNEL_BUGS]++;
  printk(pgdat, LOG_OOPS, process, field, stacks[row + STACK_INFO + field]);
  const preempt = stacks[row + STACK_INFO + TI_PREEMPT_COUNT];
  const inInterrupt = (preempt & (HARDIRQ_MASK | SOFTIRQ_MASK)) !== 0;
  if (inInterrupt || t.cpus[at + CPU_HARDIRQS] > 0 || t.cpus[at + CPU_SOFTIRQ] > 0)
    panic(t, LOG_PLACE_INTERRUPT);
  else if (process === NIL) panic(t, LOG_PLACE_IDLE);
  else endCurrent(t, cpu, process, preempt);
}

/** The kernel stops. @param place LOG_PLACE_ */
export function panic(t: Tasks, place: number): void {
  if (t.panicked) return;
  t.panicked = true;
  printk(t.pgdat, LOG_PANIC, place);
}

/** do_exit(SIGSEGV): the process stays where it was, without frames, and its locks stay locked. */
function endCurrent(t: Tasks, cpu: number, process: number, preempt: number): void {
  noteAtomicExit(t, process, preempt);
  t.tasks[process * TASK_STRIDE + TASK_STATE] = TASK_ZOMBIE;
  t.died = process;
  abandonLocks(t, processStack(t, process));
  unwind(t, processStack(t, process), 1);
  t.cpus[cpu * CPU_STRIDE + CPU_IRQS_OFF] = 0;
  setCurrent(t, cpu, NIL);
}

/** What ran on a stack is no more: the locks that it held stay locked for ever. */
export function abandonLocks(t: Tasks, row: number): void {
  const { locks, stacks } = t;
  if (stacks[row + STACK_LOCKS] === 0) return;
  stacks[row + STACK_LOCKS] = 0;
  for (let at = 0; at < locks.length; at += LOCK_STRIDE) {
    if (locks[at + LOCK_STACK] === row) locks[at + LOCK_STACK] = NIL;
  }
}

/** note: exited with preempt_count. Source: kernel/exit.c, do_exit() */
export function noteAtomicExit(t: Tasks, process: number, preempt: number): void {
  if (preempt !== 0) printk(t.pgdat, LOG_EXIT_ATOMIC, process, preempt);
}
