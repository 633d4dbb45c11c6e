/**
 * Contexts: what a CPU may do now, and what is noticed when it does it all the same.
 *
 * The kernel meant is built without CONFIG_PREEMPT, as 2.6.0 is by default. Then spin_lock() does not touch preempt_count
 * (include/linux/spinlock.h, preempt.h), so neither schedule() nor might_sleep() can tell that a lock is held; they see
 * interrupts, bottom halves, kmap_atomic(), and might_sleep() disabled interrupts as well. What the build cannot see is not
 * printed, but it is counted: STAT_KERNEL_BUGS, and an entry of the log that is not printed (LOG_ATOMIC_SLEEP).
 */
import { KernelBug } from '../lib/kernelBug.ts';
import { NIL } from '../mm/page.ts';
import { printk } from '../mm/pgdat.ts';
import { CTX_HARDIRQ, CTX_SOFTIRQ } from '../mm/request.ts';
import { STAT_CONTEXT_SWITCHES, STAT_KERNEL_BUGS, STAT_SPURIOUS_RESCHEDS } from '../trace/events.ts';
import {
  LOG_ATOMIC_SLEEP,
  LOG_DEADLOCK,
  LOG_PLACE_SCHEDULE,
  LOG_SCHED_ATOMIC,
  LOG_SLEEP_INVALID,
} from '../trace/printk.ts';
import { readCurrent } from './oops.ts';
import {
  CPU_CURRENT,
  CPU_HARDIRQS,
  CPU_INFO,
  CPU_IRQS_OFF,
  CPU_SOFTIRQ,
  CPU_STACK,
  CPU_STRIDE,
  LOCK_CPU,
  LOCK_HOLDERS,
  LOCK_STACK,
  LOCK_STRIDE,
  prepareLocks,
  processStack,
  STACK_CLOBBERED,
  STACK_INFO,
  STACK_LOCKS,
  setCurrent,
  TASK_ALIVE,
  TASK_CPU,
  TASK_STATE,
  TASK_STRIDE,
  type Tasks,
} from './tasks.ts';
import {
  HARDIRQ_MASK,
  SOFTIRQ_MASK,
  SOFTIRQ_OFFSET,
  TI_FLAGS,
  TI_PREEMPT_COUNT,
  TI_TASK,
  TIF_NEED_RESCHED,
} from './thread_info.ts';

/** The process that a CPU runs or has interrupted; NIL: its idle task. */
export function currentOf(t: Tasks, cpu: number): number {
  return t.cpus[cpu * CPU_STRIDE + CPU_CURRENT];
}

/** preempt_count() of what runs on a CPU. */
export function preemptCount(t: Tasks, cpu: number): number {
  return t.stacks[t.cpus[cpu * CPU_STRIDE + CPU_INFO] + STACK_INFO + TI_PREEMPT_COUNT];
}

/**
 * CTX_SOFTIRQ and CTX_HARDIRQ as in_softirq() and in_irq() tell them, for an allocation. __alloc_pages() reads `current`
 * first, so this can end in an Oops: takeDead().
 *
 * Source: mm/page_alloc.c, __alloc_pages(); include/asm-i386/hardirq.h
 */
export function contextOf(t: Tasks, cpu: number): number {
  const { stacks } = t;
  const row = t.cpus[cpu * CPU_STRIDE + CPU_INFO];
  if ((stacks[row + STACK_CLOBBERED] & (1 << TI_TASK)) !== 0) readCurrent(t, cpu);
  const preempt = stacks[row + STACK_INFO + TI_PREEMPT_COUNT];
  return (
    ((preempt & SOFTIRQ_MASK) === 0 ? 0 : CTX_SOFTIRQ) | ((preempt & HARDIRQ_MASK) === 0 ? 0 : CTX_HARDIRQ)
  );
}

/**
 * CTX_HARDIRQ and CTX_SOFTIRQ of what a CPU is in, for whoever only wants to know: no thread_info is read, so nothing can go
 * wrong.
 */
export function interruptContext(t: Tasks, cpu: number): number {
  const at = cpu * CPU_STRIDE;
  return (
    (t.cpus[at + CPU_SOFTIRQ] === 0 ? 0 : CTX_SOFTIRQ) | (t.cpus[at + CPU_HARDIRQS] === 0 ? 0 : CTX_HARDIRQ)
  );
}

export function irqsEnabled(t: Tasks, cpu: number): boolean {
  return t.cpus[cpu * CPU_STRIDE + CPU_IRQS_OFF] === 0;
}

