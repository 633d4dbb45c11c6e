/** What policies have in common, for a teacher to look at. `harness` finds it, `report` shows it. */
import type { SourceFile } from './policy.ts';

/** Where policies that are compared come from. */
export type ComparedKind =
  | 'submission'
  /** Of another class, an earlier year: compared with submissions, not among themselves. */
  | 'earlier'
  /** The solution that comes with the challenge. */
  | 'reference';

/** A piece of text: lines and columns from 0, over all files of a policy as if each followed the one before it. */
export interface TextRegion {
  startLine: number;
  startColumn: number;
  endLine: number;
  endColumn: number;
}

export interface SimilarSide {
  id: string;
  kind: ComparedKind;
  /** Of the tokens that are its own, so many of 1000 lie in what the two have in common. */
  share: number;
  /** Tokens that are its own: not those of what students begin with. */
  own: number;
}

export interface SimilarPair {
  left: SimilarSide;
  right: SimilarSide;
  /** The larger of the two shares: whoever copies a small policy into a large one has copied all of it. */
  similarity: number;
  /** Own tokens of the smaller part in common. */
  shared: number;
  /** Tokens of the longest piece in common. */
  longest: number;
  /** What is the same, left and right, by the left; empty where the pair is beyond those that are shown. */
  pieces: { left: TextRegion; right: TextRegion }[];
}

export interface ChallengeSimilarity {
  /** Id and title of the challenge. */
  challenge: string;
  title: string;
  file: string;
  /** Policies that were compared, those of earlier classes and the reference among them. */
  nrCompared: number;
  /** The most alike first. */
  pairs: SimilarPair[];
  /** Of three and more submissions that pairs lead from one to the other. */
  clusters: string[][];
  /** Those that have fewer tokens of their own than a pair must share: nobody could tell. */
  tooShort: string[];
  /** Files of numbers: two that set the same number have copied nothing. */
  tunables: string[];
  /** Handed in, but not compared. */
  notCompared: { id: string; why: string }[];
  /** Texts of the policies whose pairs are shown, by kind and id: see `textKey`. */
  texts: ReadonlyMap<string, readonly SourceFile[]>;
}

export const textKey = (kind: ComparedKind, id: string): string => `${kind} ${id}`;

export interface SimilarityReport {
  title: string;
  /** Of 1000: pairs with less are left out. */
  threshold: number;
  /** Tokens that a pair shares at least. */
  leastTokens: number;
  challenges: ChallengeSimilarity[];
}
