import { Tapes } from '../../../src/cli/tapes.ts';
import { compileTape } from '../../../src/workload/compile.ts';
import { alloc, free, hold, plan, task } from '../workload/plans.ts';

const challenge = plan([
  task('t', { kind: 'poisson', meanGapUs: 10_000 }, [
    alloc('x', 2),
    hold({ kind: 'exponential', mean: 9_000 }),
    free('x'),
  ]),
]);

test('a tape is compiled once, and is that of its challenge and seed', () => {
  const tapes = new Tapes();
  const first = tapes.of(challenge, 'a', 1);
  expect(first).toEqual(compileTape(challenge, 1));
  expect(tapes.of(challenge, 'a', 1)).toBe(first);
  expect(tapes.of(challenge, 'a', 2)).toEqual(compileTape(challenge, 2));
  expect(tapes.of(challenge, 'b', 1)).not.toBe(first);
});

test('what does not fit is compiled each time, and what is there stays', () => {
  const { nrOps } = compileTape(challenge, 1);
  // 39 bytes a row: two fit, and seeds differ by a few rows.
  const tapes = new Tapes(nrOps * 39 * 2.5);
  const kept = [1, 2].map(seed => tapes.of(challenge, 'a', seed));
  for (const seed of [3, 4, 3]) expect(tapes.of(challenge, 'a', seed)).toEqual(compileTape(challenge, seed));
  expect(tapes.of(challenge, 'a', 3)).not.toBe(tapes.of(challenge, 'a', 3));
  expect([1, 2].map(seed => tapes.of(challenge, 'a', seed) === kept[seed - 1])).toEqual([true, true]);
});
