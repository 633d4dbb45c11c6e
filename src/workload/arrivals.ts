import type { ArrivalPlan, Microseconds } from '../contract/plan.ts';
import type { Stream } from './stream.ts';

/**
 * Start times of one copy's runs, from `fromUs` on, in the order drawn (jitter may cross). Draws that fall at or
 * behind `untilUs` are handed over too: their runs take their share of the stream and leave no rows, so that a
 * longer phase changes nothing in what was there before.
 */
export function eachArrival(
  arrive: ArrivalPlan,
  fromUs: Microseconds,
  untilUs: Microseconds,
  stream: Stream,
  take: (timeUs: Microseconds) => void,
): void {
  switch (arrive.kind) {
    case 'poisson': {
      let t = fromUs + stream.exponential(arrive.meanGapUs);
      while (t < untilUs) {
        take(t);
        t += stream.exponential(arrive.meanGapUs);
      }
      return;
    }
    case 'every':
      for (let t = fromUs; t < untilUs; t += arrive.gapUs) take(t + stream.below(arrive.jitterUs + 1));
      return;
    case 'at':
      for (const t of arrive.timesUs) if (t >= fromUs) take(t);
      return;
    case 'burst':
      for (let t = fromUs; t < untilUs; t += arrive.gapUs) {
        const size = stream.draw(arrive.size);
        for (let k = 0; k < size; k++) take(t + stream.below(arrive.withinUs + 1));
      }
      return;
  }
}
