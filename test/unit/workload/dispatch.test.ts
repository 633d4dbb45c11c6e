import type { StepPlan, TaskPlan } from '../../../src/contract/plan.ts';
import {
  boot,
  checkMachine,
  GFP_ATOMIC,
  getFreePages,
  LOG_SCHED_ATOMIC,
  LOG_SLEEP_INVALID,
  LOG_VM_KILL,
  type MachineConfig,
  maxStack,
  restore,
  STAT_CACHE_HITS,
  STAT_CACHE_MISSES,
  STAT_FORK_FAILURES,
  STAT_FORKS,
  STAT_OOPSES,
  snapshot,
  stackHeadroom,
  stateHash,
  ZONE_FREE,
} from '../../../src/engine/index.ts';
import { compileTape } from '../../../src/workload/compile.ts';
import { TapePlayer } from '../../../src/workload/player.ts';
import { alloc, at, constant, free, hold, plan, repeat, task } from './plans.ts';

const STACKS = { threadBytes: 8192, irqStacks: false };
const DEBUG = { slab: false, spinlockSleep: true, stackOverflow: false };

const work = (us: number): StepPlan => ({ kind: 'work', us: constant(us) });
const call = (frameBytes: number, ...run: StepPlan[]): StepPlan => ({
  kind: 'call',
  function: 0,
  frameBytes: constant(frameBytes),
  run,
});
const irqsOff = (...run: StepPlan[]): StepPlan => ({ kind: 'local_irq_disable', run });
const locked = (...run: StepPlan[]): StepPlan => ({ kind: 'spin_lock', lock: 0, run });
const irq = (name: string, us: number, run: StepPlan[], line = 5, noNesting = false): TaskPlan =>
  task(name, at(us), run, { context: 'hardirq', interrupt: { irq: line, noNesting } });

function load(tasks: TaskPlan[], machine: Partial<MachineConfig> = {}, lengthUs = 10_000_000): TapePlayer {
  const p = plan(tasks, { lengthUs });
  Object.assign(p.machine, { ramPages: 8192, slab: true, stacks: STACKS, debug: DEBUG }, machine);
  p.workload.named = { caches: [], files: [], locks: ['lock'], functions: ['f'] };
  return new TapePlayer(p, boot(p.machine), compileTape(p, 1));
}

function play(tasks: TaskPlan[], machine: Partial<MachineConfig> = {}, lengthUs?: number): TapePlayer {
  const player = load(tasks, machine, lengthUs);
  while (player.op < player.tape.nrOps) {
    player.playUntil(player.op + 1);
    checkMachine(player.machine);
  }
  player.finish();
  checkMachine(player.machine);
  return player;
}

const waits = (player: TapePlayer) => Array.from(player.tally.cpuWaitUs);
const printed = (player: TapePlayer) => {
  const { printk } = player.machine;
  return Array.from(printk.kind.subarray(0, printk.length));
};

test('one process at a time has a CPU, from one sleep to the next', () => {
  const player = play([
    task('a', at(10), [work(10_000), hold(5000), work(1000)]),
    task('b', at(10), [work(7000)]),
    task('c', at(1010), [work(500)]),
  ]);
  // b after a's first work, c after b's; a is back from its sleep at 15,010 and waits until c is through.
  expect(waits(player)).toEqual([2500, 10_000, 16_000]);
  expect(Array.from(player.tally.runsDone)).toEqual([1, 1, 1]);
});

test('a daemon takes its runs one after the other, and a real-time task goes before others', () => {
  const player = play([
    task('daemon', at(10, 1000, 2000), [work(5000)]),
    task('other', at(100), [work(1000)]),
    task('rt', at(200), [work(1000)], { realtime: true }),
  ]);
  expect(player.tally.cpuWaitUs[2]).toBe(4810);
  expect(player.tally.cpuWaitUs[1]).toBe(5910);
  expect(player.tally.runsDone[0]).toBe(3);
});

