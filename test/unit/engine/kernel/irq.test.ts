/** Interrupts, softirqs and preempt_count. */
import {
  ARCHES,
  CPU_STACK,
  CTX_HARDIRQ,
  CTX_SOFTIRQ,
  checkTasks,
  contextOf,
  EV_IRQ_ENTER,
  EV_IRQ_EXIT,
  EventRing,
  enterFunction,
  hardirqStack,
  irqEnter,
  irqExit,
  irqMayEnter,
  irqsEnabled,
  KernelBug,
  LOG_OOPS,
  LOG_PANIC,
  LOG_PLACE_IDLE,
  LOG_PLACE_INTERRUPT,
  LOG_STACK_OVERFLOW,
  leaveFunction,
  localBhDisable,
  localBhEnable,
  localIrqDisable,
  localIrqEnable,
  NIL,
  OBSERVED_TRACE,
  preemptCount,
  STACK_DEPTH,
  STACK_INFO,
  STACK_PREVIOUS,
  STAT_INTERRUPTS,
  STAT_SOFTIRQS,
  softirqEnter,
  softirqExit,
  softirqMayRun,
  softirqStack,
  stackDepth,
  stackTrace,
  switchTo,
  TI_PREEMPT_COUNT,
  TI_TASK,
} from '../../../../src/engine/index.ts';
import { logOf, row, running, tasksOf } from './tasksOf.ts';

test('preempt_count has the layout of 2.6.0', () => {
  const t = running();
  expect(preemptCount(t, 0)).toBe(0);
  irqEnter(t, 0, 1, false);
  expect(preemptCount(t, 0)).toBe(0x10000);
  expect(contextOf(t, 0)).toBe(CTX_HARDIRQ);
  irqEnter(t, 0, 2, false);
  expect(preemptCount(t, 0)).toBe(0x20000);
  expect(irqExit(t, 0)).toBe(false);
  expect(irqExit(t, 0)).toBe(true);
  softirqEnter(t, 0);
  expect(preemptCount(t, 0)).toBe(0x100);
  expect(contextOf(t, 0)).toBe(CTX_SOFTIRQ);
  irqEnter(t, 0, 2, false);
  expect(preemptCount(t, 0)).toBe(0x10100);
  expect(contextOf(t, 0)).toBe(CTX_SOFTIRQ | CTX_HARDIRQ);
  expect(irqExit(t, 0)).toBe(false);
  softirqExit(t, 0);
  expect(preemptCount(t, 0)).toBe(0);
  expect([t.pgdat.stat[STAT_INTERRUPTS], t.pgdat.stat[STAT_SOFTIRQS]]).toEqual([3, 1]);
  checkTasks(t);
});

test('a CPU with interrupts disabled takes none', () => {
  const t = running();
  localIrqDisable(t, 0);
  expect(irqEnter(t, 0, 1, false)).toBe(false);
  expect(softirqEnter(t, 0)).toBe(false);
  localIrqEnable(t, 0);
  expect(irqEnter(t, 0, 1, true)).toBe(true);
  expect(irqsEnabled(t, 0)).toBe(false);
  expect(irqEnter(t, 0, 2, false)).toBe(false);
  irqExit(t, 0);
  expect(irqsEnabled(t, 0)).toBe(true);
  expect(irqEnter(t, 0, 2, false)).toBe(true);
  expect(irqsEnabled(t, 0)).toBe(true);
});

test('a line whose handler runs is pending, on every CPU', () => {
  const t = tasksOf({}, { cpus: 2 });
  irqEnter(t, 0, 11, false);
  expect(irqMayEnter(t, 1, 11)).toBe(false);
  expect(irqEnter(t, 0, 11, false)).toBe(false);
  expect(irqEnter(t, 1, 11, false)).toBe(false);
  expect(irqEnter(t, 1, 12, false)).toBe(true);
  irqExit(t, 0);
  expect(irqEnter(t, 0, 11, false)).toBe(true);
  checkTasks(t);
});

test('softirqs wait for interrupts and for bottom halves', () => {
  const t = running();
  localBhDisable(t, 0);
  expect(contextOf(t, 0)).toBe(CTX_SOFTIRQ);
  irqEnter(t, 0, 1, false);
  expect(softirqMayRun(t, 0)).toBe(false);
  expect(irqExit(t, 0)).toBe(false);
  expect(softirqEnter(t, 0)).toBe(false);
  localBhEnable(t, 0);
  expect(softirqMayRun(t, 0)).toBe(true);
  expect(softirqEnter(t, 0)).toBe(true);
  expect(softirqEnter(t, 0)).toBe(false);
});

