/**
 * Hard interrupts and softirqs: on which stack they run and what preempt_count says meanwhile.
 * Source: arch/i386/kernel/entry.S, irq.c; kernel/softirq.c of 2.6.0; arch/i386/kernel/irq.c of 2.6.6 with CONFIG_4KSTACKS.
 *
 * Deviation: every interrupt reads `current`, as the timer's does a thousand times a second (update_process_times()); the
 * interrupt of another device need not.
 * Deviation: a softirq that the workload begins outside an interrupt was raised by one whose own handler did nothing more,
 * so its register frame and do_IRQ() lie under do_softirq().
 */
import { REQ_EVENT } from '../lib/hooks.ts';
import { KernelBug } from '../lib/kernelBug.ts';
import { OBSERVED_TRACE } from '../mm/mmzone.ts';
import { NIL } from '../mm/page.ts';
import { printk } from '../mm/pgdat.ts';
import {
  EV_IRQ_ENTER,
  EV_IRQ_EXIT,
  STAT_INTERRUPTS,
  STAT_KERNEL_BUGS,
  STAT_SOFTIRQS,
} from '../trace/events.ts';
import { LOG_STACK_OVERFLOW } from '../trace/printk.ts';
import { readCurrent, readPointer } from './oops.ts';
import { popFrameOf, pushFrame } from './stack.ts';
import {
  CPU_HARDIRQS,
  CPU_INFO,
  CPU_IRQS_OFF,
  CPU_SOFTIRQ,
  CPU_STACK,
  CPU_STRIDE,
  hardirqStack,
  NR_IRQS,
  STACK_BYTES,
  STACK_CLOBBERED,
  STACK_DEPTH,
  STACK_FRAMES,
  STACK_INFO,
  STACK_PREVIOUS,
  softirqStack,
  type Tasks,
} from './tasks.ts';
import {
  FN_DO_IRQ,
  FN_DO_SOFTIRQ,
  FN_HANDLE_IRQ_EVENT,
  FN_INTERRUPT,
  HARDIRQ_MASK,
  HARDIRQ_OFFSET,
  SOFTIRQ_MASK,
  SOFTIRQ_OFFSET,
  SWITCH_AT_ENTRY,
  SWITCH_AT_HANDLER,
  TI_CPU,
  TI_PREEMPT_COUNT,
  TI_TASK,
} from './thread_info.ts';

/** Whether irqEnter() would run the handler now. */
export function irqMayEnter(t: Tasks, cpu: number, irq: number): boolean {
  return t.cpus[cpu * CPU_STRIDE + CPU_IRQS_OFF] === 0 && t.irqBusy[irq] === 0;
}

/**
 * An interrupt arrives.
 *
 * @param irq       its line, 0..NR_IRQS-1
 * @param noNesting SA_INTERRUPT: its handler leaves interrupts disabled
 * @returns         whether its handler runs now. False while the CPU has interrupts disabled, or the line's handler is
 *                  running somewhere: then nothing has happened, the interrupt is pending, and the caller tries again
 * Source: arch/i386/kernel/irq.c, do_IRQ(), handle_IRQ_event()
 */
export function irqEnter(t: Tasks, cpu: number, irq: number, noNesting: boolean): boolean {
  const { cpus, stacks, layout, irqBusy } = t;
  const at = cpu * CPU_STRIDE;
  if (!irqMayEnter(t, cpu, irq)) return false;
  const info = enterStack(t, cpu, SWITCH_AT_ENTRY);
  stacks[info + STACK_INFO + TI_PREEMPT_COUNT] += HARDIRQ_OFFSET;
  const depth = cpus[at + CPU_HARDIRQS]++;
  t.irqLines[cpu * NR_IRQS + depth] = irq;
  irqBusy[irq] = 1;
  cpus[at + CPU_IRQS_OFF] = noNesting ? 1 : 0;
  t.pgdat.stat[STAT_INTERRUPTS]++;
  if (t.checksRoom) checkRoom(t, cpus[at + CPU_STACK]);
  if (stacks[info + STACK_CLOBBERED] !== 0) readInfo(t, cpu);
  if (t.switching === SWITCH_AT_HANDLER) changeStack(t, cpu, hardirqStack(t, cpu));
  pushFrame(t, cpus[at + CPU_STACK], FN_HANDLE_IRQ_EVENT, layout.handleIrqEvent);
  if ((t.pgdat.observed & OBSERVED_TRACE) !== 0)
    t.pgdat.trace?.record(t.pgdat.request[REQ_EVENT], EV_IRQ_ENTER, cpu, irq, depth + 1);
  return true;
}