test('waiting for the run before is no waiting for a CPU', () => {
  const player = play([
    task('daemon', at(10, 1000, 2000), [work(5000)]),
    task('other', at(100), [work(1000)]),
  ]);
  // The second has its turn at 5,010 and the CPU, after other, at 6,010; the third has both at 11,010.
  expect(player.tally.queueWaitUs[0]).toBe(4010 + 9010);
  expect(player.tally.cpuWaitUs[0]).toBe(1000);
  expect(player.tally.queueWaitUs[1]).toBe(0);
  expect(player.tally.cpuWaitUs[1]).toBe(4910);
});

test('an interrupt takes the CPU from whoever has it, and gives it back', () => {
  const player = play([
    task('busy', at(10), [work(10_000)]),
    task('next', at(1010), [work(1)]),
    irq('nic', 5000, [work(2000)]),
  ]);
  expect(waits(player)).toEqual([0, 11_000, 0]);
  expect(player.tally.irqLatencyUs[2]).toBe(0);
});

test('interrupts wait while they are disabled', () => {
  const player = play([task('busy', at(0), [irqsOff(work(10_000)), work(10)]), irq('nic', 3000, [work(20)])]);
  expect(player.tally.irqLatencyUs[1]).toBe(7000);
});

test('handlers nest on each other, unless they forbid it or are of the same line', () => {
  const nested = play([irq('a', 0, [call(300, work(4000))], 5), irq('b', 1000, [call(200, work(10))], 6)]);
  expect(nested.tally.irqLatencyUs[1]).toBe(0);
  expect(maxStack(nested.machine.tasks!).filter(entry => entry.fn === 0)).toHaveLength(2);
  const forbidden = play([irq('a', 0, [work(4000)], 5, true), irq('b', 1000, [work(10)], 6)]);
  expect(forbidden.tally.irqLatencyUs[1]).toBe(3000);
  const same = play([irq('a', 0, [work(4000)], 5), irq('b', 1000, [work(10)], 5)]);
  expect(same.tally.irqLatencyUs[1]).toBe(3000);
});

test('a softirq runs when the last hard interrupt is over', () => {
  const player = play([
    irq('nic', 10, [work(4000)]),
    task('net_rx', at(1000), [work(100)], { context: 'softirq' }),
    task('user', at(50), [work(10)]),
  ]);
  expect(player.tally.irqLatencyUs[1]).toBe(3010);
  expect(player.tally.cpuWaitUs[2]).toBe(4060);
});

test('a run that forks has a process of its own while it runs', () => {
  const player = play([
    task('cgi', { kind: 'every', gapUs: 1000, jitterUs: 0 }, [hold(3500)], {
      process: { fork: 'run', nice: 0, root: false },
      untilUs: 100_000,
    }),
  ]);
  expect(player.machine.stat[STAT_FORKS]).toBe(100);
  expect(player.tally.runsDone[0]).toBe(100);
  expect(player.machine.tasks!.nrProcesses).toBeLessThan(64);
});

test('without a block of order 1 nobody forks, and the run never happens', () => {
  const player = load([
    task('cgi', at(1000, 2000), [alloc('x'), hold(10), free('x')], {
      process: { fork: 'run', nice: 0, root: false },
    }),
  ]);
  const { machine } = player;
  while (getFreePages(machine, GFP_ATOMIC, 1, 0, 0) !== 0);
  player.playUntil(player.tape.nrOps);
  player.finish();
  expect(machine.stat[STAT_FORK_FAILURES]).toBeGreaterThan(0);
  expect(player.tally.forkFailures[0]).toBe(2);
  expect(player.tally.served[0]).toBe(0);
  expect(player.incidents.order[0]).toBe(1);
});

