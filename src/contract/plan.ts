/**
 * A challenge file after loading: every unit resolved to integers, every name checked. `spec` makes it,
 * `workload`, `harness` and the game read it. Nothing in it is a class, so it can be sent to a process.
 */
import type { ArchName, MachineConfig } from '../engine/index.ts';
import type { HookName } from './hooks.ts';
import type { MetricName } from './metrics.ts';
import type { Comparison } from './verdict.ts';

export type { ArchName, Comparison, MachineConfig };

export interface ChallengePlan {
  /** Cycles of a mechanism, by its name in COSTS, where the challenge says otherwise than docs/costs.md. */
  costs?: Record<string, number>;
  /** `chapter/slug`, unique. */
  id: string;
  title: string;
  story: string;
  machine: MachineConfig;
  workload: WorkloadPlan;
  goals: GoalPlan[];
  score: ScoreAxis[];
  /** What each policy gets, on every seed. */
  stars: StarsPlan;
  /** What a player starts with: a file of code, or one of tunables. Either may be played. */
  form: 'code' | 'tunables';
  policy: PolicyPlan;
  /** Seeds that a plain `oomph run` uses, at least one. */
  seeds: number[];
  /** Three, each saying more than the one before. */
  hints: string[];
  /** Shown after the run: what the real kernel does and where to read it. */
  explanation: string;
  /** Paths relative to the challenge file's folder, as written; '' if the file names none. */
  reference: string;
  naive: string;
  /** Of a spec: whose decisions are run, and what must come out. */
  test?: TestPlan;
}

/** Whose runs prove a challenge: its two policies, one that decides nothing, and no policy at all. */
export const PROVERS = ['reference', 'naive', 'empty', 'linux'] as const;
export type Prover = (typeof PROVERS)[number];

/** 0..3, the fewest and the most. */
export type StarsPlan = Readonly<Record<Prover, readonly [fewest: number, most: number]>>;

/** Of a challenge that says nothing about it: its reference wins, and nothing else does. */
export const USUAL_STARS: StarsPlan = { reference: [1, 3], naive: [0, 0], empty: [0, 0], linux: [0, 0] };

export interface PolicyPlan {
  hooks: HookName[];
  /** What follows an illegal answer: go on as Linux would, or end the run as lost. */
  onFault: 'linux' | 'end';
  /** Fuel units (see docs/policy.md) per hook call and per run. */
  fuelPerCall: number;
  fuelPerRun: number;
  /** Cumulative bytes a policy may allocate per run. */
  memoryBytes: number;
}

/** Microseconds of simulated time are integers in a double everywhere: below 2^53. */
export type Microseconds = number;

export type TaskContext = 'process' | 'softirq' | 'hardirq';
/** Whose pages: decides glyph and colour on the map, nothing in the allocator. */
export type OwnerKind = 'user' | 'kernel' | 'page_cache' | 'driver';

export interface WorkloadPlan {
  lengthUs: Microseconds;
  tasks: TaskPlan[];
  /** What steps name; absent in a workload of pages only. */
  named?: NamedPlan;
}

/** What steps name by number. */
export interface NamedPlan {
  caches: CachePlan[];
  files: FilePlan[];
  locks: string[];
  functions: string[];
}

/** A slab cache that is created before the workload begins. */
export interface CachePlan {
  name: string;
  /** Bytes of an object. */
  size: number;
  /** kmem_cache_create's third argument, the colour offset; 0: an L1 line. */
  offset: number;
  /** SLAB_ bits. */
  flags: number;
  /** Objects are initialised when their slab is made. */
  constructor: boolean;
  /** Entries that `lookup` may name; 0: no shrinker, and no lookups. */
  entries: number;
  /** Seeks to bring an object back: what set_shrinker() is told. */
  seeks: number;
}

export interface FilePlan {
  name: string;
  pages: number;
}

/** Which page of a file or an area an operation begins at. */
export type PlacePlan =
  /** Where the run before it (of the same copy of the task) ended; back to 0 at the end. */
  { kind: 'sequential' } | { kind: 'drawn'; page: IntDist };

