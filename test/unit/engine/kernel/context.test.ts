/** What a CPU may do, and what is noticed: in which build, and by which message. */
import {
  allocPages,
  CTX_HARDIRQ,
  checkTasks,
  contextOf,
  currentOf,
  enterFunction,
  exitProcess,
  forkProcess,
  irqEnter,
  irqsEnabled,
  KernelBug,
  kmapAtomicHeld,
  LOG_ATOMIC_SLEEP,
  LOG_DEADLOCK,
  LOG_OOPS,
  LOG_PLACE_PAGE_ALLOC,
  LOG_PLACE_SCHEDULE,
  LOG_SCHED_ATOMIC,
  LOG_SLEEP_INVALID,
  LOG_UNPRINTED,
  leaveFunction,
  localBhDisable,
  localBhEnable,
  localIrqDisable,
  maySleep,
  mightSleep,
  NIL,
  preemptCount,
  STACK_CLOBBERED,
  STACK_INFO,
  STAT_CONTEXT_SWITCHES,
  STAT_KERNEL_BUGS,
  STAT_SPURIOUS_RESCHEDS,
  schedule,
  softirqMayRun,
  spinLock,
  spinUnlock,
  switchTo,
  type Tasks,
  TI_CPU,
  TI_FLAGS,
  TI_PREEMPT_COUNT,
  TI_TASK,
  takeDead,
} from '../../../../src/engine/index.ts';
import { logOf, row, running, tasksOf } from './tasksOf.ts';

const bugs = (t: Tasks) => t.pgdat.stat[STAT_KERNEL_BUGS];
const ALLOC = LOG_PLACE_PAGE_ALLOC;

test('in process context anything may sleep', () => {
  const t = running({ debugSleep: true });
  expect(mightSleep(t, 0, ALLOC)).toBe(false);
  expect(schedule(t, 0)).toBe(true);
  expect([bugs(t), logOf(t)]).toEqual([0, []]);
});

test.each<[string, (t: Tasks) => void, number, number]>([
  ['in a hard interrupt', t => void irqEnter(t, 0, 1, false), 1, 0],
  ['in one that leaves interrupts disabled', t => void irqEnter(t, 0, 1, true), 1, 1],
  ['with bottom halves disabled', t => localBhDisable(t, 0), 1, 0],
  ['with an atomic mapping', t => kmapAtomicHeld(t, 0, 1), 1, 0],
  ['with interrupts disabled', t => localIrqDisable(t, 0), 0, 1],
])('might_sleep() %s', (_what, enter, atomic, irqsOff) => {
  const quiet = running();
  enter(quiet);
  expect(mightSleep(quiet, 0, ALLOC)).toBe(true);
  expect(logOf(quiet)).toEqual([[LOG_ATOMIC_SLEEP, ALLOC, 0, irqsOff, 0]]);
  const loud = running({ debugSleep: true });
  enter(loud);
  expect(mightSleep(loud, 0, ALLOC)).toBe(true);
  expect(logOf(loud)).toEqual([[LOG_SLEEP_INVALID, ALLOC, atomic, irqsOff, 0]]);
  expect([bugs(quiet), bugs(loud)]).toEqual([1, 1]);
});

test('a spin lock is seen by no build without CONFIG_PREEMPT, and counted all the same', () => {
  for (const debugSleep of [false, true]) {
    const t = running({ debugSleep });
    expect(spinLock(t, 0, 2)).toBe(true);
    expect(preemptCount(t, 0)).toBe(0);
    expect(mightSleep(t, 0, ALLOC)).toBe(true);
    expect(schedule(t, 0)).toBe(false);
    expect(logOf(t)).toEqual([
      [LOG_ATOMIC_SLEEP, ALLOC, 1, 0, 0],
      [LOG_ATOMIC_SLEEP, LOG_PLACE_SCHEDULE, 1, 0, 0],
    ]);
    expect(LOG_UNPRINTED).toContain(LOG_ATOMIC_SLEEP);
    expect(bugs(t)).toBe(2);
    spinUnlock(t, 0, 2);
    expect(maySleep(t, 0)).toBe(true);
  }
});

