/** Random workloads over every subsystem at once, on small machines where everything is short. */
import {
  type ChallengePlan,
  type IntDist,
  type PlacePlan,
  type StepPlan,
  type TaskContext,
  type TaskPlan,
  USUAL_STARS,
} from '../../src/contract/plan.ts';
import {
  GFP_ATOMIC,
  GFP_DMA,
  GFP_HIGHUSER,
  GFP_KERNEL,
  GFP_NOFS,
  GFP_NOIO,
  type MachineConfig,
  SLAB_HWCACHE_ALIGN,
  SLAB_RECLAIM_ACCOUNT,
} from '../../src/engine/index.ts';
import { Stream } from '../../src/workload/stream.ts';

const constant = (value: number): IntDist => ({ kind: 'constant', value });
const between = (low: number, high: number): IntDist => ({ kind: 'uniform', low, high });

/** A kill needs as many seconds of failing as a whole run of the others does not last. */
const LONG_US = 60_000_000;

const MACHINES: Partial<MachineConfig>[] = [
  { ramPages: 1500, cpus: 1 },
  { ramPages: 2048, cpus: 1 },
  { ramPages: 4096, cpus: 2 },
  { ramPages: 3072, cpus: 1, stacks: { threadBytes: 4096, irqStacks: true } },
  // Memory above 8 MiB is high memory.
  { ramPages: 5120, cpus: 2, lowPages: 4096 },
  { arch: 'x86_64', ramPages: 4096, cpus: 2 },
];

export interface Whole {
  plan: ChallengePlan;
  /** Steps that misuse memory on purpose are among them. */
  careless: boolean;
}

/** A workload that only `seed` decides. */
export function wholeWorkload(seed: number): Whole {
  const stream = new Stream(`whole/${seed}`);
  const careless = stream.below(3) === 0;
  const machine: MachineConfig = {
    arch: 'i386',
    ramPages: 4096,
    cpus: 1,
    boot: 'flat',
    bootmapPfn: 0,
    reserve: [],
    minFreeKbytes: stream.below(2) === 0 ? -1 : 256,
    lowerZoneProtection: stream.below(3) === 0 ? 10 : 0,
    slab: true,
    stacks: { threadBytes: 8192, irqStacks: false },
    debug: { slab: stream.below(2) === 0, spinlockSleep: true, stackOverflow: true },
    vm: {
      diskBytesPerSecond: 20e6,
      diskSeekUs: 3000,
      diskRequests: 16 + stream.below(120),
      swapPages: [0, 512, 8192][stream.below(3)],
      swappiness: [0, 60, 100][stream.below(3)],
      dirtyRatio: 40,
      dirtyBackgroundRatio: 10,
      dirtyWritebackCentisecs: 50,
      dirtyExpireCentisecs: 100,
      pageCluster: stream.below(4),
      filePages: [4096, 700],
    },
    ...(stream.below(3) === 0 ? { dataCache: { bytes: 8192, lineBytes: 32, ways: 4 } } : {}),
    ...MACHINES[stream.below(MACHINES.length)],
  };
  const writer = new Writer(stream, machine, careless);
  const tasks: TaskPlan[] = [];
  const nrTasks = 3 + stream.below(6);
  for (let i = 0; i < nrTasks; i++) tasks.push(writer.task(`t${i}`));
  return {
    careless,
    plan: {
      id: 'property/whole',
      title: '',
      story: '',
      machine,
      workload: {
        lengthUs: 4_000_000,
        tasks,
        named: {
          caches: [
            {
              name: 'conn',
              size: 320,
              offset: 0,
              flags: SLAB_HWCACHE_ALIGN,
              constructor: true,
              entries: 0,
              seeks: 2,
            },
            {
              name: 'dentry',
              size: 160,
              offset: 0,
              flags: SLAB_RECLAIM_ACCOUNT,
              constructor: false,
              entries: 9000,
              seeks: 2,
            },
          ],
          files: [
            { name: 'db', pages: 4096 },
            { name: 'log', pages: 700 },
          ],
          locks: ['a', 'b'],
          functions: ['f', 'g', 'h'],
        },
      },
      goals: [],
      score: [],
      stars: USUAL_STARS,
      form: 'code',
      policy: { hooks: [], onFault: 'linux', fuelPerCall: 0, fuelPerRun: 0, memoryBytes: 0 },
      seeds: [seed],
      hints: [],
      explanation: '',
      reference: '',
      naive: '',
    },
  };
}

/**
 * Processes that want more than there is, for a minute. Without swap one has to go; with it they go through their memory
 * three times.
 */
