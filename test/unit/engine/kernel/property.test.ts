/** Random operations of all of kernel/ on several machines, with every invariant after each. */
import {
  type ARCHES,
  CPU_HARDIRQS,
  CPU_SOFTIRQ,
  CPU_STRIDE,
  checkMachine,
  checkTasks,
  contextOf,
  currentOf,
  enterFunction,
  exitProcess,
  forkProcess,
  irqEnter,
  irqExit,
  kmapAtomicHeld,
  leaveFunction,
  localBhDisable,
  localBhEnable,
  localIrqDisable,
  localIrqEnable,
  type Machine,
  maySleep,
  mightSleep,
  NIL,
  restoreTasks,
  schedule,
  snapshotTasks,
  softirqEnter,
  softirqExit,
  stackHeadroom,
  stackTrace,
  switchTo,
  TASK_CPU,
  TASK_NONE,
  TASK_STATE,
  TASK_STRIDE,
  TASK_ZOMBIE,
  type Tasks,
  takeDead,
  tasksHash,
} from '../../../../src/engine/index.ts';
import { numbers } from '../machines.ts';
import { tasksOf } from './tasksOf.ts';

const CPUS = 2;

/** One operation that the state allows. @param large frames that can overflow a stack */
function step(t: Tasks, next: () => number, large: boolean): void {
  const cpu = next() % t.pgdat.cpus;
  const at = cpu * CPU_STRIDE;
  const inHard = t.cpus[at + CPU_HARDIRQS] > 0;
  const inSoft = t.cpus[at + CPU_SOFTIRQ] > 0;
  const process = next() % 16;
  const state = t.tasks[process * TASK_STRIDE + TASK_STATE];
  switch (next() % 16) {
    case 0:
    case 1:
      enterFunction(t, cpu, next() % 9, next() % (large ? 2500 : 120));
      break;
    case 2:
    case 3:
      if (stackTrace(t, cpu)[0].fn >= 0) leaveFunction(t, cpu);
      break;
    case 4:
    case 5:
      irqEnter(t, cpu, next() % 24, next() % 4 === 0);
      break;
    case 6:
    case 7:
      while (inHard && stackTrace(t, cpu)[0].fn >= 0) leaveFunction(t, cpu);
      if (inHard) irqExit(t, cpu);
      break;
    case 8:
      softirqEnter(t, cpu);
      break;
    case 9:
      if (!inSoft || inHard) break;
      while (stackTrace(t, cpu)[0].fn >= 0) leaveFunction(t, cpu);
      softirqExit(t, cpu);
      break;
    case 10:
      if (state === TASK_NONE) forkProcess(t, process, 1, cpu, contextOf(t, cpu));
      break;
    case 11:
      if (state === TASK_ZOMBIE || (state !== TASK_NONE && t.tasks[process * TASK_STRIDE + TASK_CPU] === NIL))
        exitProcess(t, process, cpu);
      else if (currentOf(t, cpu) !== NIL && !inHard && !inSoft) exitProcess(t, currentOf(t, cpu), cpu);
      break;
    case 12:
      if (inHard || inSoft || !schedule(t, cpu)) break;
      if (state === 1 && t.tasks[process * TASK_STRIDE + TASK_CPU] === NIL) switchTo(t, cpu, process);
      else switchTo(t, cpu, NIL);
      break;
    case 13:
      mightSleep(t, cpu, 1);
      break;
    case 14:
      if (!maySleep(t, cpu)) break;
      kmapAtomicHeld(t, cpu, 1);
      localBhDisable(t, cpu);
      mightSleep(t, cpu, 1);
      localBhEnable(t, cpu);
      kmapAtomicHeld(t, cpu, -1);
      break;
    default:
      if (inHard) break;
      localIrqDisable(t, cpu);
      localIrqEnable(t, cpu);
  }
  takeDead(t);
}

const MACHINES: [string, keyof typeof ARCHES, boolean, number][] = [
  ['i386', 'i386', false, 8192],
  ['i386 with 4 KiB stacks', 'i386', true, 4096],
  ['x86_64', 'x86_64', false, 8192],
  ['sparc64', 'sparc64', false, 16384],
];

test.each(MACHINES)('%s', (_name, arch, irqStacks, threadBytes) => {
  for (const large of [false, true]) {
    for (let seed = 1; seed <= 6; seed++) {
      const t = tasksOf(
        { irqStacks, threadBytes, debugSleep: true, debugOverflow: true },
        { arch, cpus: CPUS },
      );
      const next = numbers(seed * 77 + (large ? 1 : 0));
      for (let i = 0; i < 1500 && !t.panicked; i++) {
        step(t, next, large);
        checkTasks(t);
      }
      if (!large) expect(t.panicked).toBe(false);
      expect(stackHeadroom(t)).toBeLessThan(threadBytes);
      checkMachine(t.pgdat as Machine);
    }
  }
});

test('a restored state goes on as the first time', () => {
  const t = tasksOf({ irqStacks: true, threadBytes: 4096 }, { cpus: CPUS });
  const first = numbers(5);
  for (let i = 0; i < 500; i++) step(t, first, false);
  const saved = snapshotTasks(t);
  const go = () => {
    const next = numbers(9);
    // Without forks and exits: the allocators are not part of this snapshot.
    for (let i = 0; i < 300; i++) {
      if (irqEnter(t, 0, next() % 24, false)) enterFunction(t, 0, 3, next() % 30);
      mightSleep(t, 1, 2);
    }
    return tasksHash(t, 1);
  };
  const hash = go();
  restoreTasks(t, saved);
  expect(go()).toBe(hash);
});