/** The flag of the processor: it does not nest. Source: include/asm-i386/system.h */
export function localIrqDisable(t: Tasks, cpu: number): void {
  t.cpus[cpu * CPU_STRIDE + CPU_IRQS_OFF] = 1;
}

export function localIrqEnable(t: Tasks, cpu: number): void {
  t.cpus[cpu * CPU_STRIDE + CPU_IRQS_OFF] = 0;
}

/** Source: include/linux/interrupt.h */
export function localBhDisable(t: Tasks, cpu: number): void {
  addPreemptCount(t, cpu, SOFTIRQ_OFFSET);
}

/** Afterwards softirqMayRun() tells whether do_softirq() runs at once. Source: kernel/softirq.c, local_bh_enable() */
export function localBhEnable(t: Tasks, cpu: number): void {
  addPreemptCount(t, cpu, -SOFTIRQ_OFFSET);
}

/**
 * kmap_atomic() and kunmap_atomic() count in preempt_count, in every build.
 *
 * @param change +1 or -1
 * Source: arch/i386/mm/highmem.c
 */
export function kmapAtomicHeld(t: Tasks, cpu: number, change: number): void {
  addPreemptCount(t, cpu, change);
}

function addPreemptCount(t: Tasks, cpu: number, change: number): void {
  t.stacks[t.cpus[cpu * CPU_STRIDE + CPU_INFO] + STACK_INFO + TI_PREEMPT_COUNT] += change;
}

/**
 * spin_lock(). A UP build has no lock: two who are inside at once are counted, and nothing stops them.
 *
 * @returns SMP: false while a task or an interrupt of another CPU holds it: the caller spins until spinUnlock()
 * Deviation: where a CPU would spin for ever, because the holder waits for this very CPU or is dead, the lock is given to
 * it and LOG_DEADLOCK is kept; the kernel hangs.
 * Source: include/linux/spinlock.h, include/asm-i386/spinlock.h
 */
export function spinLock(t: Tasks, cpu: number, lock: number): boolean {
  const at = lock * LOCK_STRIDE;
  if (at >= t.locks.length) prepareLocks(t, lock + 1);
  const { locks } = t;
  const row = t.cpus[cpu * CPU_STRIDE + CPU_STACK];
  if (locks[at + LOCK_HOLDERS] > 0) {
    if (t.smp && !isDeadlock(t, cpu, at)) return false;
    t.pgdat.stat[STAT_KERNEL_BUGS]++;
    printk(t.pgdat, LOG_DEADLOCK, lock, cpu);
  }
  locks[at + LOCK_CPU] = cpu;
  locks[at + LOCK_STACK] = row;
  locks[at + LOCK_HOLDERS]++;
  t.stacks[row + STACK_LOCKS]++;
  return true;
}

function isDeadlock(t: Tasks, cpu: number, at: number): boolean {
  if (t.locks[at + LOCK_CPU] === cpu) return true;
  return t.locks[at + LOCK_STACK] === NIL;
}

/** spin_unlock(). Throws KernelBug `spin-unlock` for a lock that nobody holds. */
export function spinUnlock(t: Tasks, cpu: number, lock: number): void {
  const { locks, stacks } = t;
  const at = lock * LOCK_STRIDE;
  if (at >= locks.length || locks[at + LOCK_HOLDERS] === 0)
    throw new KernelBug('spin-unlock', `CPU ${cpu} unlocks lock ${lock}, which is not locked`);
  const row = t.cpus[cpu * CPU_STRIDE + CPU_STACK];
  if (stacks[row + STACK_LOCKS] > 0) stacks[row + STACK_LOCKS]--;
  locks[at + LOCK_STACK] = NIL;
  if (--locks[at + LOCK_HOLDERS] === 0) locks[at + LOCK_CPU] = NIL;
}

/** Whether what runs on a CPU may sleep, truly: not only as far as the build can tell. */
export function maySleep(t: Tasks, cpu: number): boolean {
  const at = cpu * CPU_STRIDE;
  const { cpus, stacks } = t;
  return (
    stacks[cpus[at + CPU_INFO] + STACK_INFO + TI_PREEMPT_COUNT] === 0 &&
    cpus[at + CPU_IRQS_OFF] === 0 &&
    stacks[cpus[at + CPU_STACK] + STACK_LOCKS] === 0 &&
    cpus[at + CPU_HARDIRQS] === 0 &&
    cpus[at + CPU_SOFTIRQ] === 0
  );
}