test('schedule() prints in every build what preempt_count shows', () => {
  const t = running();
  kmapAtomicHeld(t, 0, 1);
  expect(schedule(t, 0)).toBe(false);
  kmapAtomicHeld(t, 0, -1);
  expect(schedule(t, 0)).toBe(true);
  irqEnter(t, 0, 1, false);
  expect(schedule(t, 0)).toBe(false);
  expect(logOf(t)).toEqual([
    [LOG_SCHED_ATOMIC, 1, 0, 0, 0],
    [LOG_SCHED_ATOMIC, 0x10000, 0, 0, 0],
  ]);
});

test('schedule() enables interrupts without a word', () => {
  const t = running();
  localIrqDisable(t, 0);
  expect(schedule(t, 0)).toBe(false);
  expect(irqsEnabled(t, 0)).toBe(true);
  expect(logOf(t)).toEqual([[LOG_ATOMIC_SLEEP, LOG_PLACE_SCHEDULE, 0, 1, 0]]);
});

test('bottom halves are enabled again by the last', () => {
  const t = running();
  localBhDisable(t, 0);
  localBhDisable(t, 0);
  localBhEnable(t, 0);
  expect(softirqMayRun(t, 0)).toBe(false);
  localBhEnable(t, 0);
  expect(softirqMayRun(t, 0)).toBe(true);
});

test('what a process holds waits with it', () => {
  const t = running();
  forkProcess(t, 1, 0, 0, 0);
  kmapAtomicHeld(t, 0, 1);
  spinLock(t, 0, 0);
  switchTo(t, 0, 1);
  expect([preemptCount(t, 0), maySleep(t, 0), currentOf(t, 0)]).toEqual([0, true, 1]);
  switchTo(t, 0, 1);
  switchTo(t, 0, 0);
  expect([preemptCount(t, 0), maySleep(t, 0)]).toEqual([1, false]);
  expect(t.pgdat.stat[STAT_CONTEXT_SWITCHES]).toBe(3);
  checkTasks(t);
});

test('who cannot run is not switched to', () => {
  const t = running({}, { cpus: 2 });
  expect(() => switchTo(t, 1, 0)).toThrow(KernelBug);
  expect(() => switchTo(t, 1, 4)).toThrow(KernelBug);
});

describe('locks of an SMP build', () => {
  const two = () => {
    const t = running({}, { cpus: 2 });
    forkProcess(t, 1, 0, 1, 0);
    switchTo(t, 1, 1);
    return t;
  };

  test('another CPU spins until the lock is free', () => {
    const t = two();
    expect(spinLock(t, 0, 3)).toBe(true);
    expect(spinLock(t, 1, 3)).toBe(false);
    expect(spinLock(t, 1, 4)).toBe(true);
    spinUnlock(t, 0, 3);
    expect(spinLock(t, 1, 3)).toBe(true);
    expect(logOf(t)).toEqual([]);
    checkTasks(t);
  });

  test('an interrupt that wants the lock of what it interrupted hangs', () => {
    const t = two();
    spinLock(t, 0, 3);
    irqEnter(t, 0, 1, false);
    expect(spinLock(t, 0, 3)).toBe(true);
    expect(logOf(t)).toEqual([[LOG_DEADLOCK, 3, 0, 0, 0]]);
    expect(bugs(t)).toBe(1);
    spinUnlock(t, 0, 3);
    spinUnlock(t, 0, 3);
    checkTasks(t);
  });

  test('the lock of a dead process stays locked', () => {
    const t = two();
    spinLock(t, 0, 3);
    exitProcess(t, 0, 0);
    checkTasks(t);
    expect(spinLock(t, 1, 3)).toBe(true);
    expect(logOf(t)).toEqual([[LOG_DEADLOCK, 3, 1, 0, 0]]);
    checkTasks(t);
  });
});

test('a UP build lets two inside at once, and it is counted', () => {
  const t = running();
  spinLock(t, 0, 3);
  switchTo(t, 0, NIL);
  forkProcess(t, 1, 0, 0, 0);
  switchTo(t, 0, 1);
  expect(spinLock(t, 0, 3)).toBe(true);
  expect(bugs(t)).toBe(1);
  spinUnlock(t, 0, 3);
  checkTasks(t);
  switchTo(t, 0, 0);
  spinUnlock(t, 0, 3);
  expect(() => spinUnlock(t, 0, 3)).toThrow(KernelBug);
  expect(() => spinUnlock(t, 0, 99)).toThrow(KernelBug);
  checkTasks(t);
});

