/** Each invariant of processes, contexts and stacks, broken by hand, is found. */
import {
  CPU_CURRENT,
  CPU_HARDIRQS,
  CPU_SOFTIRQ,
  CPU_STACK,
  CPU_STRIDE,
  checkTasks,
  enterFunction,
  forkProcess,
  freePages,
  hardirqStack,
  irqEnter,
  kfree,
  LOCK_CPU,
  LOCK_HOLDERS,
  NIL,
  prepareTasks,
  STACK_CLOBBERED,
  STACK_DEEPEST,
  STACK_DEPTH,
  STACK_FRAMES,
  STACK_INFO,
  STACK_LOCKS,
  STACK_PREVIOUS,
  softirqEnter,
  spinLock,
  switchTo,
  TASK_ALIVE,
  TASK_CPU,
  TASK_PFN,
  TASK_STACK,
  TASK_STATE,
  TASK_STRIDE,
  TASK_STRUCT,
  type Tasks,
  TI_CPU,
  TI_PREEMPT_COUNT,
  TI_TASK,
  WORST_LEFT,
} from '../../../../src/engine/index.ts';
import { row, tasksOf } from '../kernel/tasksOf.ts';

/** Process 0 on CPU 0 in two functions, interrupted twice; 1 asleep with a lock; 2 and the softirq on CPU 1. */
function scene(irqStacks = false, arch: 'i386' | 'ppc32' = 'i386'): Tasks {
  const t = tasksOf({ irqStacks, threadBytes: irqStacks ? 4096 : 8192 }, { cpus: 2, arch });
  prepareTasks(t, 20);
  for (const process of [0, 1, 2]) forkProcess(t, process, 5, 0, 0);
  switchTo(t, 0, 1);
  enterFunction(t, 0, 3, 300);
  spinLock(t, 0, 1);
  switchTo(t, 0, 0);
  enterFunction(t, 0, 1, 200);
  enterFunction(t, 0, 2, 600);
  irqEnter(t, 0, 3, false);
  enterFunction(t, 0, 4, 80);
  irqEnter(t, 0, 9, true);
  switchTo(t, 1, 2);
  softirqEnter(t, 1);
  irqEnter(t, 1, 7, false);
  checkTasks(t);
  return t;
}

const field = (process: number, which: number) => process * TASK_STRIDE + which;

