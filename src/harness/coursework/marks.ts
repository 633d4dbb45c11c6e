/** From results to marks. Whole hundredths everywhere; shares are rounded once, to the nearest, halves up. */
import type { AssignedChallenge, AssignmentPlan, Hundredths } from '../../contract/assignment.ts';
import type { ChallengeMarks, ChallengeResult, SeedMark, SubmissionMarks } from '../../contract/grading.ts';

const WHOLE = 10_000;

/** points * part / whole, to the nearest, halves up; 0 of nothing. */
export function share(points: Hundredths, part: number, whole: number): Hundredths {
  return whole === 0 ? 0 : Math.floor((2 * points * part + whole) / (2 * whole));
}

function creditOf({ credit, points }: AssignedChallenge, seeds: readonly SeedMark[]): Hundredths {
  const won = seeds.filter(seed => seed.outcome === 'won').length;
  switch (credit) {
    case 'seeds':
      return share(points, won, seeds.length);
    case 'all':
      return seeds.length > 0 && won === seeds.length ? points : 0;
    case 'goals': {
      const held = seeds.reduce((sum, seed) => sum + seed.goals.filter(goal => goal.held).length, 0);
      const all = seeds.reduce((sum, seed) => sum + seed.goals.length, 0);
      return share(points, held, all);
    }
  }
}

/** Only who won every seed gets a bonus: it is for doing well what was done. */
function bonusOf({ bonus }: AssignedChallenge, seeds: readonly SeedMark[]): Hundredths {
  if (seeds.length === 0 || seeds.some(seed => seed.outcome === 'lost')) return 0;
  const reached = (metric: string, at: 'par' | 'gold'): boolean =>
    seeds.every(seed =>
      seed.score.some(axis => axis.metric === metric && (axis.reached === 'gold' || axis.reached === at)),
    );
  return bonus.reduce((sum, { metric, at, points }) => sum + (reached(metric, at) ? points : 0), 0);
}

/** @param hidden  seeds that the results name and students do not */
export function challengeMarks(
  assigned: AssignedChallenge,
  result: ChallengeResult,
  hidden: ReadonlySet<number>,
): ChallengeMarks {
  const seeds = result.kind === 'played' ? result.seeds : [];
  return {
    points: creditOf(assigned, seeds),
    bonus: bonusOf(assigned, seeds),
    publicPoints: creditOf(
      assigned,
      seeds.filter(({ seed }) => !hidden.has(seed)),
    ),
    hiddenPoints: creditOf(
      assigned,
      seeds.filter(({ seed }) => hidden.has(seed)),
    ),
    counts: true,
  };
}

/**
 * @param results   one for each challenge of the plan
 * @param hidden    the hidden seeds of each
 * @param daysLate  whole days begun after the deadline
 */
export function submissionMarks(
  plan: AssignmentPlan,
  results: readonly ChallengeResult[],
  hidden: readonly ReadonlySet<number>[],
  daysLate: number,
): SubmissionMarks {
  const challenges = plan.challenges.map((assigned, i) => challengeMarks(assigned, results[i], hidden[i]));
  // The best count; of equal ones the first of the file.
  const order = challenges
    .map((marks, i) => ({ i, sum: marks.points + marks.bonus }))
    .sort((a, b) => b.sum - a.sum || a.i - b.i);
  for (const { i } of order.slice(plan.best)) challenges[i].counts = false;
  const earned = challenges.reduce((sum, m) => sum + (m.counts ? m.points + m.bonus : 0), 0);
  const keeps = daysLate > plan.late.days ? 0 : Math.max(0, WHOLE - daysLate * plan.late.perDay);
  const most = plan.challenges.map(({ points }) => points).sort((a, b) => b - a);
  return {
    challenges,
    earned,
    daysLate,
    keeps,
    total: share(earned, keeps, WHOLE),
    outOf: most.slice(0, plan.best).reduce((sum, points) => sum + points, 0),
  };
}
