import type { ScoreAxis } from '../contract/plan.ts';
import type { Outcome, ScoreResult } from '../contract/verdict.ts';

export function reached(
  axis: Pick<ScoreAxis, 'better' | 'par' | 'gold'>,
  value: number,
): ScoreResult['reached'] {
  const sign = axis.better === 'lower' ? 1 : -1;
  if (sign * value <= sign * axis.gold) return 'gold';
  return sign * value <= sign * axis.par ? 'par' : 'none';
}

/** 0 lost, 1 won, 2 won with every axis at par, 3 with every axis at gold (or with no axis at all). */
export function stars(outcome: Outcome, score: readonly Pick<ScoreResult, 'reached'>[]): number {
  if (outcome === 'lost') return 0;
  if (score.some(axis => axis.reached === 'none')) return 1;
  return score.some(axis => axis.reached === 'par') ? 2 : 3;
}

/**
 * Worst, median and best of one axis over the seeds. Of an even number of values the median is the lower of the two
 * in the middle, so that it is one that occurred.
 */
export function summarize(
  values: readonly number[],
  better: 'lower' | 'higher',
): { worst: number; median: number; best: number } {
  const ascending = Float64Array.from(values).sort();
  const lowest = ascending[0];
  const highest = ascending[ascending.length - 1];
  return {
    worst: better === 'lower' ? highest : lowest,
    median: ascending[(ascending.length - 1) >> 1],
    best: better === 'lower' ? lowest : highest,
  };
}