export interface TaskPlan {
  name: string;
  context: TaskContext;
  /** Real-time priority: lower marks in `__alloc_pages`. */
  realtime: boolean;
  /** PF_MEMALLOC: may take the last pages. */
  memalloc: boolean;
  owner: OwnerKind;
  /** Of a task in process context on a machine with processes; absent: `copy`, nice 0, not root. */
  process?: ProcessPlan;
  /** Of a task in hardirq context on a machine with processes; absent: line 0, nesting. */
  interrupt?: InterruptPlan;
  /** CPU number, or -1: drawn anew for each run of the task. */
  cpu: number;
  /** Independent copies of the task, each with its own arrivals; >= 1. */
  count: number;
  /** Runs start only in [fromUs, untilUs). */
  fromUs: Microseconds;
  untilUs: Microseconds;
  arrive: ArrivalPlan;
  run: StepPlan[];
  /** 1-based position in the challenge file, where the plan comes from one. */
  line?: number;
  column?: number;
}

export interface ProcessPlan {
  /**
   * `copy`: a daemon, forked when its task becomes active, that takes its runs one after the other. `run`: forked for
   * each run, and exits at its end.
   */
  fork: 'copy' | 'run';
  /** -20..19 and CAP_SYS_ADMIN: for the OOM killer. */
  nice: number;
  root: boolean;
}

export interface InterruptPlan {
  /** Number of the line. */
  irq: number;
  /** SA_INTERRUPT: its handler runs with interrupts disabled. */
  noNesting: boolean;
}

export type ArrivalPlan =
  /** Exponential gaps with this mean. */
  | { kind: 'poisson'; meanGapUs: Microseconds }
  /** Fixed gaps, each shifted by a uniform draw in [0, jitterUs]. */
  | { kind: 'every'; gapUs: Microseconds; jitterUs: Microseconds }
  /** At these times, measured from the start of the run. */
  | { kind: 'at'; timesUs: Microseconds[] }
  /** `count` runs `withinUs` of each other, every `gapUs`. */
  | { kind: 'burst'; gapUs: Microseconds; size: IntDist; withinUs: Microseconds };

/** Integer distributions; tables or integer arithmetic only, so that every JS engine draws the same bits. */
export type IntDist =
  | { kind: 'constant'; value: number }
  /** Both ends included. */
  | { kind: 'uniform'; low: number; high: number }
  | { kind: 'exponential'; mean: number }
  /** Cumulative weights, last = total. */
  | { kind: 'choice'; values: number[]; cumulative: number[] }
  /** Nothing is drawn: the first for the first time of each copy of the task, and so on, round and round. */
  | { kind: 'in_turn'; values: number[] };

export type OnFail =
  /** Later steps that name the block are skipped. */
  | { kind: 'skip' }
  /** No further allocation in this run of the task; what it holds is freed when it would have been. */
  | { kind: 'abandon' }
  /** Asks again every `gapUs`, at most `times` times, while the block is wanted; then as skip. */
  | { kind: 'retry'; gapUs: Microseconds; times: number };

/** The page functions of include/linux/gfp.h a step may call. */
export type AllocFunction = 'alloc_pages' | '__get_free_pages' | 'get_zeroed_page';
export type FreeFunction = '__free_pages' | 'free_pages';