/**
 * might_sleep(): a function that may sleep is called.
 *
 * @param place LOG_PLACE_ of that function
 * @returns     whether it is a bug of the caller; LOG_SLEEP_INVALID when a build with CONFIG_DEBUG_SPINLOCK_SLEEP sees it,
 *              else LOG_ATOMIC_SLEEP, and STAT_KERNEL_BUGS in any case
 * Deviation: every report is kept; the kernel prints one a second.
 * Source: kernel/sched.c, __might_sleep()
 */
export function mightSleep(t: Tasks, cpu: number, place: number): boolean {
  if (maySleep(t, cpu)) return false;
  const { pgdat } = t;
  const inAtomic = preemptCount(t, cpu) !== 0 ? 1 : 0;
  const irqsOff = irqsEnabled(t, cpu) ? 0 : 1;
  pgdat.stat[STAT_KERNEL_BUGS]++;
  if (t.config.debugSleep && inAtomic + irqsOff > 0)
    printk(pgdat, LOG_SLEEP_INVALID, place, inAtomic, irqsOff);
  else printk(pgdat, LOG_ATOMIC_SLEEP, place, locksHeld(t, cpu), irqsOff);
  return true;
}

function locksHeld(t: Tasks, cpu: number): number {
  return t.stacks[t.cpus[cpu * CPU_STRIDE + CPU_STACK] + STACK_LOCKS];
}

/**
 * schedule() is called: what runs on the CPU is about to sleep. Interrupts are enabled when it is through. The caller then
 * says by switchTo() who runs next; in an interrupt nobody else can, and it goes on.
 *
 * @returns false when it was a bug (LOG_SCHED_ATOMIC, or LOG_ATOMIC_SLEEP where schedule() sees nothing) or an Oops
 * Source: kernel/sched.c, schedule()
 */
export function schedule(t: Tasks, cpu: number): boolean {
  const { cpus, stacks, pgdat } = t;
  const at = cpu * CPU_STRIDE;
  if (stacks[cpus[at + CPU_INFO] + STACK_CLOBBERED] !== 0 && readCurrent(t, cpu)) return false;
  const fine = maySleep(t, cpu);
  if (!fine) {
    const preempt = preemptCount(t, cpu);
    pgdat.stat[STAT_KERNEL_BUGS]++;
    if (preempt !== 0) printk(pgdat, LOG_SCHED_ATOMIC, preempt);
    else printk(pgdat, LOG_ATOMIC_SLEEP, LOG_PLACE_SCHEDULE, locksHeld(t, cpu), irqsEnabled(t, cpu) ? 0 : 1);
  }
  cpus[at + CPU_IRQS_OFF] = 0;
  return fine;
}

/**
 * Give a CPU to a process, or with NIL to its idle task. The stack that it leaves stays as it is.
 *
 * Throws KernelBug `switch` in an interrupt, for a process that is not alive, or runs on another CPU.
 * Source: kernel/sched.c, schedule(), context_switch()
 */
export function switchTo(t: Tasks, cpu: number, process: number): void {
  const { cpus, stacks, tasks } = t;
  const at = cpu * CPU_STRIDE;
  if (cpus[at + CPU_CURRENT] === process) return;
  if (cpus[at + CPU_HARDIRQS] > 0 || cpus[at + CPU_SOFTIRQ] > 0)
    throw new KernelBug('switch', `CPU ${cpu} cannot change tasks in an interrupt`);
  if (process !== NIL) {
    const task = process * TASK_STRIDE;
    if (tasks[task + TASK_STATE] !== TASK_ALIVE)
      throw new KernelBug('switch', `process ${process} is not alive`);
    if (tasks[task + TASK_CPU] !== NIL)
      throw new KernelBug('switch', `process ${process} runs on CPU ${tasks[task + TASK_CPU]} already`);
  }
  setCurrent(t, cpu, process);
  cpus[at + CPU_IRQS_OFF] = 0;
  t.pgdat.stat[STAT_CONTEXT_SWITCHES]++;
  if (process !== NIL && stacks[processStack(t, process) + STACK_CLOBBERED] !== 0) readFlags(t, process);
}

/** schedule() looks for TIF_NEED_RESCHED before it returns, and goes round once more. */
function readFlags(t: Tasks, process: number): void {
  const row = processStack(t, process);
  if ((t.stacks[row + STACK_CLOBBERED] & (1 << TI_FLAGS)) === 0) return;
  if ((t.stacks[row + STACK_INFO + TI_FLAGS] & TIF_NEED_RESCHED) === 0) return;
  t.stacks[row + STACK_INFO + TI_FLAGS] &= ~TIF_NEED_RESCHED;
  t.pgdat.stat[STAT_SPURIOUS_RESCHEDS]++;
}
