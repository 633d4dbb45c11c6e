/** The columns of processes, CPUs and kernel stacks. fork.ts, stack.ts, irq.ts and context.ts own the algorithms. */
import { fnvInt } from '../lib/fnv.ts';
import { NIL } from '../mm/page.ts';
import type { Pgdat } from '../mm/pgdat.ts';
import { kmemCacheCreate } from '../mm/slab_cache.ts';
import { SLAB_MUST_HWCACHE_ALIGN } from '../mm/slab_layout.ts';
import type { SlabAllocator } from '../mm/slab_state.ts';
import {
  SWITCH_AT_ENTRY,
  SWITCH_AT_HANDLER,
  SWITCH_NEVER,
  THREAD_LAYOUTS,
  type ThreadLayout,
  TI_CPU,
  TI_FIELDS,
  TI_PREEMPT_COUNT,
  TI_TASK,
} from './thread_info.ts';

/** A process, by its number: `process * TASK_STRIDE + TASK_…`. */
export const TASK_STATE = 0;
/** Object of the task_struct cache, NIL without. */
export const TASK_STRUCT = 1;
/** Its stack: object of kmalloc, or on architectures that ask for pages the first PFN; NIL without. */
export const TASK_STACK = 2;
/** First page of the stack, NIL without. */
export const TASK_PFN = 3;
/** The caller's number of the task that it runs. */
export const TASK_OWNER = 4;
/** CPU whose `current` it is, NIL while it does not run. */
export const TASK_CPU = 5;
export const TASK_STRIDE = 8;

/** Not forked, or gone. */
export const TASK_NONE = 0;
export const TASK_ALIVE = 1;
/** An Oops ended it: it never runs again, and its memory waits for exitProcess(). */
export const TASK_ZOMBIE = 2;

/** A CPU: `cpu * CPU_STRIDE + CPU_…`. `current`: a process, or NIL for the CPU's idle task. */
export const CPU_CURRENT = 0;
/** Row in `stacks` that the stack pointer is in, and the one whose thread_info is current_thread_info(). */
export const CPU_STACK = 1;
export const CPU_INFO = 2;
/** Hard interrupts that have begun and not ended, and whether a softirq has. */
export const CPU_HARDIRQS = 3;
export const CPU_SOFTIRQ = 4;
/** 1: the interrupt flag is clear. */
export const CPU_IRQS_OFF = 5;
export const CPU_STRIDE = 8;

/**
 * A stack: a row of STACK_STRIDE ints. Rows: idle tasks by CPU, hard interrupt stacks by CPU, soft interrupt stacks by
 * CPU, then processes. The fields of its thread_info stand from STACK_INFO on, by TI_.
 */
/** Bytes in use, counted from the highest address. */
export const STACK_DEPTH = 0;
export const STACK_FRAMES = 1;
/** Most bytes that were ever in use. */
export const STACK_DEEPEST = 2;
/** Bytes that it can use before thread_info is overwritten. */
export const STACK_LIMIT = 3;
/** Bit per TI_ field that holds bytes of some frame. */
export const STACK_CLOBBERED = 4;
/** Spin locks held by what runs on it. */
export const STACK_LOCKS = 5;
/** Row that the interrupt stack was changed to from. */
export const STACK_PREVIOUS = 6;
export const STACK_BYTES = 7;
export const STACK_INFO = 8;
export const STACK_STRIDE = 16;
export const STACK_SHIFT = 4;

/** `worst`: of the chain with the least room that was ever seen: bytes left, row of its stack, frames; then function, bytes of each. */
export const WORST_LEFT = 0;
export const WORST_STACK = 1;
export const WORST_FRAMES = 2;
export const WORST_CHAIN = 3;

/** A spin lock: CPU that holds it or NIL, row of the stack that took it or NIL (nobody holds it, or nobody who could let it go), how many are inside: 1 where it works. */
export const LOCK_CPU = 0;
export const LOCK_STACK = 1;
export const LOCK_HOLDERS = 2;
export const LOCK_STRIDE = 4;

