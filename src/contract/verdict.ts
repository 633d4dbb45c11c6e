/** What comes out of a run. Plain data; `schemas/verdict.schema.json` describes the JSON of it. */
import type { ConsoleLine, PolicyFault, PolicyInfo } from './policy.ts';

export type Outcome = 'won' | 'lost';

/** How a goal holds its metric against what is wanted. */
export type Comparison = 'at_most' | 'at_least' | 'equals';

/** The filters of a metric by name; one that is not there does not narrow it. */
export interface NamedFilter {
  task?: string;
  zone?: string;
  order?: number;
}

export interface GoalResult {
  text: string;
  metric: string;
  where?: NamedFilter;
  compare: Comparison;
  wanted: number;
  /** Value at the end, or the worst value seen for an `always` goal. */
  value: number;
  unit: string;
  held: boolean;
  /** When an `always` goal was lost, or a total went past what it may be `at_most`; otherwise -1. */
  lostAtEvent: number;
  lostAtUs: number;
  line: number;
  column: number;
}

export interface ScoreResult {
  /** With its filters, as a person reads it. */
  metric: string;
  where?: NamedFilter;
  unit: string;
  better: 'lower' | 'higher';
  value: number;
  par: number;
  gold: number;
  reached: 'gold' | 'par' | 'none';
}

/** A failed allocation, with the kernel's own report. */
export interface FailureReport {
  event: number;
  timeUs: number;
  task: string;
  order: number;
  gfp: number;
  /** The zones that its mask allows, in the order of the kernel's zonelist, as they were at that moment. */
  zones: { name: string; freePages: number; largestBlock: number }[];
  /** `editor: page allocation failure. order:3, mode:0x20` and the Mem-info lines. */
  kernelLog: string[];
}

/** A call on a kernel stack. */
export interface StackFrame {
  /** Bytes in use with its frame, and of the frame itself. */
  depth: number;
  size: number;
  function: string;
}

/** The step of the workload in which something went wrong. */
export interface BugPlace {
  task: string;
  /** Number of the step within its task, as request.site has it. */
  step: number;
  /** `kmalloc as skb` */
  call: string;
  /** 1-based line of the challenge file, 0 where it is not known. */
  line: number;
}

/** What the kernel printed of its first bug. */
export interface KernelReport {
  event: number;
  timeUs: number;
  lines: string[];
  /** Where it was the workload's doing. */
  by?: BugPlace;
}

/** A step that slept where one may not, which the kernel did not notice; event and time of the first time. */
export interface SilentSleep extends BugPlace {
  event: number;
  timeUs: number;
  times: number;
  /** With a spinlock held. */
  locked: boolean;
}

/** What was paid for one thing of the table in docs/costs.md. */
export interface CyclesSpent {
  name: string;
  what: string;
  times: number;
  cycles: number;
}

export interface SeedVerdict {
  seed: number;
  outcome: Outcome;
  /** 0 lost; 1 won; 2 won with every axis at par; 3 at gold. */
  stars: number;
  goals: GoalResult[];
  score: ScoreResult[];
  metrics: Record<string, number>;
  faults: PolicyFault[];
  nrFaults: number;
  console: ConsoleLine[];
  /** The first five and the first of each task, by time; `metrics['page_alloc.failures']` counts all. */
  failures: FailureReport[];
  /** Where the kernel reported any bug of its own. */
  kernelReport?: KernelReport;
  /** At most three, the most frequent first; where there were any. */
  silentSleeps?: SilentSleep[];
  /** The calls that filled the fullest stack, innermost first; where a stack overflowed. */
  stackTrace?: StackFrame[];
  /** The prices that made up most of `metrics.cycles`, largest first; where a goal on cycles is lost, or an axis not at par. */
  cyclesSpent?: CyclesSpent[];
  nrOps: number;
  /** 8 hex digits over the whole machine at the end. */
  stateHash: string;
  /** `oomph run FILE --policy P --seed N` */
  reproduce: string;
}

export interface Verdict {
  oomph: 1;
  challenge: string;
  title: string;
  policy: { name: string; info: PolicyInfo | null };
  outcome: Outcome;
  stars: number;
  seeds: SeedVerdict[];
  /** Per score axis over the seeds. */
  summary: { metric: string; unit: string; worst: number; median: number; best: number }[];
}
