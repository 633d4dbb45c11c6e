/**
 * What the game needs of the rest of the program, as interfaces: a run that can be looked at and moved in time, and
 * the services around it. `cli/play.ts` connects them to the harness, tests to a run of their own.
 */
import type { Diagnostic } from '../contract/diagnostic.ts';
import type { ChallengePlan, Comparison } from '../contract/plan.ts';
import type { SourceFile } from '../contract/policy.ts';
import type { Verdict } from '../contract/verdict.ts';
import type { Machine } from '../engine/index.ts';
import type { Cause } from '../harness/cause.ts';
import type { Comparison as RunsCompared } from '../harness/compare.ts';
import type { Marks } from '../harness/marks.ts';
import type { PageFacts } from '../harness/pageFacts.ts';
import type { EpicReport } from '../report/epicText.ts';
import type { History } from './history.ts';

export interface LiveGoal {
  /** As a person reads it. */
  text: string;
  unit: string;
  compare: Comparison;
  wanted: number;
  /** Now; for an `always` goal that was lost, the value that lost it. */
  value: number;
  always: boolean;
  /** Met as things stand; a lost `always` goal stays false. */
  held: boolean;
  /** Can no longer be met, whatever still happens. */
  lost: boolean;
  /** Simulated time at which an `always` goal was lost, or -1. */
  lostAtUs: number;
}

export interface LiveScore {
  metric: string;
  unit: string;
  better: 'lower' | 'higher';
  value: number;
  par: number;
  gold: number;
}

export interface LogLine {
  timeUs: number;
  text: string;
}

export interface LastOp {
  timeUs: number;
  text: string;
  /** First PFN of the block it was about, or -1. */
  pfn: number;
  order: number;
}

/** One recorded run, standing at one operation. Nothing in it changes but through `step` and `seek`. */
export interface GameRun {
  readonly seed: number;
  readonly nrOps: number;
  readonly lengthUs: number;
  /** Read only. */
  readonly machine: Machine;
  /** Owner kind by tape slot, the number that `machine.tag` holds: index into OWNER_KINDS. */
  readonly slotOwner: Uint8Array;
  /** Operations played, 0..nrOps. */
  readonly op: number;
  /** Time of the last operation played; `lengthUs` once all are. */
  readonly timeUs: number;
  readonly done: boolean;
  readonly goals: readonly LiveGoal[];
  readonly scores: readonly LiveScore[];
  readonly log: readonly LogLine[];
  /** What is worth stopping at in the whole run, what is still to come included. */
  readonly marks: Marks;
  /** Number of the mark to look at first of all that went wrong; -1: nothing did. */
  readonly tellingMark: number;
  /** What the last operation played did; null before the first. */
  readonly lastOp: LastOp | null;
  /** Everything that is known of a page; null for one that is not there. */
  page(pfn: number): PageFacts | null;
  /** Why what a mark stands for happened; the run is moved there. */
  explain(mark: number): Explaining;
  step(nrOps: number): void;
  seek(op: number): void;
  /** Operations whose time is at most that. */
  opsUntil(timeUs: number): number;
}

/** Finding a cause plays the run again, a slice at a time. */
export interface Explaining {
  /** @returns whether `cause` is there */
  step(nrOps: number): boolean;
  readonly cause: Cause | null;
  /** Hundredths that are done. */
  readonly percent: number;
}

/** Order of `slotOwner`'s numbers. */
export const OWNER_KINDS = ['user', 'kernel', 'page_cache', 'driver'] as const;

/** A challenge in the list. */
export interface ChallengeEntry {
  id: string;
  /** What commands call it: an id, a file or a folder. */
  name: string;
  /** The challenge file, as the user would name it. */
  file: string;
  /** Null when the file is at fault. */
  plan: ChallengePlan | null;
  diagnostics: Diagnostic[];
  /** Where the player's policy for it is or will be, as the user would name it. */
  policyPath: string;
  policyExists: boolean;
  /** Of the challenge of the day: one seed, by the UTC date and the version that drew it; no part of the campaign. */
  daily?: { date: string; oomph: string };
}