test('what was not entered cannot be left', () => {
  const t = running();
  expect(() => irqExit(t, 0)).toThrow(KernelBug);
  expect(() => softirqExit(t, 0)).toThrow(KernelBug);
  irqEnter(t, 0, 1, false);
  enterFunction(t, 0, 4, 40);
  expect(() => irqExit(t, 0)).toThrow(KernelBug);
  const soft = running();
  softirqEnter(soft, 0);
  irqEnter(soft, 0, 1, false);
  expect(() => softirqExit(soft, 0)).toThrow(KernelBug);
  expect(() => switchTo(soft, 0, NIL)).toThrow(KernelBug);
});

describe('4 KiB stacks', () => {
  const small = () => running({ threadBytes: 4096, irqStacks: true });

  test('a handler runs on the hard stack, a nested one too', () => {
    const t = small();
    const hard = hardirqStack(t, 0);
    enterFunction(t, 0, 3, 500);
    irqEnter(t, 0, 1, false);
    expect(t.cpus[CPU_STACK]).toBe(hard);
    // 60 + 500, then registers 52 and do_IRQ 48 stay behind.
    expect(t.stacks[row(t, 0) + STACK_DEPTH]).toBe(660);
    expect(stackDepth(t, 0)).toBe(32);
    expect(preemptCount(t, 0)).toBe(0x10000);
    enterFunction(t, 0, 4, 300);
    irqEnter(t, 0, 2, false);
    expect(stackDepth(t, 0)).toBe(32 + 300 + 52 + 48 + 32);
    expect(preemptCount(t, 0)).toBe(0x20000);
    expect(t.stacks[row(t, 0) + STACK_DEPTH]).toBe(660);
    expect(stackTrace(t, 0)).toHaveLength(9);
    checkTasks(t);
    irqExit(t, 0);
    leaveFunction(t, 0);
    expect(irqExit(t, 0)).toBe(true);
    expect(t.stacks[hard + STACK_PREVIOUS]).toBe(NIL);
    expect(t.cpus[CPU_STACK]).toBe(row(t, 0));
    expect(stackDepth(t, 0)).toBe(560);
    checkTasks(t);
  });

  test('a softirq has another stack, and its interrupts the hard one', () => {
    const t = small();
    softirqEnter(t, 0);
    expect(t.cpus[CPU_STACK]).toBe(softirqStack(t, 0));
    expect(preemptCount(t, 0)).toBe(0x200);
    expect(stackDepth(t, 0)).toBe(44);
    enterFunction(t, 0, 4, 1000);
    irqEnter(t, 0, 2, false);
    expect(t.cpus[CPU_STACK]).toBe(hardirqStack(t, 0));
    expect(t.stacks[softirqStack(t, 0) + STACK_DEPTH]).toBe(44 + 1000 + 100);
    expect(contextOf(t, 0)).toBe(CTX_HARDIRQ);
    checkTasks(t);
    irqExit(t, 0);
    leaveFunction(t, 0);
    softirqExit(t, 0);
    expect(stackDepth(t, 0)).toBe(60);
    checkTasks(t);
  });

  test('a handler sees an overwritten task by way of its own stack', () => {
    const t = small();
    enterFunction(t, 0, 3, 4096 - 60 - 100 - 10);
    leaveFunction(t, 0);
    enterFunction(t, 0, 3, 4096 - 60 - 8);
    irqEnter(t, 0, 1, false);
    expect(t.panicked).toBe(true);
  });

  test('an eighth of the stack is warned of', () => {
    const t = running({ threadBytes: 4096, irqStacks: true, debugOverflow: true });
    // left = 4096 - 60 - frame - 100 and has to be 48 + 512 or more.
    enterFunction(t, 0, 3, 4096 - 60 - 100 - 560);
    irqEnter(t, 0, 1, false);
    expect(logOf(t)).toEqual([]);
    irqExit(t, 0);
    enterFunction(t, 0, 4, 4);
    irqEnter(t, 0, 1, false);
    expect(logOf(t)).toEqual([[LOG_STACK_OVERFLOW, 508, 0, 0, 0]]);
  });
});