/**
 * The last interrupt's handler returns. Throws KernelBug `irq-nesting` when there is none, `frames` when it is still in a
 * function that it called.
 *
 * @returns whether do_softirq() may run now: the CPU is in no other interrupt and bottom halves are enabled
 * Source: arch/i386/kernel/irq.c, do_IRQ(); include/asm-i386/hardirq.h, irq_exit()
 */
export function irqExit(t: Tasks, cpu: number): boolean {
  const { cpus, stacks } = t;
  const at = cpu * CPU_STRIDE;
  const depth = cpus[at + CPU_HARDIRQS] - 1;
  if (depth < 0) throw new KernelBug('irq-nesting', `CPU ${cpu} returns from an interrupt that never came`);
  popFrameOf(t, cpus[at + CPU_STACK], FN_HANDLE_IRQ_EVENT);
  if (t.switching === SWITCH_AT_HANDLER) changeBack(t, cpu, hardirqStack(t, cpu));
  const irq = t.irqLines[cpu * NR_IRQS + depth];
  cpus[at + CPU_HARDIRQS] = depth;
  t.irqBusy[irq] = 0;
  const info = cpus[at + CPU_INFO];
  const preempt = stacks[info + STACK_INFO + TI_PREEMPT_COUNT] - HARDIRQ_OFFSET;
  stacks[info + STACK_INFO + TI_PREEMPT_COUNT] = preempt;
  leaveStack(t, cpu);
  if ((t.pgdat.observed & OBSERVED_TRACE) !== 0)
    t.pgdat.trace?.record(t.pgdat.request[REQ_EVENT], EV_IRQ_EXIT, cpu, irq, depth);
  return (preempt & (HARDIRQ_MASK | SOFTIRQ_MASK)) === 0 && depth === 0 && cpus[at + CPU_SOFTIRQ] === 0;
}

/**
 * Whether do_softirq() would run now: interrupts are enabled, so that the one which raises it can come, and
 * in_interrupt() is not true.
 */
export function softirqMayRun(t: Tasks, cpu: number): boolean {
  const at = cpu * CPU_STRIDE;
  const { cpus } = t;
  const preempt = t.stacks[cpus[at + CPU_INFO] + STACK_INFO + TI_PREEMPT_COUNT];
  return (
    (preempt & (HARDIRQ_MASK | SOFTIRQ_MASK)) === 0 &&
    cpus[at + CPU_IRQS_OFF] === 0 &&
    cpus[at + CPU_HARDIRQS] === 0 &&
    cpus[at + CPU_SOFTIRQ] === 0
  );
}

/**
 * A softirq begins, with interrupts enabled.
 *
 * @returns false when it may not: nothing has happened, it is pending, and the caller tries again
 * Source: kernel/softirq.c, do_softirq()
 */
export function softirqEnter(t: Tasks, cpu: number): boolean {
  if (!softirqMayRun(t, cpu)) return false;
  const { cpus, stacks, layout } = t;
  const at = cpu * CPU_STRIDE;
  let info = enterStack(t, cpu, SWITCH_AT_ENTRY);
  if (stacks[info + STACK_CLOBBERED] !== 0) readInfo(t, cpu);
  if (t.switching === SWITCH_AT_HANDLER) {
    info = softirqStack(t, cpu);
    changeStack(t, cpu, info);
  }
  cpus[at + CPU_SOFTIRQ] = 1;
  pushFrame(t, cpus[at + CPU_STACK], FN_DO_SOFTIRQ, layout.doSoftirq);
  stacks[info + STACK_INFO + TI_PREEMPT_COUNT] += SOFTIRQ_OFFSET;
  t.pgdat.stat[STAT_SOFTIRQS]++;
  return true;
}

/** The softirq returns. Throws KernelBug `irq-nesting` when there is none or an interrupt is on top of it. */
export function softirqExit(t: Tasks, cpu: number): void {
  const { cpus, stacks } = t;
  const at = cpu * CPU_STRIDE;
  if (cpus[at + CPU_SOFTIRQ] === 0 || cpus[at + CPU_HARDIRQS] > 0)
    throw new KernelBug('irq-nesting', `CPU ${cpu} returns from a softirq that it is not in`);
  stacks[cpus[at + CPU_INFO] + STACK_INFO + TI_PREEMPT_COUNT] -= SOFTIRQ_OFFSET;
  popFrameOf(t, cpus[at + CPU_STACK], FN_DO_SOFTIRQ);
  if (t.switching === SWITCH_AT_HANDLER) changeBack(t, cpu, softirqStack(t, cpu));
  cpus[at + CPU_SOFTIRQ] = 0;
  leaveStack(t, cpu);
}

