/**
 * Processes come and go, with the memory that each needs to be one: a task_struct and a kernel stack.
 * Source: kernel/fork.c of 2.6.0, dup_task_struct(), free_task(); include/asm-i386/thread_info.h, alloc_thread_info().
 *
 * Deviation: nothing else that fork() allocates (mm_struct, page tables, files, signals) is modelled.
 */
import { REQ_EVENT } from '../lib/hooks.ts';
import { KernelBug } from '../lib/kernelBug.ts';
import { GFP_KERNEL } from '../mm/gfp.ts';
import { kfree, kmalloc } from '../mm/kmalloc.ts';
import { OBSERVED_TRACE } from '../mm/mmzone.ts';
import { NIL, TAG_SLAB, TAG_STACK } from '../mm/page.ts';
import { allocPages, freePages } from '../mm/page_alloc.ts';
import { printk, tagBlock } from '../mm/pgdat.ts';
import { PATH_WAIT } from '../mm/request.ts';
import { kmemCacheAlloc, kmemCacheFree, objectPaddr } from '../mm/slab.ts';
import type { SlabAllocator } from '../mm/slab_state.ts';
import { EV_EXIT, EV_FORK, STAT_FORK_FAILURES, STAT_FORKS } from '../trace/events.ts';
import { LOG_FORK_FAILED, LOG_PLACE_EXIT } from '../trace/printk.ts';
import { abandonLocks, noteAtomicExit, panic, readCurrent, readPointer } from './oops.ts';
import { pushFrame } from './stack.ts';
import {
  CPU_CURRENT,
  CPU_INFO,
  CPU_STACK,
  CPU_STRIDE,
  hardirqStack,
  idleStack,
  initStack,
  processStack,
  STACK_INFO,
  setCurrent,
  softirqStack,
  TASK_ALIVE,
  TASK_CPU,
  TASK_NONE,
  TASK_OWNER,
  TASK_PFN,
  TASK_STACK,
  TASK_STATE,
  TASK_STRIDE,
  TASK_STRUCT,
  Tasks,
  type TasksConfig,
} from './tasks.ts';
import {
  FN_CPU_IDLE,
  FN_SYSTEM_CALL,
  HARDIRQ_OFFSET,
  SOFTIRQ_OFFSET,
  SWITCH_AT_ENTRY,
  THREAD_LAYOUTS,
  TI_CPU,
  TI_EXEC_DOMAIN,
  TI_PREEMPT_COUNT,
  TI_TASK,
} from './thread_info.ts';

/**
 * Start the kernel's part of processes: the task_struct cache, idle tasks and interrupt stacks.
 *
 * @param slab of a machine that has booted
 * Throws RangeError when no such stacks can be, or the machine has no memory for the cache.
 * Deviation: idle tasks of all CPUs stand in the kernel image; fork_by_hand() allocates those of the second and on.
 * Source: kernel/fork.c, fork_init(); kernel/sched.c, sched_init(); arch/i386/kernel/irq.c of 2.6.6, irq_ctx_init()
 */
export function startTasks(slab: SlabAllocator, config: TasksConfig): Tasks {
  const { arch, cpus } = slab.pgdat;
  const { threadBytes } = config;
  if ((threadBytes & (threadBytes - 1)) !== 0 || threadBytes < arch.pageBytes)
    throw new RangeError(`a kernel stack of ${threadBytes} bytes: it is a power of two, a page or more`);
  if (threadBytes !== arch.threadSize && !THREAD_LAYOUTS[arch.name].kmalloc)
    throw new RangeError(`a kernel stack of ${arch.name} has ${arch.threadSize} bytes`);
  const t = new Tasks(slab, config);
  if (t.cache === 0) throw new RangeError('fork_init(): cannot create task_struct SLAB cache');
  const infoBytes = arch.threadInfoBytes;
  const { layout, stacks } = t;
  for (let cpu = 0; cpu < cpus; cpu++) {
    const idle = idleStack(cpu);
    initStack(t, idle, threadBytes, infoBytes, 0);
    const hard = hardirqStack(t, cpu);
    if (t.switching === SWITCH_AT_ENTRY) initStack(t, hard, layout.irqStackBytes, 0, 0);
    else initStack(t, hard, threadBytes, infoBytes, HARDIRQ_OFFSET);
    const soft = softirqStack(t, cpu);
    initStack(t, soft, threadBytes, infoBytes, SOFTIRQ_OFFSET);
    for (const row of [idle, hard, soft]) stacks[row + STACK_INFO + TI_CPU] = cpu;
    pushFrame(t, idle, FN_CPU_IDLE, layout.cpuIdle);
    t.cpus[cpu * CPU_STRIDE + CPU_CURRENT] = NIL;
    t.cpus[cpu * CPU_STRIDE + CPU_STACK] = idle;
    t.cpus[cpu * CPU_STRIDE + CPU_INFO] = idle;
  }
  return t;
}