test('x86_64 leaves only the registers on the interrupted stack', () => {
  const t = running({ threadBytes: 8192 }, { arch: 'x86_64' });
  expect(stackDepth(t, 0)).toBe(168);
  irqEnter(t, 0, 1, false);
  expect(t.stacks[row(t, 0) + STACK_DEPTH]).toBe(168 + 120);
  expect(stackDepth(t, 0)).toBe(96 + 56);
  expect(preemptCount(t, 0)).toBe(0x10000);
  irqEnter(t, 0, 2, false);
  expect(stackDepth(t, 0)).toBe(96 + 56 + 120 + 96 + 56);
  checkTasks(t);
  irqExit(t, 0);
  irqExit(t, 0);
  softirqEnter(t, 0);
  expect(stackDepth(t, 0)).toBe(96 + 72);
  checkTasks(t);
  softirqExit(t, 0);
  expect(stackDepth(t, 0)).toBe(168);
});

test('do_IRQ warns of less than a KiB, and not at all below the stack', () => {
  const t = running({ debugOverflow: true });
  enterFunction(t, 0, 3, 8192 - 60 - 100 - 1072);
  irqEnter(t, 0, 1, false);
  expect(logOf(t)).toEqual([]);
  irqExit(t, 0);
  enterFunction(t, 0, 4, 8);
  irqEnter(t, 0, 1, false);
  expect(logOf(t)).toEqual([[LOG_STACK_OVERFLOW, 1024 - 8, 0, 0, 0]]);
  irqExit(t, 0);
  enterFunction(t, 0, 4, 4096);
  irqEnter(t, 0, 1, false);
  expect(logOf(t).filter(([kind]) => kind === LOG_STACK_OVERFLOW)).toHaveLength(1);
});

test('without the option nothing is said', () => {
  const t = running();
  enterFunction(t, 0, 3, 7900);
  irqEnter(t, 0, 1, false);
  expect(logOf(t)).toEqual([]);
});

test('an overwritten task ends the kernel in the next interrupt', () => {
  const t = running();
  enterFunction(t, 0, 3, 8192 - 60);
  leaveFunction(t, 0);
  expect(t.panicked).toBe(false);
  irqEnter(t, 0, 1, false);
  const log = logOf(t).slice(1);
  expect(log.map(([kind]) => kind)).toEqual([LOG_OOPS, LOG_PANIC]);
  expect(log[0].slice(1, 3)).toEqual([0, TI_TASK]);
  expect(log[1][1]).toBe(LOG_PLACE_INTERRUPT);
});

test('an idle task cannot be killed', () => {
  const t = tasksOf();
  enterFunction(t, 0, 3, 8192 - 64 - 4);
  leaveFunction(t, 0);
  enterFunction(t, 0, 3, 8192 - 64);
  t.stacks[STACK_INFO + TI_PREEMPT_COUNT] = 0;
  contextOf(t, 0);
  expect(logOf(t).at(-1)).toEqual([LOG_PANIC, LOG_PLACE_IDLE, 0, 0, 0]);
});

test('events', () => {
  const t = running();
  t.pgdat.trace = new EventRing(16);
  t.pgdat.observed |= OBSERVED_TRACE;
  irqEnter(t, 0, 4, false);
  irqEnter(t, 0, 5, false);
  irqExit(t, 0);
  irqExit(t, 0);
  expect(t.pgdat.trace.last(9).map(({ code, a, b, c }) => [code, a, b, c])).toEqual([
    [EV_IRQ_ENTER, 0, 4, 1],
    [EV_IRQ_ENTER, 0, 5, 2],
    [EV_IRQ_EXIT, 0, 5, 1],
    [EV_IRQ_EXIT, 0, 4, 0],
  ]);
});

test.each(Object.keys(ARCHES) as (keyof typeof ARCHES)[])('interrupts come and go on %s', arch => {
  const t = running({ threadBytes: ARCHES[arch].threadSize }, { arch });
  const before = stackDepth(t, 0);
  softirqEnter(t, 0);
  irqEnter(t, 0, 3, false);
  enterFunction(t, 0, 1, 123);
  checkTasks(t);
  leaveFunction(t, 0);
  irqExit(t, 0);
  softirqExit(t, 0);
  expect(stackDepth(t, 0)).toBe(before);
  checkTasks(t);
});
