/** What is kept of the games before this one. `cli/store` keeps it in a database file; the game sees only this. */
import type { SourceFile } from '../contract/policy.ts';
import type { Outcome } from '../contract/verdict.ts';
import type { ChallengeEntry, PreparedRun } from './gameRun.ts';

/** One score axis of a run over all its seeds. */
export interface AxisValue {
  metric: string;
  unit: string;
  better: 'lower' | 'higher';
  /** What par and gold are held against: they count where every seed reaches them. */
  worst: number;
  median: number;
  best: number;
}

/** A policy that was played to the end on all seeds of a challenge. */
export interface Attempt {
  id: number;
  /** When it was played last, milliseconds since 1970. */
  atMs: number;
  /** How often the same policy was played in a row. */
  times: number;
  outcome: Outcome;
  stars: number;
  scores: AxisValue[];
  seeds: number[];
  /** Null: as Linux does. */
  policyHash: string | null;
  tokens: number | null;
  /** Of the challenge as it is now; false: the challenge was changed since. */
  current: boolean;
  /** The UTC date whose daily run it was, or ''. */
  daily: string;
}

/** A policy that comes with oomph, or Linux, on the same seeds: what an attempt is held against. */
export interface Yardstick {
  name: string;
  outcome: Outcome;
  stars: number;
  scores: AxisValue[];
}

/** What a challenge's line in the campaign shows. */
export interface KeptProgress {
  /** Best stars on the challenge as it is now; -1: not played. */
  stars: number;
  /** Best stars on the challenge as it was before somebody changed it; -1: none. */
  oldStars: number;
  attempts: number;
  hints: number;
}

export interface History {
  /** What the player should know about it, once: that nothing is kept, or that a damaged file was set aside. '' for nothing. */
  readonly notice: string;
  /** In the order of the entries. */
  progress(entries: readonly ChallengeEntry[]): KeptProgress[];
  addHints(entry: ChallengeEntry, hints: number): void;
  /** @param daily the UTC date, of a daily run */
  addAttempt(entry: ChallengeEntry, run: PreparedRun, daily: string): void;
  /** Newest first. */
  attempts(entry: ChallengeEntry): Attempt[];
  /** The policy of an attempt, entry file first; [] for Linux, or where it is not kept. */
  source(id: number): SourceFile[];
  /** What is known of them by now. */
  yardsticks(entry: ChallengeEntry): Yardstick[];
  /** Whether a policy of these files was played there, so that nothing is lost with them. */
  isKept(entry: ChallengeEntry, files: readonly SourceFile[]): boolean;
  /** Write what could not be written before. */
  flush(): void;
}

export const NOT_PLAYED: KeptProgress = { stars: -1, oldStars: -1, attempts: 0, hints: 0 };

/** Nothing is kept. */
export const NO_HISTORY: History = {
  notice: '',
  progress: entries => entries.map(() => NOT_PLAYED),
  addHints: () => {},
  addAttempt: () => {},
  attempts: () => [],
  source: () => [],
  yardsticks: () => [],
  isKept: () => false,
  flush: () => {},
};
