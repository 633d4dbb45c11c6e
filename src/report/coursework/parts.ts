/** The marks of one challenge as the tests that other systems show: those on public seeds, those on hidden ones, the bonus. */
import type { AssignedChallenge, Hundredths } from '../../contract/assignment.ts';
import type { ChallengeMarks, GradedChallenge } from '../../contract/grading.ts';
import { share } from '../../harness/coursework/marks.ts';

export interface Part {
  kind: 'public' | 'hidden' | 'bonus';
  points: Hundredths;
  /** 0: a bonus, or a part that is worth nothing by itself. */
  outOf: Hundredths;
  won: number;
  seeds: number;
}

/**
 * The parts add up to the marks of the challenge, and what they are out of to its points. Where all seeds count or none the
 * hidden ones decide, so the public part is worth nothing by itself.
 */
export function partsOf(
  assigned: AssignedChallenge,
  { result }: GradedChallenge,
  marks: ChallengeMarks,
  publicSeeds: number,
  hidden: ReadonlySet<number>,
): Part[] {
  const seeds = result.kind === 'played' ? result.seeds : [];
  const won = (isHidden: boolean): number =>
    seeds.filter(({ seed, outcome }) => outcome === 'won' && hidden.has(seed) === isHidden).length;
  const nrSeeds = publicSeeds + hidden.size;
  const alone = hidden.size === 0;
  const splits = assigned.credit !== 'all';
  const open = alone ? assigned.points : splits ? share(assigned.points, publicSeeds, nrSeeds) : 0;
  const earned = alone
    ? marks.points
    : Math.min(marks.points, splits ? share(marks.publicPoints, publicSeeds, nrSeeds) : 0);
  const parts: Part[] = [
    { kind: 'public', points: earned, outOf: open, won: won(false), seeds: publicSeeds },
  ];
  if (!alone) {
    parts.push({
      kind: 'hidden',
      points: marks.points - earned,
      outOf: assigned.points - open,
      won: won(true),
      seeds: hidden.size,
    });
  }
  if (marks.bonus > 0) {
    parts.push({ kind: 'bonus', points: marks.bonus, outOf: 0, won: nrSeeds, seeds: nrSeeds });
  }
  return parts;
}