/** Lines of one CPU that can be in progress: each once. Source: include/asm-i386/irq.h, NR_IRQS without CONFIG_X86_IO_APIC is 16, else 224 */
export const NR_IRQS = 256;

/** What of the machine's config kernel stacks are made from. */
export interface TasksConfig {
  /** THREAD_SIZE. */
  readonly threadBytes: number;
  /** CONFIG_4KSTACKS: stacks of their own for hard and soft interrupts. */
  readonly irqStacks: boolean;
  /** CONFIG_DEBUG_SPINLOCK_SLEEP */
  readonly debugSleep: boolean;
  /** CONFIG_DEBUG_STACKOVERFLOW: of i386 only. */
  readonly debugOverflow: boolean;
}

/** The columns at one moment. */
export interface TasksSnapshot {
  readonly tasks: Int32Array;
  readonly cpus: Int32Array;
  readonly stacks: Int32Array;
  readonly frames: Int32Array;
  readonly worst: Int32Array;
  readonly locks: Int32Array;
  readonly irqLines: Uint8Array;
  readonly irqBusy: Uint8Array;
  readonly kept: Int32Array;
  readonly frameRoom: number;
  readonly nrProcesses: number;
  readonly died: number;
  readonly panicked: boolean;
}

/** Processes, contexts and kernel stacks of one machine. */
export class Tasks {
  readonly pgdat: Pgdat;
  readonly slab: SlabAllocator;
  readonly config: TasksConfig;
  readonly layout: ThreadLayout;
  /** SWITCH_: where interrupts get a stack of their own. */
  readonly switching: number;
  /** A frame is a multiple of wordMask + 1 bytes. */
  readonly wordMask: number;
  readonly smp: boolean;
  /** do_IRQ() looks how much of the stack is left. */
  readonly checksRoom: boolean;
  /** The task_struct cache. */
  readonly cache: number;
  nrProcesses = 0;
  tasks = new Int32Array(0);
  readonly cpus: Int32Array;
  stacks: Int32Array;
  /** Function and bytes of each frame, outermost first; row of stack `row` from (row / STACK_STRIDE) * 2 * frameRoom. */
  frames: Int32Array;
  /** Frames that a row has room for; doubled for all when one needs more. */
  frameRoom = 32;
  worst: Int32Array;
  locks = new Int32Array(0);
  /** Lines whose handlers run on a CPU, outermost first, NR_IRQS a CPU. */
  readonly irqLines: Uint8Array;
  /** IRQ_INPROGRESS of each line. */
  readonly irqBusy = new Uint8Array(NR_IRQS);
  /** Freed stacks kept for the next fork, last in first out; [0] their number. */
  readonly kept: Int32Array;
  /** The process that the last Oops ended, until takeDead(). */
  died = NIL;
  /** The kernel has stopped: nothing that happens now means anything. */
  panicked = false;

  constructor(slab: SlabAllocator, config: TasksConfig) {
    const { pgdat } = slab;
    const { arch, cpus } = pgdat;
    this.pgdat = pgdat;
    this.slab = slab;
    this.config = config;
    this.layout = THREAD_LAYOUTS[arch.name];
    this.switching = config.irqStacks ? SWITCH_AT_HANDLER : SWITCH_NEVER;
    if (this.layout.irqStackBytes > 0) this.switching = SWITCH_AT_ENTRY;
    this.wordMask = arch.longBytes - 1;
    this.smp = arch.nrCpus > 1;
    this.checksRoom = config.debugOverflow && this.layout === THREAD_LAYOUTS.i386;
    this.cache = kmemCacheCreate(
      slab,
      'task_struct',
      this.layout.taskStructBytes[this.smp ? 1 : 0],
      0,
      SLAB_MUST_HWCACHE_ALIGN,
      0,
    );
    this.cpus = new Int32Array(cpus * CPU_STRIDE);
    this.stacks = new Int32Array(3 * cpus * STACK_STRIDE);
    this.frames = new Int32Array(3 * cpus * 2 * this.frameRoom);
    this.worst = new Int32Array(WORST_CHAIN + 2 * this.frameRoom);
    this.worst[WORST_LEFT] = 0x7fffffff;
    this.worst[WORST_STACK] = NIL;
    this.irqLines = new Uint8Array(cpus * NR_IRQS);
    this.kept = new Int32Array(1 + this.layout.kept);
  }
}

