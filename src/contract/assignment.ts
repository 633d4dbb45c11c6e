/** Coursework after loading: which challenges count how much, on which seeds, until when. `spec` makes it. */
import type { MetricName } from './metrics.ts';

/** Hundredths of a point: marks are added up exactly. */
export type Hundredths = number;

/** How a run on several seeds becomes points: the share of seeds won, all or nothing, or the share of goals held. */
export const CREDIT_RULES = ['seeds', 'all', 'goals'] as const;
export type CreditRule = (typeof CREDIT_RULES)[number];

/** Who sees the test on hidden seeds, in Gradescope's words. */
export const VISIBILITIES = ['visible', 'hidden', 'after_due_date', 'after_published'] as const;
export type Visibility = (typeof VISIBILITIES)[number];

export interface BonusPlan {
  metric: MetricName;
  /** Reached on every seed, and the run won. */
  at: 'par' | 'gold';
  points: Hundredths;
}

export interface AssignedChallenge {
  /** As the file names it: an id, or a path from the assignment's folder. */
  challenge: string;
  /** What students hand in for it: a name without folders. */
  file: string;
  points: Hundredths;
  credit: CreditRule;
  /** Seeds that everybody may know; empty: those of the challenge. */
  publicSeeds: number[];
  /** Seeds derived from the secret. */
  hiddenSeeds: number;
  visibility: Visibility;
  bonus: BonusPlan[];
  line: number;
  column: number;
}

export interface LatePlan {
  /** Milliseconds after the deadline that still count as in time. */
  graceMs: number;
  /** Hundredths of a per cent of the marks lost for each day begun. */
  perDay: number;
  /** Days after which nothing counts; Infinity: for ever. */
  days: number;
}

export interface AssignmentPlan {
  id: string;
  title: string;
  text: string;
  challenges: AssignedChallenge[];
  /** So many of the challenges count, those with the most points; all of them by default. */
  best: number;
  /** Milliseconds since 1970, or null: never late. */
  deadlineMs: number | null;
  late: LatePlan;
  /** Paths from the assignment's folder of what students start from. */
  starter: string[];
  /** Metrics of the leaderboard, over all challenges that have them as an axis of their score. */
  leaderboard: MetricName[];
}
