/** Processes need a task_struct and a stack, and give them back. */
import {
  allocPages,
  CTX_MEMALLOC,
  checkMachine,
  checkTasks,
  currentOf,
  EV_EXIT,
  EV_FORK,
  EventRing,
  enterFunction,
  exitProcess,
  findCache,
  forkProcess,
  freePages,
  GFP_KERNEL,
  KernelBug,
  kmapAtomicHeld,
  LOG_EXIT_ATOMIC,
  LOG_FORK_FAILED,
  LOG_OOPS,
  LOG_PANIC,
  LOG_PLACE_EXIT,
  LOG_PLACE_INTERRUPT,
  leaveFunction,
  type Machine,
  NIL,
  nrFree,
  OBSERVED_TRACE,
  PATH_WAIT,
  prepareTasks,
  STACK_INFO,
  STAT_FORK_FAILURES,
  STAT_FORKS,
  STAT_OOPSES,
  startTasks,
  switchTo,
  TAG_STACK,
  TASK_ALIVE,
  TASK_NONE,
  TASK_OWNER,
  TASK_PFN,
  TASK_STACK,
  TASK_STATE,
  TASK_STRIDE,
  TASK_STRUCT,
  TASK_ZOMBIE,
  type Tasks,
  TI_EXEC_DOMAIN,
  TI_PREEMPT_COUNT,
  TI_TASK,
  takeDead,
} from '../../../../src/engine/index.ts';
import { logOf, row, running, tasksOf } from './tasksOf.ts';

const field = (t: Tasks, process: number, which: number) => t.tasks[process * TASK_STRIDE + which];
const machineOf = (t: Tasks) => t.pgdat as Machine;

test('a process has a stack of order 1 by size-8192 and a task_struct of its own cache', () => {
  const t = tasksOf();
  expect(findCache(t.slab, 'task_struct')).toBe(t.cache);
  expect(forkProcess(t, 3, 9, 0, 0)).toBe(true);
  const pfn = field(t, 3, TASK_PFN);
  expect(pfn & 1).toBe(0);
  expect(t.pgdat.state[pfn]).toBe(0x41);
  expect(t.pgdat.tag[pfn]).toBe(TAG_STACK);
  expect([field(t, 3, TASK_STATE), field(t, 3, TASK_OWNER)]).toEqual([TASK_ALIVE, 9]);
  expect(t.pgdat.stat[STAT_FORKS]).toBe(1);
  checkTasks(t);
  checkMachine(machineOf(t));
});

test('a 4 KiB stack is a single page', () => {
  const t = tasksOf({ threadBytes: 4096, irqStacks: true });
  forkProcess(t, 0, 0, 0, 0);
  expect(t.pgdat.state[field(t, 0, TASK_PFN)]).toBe(0x40);
  checkTasks(t);
});

test('an exit gives both back, and the stack is used again first', () => {
  const t = running();
  const [pfn, struct] = [field(t, 0, TASK_PFN), field(t, 0, TASK_STRUCT)];
  exitProcess(t, 0, 0);
  expect(currentOf(t, 0)).toBe(NIL);
  expect([TASK_STATE, TASK_STRUCT, TASK_STACK, TASK_PFN, TASK_OWNER].map(f => field(t, 0, f))).toEqual([
    TASK_NONE,
    NIL,
    NIL,
    NIL,
    NIL,
  ]);
  expect(t.pgdat.tag[pfn]).not.toBe(TAG_STACK);
  forkProcess(t, 5, 0, 0, 0);
  expect([field(t, 5, TASK_PFN), field(t, 5, TASK_STRUCT)]).toEqual([pfn, struct]);
  checkTasks(t);
  checkMachine(machineOf(t));
});

/** Every other page of low memory is taken, the last reserves included, so that no two free ones make a pair. */
function fragment(t: Tasks): void {
  const m = t.pgdat;
  const take = () => allocPages(m, 0x20, 0, 0, CTX_MEMALLOC);
  const pages: number[] = [];
  for (let pfn = take(); pfn !== NIL; pfn = take()) pages.push(pfn);
  for (const pfn of pages) if ((pfn & 1) === 0) freePages(m, pfn, 0, 0, 0);
}

test('a machine fragmented at order 1 cannot fork, although it has memory and a task_struct', () => {
  const t = tasksOf();
  forkProcess(t, 0, 4, 0, 0);
  fragment(t);
  const forked = 1;
  expect(forkProcess(t, forked, 4, 0, 0)).toBe(false);
  expect(nrFree(t.pgdat, 0, 0) + nrFree(t.pgdat, 1, 0)).toBeGreaterThan(1000);
  expect(field(t, forked, TASK_STRUCT)).toBe(NIL);
  expect(t.pgdat.stat[STAT_FORK_FAILURES]).toBe(1);
  expect(logOf(t)).toEqual([[LOG_FORK_FAILED, 4, 0, 0, 0]]);
  checkTasks(t);
  checkMachine(machineOf(t));
});