test('a chain that is too deep overwrites thread_info, and the process ends when somebody looks', () => {
  const deep = (n: number): StepPlan => (n === 0 ? work(10) : call(1000, deep(n - 1)));
  const player = play([task('deep', at(100, 5000), [alloc('x'), deep(9), hold(10), free('x')])]);
  expect(stackHeadroom(player.machine.tasks!)).toBeLessThan(0);
  expect(player.machine.stat[STAT_OOPSES]).toBe(1);
  // The second run finds no process, and what the first held is lost.
  expect(player.tally.usedPages[0] + player.tally.usedPages[1]).toBe(1);
  expect(player.tally.runsDone[0]).toBe(0);
});

test('an Oops in an interrupt stops the machine', () => {
  const deep = (n: number, inside: StepPlan): StepPlan =>
    n === 0 ? inside : call(1000, deep(n - 1, inside));
  const player = play([
    task('busy', at(100), [deep(7, work(1000))]),
    irq('nic', 500, [deep(2, work(10)), alloc('x', 0, { gfp: GFP_ATOMIC })]),
    task('later', at(5000), [alloc('y')]),
  ]);
  expect(player.halted).toBe(true);
  expect(player.tally.asked[2 * 12]).toBe(0);
});

test('sleeping under a spin lock or in an interrupt is reported, and in an interrupt nothing waits', () => {
  const player = play([
    task('careless', at(0), [locked(alloc('x'), hold(1000)), free('x')]),
    irq('nic', 5000, [alloc('y'), free('y')]),
  ]);
  expect(printed(player)).toContain(LOG_SLEEP_INVALID);
  expect(printed(player).filter(kind => kind === LOG_SCHED_ATOMIC)).toHaveLength(0);
  expect(player.tally.runsDone).toEqual(Float64Array.of(1, 1));
});

test('a lock that another CPU holds is waited for, busily', () => {
  const player = play(
    [
      task('a', at(0), [locked(work(1000))], { cpu: 0 }),
      task('b', at(200), [locked(work(500)), work(10)], { cpu: 1 }),
      task('c', at(300), [work(5)], { cpu: 1 }),
    ],
    { cpus: 2 },
  );
  expect(waits(player)).toEqual([0, 800, 1210]);
});

test('a run can be taken up again from any moment', () => {
  const tasks = [
    task('a', { kind: 'poisson', meanGapUs: 700 }, [alloc('x', 1), work(300), hold(900), free('x')], {
      count: 3,
      untilUs: 90_000,
    }),
    task('cgi', { kind: 'poisson', meanGapUs: 900 }, [call(400, work(100), hold(500))], {
      process: { fork: 'run', nice: 0, root: false },
      untilUs: 90_000,
    }),
    task(
      'nic',
      { kind: 'poisson', meanGapUs: 400 },
      [call(200, work(50)), repeat(2, alloc('s', 0, { gfp: GFP_ATOMIC }))],
      {
        context: 'hardirq',
        interrupt: { irq: 5, noNesting: false },
        untilUs: 90_000,
      },
    ),
    task('rx', { kind: 'poisson', meanGapUs: 500 }, [work(80)], { context: 'softirq', untilUs: 90_000 }),
  ];
  const straight = play(tasks, { cpus: 2 }, 200_000);
  const player = load(tasks, { cpus: 2 }, 200_000);
  const marks: { machine: ReturnType<typeof snapshot>; player: ReturnType<TapePlayer['snapshot']> }[] = [];
  for (let op = 0; op < player.tape.nrOps; op += 97) {
    player.playUntil(op);
    marks.push({ machine: snapshot(player.machine), player: player.snapshot() });
  }
  for (const mark of marks.reverse()) {
    restore(player.machine, mark.machine);
    player.restore(mark.player);
    player.playUntil(player.tape.nrOps);
    player.finish();
    expect(stateHash(player.machine)).toBe(stateHash(straight.machine));
    expect(player.tally.column).toEqual(straight.tally.column);
  }
});

