/** Invariants of kernel/: processes, contexts and stacks, walked from scratch. Public: call it at any event. */
import {
  CPU_CURRENT,
  CPU_HARDIRQS,
  CPU_INFO,
  CPU_SOFTIRQ,
  CPU_STACK,
  CPU_STRIDE,
  hardirqStack,
  idleStack,
  LOCK_CPU,
  LOCK_HOLDERS,
  LOCK_STACK,
  LOCK_STRIDE,
  NR_IRQS,
  processOfStack,
  processStack,
  STACK_BYTES,
  STACK_CLOBBERED,
  STACK_DEEPEST,
  STACK_DEPTH,
  STACK_FRAMES,
  STACK_INFO,
  STACK_LIMIT,
  STACK_LOCKS,
  STACK_PREVIOUS,
  STACK_SHIFT,
  STACK_STRIDE,
  softirqStack,
  TASK_ALIVE,
  TASK_CPU,
  TASK_NONE,
  TASK_PFN,
  TASK_STACK,
  TASK_STATE,
  TASK_STRIDE,
  TASK_STRUCT,
  TASK_ZOMBIE,
  type Tasks,
  WORST_LEFT,
} from '../kernel/tasks.ts';
import {
  FN_CPU_IDLE,
  FN_DO_IRQ,
  FN_DO_SOFTIRQ,
  FN_HANDLE_IRQ_EVENT,
  FN_SYSTEM_CALL,
  HARDIRQ_MASK,
  HARDIRQ_OFFSET,
  SOFTIRQ_MASK,
  SOFTIRQ_OFFSET,
  SWITCH_AT_HANDLER,
  TI_CPU,
  TI_PREEMPT_COUNT,
  TI_TASK,
} from '../kernel/thread_info.ts';
import { KernelBug } from '../lib/kernelBug.ts';
import { NIL, PAGE_ALLOCATED, TAG_STACK } from '../mm/page.ts';
import { cacheOf, indexInSlab } from '../mm/slab.ts';
import { BUFCTL_FREE, OBJ_SHIFT, S_BUFCTL } from '../mm/slab_layout.ts';

function broken(code: string, message: string, pfn = NIL): never {
  throw new KernelBug(code, message, pfn);
}

/**
 * Throws KernelBug with the first invariant that does not hold:
 * - a process has a stack and a task_struct exactly while it lives or is a zombie, nobody else has them, both are
 *   allocated, and the stack's page carries TAG_STACK
 * - `current` of a CPU lives, and runs on that CPU and no other
 * - a stack's depth is the sum of its frames and not beyond its high-water mark, which the worst chain does not miss
 * - interrupts of a CPU, handlers' frames on its stacks, lines in progress and preempt_count agree
 * - an interrupt stack that no CPU is on is empty
 * - a thread_info that no frame reached is as the kernel left it
 * - a lock is held by a stack that holds one, and not by more than say so
 */
export function checkTasks(t: Tasks): void {
  checkProcesses(t);
  checkCurrent(t);
  for (let row = 0; row < t.stacks.length; row += STACK_STRIDE) checkStack(t, row);
  let busy = 0;
  for (let cpu = 0; cpu < t.pgdat.cpus; cpu++) busy += checkNesting(t, cpu);
  if (busy !== t.irqBusy.reduce((sum, b) => sum + b, 0))
    broken('irq-line', `${busy} handlers run, other lines are in progress`);
  checkLocks(t);
}

function checkProcesses(t: Tasks): void {
  const { tasks } = t;
  const owned = new Set<number>();
  for (let process = 0; process < t.nrProcesses; process++) {
    const at = process * TASK_STRIDE;
    const state = tasks[at + TASK_STATE];
    const stack = tasks[at + TASK_STACK];
    const struct = tasks[at + TASK_STRUCT];
    if (state !== TASK_NONE && state !== TASK_ALIVE && state !== TASK_ZOMBIE)
      broken('task-state', `process ${process}: state ${state}`);
    if ((state === TASK_NONE) !== (stack === NIL) || (stack !== NIL && struct === NIL))
      broken('task-state', `process ${process}, state ${state}: stack ${stack}, task_struct ${struct}`);
    if (struct !== NIL) {
      if (cacheOf(t.slab, struct) !== t.cache || !isHandedOut(t, struct) || owned.has(struct))
        broken('task-struct', `process ${process}: object ${struct} is not its own task_struct`);
      owned.add(struct);
    }
    if (stack !== NIL) checkMemory(t, process, stack, owned);
  }
}