test('with 4 KiB stacks the same machine forks, as far as it has task_structs: five in a slab of order 1', () => {
  const t = tasksOf({ threadBytes: 4096, irqStacks: true });
  forkProcess(t, 0, 4, 0, 0);
  fragment(t);
  for (let process = 1; process < 5; process++) expect(forkProcess(t, process, 4, 0, 0)).toBe(true);
  expect(forkProcess(t, 5, 4, 0, 0)).toBe(false);
  checkTasks(t);
});

test('without a task_struct nothing is asked for a stack', () => {
  const t = tasksOf();
  while (allocPages(t.pgdat, 0x20, 0, 0, 0) !== NIL);
  while (allocPages(t.pgdat, 0x20 | 0x10 | 0x1000, 0, 0, 1) !== NIL);
  let forked = 0;
  while (forkProcess(t, forked, 4, 0, 0)) forked++;
  expect(field(t, forked, TASK_STRUCT)).toBe(NIL);
  expect(t.pgdat.stat[STAT_FORK_FAILURES]).toBe(1);
  checkTasks(t);
});

test('a fork that has to wait keeps its task_struct and goes on', () => {
  const t = tasksOf();
  const process = 2;
  const pair = allocPages(t.pgdat, GFP_KERNEL, 1, 0, 0);
  forkProcess(t, 0, 4, 0, 0);
  fragment(t);
  // kmalloc() answers NIL; why it could not is said to be a wait.
  const path = jest.spyOn(t.pgdat, 'path', 'get').mockReturnValue(PATH_WAIT);
  expect(forkProcess(t, process, 4, 0, 0)).toBe(false);
  const struct = field(t, process, TASK_STRUCT);
  expect(struct).not.toBe(NIL);
  expect(field(t, process, TASK_STATE)).toBe(TASK_NONE);
  expect(t.pgdat.stat[STAT_FORK_FAILURES]).toBe(0);
  checkTasks(t);
  path.mockRestore();
  freePages(t.pgdat, pair, 1, 0, 0);
  expect(forkProcess(t, process, 4, 0, 0)).toBe(true);
  expect(field(t, process, TASK_STRUCT)).toBe(struct);
  checkTasks(t);
});

test('a fork that waits can be given up', () => {
  const t = tasksOf();
  const process = 2;
  forkProcess(t, 0, 4, 0, 0);
  fragment(t);
  const path = jest.spyOn(t.pgdat, 'path', 'get').mockReturnValue(PATH_WAIT);
  expect(forkProcess(t, process, 4, 0, 0)).toBe(false);
  path.mockRestore();
  exitProcess(t, process, 0);
  expect(field(t, process, TASK_STRUCT)).toBe(NIL);
  checkTasks(t);
});

test.each(['ppc32', 'alpha', 'sparc64', 'x86_64'] as const)(
  '%s asks for the pages of a stack themselves',
  arch => {
    const t = tasksOf({ threadBytes: arch === 'alpha' || arch === 'sparc64' ? 16384 : 8192 }, { arch });
    forkProcess(t, 0, 0, 0, 0);
    const pfn = field(t, 0, TASK_PFN);
    expect(t.pgdat.state[pfn]).toBe(0x41);
    expect(field(t, 0, TASK_STACK)).toBe(pfn);
    checkTasks(t);
    exitProcess(t, 0, 0);
    expect(t.pgdat.state[pfn] & 0x40).toBe(0);
    checkTasks(t);
  },
);

test('ARM keeps four freed stacks', () => {
  const t = tasksOf({}, { arch: 'arm' });
  for (let process = 0; process < 6; process++) forkProcess(t, process, 0, 0, 0);
  const pfns = [0, 1, 2, 3, 4, 5].map(process => field(t, process, TASK_PFN));
  for (let process = 0; process < 6; process++) exitProcess(t, process, 0);
  expect(pfns.map(pfn => t.pgdat.state[pfn] === 0x41)).toEqual([true, true, true, true, false, false]);
  checkTasks(t);
  forkProcess(t, 0, 0, 0, 0);
  expect(field(t, 0, TASK_PFN)).toBe(pfns[3]);
  checkTasks(t);
});

test('a process number is used once at a time', () => {
  const t = running();
  expect(() => forkProcess(t, 0, 0, 0, 0)).toThrow(KernelBug);
});