/** Row of a CPU's idle task, hard or soft interrupt stack. */
export function idleStack(cpu: number): number {
  return cpu * STACK_STRIDE;
}

export function hardirqStack(t: Tasks, cpu: number): number {
  return (t.pgdat.cpus + cpu) * STACK_STRIDE;
}

export function softirqStack(t: Tasks, cpu: number): number {
  return (2 * t.pgdat.cpus + cpu) * STACK_STRIDE;
}

/** Row of a process's stack. */
export function processStack(t: Tasks, process: number): number {
  return (3 * t.pgdat.cpus + process) * STACK_STRIDE;
}

/** The process that a stack row belongs to; NIL for the stacks of the kernel image. */
export function processOfStack(t: Tasks, row: number): number {
  const process = row / STACK_STRIDE - 3 * t.pgdat.cpus;
  return process < 0 ? NIL : process;
}

/** An empty stack with a sound thread_info. */
export function initStack(t: Tasks, row: number, bytes: number, infoBytes: number, preempt: number): void {
  const { stacks } = t;
  stacks.fill(0, row, row + STACK_STRIDE);
  stacks[row + STACK_LIMIT] = bytes - infoBytes;
  stacks[row + STACK_BYTES] = bytes;
  stacks[row + STACK_PREVIOUS] = NIL;
  stacks[row + STACK_INFO + TI_TASK] = NIL;
  stacks[row + STACK_INFO + TI_PREEMPT_COUNT] = preempt;
}

/** Room for processes 0..n-1; those that there are stay as they are. */
export function prepareTasks(t: Tasks, n: number): void {
  if (n <= t.nrProcesses) return;
  const rows = 3 * t.pgdat.cpus + n;
  const tasks = new Int32Array(n * TASK_STRIDE);
  const stacks = new Int32Array(rows * STACK_STRIDE);
  const frames = new Int32Array(rows * 2 * t.frameRoom);
  tasks.set(t.tasks);
  stacks.set(t.stacks);
  frames.set(t.frames);
  for (let process = t.nrProcesses; process < n; process++) {
    const at = process * TASK_STRIDE;
    for (const field of [TASK_STRUCT, TASK_STACK, TASK_PFN, TASK_OWNER, TASK_CPU]) tasks[at + field] = NIL;
  }
  t.nrProcesses = n;
  t.tasks = tasks;
  t.stacks = stacks;
  t.frames = frames;
}

/** Room for spin locks 0..n-1, none of them held. */
export function prepareLocks(t: Tasks, n: number): void {
  const had = t.locks.length;
  if (n * LOCK_STRIDE <= had) return;
  const locks = new Int32Array(n * LOCK_STRIDE);
  locks.set(t.locks);
  for (let at = had; at < locks.length; at += LOCK_STRIDE)
    locks[at + LOCK_CPU] = locks[at + LOCK_STACK] = NIL;
  t.locks = locks;
}

/**
 * The process, or with NIL the idle task, is what `cpu` runs: `current`, its stack and its thread_info.
 *
 * Source: kernel/sched.c, context_switch(), set_task_cpu(); arch/i386/kernel/process.c, __switch_to()
 */
