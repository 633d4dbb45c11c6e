/** A comparison of two real runs: with a policy that keeps its pages high, and as Linux does. */
import { GFP_ATOMIC, GFP_DMA, GFP_KERNEL, REQ_GFP } from '../../../src/engine/index.ts';
import { compareRuns } from '../../../src/harness/compare.ts';
import type { Opponent, RunComparison } from '../../../src/tui/gameRun.ts';
import { compileTape } from '../../../src/workload/compile.ts';
import { record } from '../harness/recorded.ts';
import { alloc, at, free, goal, hold, plan, repeat, task } from '../workload/plans.ts';

const p = plan(
  [
    task('editor', { kind: 'every', gapUs: 100_000, jitterUs: 0 }, [alloc('text', 6, { gfp: GFP_KERNEL })], {
      owner: 'page_cache',
      untilUs: 9_000_000,
    }),
    task('logger', at(1000), [
      repeat(85, alloc('log', 7, { gfp: GFP_KERNEL })),
      hold(9_900_000),
      free('log'),
    ]),
    task(
      'card',
      { kind: 'every', gapUs: 500_000, jitterUs: 0 },
      [alloc('ring', 9, { gfp: GFP_ATOMIC | GFP_DMA }), hold(10), free('ring')],
      { owner: 'driver', fromUs: 5_000_000 },
    ),
  ],
  {
    machine: { ...plan([]).machine, ramPages: 16_384 },
    goals: [goal('page_alloc.failures', 'at_most', 0, { where: { task: 2, zone: -1, order: -1 } })],
    score: [
      { metric: 'cycles', where: { task: -1, zone: -1, order: -1 }, better: 'lower', par: 1e6, gold: 1e5 },
    ],
    policy: { ...plan([]).policy, hooks: ['zonelist'] },
  },
);
const tape = compileTape(p, 1);
const NORMAL_ONLY = 2;
const mine = record(p, tape, {
  zonelist: request => ((request[REQ_GFP] & GFP_DMA) !== 0 ? -1 : NORMAL_ONLY),
});

export function comparisonWith(opponent: Opponent): RunComparison {
  const comparison = compareRuns(
    p,
    1,
    { name: 'mine', played: mine },
    { name: opponent.name, played: opponent.kind === 'policy' ? mine : null },
  );
  return { seed: 1, opponent, comparison };
}