test('an interrupt whose line is busy on another CPU waits for that one, and others pass it', () => {
  const player = play(
    [
      { ...irq('a', 0, [work(4000)], 5), cpu: 0 },
      { ...irq('b', 1000, [work(10)], 5), cpu: 1 },
      { ...irq('c', 2000, [work(10)], 6), cpu: 1 },
      task('busy', at(500), [irqsOff(work(2000)), work(5000)], { cpu: 1 }),
    ],
    { cpus: 2 },
  );
  // c waits until its CPU enables interrupts at 2500, b for the handler on CPU 0.
  expect(Array.from(player.tally.irqLatencyUs)).toEqual([0, 3000, 500, 0]);
  expect(Array.from(player.tally.runsDone)).toEqual([1, 1, 1, 1]);
});

test('interrupts that were disabled by who goes to sleep come in then', () => {
  const player = play([
    task('a', at(0), [irqsOff(work(1000), hold(5000))]),
    irq('nic', 500, [work(10)]),
    task('rx', at(600), [work(10)], { context: 'softirq' }),
  ]);
  expect(Array.from(player.tally.irqLatencyUs)).toEqual([0, 500, 410]);
});

test('whoever is interrupted between two steps keeps its CPU', () => {
  const player = play([
    irq('nic', 1010, [work(300)]),
    task('a', at(10), [work(1000), work(1000)]),
    task('b', at(20), [work(100)]),
  ]);
  expect(waits(player)).toEqual([0, 300, 2290]);
});

test('asking again from a timer takes no CPU with it', () => {
  const retry = { kind: 'retry', gapUs: 1000, times: 3 } as const;
  const big = { gfp: GFP_ATOMIC, onFail: retry };
  const player = play([
    task('a', at(1000), [
      alloc('x', 10, { ...big, onFail: { kind: 'skip' } }),
      alloc('y', 11, big),
      hold(9000),
      free('y'),
    ]),
    task('b', at(2500), [work(100)]),
    irq('nic', 1500, [alloc('z', 11, big), hold(5000), free('z')]),
  ]);
  expect(waits(player)).toEqual([0, 0, 0]);
  expect(Array.from(player.tally.runsDone)).toEqual([1, 1, 1]);
  expect(player.tally.failures[11] + player.tally.failures[2 * 12 + 11]).toBe(8);
});

const VM: MachineConfig['vm'] = {
  diskBytesPerSecond: 20e6,
  diskSeekUs: 3000,
  diskRequests: 64,
  swapPages: 0,
  swappiness: 60,
  dirtyRatio: 40,
  dirtyBackgroundRatio: 10,
  dirtyWritebackCentisecs: 500,
  dirtyExpireCentisecs: 3000,
  pageCluster: 3,
  filePages: [64],
};
const heap = (pages: number, as = 'heap'): StepPlan => ({ kind: 'mmap', as, pages: constant(pages) });
const dirty = (pages: number, name = 'heap'): StepPlan => ({
  kind: 'touch_area',
  name,
  pages: constant(pages),
  at: { kind: 'sequential' },
  write: true,
});
const unmap: StepPlan = { kind: 'munmap', name: 'heap' };

test('a fault that finds no memory kills its process', () => {
  const player = play(
    [
      task(
        'big',
        at(10, 500_000),
        [heap(2500, 'one'), heap(2500), dirty(2500, 'one'), dirty(2500), hold(1000), unmap],
        { memalloc: true },
      ),
      task('small', at(900_000), [heap(100), dirty(100), unmap]),
    ],
    { vm: VM, ramPages: 4096 },
  );
  const { printk } = player.machine;
  expect(printed(player)).toContain(LOG_VM_KILL);
  expect(printk.args[4 * printed(player).indexOf(LOG_VM_KILL)]).toBe(0);
  expect(player.tally.accessFailures[0]).toBe(1);
  // Its memory came back at once, and it takes no second run.
  expect(player.tally.runsDone).toEqual(Float64Array.of(1, 1));
  expect(player.machine.zone[ZONE_FREE]).toBeGreaterThan(3500);
});