/** Out of its slab: in use, or in some head array. */
function isHandedOut(t: Tasks, obj: number): boolean {
  const { rows, bufctl } = t.slab;
  return bufctl[rows[((obj >> OBJ_SHIFT) << 2) + S_BUFCTL] + indexInSlab(obj)] === BUFCTL_FREE;
}

function checkMemory(t: Tasks, process: number, stack: number, owned: Set<number>): void {
  const { pgdat, slab } = t;
  const pfn = t.tasks[process * TASK_STRIDE + TASK_PFN];
  if (t.layout.kmalloc) {
    const row = slab.slabOfPage[pfn] ?? NIL;
    if (row !== (stack >> OBJ_SHIFT) << 2 || !isHandedOut(t, stack))
      broken('task-stack', `process ${process}: its stack is not object ${stack} at pfn ${pfn}`, pfn);
  } else {
    const pages = 2 ** (pgdat.state[pfn] & 15) * pgdat.arch.pageBytes;
    if (pfn !== stack || (pgdat.state[pfn] & PAGE_ALLOCATED) === 0 || pages !== t.config.threadBytes)
      broken('task-stack', `process ${process}: no block of its stack's size begins at pfn ${pfn}`, pfn);
  }
  // Objects and pages are numbered alike, so the two kinds are kept apart by their sign.
  if (owned.has(-1 - pfn)) broken('task-stack', `process ${process}: another has its stack too`, pfn);
  owned.add(-1 - pfn);
  if (pgdat.tag[pfn] !== TAG_STACK)
    broken('stack-tag', `process ${process}: pfn ${pfn} of its stack has tag ${pgdat.tag[pfn]}`, pfn);
}

function checkCurrent(t: Tasks): void {
  const { cpus, tasks } = t;
  for (let cpu = 0; cpu < t.pgdat.cpus; cpu++) {
    const process = cpus[cpu * CPU_STRIDE + CPU_CURRENT];
    if (process === NIL) continue;
    const at = process * TASK_STRIDE;
    if (tasks[at + TASK_STATE] !== TASK_ALIVE || tasks[at + TASK_CPU] !== cpu)
      broken('current', `CPU ${cpu} runs process ${process}, which is not alive there`);
  }
  for (let process = 0; process < t.nrProcesses; process++) {
    const cpu = tasks[process * TASK_STRIDE + TASK_CPU];
    if (cpu !== NIL && cpus[cpu * CPU_STRIDE + CPU_CURRENT] !== process)
      broken('current', `process ${process} runs on CPU ${cpu}, which runs another`);
  }
}

/** The processes's own row is in use; so are idle and interrupt stacks always. */
function inUse(t: Tasks, row: number): boolean {
  const process = processOfStack(t, row);
  return process === NIL || t.tasks[process * TASK_STRIDE + TASK_STATE] !== TASK_NONE;
}

