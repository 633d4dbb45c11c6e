/** Challenges, runs and what comes of them, as those who build on oomph see them. */
import type { Diagnostic } from '../contract/diagnostic.ts';
import type { HookName } from '../contract/hooks.ts';
import type { NamedFilter, SeedVerdict, Verdict } from '../contract/verdict.ts';
import type { Time, ViewName } from './machineTypes.ts';

/** A challenge that can be run. */
export interface Challenge {
  /** `chapter/slug`. */
  readonly id: string;
  readonly title: string;
  readonly story: string;
  /** Three, each saying more than the one before; empty for a file without. */
  readonly hints: readonly string[];
  readonly explanation: string;
  /** Seeds that run() plays unless it is told others. */
  readonly seeds: readonly number[];
  /** Decisions that a policy may take. */
  readonly hooks: readonly HookName[];
  /** Goals as a person reads them. */
  readonly goals: readonly string[];
  /** Simulated microseconds of a run. */
  readonly lengthUs: number;
  /** As diagnostics and `reproduce` lines name it: path, id, or the name that parseChallenge() was given. */
  readonly name: string;
}

export interface ChallengeLoad {
  /** Null exactly when a diagnostic is an error. */
  challenge: Challenge | null;
  /** Everything that is wrong with the file, warnings too, in the order of the places. */
  diagnostics: Diagnostic[];
}

/**
 * Who decides: `'linux'`, Linux 2.6.0 as it was; `'builtin:NAME'`, a policy that comes with oomph; `'reference'` or `'naive'`, those that
 * a challenge loaded from a file names; a file (`.ts`, `.js`, `.yaml` of tunables), read with what it imports; or text.
 */
export type PolicyChoice =
  | 'linux'
  | 'reference'
  | 'naive'
  | `builtin:${string}`
  | { readonly file: string }
  | {
      readonly text: string;
      /** What messages call it; its ending says what it is. Default `policy.ts`. */
      readonly name?: string;
      /** Files that it imports, by their path relative to it, such as `lib/zones.ts`. */
      readonly files?: Readonly<Record<string, string>>;
    };

/** The part of an AbortSignal that is used: an AbortSignal is one. */
export interface AbortSignalLike {
  readonly aborted: boolean;
  readonly reason?: unknown;
  addEventListener(type: 'abort', listener: () => void): void;
  removeEventListener(type: 'abort', listener: () => void): void;
}

export interface RunOptions {
  /** Default `'linux'`. */
  policy?: PolicyChoice;
  /** At least one; default the challenge's own. */
  seeds?: readonly number[];
  /** Stops the run, which then rejects with `aborted`. */
  signal?: AbortSignalLike;
  /** Called between pieces of work, some milliseconds apart. */
  onProgress?: (progress: Progress) => void;
}

export interface Progress {
  /** Seeds that are finished, of so many, and hundredths of the one that runs. */
  done: number;
  total: number;
  percent: number;
}

export interface OneSeedOptions {
  /** Default `'linux'`. */
  policy?: PolicyChoice;
  /** Default the challenge's first. */
  seed?: number;
  signal?: AbortSignalLike;
}

export interface Recording {
  verdict: Verdict;
  /** What `oomph run --record` writes, for replay() and `oomph replay`. */
  record: Uint8Array;
}

export interface ReplayReport {
  /** Nothing stands against it: playing it again gives what it says. */
  holds: boolean;
  /** Why it does not hold, the cause first; empty where it does. */
  problems: { kind: 'workload' | 'decisions' | 'result'; message: string }[];
  /** Values that are not what the record says, such as `metrics.cycles`. */
  differences: { path: string; recorded: unknown; replayed: unknown }[];
  challenge: Challenge;
  seed: number;
  /** Version of oomph that recorded it. */
  recordedBy: string;
  /** As given when it was recorded; null where Linux decided. */
  policy: string | null;
  /** What comes out now; null where the machine broke on the decisions. */
  verdict: SeedVerdict | null;
}

export interface MetricInfo {
  /** As goals and `verdict.seeds[].metrics` name it: `page_alloc.failures`. */
  name: string;
  unit: string;
  meaning: string;
  /** `now`: a state that goes up and down; `total`: it only grows. */
  kind: 'now' | 'total';
  better: 'lower' | 'higher';
  /** Filters that a goal's `where` may use. */
  where: readonly ('task' | 'zone' | 'order')[];
}

/** A goal as things stand. */
export interface LiveGoal {
  text: string;
  unit: string;
  compare: 'at_most' | 'at_least' | 'equals';
  wanted: number;
  /** Now; for an `always` goal the worst value so far. */
  value: number;
  held: boolean;
  /** Simulated microseconds at which it was lost for good, or -1. */
  lostAtUs: number;
}

/** Why something went wrong, as the game and `oomph explain` tell it. */
export interface Explanation {
  /** What it explains: an allocation that failed, a lost goal, a bug of the kernel's ... */
  kind: string;
  /** Operation and simulated microseconds where it happened. */
  event: number;
  timeUs: number;
  /** Lines of at most 78 columns, but for tables. */
  text: string;
  /** The same as plain data: `cause` of schemas/explain.schema.json. */
  cause: Readonly<Record<string, unknown>>;
}

/**
 * The run of one seed, to be moved in at will. It stands at its start at first; the policy's decisions were taken
 * already, so going back and forth never asks it again.
 */
export interface RunSession {
  readonly challenge: Challenge;
  readonly seed: number;
  /** Operations played, and of the whole run. */
  readonly op: number;
  readonly nrOps: number;
  /** Simulated microseconds. */
  readonly timeUs: number;
  readonly done: boolean;
  /** What the last operation played did, in words; '' at the start. */
  readonly lastOp: string;
  /** Play so many operations more; default 1. */
  step(nrOps?: number): void;
  /** Go to the state after so many operations, back or forth. */
  seek(op: number): void;
  /** Go to the state at a time: all is played that is due by then. */
  seekTime(time: Time): void;
  goals(): LiveGoal[];
  /** Failed allocations so far: `op` operations were played before it. */
  failures(): { op: number; timeUs: number; task: string; order: number }[];
  /** A metric now. @throws OomphError `bad-argument` for a name or a filter that there is not */
  measure(metric: string, where?: NamedFilter): number;
  /** A view of /proc now. */
  proc(view: ViewName): string;
  /** The newest 500 lines of the kernel's log so far, oldest first. */
  log(): { timeUs: number; event: number; text: string }[];
  /** 8 hex digits over everything that decides what the allocator does next. */
  hash(): string;
  /** Of the whole run once `done`; before as things stand. */
  verdict(): SeedVerdict;
  /** Why the run went wrong: of the first lost goal, failed allocation, bug. Null where nothing did. Plays the run to its end. */
  explain(): Explanation | null;
}