/** The policy ran on every seed; each run can be opened and looked at. */
export interface PreparedRun {
  verdict: Verdict;
  /** Null: Linux's own behaviour. */
  policy: { path: string; files: SourceFile[] } | null;
  open(seed: number): GameRun;
  /** What to type for oomph in a shell; `oomph` without it. */
  called?: string;
  /** Somebody else's run: it counts for nothing. */
  replay?: boolean;
  /** The run of that seed as a replay code, or why there is none. */
  share?(seed: number): { code: string; problem: string };
  /** Make the run of that seed known to its end, so that `open` is quick and its marks are all there. */
  ready?(seed: number, abort: AbortSignal): Promise<void>;
  /** With whom it can be compared. @param won the challenge, ever: then the reference is no secret */
  opponents?(won: boolean): Opponent[];
  /** Where this run and another of the same seed part. Rejects when `abort` says so, or when the other cannot be run. */
  compare?(
    seed: number,
    opponent: Opponent,
    previous: PreparedRun | null,
    abort: AbortSignal,
  ): Promise<RunComparison>;
}

/** Somebody to compare a run with; `previous` is the player's run before the last change. */
export interface Opponent {
  kind: 'linux' | 'previous' | 'policy';
  name: string;
}

/** The player's run is `a`. */
export interface RunComparison {
  seed: number;
  opponent: Opponent;
  comparison: RunsCompared;
}

/** A policy that cannot be run: its diagnostics, or one sentence when the host failed. */
export interface NotPrepared {
  title: string;
  diagnostics: Diagnostic[];
  message: string;
}

export type Preparation = { ok: true; run: PreparedRun } | { ok: false; problem: NotPrepared };

export interface PolicyWatch {
  check(): void;
  stop(): void;
}

export type EpicOutcome = { ok: true; report: EpicReport } | { ok: false; problem: NotPrepared };

/** @param selected the challenge that it is of */
export type OpenedReplay =
  | { ok: true; run: PreparedRun; seed: number; selected: number }
  | { ok: false; problem: string };

export interface Restored {
  /** '' or why it cannot be. */
  problem: string;
  /** It was the player's policy already. */
  same: boolean;
  /** Where the policy went that was there and never played; '' for none. */
  aside: string;
}

export interface GameServices {
  readonly history: History;
  /** Run the player's policy (or none) on all seeds of the challenge. Rejects only for faults of our own. */
  prepare(
    entry: ChallengeEntry,
    progress: (text: string) => void,
    abort: AbortSignal,
    /** The one that will be looked at first. */
    seed: number,
  ): Promise<Preparation>;
  /** Make the policy file if there is none. @returns '' or why it cannot be. */
  startPolicy(entry: ChallengeEntry): string;
  /** Make the policy of an attempt the player's policy again. What is in its place and was never played is kept beside it. */
  restore(entry: ChallengeEntry, id: number): Restored;
  /** Play what is not known yet of the policies that others are held against; `done` after each. */
  measure(entry: ChallengeEntry, done: () => void, abort: AbortSignal): Promise<void>;
  /** Play the policy of a challenge through all that open a hook of it. Null: it was aborted. */
  epic(
    entry: ChallengeEntry,
    entries: readonly ChallengeEntry[],
    progress: (text: string) => void,
    abort: AbortSignal,
  ): Promise<EpicOutcome | null>;
  /** The run of a replay code, verified. */
  openReplay(text: string, entries: readonly ChallengeEntry[]): OpenedReplay;
  /** Show a text where it can be copied, outside the game's screen, until the player has seen it. */
  show(text: string): Promise<void>;
  /** Open the player's editor and wait until it ends. @returns '' or why it did not work. */
  edit(entry: ChallengeEntry): Promise<string>;
  policyExists(entry: ChallengeEntry): boolean;
  /** Where it is now, or will be: a player may write code where tunables would do. */
  policyPath(entry: ChallengeEntry): string;
  /** Call back after each change of the policy file from now on; `check` looks at once. */
  watch(entry: ChallengeEntry, changed: () => void): PolicyWatch;
}