function checkStack(t: Tasks, row: number): void {
  const { stacks, frames } = t;
  const n = stacks[row + STACK_FRAMES];
  const at = 2 * (row >> STACK_SHIFT) * t.frameRoom;
  let depth = 0;
  for (let i = 0; i < n; i++) {
    if (frames[at + 2 * i + 1] <= 0) broken('stack-depth', `stack ${row}: frame ${i} has no bytes`);
    depth += frames[at + 2 * i + 1];
  }
  if (depth !== stacks[row + STACK_DEPTH])
    broken('stack-depth', `stack ${row}: depth ${stacks[row + STACK_DEPTH]}, frames have ${depth}`);
  if (!inUse(t, row)) {
    if (n !== 0) broken('stack-frames', `stack ${row} has frames and no process`);
    return;
  }
  const deepest = stacks[row + STACK_DEEPEST];
  const limit = stacks[row + STACK_LIMIT];
  if (depth > deepest || (deepest > 0 && limit - deepest < t.worst[WORST_LEFT]))
    broken(
      'stack-deepest',
      `stack ${row}: depth ${depth}, deepest ${deepest}, least left ${t.worst[WORST_LEFT]}`,
    );
  const bottom = processOfStack(t, row) === NIL ? FN_CPU_IDLE : FN_SYSTEM_CALL;
  const isIrqStack = row >= t.pgdat.cpus * STACK_STRIDE && bottom === FN_CPU_IDLE;
  if (!isIrqStack && (n === 0 || frames[at] !== bottom))
    broken('stack-frames', `stack ${row} does not begin where the kernel was entered`);
  checkInfo(t, row, isIrqStack);
}

/** thread_info, as far as no frame has reached it. */
function checkInfo(t: Tasks, row: number, isIrqStack: boolean): void {
  const { stacks } = t;
  const clobbered = stacks[row + STACK_CLOBBERED];
  // With 4 KiB stacks the task is copied from the stack before, right or wrong.
  const own = isIrqStack ? clobbered & ~(1 << TI_TASK) : clobbered;
  if (own !== 0 && stacks[row + STACK_DEEPEST] <= stacks[row + STACK_LIMIT])
    broken(
      'thread-info',
      `stack ${row}: fields 0x${own.toString(16)} are overwritten, and it never was too deep`,
    );
  if (isIrqStack) return;
  const process = processOfStack(t, row);
  if ((clobbered & (1 << TI_TASK)) === 0 && stacks[row + STACK_INFO + TI_TASK] !== process)
    broken('thread-info', `stack ${row}: task is ${stacks[row + STACK_INFO + TI_TASK]}, not ${process}`);
  const cpu = process === NIL ? row / STACK_STRIDE : t.tasks[process * TASK_STRIDE + TASK_CPU];
  if (cpu !== NIL && (clobbered & (1 << TI_CPU)) === 0 && stacks[row + STACK_INFO + TI_CPU] !== cpu)
    broken('thread-info', `stack ${row}: cpu is ${stacks[row + STACK_INFO + TI_CPU]}, not ${cpu}`);
  const runs = cpu !== NIL && t.cpus[cpu * CPU_STRIDE + CPU_CURRENT] === process;
  if (!runs && (clobbered & (1 << TI_PREEMPT_COUNT)) === 0) {
    const preempt = stacks[row + STACK_INFO + TI_PREEMPT_COUNT];
    if (preempt < 0 || (preempt & HARDIRQ_MASK) !== 0)
      broken('preempt-count', `stack ${row}: preempt_count 0x${preempt.toString(16)} of what does not run`);
  }
}

/** Frames of a function on one stack. */
function count(t: Tasks, row: number, fn: number): number {
  const at = 2 * (row >> STACK_SHIFT) * t.frameRoom;
  let n = 0;
  for (let i = 0; i < t.stacks[row + STACK_FRAMES]; i++) if (t.frames[at + 2 * i] === fn) n++;
  return n;
}