test('numbers may become more while processes live', () => {
  const t = running();
  enterFunction(t, 0, 4, 100);
  prepareTasks(t, 1000);
  forkProcess(t, 999, 0, 0, 0);
  leaveFunction(t, 0);
  checkTasks(t);
});

test('exiting in an atomic section is noted', () => {
  const t = running();
  kmapAtomicHeld(t, 0, 1);
  exitProcess(t, 0, 0);
  expect(logOf(t)).toEqual([[LOG_EXIT_ATOMIC, 0, 1, 0, 0]]);
});

/** Process 0 has bytes of frames up to and with `field`, and is not in interrupt by what preempt_count says. */
function overflown(bytes: number): Tasks {
  const t = running();
  enterFunction(t, 0, 3, 8192 - 60 - bytes);
  leaveFunction(t, 0);
  t.stacks[row(t, 0) + STACK_INFO + TI_PREEMPT_COUNT] = 0;
  t.pgdat.printk.length = 0;
  return t;
}

test('do_exit() reads exec_domain: the kernel ends', () => {
  const t = overflown(4);
  exitProcess(t, 0, 0);
  const log = logOf(t);
  expect(log[0].slice(0, 3)).toEqual([LOG_OOPS, 0, TI_EXEC_DOMAIN]);
  expect(log.at(-1)!.slice(0, 2)).toEqual([LOG_PANIC, LOG_PLACE_EXIT]);
  expect(t.panicked).toBe(true);
});

test('do_exit() reads current: the process ends another way, and its memory can be had then', () => {
  const t = overflown(0);
  const pfn = field(t, 0, TASK_PFN);
  exitProcess(t, 0, 0);
  expect(logOf(t)[0].slice(0, 3)).toEqual([LOG_OOPS, 0, TI_TASK]);
  expect(t.pgdat.stat[STAT_OOPSES]).toBe(1);
  expect(field(t, 0, TASK_STATE)).toBe(TASK_ZOMBIE);
  expect(takeDead(t)).toBe(0);
  expect(takeDead(t)).toBe(NIL);
  expect(t.pgdat.tag[pfn]).toBe(TAG_STACK);
  expect(() => switchTo(t, 0, 0)).toThrow(KernelBug);
  checkTasks(t);
  exitProcess(t, 0, 0);
  expect(field(t, 0, TASK_STATE)).toBe(TASK_NONE);
  checkTasks(t);
});

test('what stands in preempt_count decides whether it is a panic', () => {
  const t = overflown(0);
  t.stacks[row(t, 0) + STACK_INFO + TI_PREEMPT_COUNT] = 0x10000;
  exitProcess(t, 0, 0);
  expect(logOf(t).at(-1)!.slice(0, 2)).toEqual([LOG_PANIC, LOG_PLACE_INTERRUPT]);
});

test('a sleeping process that is killed reads nothing', () => {
  const t = overflown(0);
  switchTo(t, 0, NIL);
  exitProcess(t, 0, 0);
  expect(logOf(t)).toEqual([]);
  checkTasks(t);
});

test('stacks that cannot be', () => {
  const t = tasksOf();
  const config = { irqStacks: false, debugSleep: false, debugOverflow: false };
  expect(() => startTasks(t.slab, { ...config, threadBytes: 5000 })).toThrow(RangeError);
  expect(() => startTasks(t.slab, { ...config, threadBytes: 2048 })).toThrow(RangeError);
  expect(() => tasksOf({ threadBytes: 4096 }, { arch: 'ppc32' })).toThrow(RangeError);
});

test('events', () => {
  const t = tasksOf();
  t.pgdat.trace = new EventRing(16);
  t.pgdat.observed |= OBSERVED_TRACE;
  forkProcess(t, 2, 8, 0, 0);
  const pfn = field(t, 2, TASK_PFN);
  exitProcess(t, 2, 0);
  const events = t.pgdat.trace.last(16).filter(({ code }) => code === EV_FORK || code === EV_EXIT);
  expect(events.map(({ code, a, b, c }) => [code, a, b, c])).toEqual([
    [EV_FORK, 2, pfn, 8],
    [EV_EXIT, 2, pfn, 8],
  ]);
});

test('a stack costs what kmalloc of 8 KiB costs', () => {
  const t = tasksOf();
  const free = () => t.pgdat.zone[0] + t.pgdat.zone[8];
  const before = free();
  for (let process = 0; process < 16; process++) forkProcess(t, process, 0, 0, 0);
  expect(before - free()).toBeGreaterThanOrEqual(32);
});