export function setCurrent(t: Tasks, cpu: number, process: number): void {
  const { cpus, stacks, tasks } = t;
  const at = cpu * CPU_STRIDE;
  const before = cpus[at + CPU_CURRENT];
  if (before !== NIL) tasks[before * TASK_STRIDE + TASK_CPU] = NIL;
  const row = process === NIL ? idleStack(cpu) : processStack(t, process);
  if (process !== NIL) {
    tasks[process * TASK_STRIDE + TASK_CPU] = cpu;
    if ((stacks[row + STACK_CLOBBERED] & (1 << TI_CPU)) === 0) stacks[row + STACK_INFO + TI_CPU] = cpu;
  }
  cpus[at + CPU_CURRENT] = process;
  cpus[at + CPU_STACK] = row;
  cpus[at + CPU_INFO] = row;
}

/** Twice the frames for every stack. */
export function growFrames(t: Tasks): void {
  const was = 2 * t.frameRoom;
  const rows = t.frames.length / was;
  const frames = new Int32Array(rows * 2 * was);
  for (let row = 0; row < rows; row++)
    frames.set(t.frames.subarray(row * was, (row + 1) * was), row * 2 * was);
  const worst = new Int32Array(WORST_CHAIN + 2 * was);
  worst.set(t.worst);
  t.frames = frames;
  t.worst = worst;
  t.frameRoom = was;
}

/** The process that an Oops has ended since this was last asked, or NIL. */
export function takeDead(t: Tasks): number {
  const { died } = t;
  if (died !== NIL) t.died = NIL;
  return died;
}

export function snapshotTasks(t: Tasks): TasksSnapshot {
  return {
    tasks: t.tasks.slice(),
    cpus: t.cpus.slice(),
    stacks: t.stacks.slice(),
    frames: t.frames.slice(),
    worst: t.worst.slice(),
    locks: t.locks.slice(),
    irqLines: t.irqLines.slice(),
    irqBusy: t.irqBusy.slice(),
    kept: t.kept.slice(),
    frameRoom: t.frameRoom,
    nrProcesses: t.nrProcesses,
    died: t.died,
    panicked: t.panicked,
  };
}

/** Only into the tasks of a machine of the same config. */
export function restoreTasks(t: Tasks, s: TasksSnapshot): void {
  t.tasks = s.tasks.slice();
  t.cpus.set(s.cpus);
  t.stacks = s.stacks.slice();
  t.frames = s.frames.slice();
  t.worst = s.worst.slice();
  t.locks = s.locks.slice();
  t.irqLines.set(s.irqLines);
  t.irqBusy.set(s.irqBusy);
  t.kept.set(s.kept);
  t.frameRoom = s.frameRoom;
  t.nrProcesses = s.nrProcesses;
  t.died = s.died;
  t.panicked = s.panicked;
}

/** FNV-1a over processes, contexts, stacks with their chains, locks and lines; marks of what was deepest are left out. */
export function tasksHash(t: Tasks, start: number): number {
  let h = fnvInt(start, t.panicked ? 1 : 0);
  for (const column of [t.cpus, t.tasks, t.locks, t.kept]) {
    for (let i = 0; i < column.length; i++) h = fnvInt(h, column[i]);
  }
  const { stacks, frames, frameRoom } = t;
  for (let row = 0; row < stacks.length; row += STACK_STRIDE) {
    h = fnvInt(fnvInt(h, stacks[row + STACK_DEPTH]), stacks[row + STACK_CLOBBERED]);
    h = fnvInt(h, stacks[row + STACK_LOCKS]);
    for (let field = 0; field < TI_FIELDS; field++) h = fnvInt(h, stacks[row + STACK_INFO + field]);
    const at = (row / STACK_STRIDE) * 2 * frameRoom;
    for (let i = 0; i < 2 * stacks[row + STACK_FRAMES]; i++) h = fnvInt(h, frames[at + i]);
  }
  for (let cpu = 0; cpu < t.pgdat.cpus; cpu++) {
    for (let i = 0; i < t.cpus[cpu * CPU_STRIDE + CPU_HARDIRQS]; i++)
      h = fnvInt(h, t.irqLines[cpu * NR_IRQS + i]);
  }
  return h;
}