/** @returns handlers that run on the CPU */
function checkNesting(t: Tasks, cpu: number): number {
  const { cpus, stacks } = t;
  const at = cpu * CPU_STRIDE;
  const hardirqs = cpus[at + CPU_HARDIRQS];
  const process = cpus[at + CPU_CURRENT];
  const chain = [cpus[at + CPU_STACK]];
  while (stacks[chain[0] + STACK_PREVIOUS] !== NIL && chain.length < 4)
    chain.unshift(stacks[chain[0] + STACK_PREVIOUS]);
  if (chain[0] !== (process === NIL ? idleStack(cpu) : processStack(t, process)))
    broken('irq-stack', `CPU ${cpu}: its stacks do not lead back to that of process ${process}`);
  for (const row of [hardirqStack(t, cpu), softirqStack(t, cpu)]) {
    if (!chain.includes(row) && stacks[row + STACK_FRAMES] + stacks[row + STACK_PREVIOUS] !== NIL)
      broken('irq-stack', `CPU ${cpu}: interrupt stack ${row} is not in use and not empty`);
  }
  const frames = (fn: number) => chain.reduce((sum, row) => sum + count(t, row, fn), 0);
  if (frames(FN_HANDLE_IRQ_EVENT) !== hardirqs || frames(FN_DO_SOFTIRQ) !== cpus[at + CPU_SOFTIRQ])
    broken('irq-nesting', `CPU ${cpu}: ${hardirqs} interrupts, ${frames(FN_HANDLE_IRQ_EVENT)} handlers`);
  const lines = t.irqLines.subarray(cpu * NR_IRQS, cpu * NR_IRQS + hardirqs);
  if (new Set(lines).size !== hardirqs || lines.some(irq => t.irqBusy[irq] !== 1))
    broken('irq-line', `CPU ${cpu}: lines ${lines.join(' ')} are not all in progress, each once`);
  for (const row of chain) checkPreempt(t, cpu, row);
  return hardirqs;
}

/** preempt_count of a stack that a CPU is on or has left for an interrupt. */
function checkPreempt(t: Tasks, cpu: number, row: number): void {
  const { cpus, stacks } = t;
  if ((stacks[row + STACK_CLOBBERED] & (1 << TI_PREEMPT_COUNT)) !== 0) return;
  const at = cpu * CPU_STRIDE;
  let hard = cpus[at + CPU_HARDIRQS];
  let soft = cpus[at + CPU_SOFTIRQ];
  if (t.switching === SWITCH_AT_HANDLER) {
    const softStack = softirqStack(t, cpu);
    // do_IRQ() of the interrupt that only raised the softirq has left its count already.
    hard = count(t, row, FN_DO_IRQ) - (stacks[softStack + STACK_PREVIOUS] === row ? 1 : 0);
    if (row === hardirqStack(t, cpu)) hard++;
    soft = row === softStack ? 2 : 0;
  } else if (row !== cpus[at + CPU_INFO]) {
    hard = 0;
    soft = 0;
  }
  const preempt = stacks[row + STACK_INFO + TI_PREEMPT_COUNT];
  if (
    preempt < 0 ||
    (preempt & HARDIRQ_MASK) !== hard * HARDIRQ_OFFSET ||
    (preempt & SOFTIRQ_MASK) < soft * SOFTIRQ_OFFSET
  )
    broken(
      'preempt-count',
      `stack ${row}: preempt_count 0x${preempt.toString(16)}, ${hard} hard, ${soft} soft`,
    );
}

function checkLocks(t: Tasks): void {
  const { locks, stacks } = t;
  let holders = 0;
  const held = new Map<number, number>();
  for (let at = 0; at < locks.length; at += LOCK_STRIDE) {
    const row = locks[at + LOCK_STACK];
    if (locks[at + LOCK_HOLDERS] > 0 !== (locks[at + LOCK_CPU] !== NIL) || locks[at + LOCK_HOLDERS] < 0)
      broken(
        'lock',
        `lock ${at / LOCK_STRIDE}: ${locks[at + LOCK_HOLDERS]} holders, CPU ${locks[at + LOCK_CPU]}`,
      );
    holders += locks[at + LOCK_HOLDERS];
    if (row !== NIL) held.set(row, (held.get(row) ?? 0) + 1);
  }
  for (const [row, n] of held) {
    if (!(stacks[row + STACK_LOCKS] >= n) || !inUse(t, row) || stacks[row + STACK_BYTES] === 0)
      broken('lock', `stack ${row} holds ${n} locks, and says ${stacks[row + STACK_LOCKS]}`);
  }
  let said = 0;
  for (let row = 0; row < stacks.length; row += STACK_STRIDE) said += stacks[row + STACK_LOCKS];
  if (said > holders) broken('lock', `stacks say that they hold ${said} locks, ${holders} are held`);
}
