/** Which prices made up the cycles of a run. */
import type { CyclesSpent } from '../contract/verdict.ts';
import { COSTS, compileCosts } from '../engine/index.ts';
import type { Measured } from './measured.ts';

/** At least so many prices are named, at most so many, and between them until so much of the whole is explained. */
const FEWEST = 3;
const MOST = 6;
const PERCENT_EXPLAINED = 90;

/** The prices that most cycles were paid for, the largest first; those that cost nothing are left out. */
export function cyclesSpent({ machine: { stat }, player, costs = compileCosts() }: Measured): CyclesSpent[] {
  const paid = COSTS.map(({ key, what, stat: counter }, i) => {
    const times = counter < 0 ? player.tally.calls[0] : stat[counter];
    return { name: key, what, times, cycles: times * costs[i] };
  }).filter(({ cycles }) => cycles > 0);
  const total = paid.reduce((sum, { cycles }) => sum + cycles, 0);
  paid.sort((a, b) => b.cycles - a.cycles);
  let named = 0;
  let explained = 0;
  while (
    named < Math.min(paid.length, MOST) &&
    (named < FEWEST || explained * 100 < total * PERCENT_EXPLAINED)
  ) {
    explained += paid[named++].cycles;
  }
  return paid.slice(0, named);
}