const BROKEN: [string, string, (t: Tasks) => void, boolean?][] = [
  ['task-state', 'an unknown state', t => void (t.tasks[field(1, TASK_STATE)] = 7)],
  ['task-state', 'alive without a stack', t => void (t.tasks[field(5, TASK_STATE)] = TASK_ALIVE)],
  ['task-state', 'a stack without a task_struct', t => void (t.tasks[field(1, TASK_STRUCT)] = NIL)],
  ['task-struct', 'one for two', t => void (t.tasks[field(1, TASK_STRUCT)] = t.tasks[TASK_STRUCT])],
  ['task-struct', 'of another cache', t => void (t.tasks[field(1, TASK_STRUCT)] = t.tasks[TASK_STACK])],
  ['task-stack', 'another page', t => void (t.tasks[field(1, TASK_PFN)] += 2)],
  [
    'task-stack',
    'one for two',
    t => {
      for (const which of [TASK_STACK, TASK_PFN]) t.tasks[field(1, which)] = t.tasks[which];
    },
  ],
  ['stack-tag', 'another tag', t => void (t.pgdat.tag[t.tasks[TASK_PFN]] = -7)],
  ['current', 'a process that does not run there', t => void (t.tasks[field(2, TASK_CPU)] = NIL)],
  ['current', 'a process on two CPUs', t => void (t.cpus[CPU_STRIDE + CPU_CURRENT] = 0)],
  ['current', 'a CPU that runs another', t => void (t.tasks[field(1, TASK_CPU)] = 0)],
  ['stack-depth', 'a depth', t => void (t.stacks[row(t, 1) + STACK_DEPTH] += 4)],
  ['stack-depth', 'a frame without bytes', t => void (t.frames[2 * (row(t, 1) >> 4) * t.frameRoom + 1] = 0)],
  [
    'stack-frames',
    'frames and no process',
    t => {
      const bytes = 2 * (row(t, 9) >> 4) * t.frameRoom + 1;
      t.frames[bytes] = 4;
      t.stacks[row(t, 9) + STACK_DEPTH] = 4;
      t.stacks[row(t, 9) + STACK_FRAMES] = 1;
    },
  ],
  ['stack-deepest', 'a mark below the depth', t => void (t.stacks[row(t, 1) + STACK_DEEPEST] = 300)],
  [
    'stack-deepest',
    'a worst chain that missed one',
    t => void t.worst.fill(8000, WORST_LEFT, WORST_LEFT + 1),
  ],
  ['stack-frames', 'no entry into the kernel', t => void (t.frames[2 * (row(t, 1) >> 4) * t.frameRoom] = 5)],
  ['thread-info', 'overwritten without an overflow', t => void (t.stacks[row(t, 1) + STACK_CLOBBERED] = 4)],
  ['thread-info', 'another task', t => void (t.stacks[row(t, 1) + STACK_INFO + TI_TASK] = 0)],
  ['thread-info', 'another CPU', t => void (t.stacks[row(t, 0) + STACK_INFO + TI_CPU] = 1)],
  [
    'preempt-count',
    'of a sleeper',
    t => void (t.stacks[row(t, 1) + STACK_INFO + TI_PREEMPT_COUNT] = 0x10000),
  ],
  [
    'preempt-count',
    'an interrupt too many',
    t => void (t.stacks[row(t, 0) + STACK_INFO + TI_PREEMPT_COUNT] += 0x10000),
  ],
  [
    'preempt-count',
    'a softirq too few',
    t => void (t.stacks[row(t, 2) + STACK_INFO + TI_PREEMPT_COUNT] -= 0x100),
  ],
  ['preempt-count', 'below zero', t => void (t.stacks[row(t, 0) + STACK_INFO + TI_PREEMPT_COUNT] = -1)],
  ['irq-nesting', 'an interrupt without a handler', t => void t.cpus[CPU_HARDIRQS]++],
  ['irq-nesting', 'a softirq without a frame', t => void (t.cpus[CPU_SOFTIRQ] = 1)],
  ['irq-line', 'a line that is not in progress', t => void (t.irqBusy[9] = 0)],
  ['irq-line', 'a line in progress for nobody', t => void (t.irqBusy[100] = 1)],
  ['irq-line', 'a line twice', t => void (t.irqLines[1] = t.irqLines[0])],
  ['irq-stack', 'a CPU on the stack of another', t => void (t.cpus[CPU_STACK] = row(t, 1))],
  ['irq-stack', 'an unused one', t => void (t.stacks[hardirqStack(t, 0) + STACK_PREVIOUS] = 0)],
  ['lock', 'holders without a CPU', t => void (t.locks[4 + LOCK_CPU] = NIL)],
  ['lock', 'no holders', t => void (t.locks[4 + LOCK_HOLDERS] = -1)],
  ['lock', 'a stack that denies it', t => void (t.stacks[row(t, 1) + STACK_LOCKS] = 0)],
  ['lock', 'a stack that boasts', t => void (t.stacks[row(t, 0) + STACK_LOCKS] = 1)],
];

test.each(BROKEN)('%s: %s', (code, _what, breakIt) => {
  const t = scene();
  breakIt(t);
  expect(() => checkTasks(t)).toThrow(expect.objectContaining({ name: 'KernelBug', code }) as Error);
});

const hard = (t: Tasks) => hardirqStack(t, 0) + STACK_INFO + TI_PREEMPT_COUNT;

test.each<[string, string, (t: Tasks) => void]>([
  ['preempt-count', 'of the hard stack', t => void (t.stacks[hard(t)] -= 0x10000)],
  [
    'preempt-count',
    'of the task it left',
    t => void (t.stacks[row(t, 0) + STACK_INFO + TI_PREEMPT_COUNT] = 0),
  ],
  ['irq-stack', 'a chain that is cut', t => void (t.stacks[hardirqStack(t, 0) + STACK_PREVIOUS] = NIL)],
])('4 KiB stacks, %s: %s', (code, _what, breakIt) => {
  const t = scene(true);
  breakIt(t);
  expect(() => checkTasks(t)).toThrow(expect.objectContaining({ name: 'KernelBug', code }) as Error);
});

const TASK_STACK_BUG = expect.objectContaining({ name: 'KernelBug', code: 'task-stack' }) as Error;

test('task-stack: freed under its process', () => {
  const slab = scene();
  // Through its head array down to its slab, where it becomes free.
  for (let process = 3; process < 20; process++) forkProcess(slab, process, 0, 0, 0);
  for (let process = 1; process < 20; process++) {
    if (slab.tasks[field(process, TASK_STACK)] !== NIL)
      kfree(slab.slab, slab.tasks[field(process, TASK_STACK)], 0);
  }
  expect(() => checkTasks(slab)).toThrow(TASK_STACK_BUG);
  const pages = scene(false, 'ppc32');
  freePages(pages.pgdat, pages.tasks[field(1, TASK_PFN)], 1, 0, 0);
  expect(() => checkTasks(pages)).toThrow(TASK_STACK_BUG);
});