export function hungryWorkload(swapPages: number): ChallengePlan {
  const { plan } = wholeWorkload(1);
  const daemon = (name: string, count: number, meanGapUs: number, run: StepPlan[]): TaskPlan => ({
    name,
    context: 'process',
    realtime: false,
    memalloc: false,
    owner: 'user',
    cpu: 0,
    count,
    fromUs: 0,
    untilUs: LONG_US,
    arrive: { kind: 'every', gapUs: meanGapUs, jitterUs: 0 },
    run,
    process: { fork: 'copy', nice: 0, root: false },
  });
  const area = (as: string, pages: number, hold: IntDist): StepPlan[] => [
    { kind: 'mmap', as, pages: constant(pages) },
    {
      kind: 'repeat',
      times: constant((pages / 20) * (swapPages === 0 ? 1 : 3)),
      run: [
        { kind: 'touch_area', name: as, pages: constant(20), at: { kind: 'sequential' }, write: true },
        { kind: 'hold', us: constant(20_000) },
      ],
    },
    { kind: 'hold', us: hold },
    { kind: 'munmap', name: as },
  ];
  return {
    ...plan,
    machine: {
      ...plan.machine,
      arch: 'i386',
      ramPages: 2048,
      cpus: 1,
      vm: { ...plan.machine.vm!, swapPages },
    },
    workload: {
      ...plan.workload,
      lengthUs: LONG_US,
      tasks: [
        daemon('small', 3, 500_000, area('work', 40, constant(100_000))),
        daemon('large', 2, LONG_US, area('heap', 700, constant(LONG_US))),
        daemon('larger', 1, LONG_US, area('heap', 900, constant(LONG_US))),
      ],
    },
  };
}

/** Writes runs whose blocks, objects, areas and mappings are used and given back in order. */
class Writer {
  private readonly stream: Stream;
  private readonly machine: MachineConfig;
  private readonly careless: boolean;
  private names = 0;

  constructor(stream: Stream, machine: MachineConfig, careless: boolean) {
    this.stream = stream;
    this.machine = machine;
    this.careless = careless;
  }

  task(name: string): TaskPlan {
    const { stream } = this;
    const context = (['process', 'process', 'process', 'hardirq', 'softirq'] as TaskContext[])[
      stream.below(5)
    ];
    const meanGapUs = context === 'process' ? 5000 + stream.below(100_000) : 5000 + stream.below(50_000);
    return {
      name,
      context,
      realtime: stream.below(8) === 0,
      memalloc: false,
      owner: 'kernel',
      cpu: stream.below(3) === 0 ? 0 : -1,
      count: context === 'process' ? 1 + stream.below(3) : 1,
      fromUs: stream.below(4) === 0 ? 300_000 : 0,
      untilUs: 4_000_000,
      arrive: { kind: 'poisson', meanGapUs },
      run: this.steps(context, 2 + stream.below(5), 0),
      ...(context === 'process'
        ? {
            process: {
              fork: stream.below(3) === 0 ? ('run' as const) : ('copy' as const),
              nice: 0,
              root: stream.below(4) === 0,
            },
          }
        : {}),
      ...(context === 'hardirq'
        ? { interrupt: { irq: stream.below(12), noNesting: stream.below(3) === 0 } }
        : {}),
    };
  }

  private gfp(context: TaskContext): number {
    if (context !== 'process' && !(this.careless && this.stream.below(20) === 0)) return GFP_ATOMIC;
    return [GFP_KERNEL, GFP_KERNEL, GFP_NOFS, GFP_NOIO, GFP_ATOMIC][this.stream.below(5)];
  }

  private steps(context: TaskContext, count: number, depth: number): StepPlan[] {
    const run: StepPlan[] = [];
    for (let i = 0; i < count; i++) run.push(...this.some(context, depth));
    return run;
  }

