/** Frames, depths and what an overflow does. Numbers are worked out by hand from the i386 layout. */
import {
  ARCHES,
  allocPages,
  checkTasks,
  enterFunction,
  exitProcess,
  FN_DO_IRQ,
  FN_DO_SOFTIRQ,
  FN_HANDLE_IRQ_EVENT,
  FN_INTERRUPT,
  FN_SYSTEM_CALL,
  forkProcess,
  irqEnter,
  irqExit,
  KERNEL_FUNCTIONS,
  KernelBug,
  LOG_STACK_CORRUPTION,
  leaveFunction,
  maxStack,
  NIL,
  restoreTasks,
  STACK_CLOBBERED,
  STACK_INFO,
  STAT_ADDR_LIMIT_HOLES,
  STAT_STACK_OVERFLOWS,
  snapshotTasks,
  softirqEnter,
  stackDepth,
  stackHeadroom,
  stackTrace,
  switchTo,
  TAG_STACK,
  TASK_PFN,
  TASK_STRIDE,
  THREAD_LAYOUTS,
  TI_NAMES,
  TI_PREEMPT_COUNT,
  TI_RESTART_BLOCK,
  tasksHash,
} from '../../../../src/engine/index.ts';
import { logOf, row, running, tasksOf } from './tasksOf.ts';

const NAMES = (mask: number) => TI_NAMES.filter((_, field) => (mask & (1 << field)) !== 0);

test('a process begins with the registers of its system call', () => {
  const t = running();
  expect(stackDepth(t, 0)).toBe(60);
  expect(stackTrace(t, 0)).toEqual([{ fn: FN_SYSTEM_CALL, depth: 60, size: 60, stack: row(t, 0) }]);
});

test('frames add up in whole words and go away again', () => {
  const t = running();
  enterFunction(t, 0, 3, 100);
  enterFunction(t, 0, 4, 41);
  enterFunction(t, 0, 5, 0);
  expect(stackDepth(t, 0)).toBe(60 + 100 + 44 + 4);
  leaveFunction(t, 0);
  leaveFunction(t, 0);
  leaveFunction(t, 0);
  expect(stackDepth(t, 0)).toBe(60);
  expect(() => leaveFunction(t, 0)).toThrow(KernelBug);
});

test('interrupts and softirqs nest on the interrupted stack', () => {
  const t = running();
  enterFunction(t, 0, 3, 1000);
  expect(irqEnter(t, 0, 5, false)).toBe(true);
  enterFunction(t, 0, 8, 200);
  expect(irqEnter(t, 0, 9, true)).toBe(true);
  // 60 + 1000, then twice registers 52, do_IRQ 48 and handle_IRQ_event 32, with a handler of 200 between.
  expect(stackDepth(t, 0)).toBe(1060 + 132 + 200 + 132);
  irqExit(t, 0);
  leaveFunction(t, 0);
  expect(irqExit(t, 0)).toBe(true);
  expect(softirqEnter(t, 0)).toBe(true);
  expect(stackDepth(t, 0)).toBe(1060 + 52 + 48 + 44);
  expect(stackTrace(t, 0).map(entry => entry.fn)).toEqual([
    FN_DO_SOFTIRQ,
    FN_DO_IRQ,
    FN_INTERRUPT,
    3,
    FN_SYSTEM_CALL,
  ]);
  checkTasks(t);
});

test('the deepest chain is kept as the stack tracer shows it', () => {
  const t = running();
  enterFunction(t, 0, 3, 1000);
  irqEnter(t, 0, 5, false);
  enterFunction(t, 0, 8, 200);
  leaveFunction(t, 0);
  irqExit(t, 0);
  leaveFunction(t, 0);
  enterFunction(t, 0, 4, 1300);
  expect(maxStack(t).map(({ fn, depth, size }) => [fn, depth, size])).toEqual([
    [8, 1392, 200],
    [FN_HANDLE_IRQ_EVENT, 1192, 32],
    [FN_DO_IRQ, 1160, 48],
    [FN_INTERRUPT, 1112, 52],
    [3, 1060, 1000],
    [FN_SYSTEM_CALL, 60, 60],
  ]);
  expect(stackHeadroom(t)).toBe(8192 - 48 - 1392);
  expect(KERNEL_FUNCTIONS[-1 - FN_DO_IRQ]).toBe('do_IRQ');
});

test('one word beyond the limit overwrites the last field, and nothing is printed', () => {
  const t = running();
  enterFunction(t, 0, 3, 8192 - 48 - 60);
  expect(t.pgdat.stat[STAT_STACK_OVERFLOWS]).toBe(0);
  expect(stackHeadroom(t)).toBe(0);
  enterFunction(t, 0, 4, 4);
  expect(stackHeadroom(t)).toBe(-4);
  expect(t.stacks[row(t, 0) + STACK_CLOBBERED]).toBe(1 << TI_RESTART_BLOCK);
  expect(t.pgdat.stat[STAT_STACK_OVERFLOWS]).toBe(1);
  expect(logOf(t)).toEqual([[LOG_STACK_CORRUPTION, 0, 1 << TI_RESTART_BLOCK, NIL, NIL]]);
  checkTasks(t);
});