describe('after an overflow', () => {
  /** Frames have been so deep that `left` bytes of thread_info were left. */
  const overflown = (left: number, machine = {}) => {
    const t = running({ debugSleep: true }, machine);
    enterFunction(t, 0, 3, 8192 - 60 - left);
    leaveFunction(t, 0);
    t.pgdat.printk.length = 0;
    t.pgdat.stat[STAT_KERNEL_BUGS] = 0;
    return t;
  };
  const set = (t: Tasks, field: number, value: number) =>
    void (t.stacks[row(t, 0) + STACK_INFO + field] = value);

  test('the kernel takes itself to be in an interrupt', () => {
    const t = overflown(20);
    set(t, TI_PREEMPT_COUNT, 0xc0123456 | 0);
    expect(contextOf(t, 0) & CTX_HARDIRQ).toBe(CTX_HARDIRQ);
    expect(softirqMayRun(t, 0)).toBe(false);
    expect(mightSleep(t, 0, ALLOC)).toBe(true);
    expect(schedule(t, 0)).toBe(false);
    expect(logOf(t)).toEqual([
      [LOG_SLEEP_INVALID, ALLOC, 1, 0, 0],
      [LOG_SCHED_ATOMIC, 0xc0123456 | 0, 0, 0, 0],
    ]);
    checkTasks(t);
  });

  test('the next allocation reads current', () => {
    const t = overflown(0);
    set(t, TI_PREEMPT_COUNT, 0);
    set(t, TI_TASK, 0);
    contextOf(t, 0);
    expect(logOf(t)).toEqual([[LOG_OOPS, 0, TI_TASK, 0, 0]]);
    expect(takeDead(t)).toBe(0);
    expect(currentOf(t, 0)).toBe(NIL);
    checkTasks(t);
  });

  test('so does schedule()', () => {
    const t = overflown(0);
    set(t, TI_PREEMPT_COUNT, 0);
    expect(schedule(t, 0)).toBe(false);
    expect(logOf(t).map(([kind]) => kind)).toEqual([LOG_OOPS]);
  });

  test('where current is not in thread_info nobody reads it', () => {
    for (const arch of ['x86_64', 'ppc32'] as const) {
      const t = running({}, { arch });
      enterFunction(t, 0, 3, 8192);
      leaveFunction(t, 0);
      expect(t.stacks[row(t, 0) + STACK_CLOBBERED] & (1 << TI_TASK)).not.toBe(0);
      contextOf(t, 0);
      expect(takeDead(t)).toBe(NIL);
    }
  });

  test('an interrupt reads the CPU number of an SMP build only', () => {
    const up = overflown(16);
    irqEnter(up, 0, 1, false);
    expect(logOf(up)).toEqual([]);
    const smp = overflown(16, { cpus: 2 });
    irqEnter(smp, 0, 1, false);
    expect(logOf(smp)[0].slice(0, 3)).toEqual([LOG_OOPS, 0, TI_CPU]);
    expect(smp.panicked).toBe(true);
  });

  test('overwritten flags ask for one reschedule', () => {
    const t = overflown(8);
    set(t, TI_FLAGS, 0xff);
    switchTo(t, 0, NIL);
    switchTo(t, 0, 0);
    switchTo(t, 0, NIL);
    switchTo(t, 0, 0);
    expect(t.pgdat.stat[STAT_SPURIOUS_RESCHEDS]).toBe(1);
  });

  test('nothing more is said after a panic', () => {
    const t = overflown(0);
    irqEnter(t, 0, 1, false);
    const lines = t.pgdat.printk.length;
    contextOf(t, 0);
    expect(t.pgdat.printk.length).toBe(lines);
  });
});

test('idle tasks of two CPUs have contexts of their own', () => {
  const t = tasksOf({}, { cpus: 2 });
  irqEnter(t, 1, 1, true);
  expect([contextOf(t, 0), contextOf(t, 1)]).toEqual([0, CTX_HARDIRQ]);
  expect([irqsEnabled(t, 0), irqsEnabled(t, 1)]).toEqual([true, false]);
  expect(allocPages(t.pgdat, 0x20, 0, 1, contextOf(t, 1))).not.toBe(NIL);
  checkTasks(t);
});
