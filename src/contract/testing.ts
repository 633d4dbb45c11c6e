/**
 * What `oomph test` knows of the specs that it ran. Plain data: reporters, shards and their merging read nothing else.
 * Texts are what a person reads, in one line unless they say otherwise.
 */
import type { Diagnostic } from './diagnostic.ts';

/** What an expectation looks at. */
export type CheckKind =
  | 'outcome'
  | 'goal'
  | 'metric'
  | 'faults'
  | 'state_hash'
  /** A view of /proc, the kernel's report of a failed allocation, the log of events: texts kept beside the spec. */
  | 'proc'
  | 'dump'
  | 'trace';

export type CheckStatus =
  | 'passed'
  | 'failed'
  /** Its snapshot was not there and was written: never under CI, where it is `failed`. */
  | 'written'
  /** Its snapshot differed and was written again, as `--update` asks. */
  | 'updated';

/** One expectation on one seed. */
export interface CheckResult {
  kind: CheckKind;
  /** `page_alloc.failures of task sb16 is at most 0` */
  text: string;
  status: CheckStatus;
  /** With units; '' where `diff` says it. */
  expected: string;
  actual: string;
  /** A unified diff in lines, '' where there is none. */
  diff: string;
  /** 1-based, of the expectation in the spec. */
  line: number;
  column: number;
  /** Of the snapshot, from the folder where the command ran, with `/`; '' where there is none. */
  snapshot: string;
}

export type CaseStatus =
  | 'passed'
  | 'failed'
  /** Could not be run: the spec or its policy has faults, or the machine that runs it failed. */
  | 'error'
  /** Left out: `--bail` or the keyboard had stopped before it. */
  | 'skipped';

/** One spec on one seed. */
export interface CaseResult {
  seed: number;
  status: CaseStatus;
  /** Why it is an error: oomph or its host failed, for what the spec says itself has `diagnostics`. '' otherwise. */
  message: string;
  checks: CheckResult[];
  /** Whatever the expectations: what the run came to. */
  outcome: 'won' | 'lost' | 'none';
  /** Lines on why a goal was lost or an allocation failed, as `oomph explain` has them; '' where nothing did. */
  cause: string;
  /** What the policy printed, in lines; '' for none. */
  console: string;
  nrOps: number;
  /** 8 hex digits, '' where nothing ran. */
  stateHash: string;
  /** Wall time in milliseconds: for reporters, decides nothing. */
  durationMs: number;
  /** The command that runs this case alone. */
  reproduce: string;
}

/** One spec file. */
export interface SpecResult {
  /** From the folder where the command ran, with `/`. */
  file: string;
  id: string;
  title: string;
  /** 1-based, of the `test:` block; 1 where the file could not be read so far. */
  line: number;
  /** `linux`, or the policy's name as the spec has it. */
  policy: string;
  status: CaseStatus;
  /** Why it could not be run at all; empty otherwise. */
  diagnostics: Diagnostic[];
  /** By seed, ascending. */
  cases: CaseResult[];
  /** Snapshots beside it that no expectation asks for, from the folder where the command ran. */
  stale: string[];
}

/** A whole run, or a shard of one. */
export interface TestRun {
  oomph: 1;
  /** Of oomph. */
  version: string;
  /**
   * Which part this is, 1 to `of`; null where it is the whole. `nrCases` counts those of all parts: parts of the same whole
   * agree on it.
   */
  shard: { index: number; of: number; nrCases: number } | null;
  /** Sorted by file, in code unit order. */
  specs: SpecResult[];
  /** Snapshots of specs that are no more, from the folder where the command ran. */
  stale: string[];
  /** Milliseconds since 1970, and wall time of all: for reporters, decide nothing. */
  startedMs: number;
  durationMs: number;
  /** Stopped early by `--bail`. */
  bailed: boolean;
}
