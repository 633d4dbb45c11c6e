/**
 * The whole machine at once: eight tasks and interrupts on kernel stacks, with slab, vmalloc, kmap, page cache, anonymous
 * memory and reclaim; what the checks cost at each level; a snapshot and its restoring.
 */
import {
  type ChallengePlan,
  type IntDist,
  type StepPlan,
  type TaskPlan,
  USUAL_STARS,
} from '../../contract/plan.ts';
import {
  boot,
  checkMachine,
  checkPages,
  GFP_ATOMIC,
  GFP_HIGHUSER,
  GFP_KERNEL,
  type MachineConfig,
  restore,
  snapshot,
  stateHash,
} from '../../engine/index.ts';
import { compileTape } from '../../workload/compile.ts';
import { TapePlayer } from '../../workload/player.ts';

const constant = (value: number): IntDist => ({ kind: 'constant', value });
const between = (low: number, high: number): IntDist => ({ kind: 'uniform', low, high });
const hold = (low: number, high: number): StepPlan => ({ kind: 'hold', us: between(low, high) });
const work = (us: number): StepPlan => ({ kind: 'work', us: constant(us) });
const skip = { kind: 'skip' } as const;

const FILE_PAGES = 65_536;

const task = (name: string, meanGapUs: number, run: StepPlan[], more: Partial<TaskPlan> = {}): TaskPlan => ({
  name,
  context: 'process',
  realtime: false,
  memalloc: false,
  owner: 'kernel',
  cpu: -1,
  count: 1,
  fromUs: 0,
  untilUs: Number.MAX_SAFE_INTEGER,
  arrive: { kind: 'poisson', meanGapUs },
  run,
  ...more,
});

/** A PC with high memory that is short of it, two CPUs. */
export function wholeMachine(ramPages: number): MachineConfig {
  return {
    arch: 'i386',
    ramPages,
    cpus: 2,
    boot: 'real',
    bootmapPfn: 0x400,
    reserve: [
      [0, 1],
      [0xa0, 0x460],
    ],
    minFreeKbytes: -1,
    lowerZoneProtection: 0,
    slab: true,
    stacks: { threadBytes: 8192, irqStacks: false },
    vm: {
      diskBytesPerSecond: 60e6,
      diskSeekUs: 500,
      diskRequests: 128,
      swapPages: 131_072,
      swappiness: 60,
      dirtyRatio: 40,
      dirtyBackgroundRatio: 10,
      dirtyWritebackCentisecs: 500,
      dirtyExpireCentisecs: 3000,
      pageCluster: 3,
      filePages: [FILE_PAGES],
    },
  };
}

const kmalloc = (as: string, bytes: IntDist, gfp: number): StepPlan => ({
  kind: 'kmalloc',
  as,
  bytes,
  gfp,
  onFail: skip,
});
const kfree = (name: string): StepPlan => ({ kind: 'kfree', name });
const alloc = (as: string, order: number, gfp: number): StepPlan => ({
  kind: 'alloc',
  call: 'alloc_pages',
  as,
  order: constant(order),
  gfp,
  onFail: skip,
});
const free = (name: string): StepPlan => ({ kind: 'free', call: '__free_pages', name, cold: false });
const call = (fn: number, frameBytes: number, run: StepPlan[]): StepPlan => ({
  kind: 'call',
  function: fn,
  frameBytes: constant(frameBytes),
  run,
});

const turns = (times: number, run: StepPlan[]): StepPlan => ({ kind: 'repeat', times: constant(times), run });
const connect: StepPlan = { kind: 'cache_alloc', as: 'c', cache: 0, gfp: GFP_KERNEL, onFail: skip };
const touch: StepPlan = {
  kind: 'touch_object',
  name: 'c',
  offset: constant(0),
  bytes: constant(64),
  write: true,
};
const read: StepPlan = {
  kind: 'read',
  file: 0,
  pages: between(1, 4),
  at: { kind: 'drawn', page: { kind: 'exponential', mean: 2000 } },
};
const dirty: StepPlan = {
  kind: 'touch_area',
  name: 'heap',
  pages: constant(40),
  at: { kind: 'drawn', page: between(0, 8000) },
  write: true,
};