export type StepPlan =
  | {
      kind: 'alloc';
      call: AllocFunction;
      /** Block name, local to one run of the task. */
      as: string;
      order: IntDist;
      /** gfp mask, bits of engine/mm/gfp.ts. */
      gfp: number;
      onFail: OnFail;
      /** 1-based position in the challenge file, where the plan comes from one. */
      line?: number;
      column?: number;
    }
  | { kind: 'hold'; us: IntDist }
  | {
      kind: 'free';
      call: FreeFunction;
      name: string;
      cold: boolean;
      /** A bug that is meant: freed before already. */
      again?: boolean;
      /** A bug that is meant: freed with this order. */
      wrongOrder?: number;
    }
  | (Located & { kind: 'kmalloc'; as: string; bytes: IntDist; gfp: number; onFail: OnFail })
  | { kind: 'kfree'; name: string; again?: boolean }
  | (Located & { kind: 'cache_alloc'; as: string; cache: number; gfp: number; onFail: OnFail })
  | { kind: 'cache_free'; name: string; cache: number; again?: boolean }
  | { kind: 'cache_shrink'; cache: number }
  | (Located & { kind: 'vmalloc'; as: string; pages: IntDist; onFail: OnFail })
  | { kind: 'vfree'; name: string; again?: boolean }
  /** Memory that the kernel gets as it likes: from kmalloc, from vmalloc, or in whole blocks of pages. */
  | (Located & { kind: 'buffer'; as: string; bytes: IntDist; gfp: number; onFail: OnFail })
  | { kind: 'free_buffer'; name: string }
  /** A page that is mapped as the kernel likes: by kmap(), or in an atomic slot. */
  | { kind: 'map_page' | 'unmap_page'; name: string; page: number }
  /** Page number `page` of the block. */
  | { kind: 'kmap' | 'kunmap'; name: string; page: number }
  | { kind: 'kmap_atomic' | 'kunmap_atomic'; name: string; page: number; type: number }
  /** With a local buffer, which lies on the stack beside the frame or comes from kmalloc for the time of the call. */
  | { kind: 'call'; function: number; frameBytes: IntDist; bufferBytes?: IntDist; run: StepPlan[] }
  | { kind: 'work'; us: IntDist }
  | { kind: 'spin_lock'; lock: number; run: StepPlan[] }
  | { kind: 'local_irq_disable'; run: StepPlan[] }
  | { kind: 'read' | 'write'; file: number; pages: IntDist; at: PlacePlan }
  | { kind: 'fsync'; file: number }
  | { kind: 'mmap'; as: string; pages: IntDist }
  | { kind: 'munmap'; name: string }
  | { kind: 'touch_area'; name: string; pages: IntDist; at: PlacePlan; write: boolean }
  | { kind: 'touch_object'; name: string; offset: IntDist; bytes: IntDist; write: boolean; again?: boolean }
  | { kind: 'lookup'; cache: number; entry: IntDist }
  /**
   * The body again and again; a block named inside is a new one in each turn. A free behind the repeat gives back the
   * blocks of that name of all turns; without one they are held to the end of the workload.
   */
  | { kind: 'repeat'; times: IntDist; run: StepPlan[] };

/** 1-based position in the challenge file, where the plan comes from one. */
interface Located {
  line?: number;
  column?: number;
}

export interface MetricFilter {
  /** Task index in workload.tasks, or -1. */
  task: number;
  /** Zone index (0 DMA, 1 NORMAL, 2 HIGHMEM), or -1. */
  zone: number;
  /** Order 0..10, or -1. */
  order: number;
}

export interface GoalPlan {
  metric: MetricName;
  where: MetricFilter;
  /** True: must hold after every event; false: at the end. */
  always: boolean;
  compare: Comparison;
  value: number;
  /** As a person reads it: `page_alloc.failures of task sb16, at most 0`. */
  text: string;
  /** 1-based position in the challenge file. */
  line: number;
  column: number;
}

export interface ScoreAxis {
  metric: MetricName;
  where: MetricFilter;
  better: 'lower' | 'higher';
  par: number;
  gold: number;
}

/** What `test:` of a spec says. */
export interface TestPlan {
  /** `linux`, `reference`, `naive`, `builtin:NAME`, or a path relative to the spec's folder. */
  policy: string;
  /** At least one. */
  expect: Expectation[];
  /** The files that `of:` leads to, nearest first, relative to where the command runs. */
  of: string[];
  /** 1-based, of `test:`. */
  line: number;
  column: number;
}

/** One thing that must come out of each seed. */
export type Expectation = ExpectationPlace &
  (
    | { kind: 'outcome'; outcome: 'won' | 'lost' }
    | {
        kind: 'metric';
        metric: MetricName;
        where: MetricFilter;
        /** When it is looked at; null: at the end. */
        atUs: Microseconds | null;
        /** Both included; null: no bound on that side. */
        least: number | null;
        most: number | null;
        /** As the spec has it: `at most 20`, `1.9M within 5%`. */
        wanted: string;
      }
    | { kind: 'faults'; nr: number }
    | SnapshotExpectation
  );

/** What is held against a text that is kept beside the spec. */
export type SnapshotExpectation = {
  /** Names the text among those of a seed: `proc buddyinfo at 10s`. */
  key: string;
} & (
  | { kind: 'state_hash' }
  | { kind: 'dump' }
  | { kind: 'proc'; view: string; atUs: Microseconds | null }
  | { kind: 'trace'; events: string[]; first: number }
);

export interface ExpectationPlace {
  /** In one line, as a sentence: `page_alloc.failures of task sb16 is at most 0`. */
  text: string;
  /** 1-based, in the spec. */
  line: number;
  column: number;
}
