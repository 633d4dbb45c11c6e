/** What grading knows of a submission, challenge by challenge. Plain data: it goes through pipes, queues and a database. */
import type { Diagnostic } from './diagnostic.ts';
import type { GoalResult, Outcome, ScoreResult } from './verdict.ts';

/** One seed of one challenge, as far as marks and feedback need it. */
export interface SeedMark {
  seed: number;
  outcome: Outcome;
  stars: number;
  goals: Pick<
    GoalResult,
    'text' | 'held' | 'value' | 'wanted' | 'unit' | 'compare' | 'lostAtEvent' | 'lostAtUs'
  >[];
  score: Pick<ScoreResult, 'metric' | 'unit' | 'better' | 'value' | 'par' | 'gold' | 'reached'>[];
  nrFaults: number;
  /** The first, as a sentence; '' for none. */
  firstFault: string;
  /** The first allocation that failed, as a sentence; '' for none. */
  firstFailure: string;
  stateHash: string;
}

/** Why a challenge of a submission has no marks, where it has none. */
export type NoMarks =
  /** No file of the name was handed in. */
  | 'missing'
  /** Several files of the name, with different texts. */
  | 'ambiguous'
  /** A file that is not text, or too large. */
  | 'unreadable'
  /** The policy does not compile, or decides what the challenge does not open. */
  | 'refused'
  /** The machine failed, twice: says nothing about the policy. */
  | 'infrastructure';

/** What came of one policy on one challenge: depends on nothing but challenge, policy, seeds and engine. */
export type ChallengeResult =
  | { kind: 'played'; policyHash: string; tokens: number; seeds: SeedMark[] }
  | { kind: NoMarks; message: string; diagnostics: Diagnostic[] };

/** Marks of one challenge, in hundredths of a point. */
export interface ChallengeMarks {
  /** For the goals: the challenge's points at most. */
  points: number;
  bonus: number;
  /** Of the goals, over public and over hidden seeds alone: what a test on them gets. */
  publicPoints: number;
  hiddenPoints: number;
  /** Among the best that count. */
  counts: boolean;
}

export interface SubmissionMarks {
  challenges: ChallengeMarks[];
  /** What counts, before lateness. */
  earned: number;
  /** Whole days begun after the deadline; 0: in time, or nobody knows. */
  daysLate: number;
  /** Hundredths of a per cent that lateness leaves: 10000 of one in time. */
  keeps: number;
  total: number;
  /** The most that could be had without a bonus. */
  outOf: number;
}

/** One challenge of one submission. */
export interface GradedChallenge {
  result: ChallengeResult;
  /** The file that was marked, within the submission; '' where there is none. */
  file: string;
  /** What the marker should know: the file had another name. */
  note: string;
}

export interface GradedSubmission {
  /** As the school names it. */
  id: string;
  /** Why it could not be read as a whole; '' if it could. */
  problem: string;
  /** Milliseconds since 1970, or null where nobody said. */
  submittedMs: number | null;
  challenges: GradedChallenge[];
  marks: SubmissionMarks;
}