/** Eight tasks, of them a device's interrupt and its softirq. */
export function wholePlan(ramPages: number, lengthUs: number): ChallengePlan {
  const tasks = [
    task('kmalloc', 4000, [
      turns(12, [kmalloc('k', between(20, 4000), GFP_KERNEL)]),
      hold(500, 3000),
      kfree('k'),
    ]),
    task('conn', 4000, [
      turns(10, [connect, touch]),
      hold(100, 3000),
      { kind: 'cache_free', name: 'c', cache: 0 },
    ]),
    task('pages', 3000, [
      turns(8, [alloc('p', 0, GFP_KERNEL), alloc('q', 2, GFP_KERNEL)]),
      hold(300, 2000),
      free('p'),
      free('q'),
    ]),
    task('reader', 2500, [call(0, 120, [call(1, 300, [turns(8, [read])])])]),
    task(
      'app',
      150_000,
      [
        { kind: 'mmap', as: 'heap', pages: constant(8192) },
        turns(100, [dirty, hold(500, 1500)]),
        { kind: 'munmap', name: 'heap' },
      ],
      { process: { fork: 'run', nice: 0, root: false } },
    ),
    task('mapper', 1500, [
      alloc('h', 0, GFP_HIGHUSER),
      { kind: 'kmap', name: 'h', page: 0 },
      work(3),
      { kind: 'kunmap', name: 'h', page: 0 },
      hold(100, 500),
      free('h'),
    ]),
    task(
      'nic',
      300,
      [call(2, 180, [turns(3, [kmalloc('skb', constant(1600), GFP_ATOMIC)]), work(1)]), kfree('skb')],
      {
        context: 'hardirq',
        interrupt: { irq: 11, noNesting: false },
      },
    ),
    task('net_rx', 500, [call(3, 400, [kmalloc('b', constant(200), GFP_ATOMIC), work(2), kfree('b')])], {
      context: 'softirq',
    }),
  ];
  return {
    id: 'bench/machine',
    title: '',
    story: '',
    machine: wholeMachine(ramPages),
    workload: {
      lengthUs,
      tasks,
      named: {
        caches: [
          { name: 'conn', size: 320, offset: 0, flags: 0x2000, constructor: false, entries: 0, seeks: 2 },
        ],
        files: [{ name: 'db', pages: FILE_PAGES }],
        locks: [],
        functions: ['sys_read', 'do_generic_mapping_read', 'nic_interrupt', 'net_rx_action'],
      },
    },
    goals: [],
    score: [],
    stars: USUAL_STARS,
    form: 'code',
    policy: { hooks: [], onFault: 'linux', fuelPerCall: 0, fuelPerRun: 0, memoryBytes: 0 },
    seeds: [1],
    hints: [],
    explanation: '',
    reference: '',
    naive: '',
  };
}

export interface MachineFigures {
  rows: number;
  /** Rows a second: nothing checked; the page allocator after every 1000th row; everything after every 10,000th. */
  perSecond: { off: number; pages: number; all: number };
  /** Milliseconds for one snapshot and one restoring of a 1 GiB machine in the middle of the run. */
  snapshotMs: number;
  restoreMs: number;
  hash: string;
}

const now = () => Number(process.hrtime.bigint()) / 1e6;

/** @param lengthUs simulated time */
export function benchMachine(lengthUs: number): MachineFigures {
  const plan = wholePlan(32_768, lengthUs);
  const tape = compileTape(plan, 1);
  const play = (every: number, check: ((m: TapePlayer['machine']) => void) | null) => {
    const player = new TapePlayer(plan, boot(plan.machine), tape);
    const start = now();
    for (let op = every; op < tape.nrOps; op += every) {
      player.playUntil(op);
      if (check !== null) check(player.machine);
    }
    player.playUntil(tape.nrOps);
    return { rate: (tape.nrOps / (now() - start)) * 1000, player };
  };
  let off = 0;
  let hash = '';
  for (let round = 0; round < 3; round++) {
    const { rate, player } = play(tape.nrOps, null);
    off = Math.max(off, rate);
    hash = stateHash(player.machine);
  }
  const pages = play(1000, checkPages).rate;
  const all = play(10_000, checkMachine).rate;
  return { rows: tape.nrOps, perSecond: { off, pages, all }, ...snapshotTimes(), hash };
}

function snapshotTimes(): { snapshotMs: number; restoreMs: number } {
  const plan = wholePlan(262_144, 1_000_000);
  const tape = compileTape(plan, 1);
  const player = new TapePlayer(plan, boot(plan.machine), tape);
  player.playUntil(tape.nrOps >> 1);
  let snapshotMs = Number.POSITIVE_INFINITY;
  let restoreMs = Number.POSITIVE_INFINITY;
  for (let round = 0; round < 12; round++) {
    let start = now();
    const saved = snapshot(player.machine);
    snapshotMs = Math.min(snapshotMs, now() - start);
    start = now();
    restore(player.machine, saved);
    restoreMs = Math.min(restoreMs, now() - start);
  }
  return { snapshotMs, restoreMs };
}