test('anonymous memory and files go through the data cache', () => {
  const used = (vm: Partial<MachineConfig>) => {
    const player = play([task('a', at(10), [heap(8), dirty(8), dirty(8), read, read, unmap])], {
      vm: VM,
      ...vm,
    });
    const { stat } = player.machine;
    return [stat[STAT_CACHE_HITS], stat[STAT_CACHE_MISSES]];
  };
  const read: StepPlan = {
    kind: 'read',
    file: 0,
    pages: constant(4),
    at: { kind: 'drawn', page: constant(0) },
  };
  expect(used({})).toEqual([0, 0]);
  const [hits, misses] = used({ dataCache: { bytes: 1 << 20, lineBytes: 32, ways: 4 } });
  const [fewer] = used({ dataCache: { bytes: 128, lineBytes: 32, ways: 4 } });
  // Eight pages cleared are touched twice, four pages from the disk are read twice.
  expect(hits).toBeGreaterThanOrEqual(8 + 8 + 4);
  expect(misses).toBeGreaterThanOrEqual(8 * 128 + 4);
  expect(fewer).toBeLessThan(hits);
});

test('a daemon whose run is over asks no more, and takes its next run', () => {
  const onFail = { kind: 'retry', gapUs: 1000, times: 50 } as const;
  const player = play([task('a', at(1000, 6000), [alloc('x', 11, { onFail }), hold(2500)])]);
  expect(player.tally.failures[11]).toBe(6);
  expect(player.tally.runsDone[0]).toBe(2);
});

test('the next run of a CPU has it before it goes on, and a daemon may go on elsewhere', () => {
  const daemon = task('d', at(10, 2000), [work(1000)]);
  const player = play(
    [
      { ...daemon, cpu: -1, count: 6 },
      task('e', at(500, 1500), [work(800)], { cpu: -1, count: 4 }),
      irq('nic', 1010, [work(700)]),
      irq('disk', 1810, [work(700)], 6),
    ],
    { cpus: 2 },
  );
  expect(Array.from(player.tally.runsDone)).toEqual([12, 8, 1, 1]);
});

/** Ten functions, the last of them on top of thread_info; what they leave in preempt_count depends on their size. */
const overflowing = (frame: number, n = 9): StepPlan =>
  n === 0 ? work(10) : call(frame, overflowing(frame, n - 1));

test('an Oops that only its exit shows ends a process once, and its number serves again', () => {
  const forks = { process: { fork: 'run' as const, nice: 0, root: false } };
  const player = play([
    task('cgi', at(100, 200, 300, 400, 500, 600), [overflowing(1016)], forks),
    task('sane', at(150, 250, 350, 450, 550, 650), [work(5)], forks),
  ]);
  expect(player.machine.stat[STAT_OOPSES]).toBe(6);
  expect(player.machine.stat[STAT_FORKS]).toBe(12);
  expect(player.halted).toBe(false);
});

test('an exit that takes the kernel with it stops the machine', () => {
  const forks = { process: { fork: 'run' as const, nice: 0, root: false } };
  const player = play([task('cgi', at(100, 200, 300), [overflowing(1000)], forks)]);
  expect(player.halted).toBe(true);
  expect(player.machine.stat[STAT_FORKS]).toBe(1);
});

test('a daemon that overflowed is found out when it waits for its next run', () => {
  const player = play([task('deep', at(100, 5000), [overflowing(1016)])]);
  expect(player.machine.stat[STAT_OOPSES]).toBe(1);
  expect(player.tally.runsDone[0]).toBe(0);
});

test('who still waits at the end is charged until then', () => {
  const player = play(
    [task('busy', at(10), [work(1_000_000)]), task('next', at(10), [work(10)])],
    {},
    500_010,
  );
  expect(waits(player)).toEqual([0, 500_000]);
});