/** Order of a stack in pages, of architectures that ask for pages. */
function stackOrder(t: Tasks): number {
  const { threadBytes } = t.config;
  let order = 0;
  while (t.pgdat.arch.pageBytes << order < threadBytes) order++;
  return order;
}

/** @returns object of kmalloc or first PFN, by architecture; NIL when there is no memory */
function allocThreadInfo(t: Tasks, cpu: number, ctx: number): number {
  if (t.layout.kmalloc) return kmalloc(t.slab, t.config.threadBytes, GFP_KERNEL, cpu, ctx);
  if (t.kept[0] > 0) return t.kept[t.kept[0]--];
  return allocPages(t.pgdat, GFP_KERNEL, stackOrder(t), cpu, ctx);
}

function freeThreadInfo(t: Tasks, stack: number, pfn: number, cpu: number): void {
  const { pgdat, kept } = t;
  if (t.layout.kmalloc) {
    tagBlock(pgdat, pfn, TAG_SLAB);
    kfree(t.slab, stack, cpu);
    return;
  }
  if (kept[0] < t.layout.kept) {
    kept[++kept[0]] = stack;
    return;
  }
  pgdat.tag[pfn] = NIL;
  freePages(pgdat, stack, stackOrder(t), cpu, 0);
}

/**
 * A process comes to be: a task_struct first, then a stack, both with GFP_KERNEL. It does not run yet: switchTo().
 *
 * @param process a number that no living process has
 * @param task    the caller's number of what it runs
 * @returns       false when there is no memory. With PATH_WAIT the caller sleeps and asks again: a task_struct that was
 *                had stays with the process meanwhile, and exitProcess() would give it back. Otherwise nothing is left
 *                behind, and STAT_FORK_FAILURES and LOG_FORK_FAILED tell
 * Deviation: where the kernel would ask for ever (PATH_RETRY on a machine without reclaim) the fork has failed.
 * Source: kernel/fork.c, dup_task_struct(); arch/i386/kernel/process.c, copy_thread()
 */
export function forkProcess(t: Tasks, process: number, task: number, cpu: number, ctx: number): boolean {
  const { tasks, pgdat, slab } = t;
  const at = process * TASK_STRIDE;
  if (!(process < t.nrProcesses) || tasks[at + TASK_STATE] !== TASK_NONE)
    throw new KernelBug('fork', `process ${process} exists already, or there is no room for it`);
  if (tasks[at + TASK_STRUCT] === NIL) {
    tasks[at + TASK_STRUCT] = kmemCacheAlloc(slab, t.cache, GFP_KERNEL, cpu, ctx);
    if (tasks[at + TASK_STRUCT] === NIL) return forkFailed(t, process, task, cpu);
  }
  const stack = allocThreadInfo(t, cpu, ctx);
  if (stack === NIL) return forkFailed(t, process, task, cpu);
  const pfn = t.layout.kmalloc ? Math.floor(objectPaddr(slab, stack) / pgdat.arch.pageBytes) : stack;
  tagBlock(pgdat, pfn, TAG_STACK);
  tasks[at + TASK_STATE] = TASK_ALIVE;
  tasks[at + TASK_STACK] = stack;
  tasks[at + TASK_PFN] = pfn;
  tasks[at + TASK_OWNER] = task;
  tasks[at + TASK_CPU] = NIL;
  const row = processStack(t, process);
  initStack(t, row, t.config.threadBytes, pgdat.arch.threadInfoBytes, 0);
  t.stacks[row + STACK_INFO + TI_TASK] = process;
  pushFrame(t, row, FN_SYSTEM_CALL, t.layout.userRegs);
  pgdat.stat[STAT_FORKS]++;
  if ((pgdat.observed & OBSERVED_TRACE) !== 0)
    pgdat.trace?.record(pgdat.request[REQ_EVENT], EV_FORK, process, pfn, task);
  return true;
}

