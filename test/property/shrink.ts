/**
 * Drop as much of a failing list of steps as possible while it still fails: halves first, then ever smaller pieces.
 *
 * @param fails whether a list fails; called at most `budget` times
 */
export function shrink<T>(
  steps: readonly T[],
  fails: (steps: readonly T[]) => boolean,
  budget = 2000,
): readonly T[] {
  let best = steps;
  for (let size = Math.ceil(best.length / 2); size >= 1; size = size === 1 ? 0 : Math.ceil(size / 2)) {
    for (let at = 0; at < best.length; ) {
      if (budget-- <= 0) return best;
      const without = [...best.slice(0, at), ...best.slice(at + size)];
      if (without.length < best.length && fails(without)) best = without;
      else at += size;
    }
  }
  return best;
}