test('fields go from the highest downwards, at their real offsets', () => {
  const t = running();
  enterFunction(t, 0, 3, 8192 - 48 - 60);
  const seen: string[][] = [];
  for (let word = 0; word < 12; word++) {
    enterFunction(t, 0, 4 + word, 4);
    seen.push(NAMES(t.stacks[row(t, 0) + STACK_CLOBBERED]));
  }
  expect(seen.map(names => names.length)).toEqual([1, 1, 1, 1, 1, 2, 3, 4, 5, 6, 7, 8]);
  expect(seen.map(names => names[0]).slice(5)).toEqual([
    'addr_limit',
    'preempt_count',
    'cpu',
    'status',
    'flags',
    'exec_domain',
    'task',
  ]);
  expect(t.pgdat.stat[STAT_STACK_OVERFLOWS]).toBe(1);
});

test('a field stays overwritten when the frames are gone', () => {
  const t = running();
  enterFunction(t, 0, 3, 8192 - 48 - 60);
  enterFunction(t, 0, 4, 28);
  const value = t.stacks[row(t, 0) + STACK_INFO + TI_PREEMPT_COUNT];
  leaveFunction(t, 0);
  leaveFunction(t, 0);
  expect(NAMES(t.stacks[row(t, 0) + STACK_CLOBBERED])).toEqual([
    'preempt_count',
    'addr_limit',
    'restart_block',
  ]);
  expect(t.stacks[row(t, 0) + STACK_INFO + TI_PREEMPT_COUNT]).toBe(value);
  expect(value).not.toBe(0);
  // A second excursion is a second overflow.
  enterFunction(t, 0, 3, 8192 - 60);
  expect(t.pgdat.stat[STAT_STACK_OVERFLOWS]).toBe(2);
});

test('the word at the return address is one of the kernel text', () => {
  const t = running();
  enterFunction(t, 0, 3, 8192 - 28 - 60);
  enterFunction(t, 0, 4, 4);
  expect(t.stacks[row(t, 0) + STACK_INFO + 6] >>> 20).toBe(0xc01);
  expect(t.pgdat.stat[STAT_ADDR_LIMIT_HOLES]).toBe(1);
});

test('below the stack the page and whose it is are recorded', () => {
  const t = running();
  for (let process = 1; process < 8; process++) forkProcess(t, process, process, 0, 0);
  const pfn = (process: number) => t.tasks[process * TASK_STRIDE + TASK_PFN];
  const above = [1, 2, 3, 4, 5, 6, 7].find(p => [0, 1, 2, 3, 4, 5, 6, 7].some(q => pfn(q) === pfn(p) - 2))!;
  switchTo(t, 0, above);
  enterFunction(t, 0, 3, 8192 - 60);
  enterFunction(t, 0, 4, 8);
  expect(logOf(t).at(-1)).toEqual([
    LOG_STACK_CORRUPTION,
    above,
    0xff,
    pfn(above) - 1,
    t.pgdat.tag[pfn(above) - 2],
  ]);
  enterFunction(t, 0, 5, 4096);
  expect(logOf(t).at(-1)).toEqual([LOG_STACK_CORRUPTION, above, 0xff, pfn(above) - 2, TAG_STACK]);
  checkTasks(t);
});

test('more than 32 frames', () => {
  const t = running();
  for (let i = 0; i < 100; i++) enterFunction(t, 0, i, 40);
  expect(stackTrace(t, 0).map(entry => entry.fn)).toEqual([
    ...Array.from({ length: 100 }, (_, i) => 99 - i),
    FN_SYSTEM_CALL,
  ]);
  expect(maxStack(t)).toHaveLength(101);
  checkTasks(t);
  for (let i = 0; i < 100; i++) leaveFunction(t, 0);
  expect(stackDepth(t, 0)).toBe(60);
});

test('a new process finds a sound thread_info', () => {
  const t = running();
  enterFunction(t, 0, 3, 8192 - 60 - 20);
  leaveFunction(t, 0);
  switchTo(t, 0, NIL);
  exitProcess(t, 0, 0);
  expect(forkProcess(t, 0, 7, 0, 0)).toBe(true);
  expect(t.stacks[row(t, 0) + STACK_CLOBBERED]).toBe(0);
  checkTasks(t);
});

test('every layout has its fields inside thread_info, none on top of another', () => {
  for (const arch of Object.values(ARCHES)) {
    const used = new Set<number>();
    for (const [offset, size] of THREAD_LAYOUTS[arch.name].fields) {
      expect(offset + size).toBeLessThanOrEqual(arch.threadInfoBytes);
      for (let byte = offset; byte < offset + size; byte++) {
        expect(used.has(byte)).toBe(false);
        used.add(byte);
      }
    }
  }
});

test('a snapshot brings chains, contexts and overwritten fields back', () => {
  const t = running();
  enterFunction(t, 0, 3, 8192 - 48 - 60);
  irqEnter(t, 0, 5, false);
  const saved = snapshotTasks(t);
  const hash = tasksHash(t, 1);
  irqExit(t, 0);
  leaveFunction(t, 0);
  for (let i = 0; i < 50; i++) enterFunction(t, 0, i, 8);
  expect(tasksHash(t, 1)).not.toBe(hash);
  restoreTasks(t, saved);
  expect(tasksHash(t, 1)).toBe(hash);
  irqExit(t, 0);
  leaveFunction(t, 0);
  expect(stackDepth(t, 0)).toBe(60);
  restoreTasks(t, saved);
  expect(tasksHash(t, 1)).toBe(hash);
});

test("pages of a stack are nobody else's", () => {
  const t = tasksOf();
  forkProcess(t, 0, 0, 0, 0);
  const pfn = t.tasks[TASK_PFN];
  for (let i = 0; i < 100; i++) expect(allocPages(t.pgdat, 0xd0, 1, 0, 0)).not.toBe(pfn);
});