  /** Something taken, used, and given back unless it is forgotten. */
  private some(context: TaskContext, depth: number): StepPlan[] {
    const { stream } = this;
    const name = `n${this.names++}`;
    const skip = { kind: 'skip' } as const;
    const between_ = (): StepPlan[] => (stream.below(2) === 0 ? this.pause(context, depth) : []);
    const forget = stream.below(40) === 0;
    const again: StepPlan[] = [];
    const process = context === 'process' && depth === 0;
    switch (stream.below(process ? 12 : 5)) {
      case 0: {
        const order = stream.below(4) === 0 ? stream.below(5) : 0;
        const gfp = this.gfp(context) | (stream.below(10) === 0 ? GFP_DMA : 0);
        if (this.careless && stream.below(6) === 0)
          again.push({ kind: 'free', call: '__free_pages', name, cold: false, again: true });
        if (this.careless && stream.below(8) === 0)
          again.push({ kind: 'free', call: '__free_pages', name, cold: false, wrongOrder: stream.below(3) });
        return [
          { kind: 'alloc', call: 'alloc_pages', as: name, order: constant(order), gfp, onFail: skip },
          ...between_(),
          ...(forget
            ? []
            : [{ kind: 'free', call: '__free_pages', name, cold: stream.below(3) === 0 } as const, ...again]),
        ];
      }
      case 1:
      case 2: {
        if (this.careless && stream.below(4) === 0) again.push({ kind: 'kfree', name, again: true });
        if (this.careless && stream.below(4) === 0)
          again.push({
            kind: 'touch_object',
            name,
            offset: constant(0),
            bytes: constant(16),
            write: stream.below(2) === 0,
            again: true,
          });
        return [
          {
            kind: 'kmalloc',
            as: name,
            bytes: between(1, stream.below(6) === 0 ? 60_000 : 3000),
            gfp: this.gfp(context),
            onFail: skip,
          },
          {
            kind: 'touch_object',
            name,
            offset: constant(0),
            bytes: constant(this.careless ? 4000 : 1),
            write: true,
          },
          ...between_(),
          ...(forget ? [] : [{ kind: 'kfree', name } as const, ...again]),
        ];
      }
      case 3:
        return [
          { kind: 'cache_alloc', as: name, cache: 0, gfp: this.gfp(context), onFail: skip },
          ...between_(),
          ...(forget ? [] : [{ kind: 'cache_free', name, cache: 0 } as const]),
        ];
      case 4:
        return [this.around(context, depth)];
      case 5: {
        if (this.machine.arch !== 'i386') return this.pause(context, depth);
        if (this.careless && stream.below(3) === 0) again.push({ kind: 'vfree', name, again: true });
        return [
          { kind: 'vmalloc', as: name, pages: between(1, 60), onFail: skip },
          ...between_(),
          { kind: 'vfree', name },
          ...again,
        ];
      }
      case 6: {
        if (this.machine.arch !== 'i386') return this.pause(context, depth);
        const atomic = stream.below(2) === 0;
        const type = 3 + stream.below(2);
        return [
          {
            kind: 'alloc',
            call: 'alloc_pages',
            as: name,
            order: constant(0),
            gfp: GFP_HIGHUSER,
            onFail: skip,
          },
          atomic ? { kind: 'kmap_atomic', name, page: 0, type } : { kind: 'kmap', name, page: 0 },
          { kind: 'work', us: between(1, 50) },
          atomic ? { kind: 'kunmap_atomic', name, page: 0, type } : { kind: 'kunmap', name, page: 0 },
          { kind: 'free', call: '__free_pages', name, cold: false },
        ];
      }
      case 7:
      case 8: {
        const file = stream.below(2);
        const kind = stream.below(3) === 0 ? 'write' : 'read';
        const run: StepPlan[] = [
          { kind, file, pages: between(1, 40), at: this.place(file === 0 ? 4000 : 600) },
        ];
        if (stream.below(12) === 0) run.push({ kind: 'fsync', file });
        return run;
      }
      case 9:
      case 10: {
        const pages = 50 + stream.below(this.machine.ramPages >> 1);
        return [
          { kind: 'mmap', as: name, pages: constant(pages) },
          {
            kind: 'touch_area',
            name,
            pages: between(1, pages),
            at: this.place(pages),
            write: stream.below(3) > 0,
          },
          ...between_(),
          {
            kind: 'touch_area',
            name,
            pages: between(1, pages),
            at: this.place(pages),
            write: stream.below(2) > 0,
          },
          ...(forget ? [] : [{ kind: 'munmap', name } as const]),
        ];
      }
      default:
        return [
          {
            kind: 'repeat',
            times: between(1, 60),
            run: [{ kind: 'lookup', cache: 1, entry: between(0, 8999) }],
          },
          ...(stream.below(10) === 0 ? [{ kind: 'cache_shrink', cache: stream.below(2) } as const] : []),
        ];
    }
  }

  private place(pages: number): PlacePlan {
    return this.stream.below(2) === 0
      ? { kind: 'sequential' }
      : { kind: 'drawn', page: between(0, pages - 1) };
  }

  private pause(context: TaskContext, depth: number): StepPlan[] {
    const { stream } = this;
    if (
      context === 'process' &&
      (depth === 0 || (this.careless && stream.below(10) === 0)) &&
      stream.below(2) === 0
    )
      return [{ kind: 'hold', us: between(10, 40_000) }];
    return [{ kind: 'work', us: between(1, 400) }];
  }

  private around(context: TaskContext, depth: number): StepPlan {
    const { stream } = this;
    const what = stream.below(4);
    const locks = what >= 2 && context === 'process';
    const run = this.steps(locks && !this.careless ? 'hardirq' : context, 1 + stream.below(2), depth + 1);
    if (depth > 2 || !locks) {
      const frame = this.careless && stream.below(30) === 0 ? 3000 : 40 + stream.below(300);
      return { kind: 'call', function: stream.below(3), frameBytes: constant(frame), run };
    }
    return what === 2
      ? { kind: 'spin_lock', lock: stream.below(2), run }
      : { kind: 'local_irq_disable', run };
  }
}