/** Registers and do_IRQ(), with the change of stacks where the architecture changes first. @returns row of current_thread_info() */
function enterStack(t: Tasks, cpu: number, changing: number): number {
  const { cpus, layout } = t;
  const at = cpu * CPU_STRIDE;
  pushFrame(t, cpus[at + CPU_STACK], FN_INTERRUPT, layout.kernelRegs);
  if (t.switching === changing) changeStack(t, cpu, hardirqStack(t, cpu));
  pushFrame(t, cpus[at + CPU_STACK], FN_DO_IRQ, layout.doIrq);
  return cpus[at + CPU_INFO];
}

/** do_IRQ() returns, and the registers are restored: interrupts were enabled, or there would have been none. */
function leaveStack(t: Tasks, cpu: number): void {
  const { cpus } = t;
  const at = cpu * CPU_STRIDE;
  popFrameOf(t, cpus[at + CPU_STACK], FN_DO_IRQ);
  if (t.switching === SWITCH_AT_ENTRY) changeBack(t, cpu, hardirqStack(t, cpu));
  popFrameOf(t, cpus[at + CPU_STACK], FN_INTERRUPT);
  cpus[at + CPU_IRQS_OFF] = 0;
}

/** Go on on an interrupt stack, unless the CPU is on it already. With 4 KiB stacks its thread_info gets the task, right or wrong. */
function changeStack(t: Tasks, cpu: number, to: number): void {
  const { cpus, stacks } = t;
  const at = cpu * CPU_STRIDE;
  const from = cpus[at + CPU_STACK];
  if (from === to) return;
  stacks[to + STACK_PREVIOUS] = from;
  cpus[at + CPU_STACK] = to;
  if (t.switching !== SWITCH_AT_HANDLER) return;
  const bit = 1 << TI_TASK;
  stacks[to + STACK_INFO + TI_TASK] = stacks[from + STACK_INFO + TI_TASK];
  stacks[to + STACK_CLOBBERED] =
    (stacks[to + STACK_CLOBBERED] & ~bit) | (stacks[from + STACK_CLOBBERED] & bit);
  cpus[at + CPU_INFO] = to;
}

/** Leave an interrupt stack with its last frame. */
function changeBack(t: Tasks, cpu: number, from: number): void {
  const { cpus, stacks } = t;
  if (stacks[from + STACK_FRAMES] !== 0) return;
  const at = cpu * CPU_STRIDE;
  const to = stacks[from + STACK_PREVIOUS];
  stacks[from + STACK_PREVIOUS] = NIL;
  cpus[at + CPU_STACK] = to;
  if (t.switching !== SWITCH_AT_HANDLER) return;
  stacks[from + STACK_INFO + TI_TASK] = NIL;
  stacks[from + STACK_CLOBBERED] &= ~(1 << TI_TASK);
  cpus[at + CPU_INFO] = to;
}

/**
 * CONFIG_DEBUG_STACKOVERFLOW. The stack pointer is taken modulo THREAD_SIZE, so a stack that is already below its block
 * passes.
 *
 * Source: arch/i386/kernel/irq.c, do_IRQ(): 1024 bytes; include/asm-i386/thread_info.h of 2.6.6: STACK_WARN, an eighth
 */
function checkRoom(t: Tasks, row: number): void {
  const { stacks, pgdat } = t;
  const bytes = stacks[row + STACK_BYTES];
  const warn = t.config.irqStacks ? bytes >> 3 : 1024;
  const left = (bytes - stacks[row + STACK_DEPTH]) & (bytes - 1);
  const info = pgdat.arch.threadInfoBytes;
  if (left >= info + warn) return;
  pgdat.stat[STAT_KERNEL_BUGS]++;
  printk(pgdat, LOG_STACK_OVERFLOW, left - info);
}

/** What an interrupt reads of an overwritten thread_info: its CPU's counter of interrupts, and `current`. */
function readInfo(t: Tasks, cpu: number): void {
  if (t.smp && t.layout.cpuInInfo && readPointer(t, cpu, TI_CPU)) return;
  readCurrent(t, cpu);
}