/** NULL gives back the task_struct; a wait keeps it. */
function forkFailed(t: Tasks, process: number, task: number, cpu: number): boolean {
  if (t.pgdat.path === PATH_WAIT) return false;
  freeTaskStruct(t, process, cpu);
  t.pgdat.stat[STAT_FORK_FAILURES]++;
  printk(t.pgdat, LOG_FORK_FAILED, task);
  return false;
}

function freeTaskStruct(t: Tasks, process: number, cpu: number): void {
  const at = process * TASK_STRIDE;
  if (t.tasks[at + TASK_STRUCT] === NIL) return;
  kmemCacheFree(t.slab, t.cache, t.tasks[at + TASK_STRUCT], cpu);
  t.tasks[at + TASK_STRUCT] = NIL;
}

/**
 * A process ends, and its stack and task_struct are given back. One that runs ends on its own CPU, which goes idle; one
 * that sleeps was killed; of one that an Oops ended only the memory is left; of a fork that waits, its task_struct.
 *
 * do_exit() reads `current` and exec_domain: when they were overwritten the process, or the kernel, ends by an Oops, and
 * its memory stays taken (call again after takeDead() tells).
 *
 * @param cpu CPU whose lists take the memory: the parent's, who waits for it
 * Source: kernel/exit.c, do_exit(), release_task(); kernel/fork.c, free_task()
 */
export function exitProcess(t: Tasks, process: number, cpu: number): void {
  const { tasks, pgdat } = t;
  const at = process * TASK_STRIDE;
  if (tasks[at + TASK_STATE] === TASK_ALIVE && !doExit(t, process)) return;
  const stack = tasks[at + TASK_STACK];
  if (stack !== NIL) {
    const pfn = tasks[at + TASK_PFN];
    if ((pgdat.observed & OBSERVED_TRACE) !== 0)
      pgdat.trace?.record(pgdat.request[REQ_EVENT], EV_EXIT, process, pfn, tasks[at + TASK_OWNER]);
    tasks[at + TASK_STACK] = NIL;
    tasks[at + TASK_PFN] = NIL;
    freeThreadInfo(t, stack, pfn, cpu);
    const row = processStack(t, process);
    abandonLocks(t, row);
    initStack(t, row, 0, 0, 0);
  }
  freeTaskStruct(t, process, cpu);
  tasks[at + TASK_STATE] = TASK_NONE;
  tasks[at + TASK_OWNER] = NIL;
}

/** @returns false when it ended otherwise than it should */
function doExit(t: Tasks, process: number): boolean {
  const runs = t.tasks[process * TASK_STRIDE + TASK_CPU];
  if (runs === NIL) return true;
  if (readCurrent(t, runs)) return false;
  noteAtomicExit(t, process, t.stacks[processStack(t, process) + STACK_INFO + TI_PREEMPT_COUNT]);
  if (readPointer(t, runs, TI_EXEC_DOMAIN)) {
    // The Oops calls do_exit(), which reads the same field: it comes back to itself until the stack has eaten the machine.
    panic(t, LOG_PLACE_EXIT);
    return false;
  }
  setCurrent(t, runs, NIL);
  return true;
}
