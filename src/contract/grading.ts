/** What grading knows of a submission, challenge by challenge. Plain data: it goes through pipes, queues and a database. */
import type { Diagnostic } from './diagnostic.ts';
import type { GoalResult, Outcome, ScoreResult } from './verdict.ts';

/** Who handed in, as a learning platform knows them: it is in the names of the files that it exports. */
export interface Account {
  platform: 'moodle' | 'canvas';
  name: string;
  /** Moodle's number of the participant in the assignment, Canvas' ID of the user. */
  number: number;
}

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

/** One zone of a picture. */
export interface PictureZone {
  name: string;
  /** Watermarks, in pages. */
  min: number;
  low: number;
  high: number;
  /** Pages on the free lists, at each of `timesUs`. */
  free: number[];
  /** Of the free pages so many of 1000 lie in no free block of `order` or above, at each of `timesUs`. */
  unusable: number[];
  nrPages: number;
  /** Of one cell of the map; the last may have fewer. */
  pagesPerCell: number;
  /**
   * The map by page frame number, cells of one kind in a row as a letter and how often it comes (`a12C`): the place of the
   * kind in PAGE_KINDS, and what most of the cell is. A capital: not the whole cell is so.
   */
  cells: string;
  /** Pages of each kind, in the order of PAGE_KINDS. */
  kinds: number[];
}

/** How a run went, small enough to be kept with the marks: never of a hidden seed. */
export interface RunPicture {
  seed: number;
  lengthUs: number;
  timesUs: number[];
  /** Of the blocks that fragmentation is about. */
  order: number;
  zones: PictureZone[];
  /** What the maps show: what went wrong first, or the end of the run. */
  at: {
    what: 'failure' | 'goal' | 'bug' | 'oom' | 'fault' | 'reclaim' | 'flush' | 'end';
    event: number;
    timeUs: number;
  };
  /** Why it went wrong, in lines; '' where nothing did. */
  cause: string;
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
  | {
      kind: 'played';
      policyHash: string;
      tokens: number;
      seeds: SeedMark[];
      /** Of the first public seed that was lost, else of the first; absent where all seeds are hidden. */
      picture?: RunPicture;
    }
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
