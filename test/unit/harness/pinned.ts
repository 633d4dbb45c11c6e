import type { ChallengePlan, GoalPlan } from '../../../src/contract/plan.ts';
import {
  __GFP_NOWARN,
  GFP_ATOMIC,
  GFP_DMA,
  GFP_KERNEL,
  REQ_ORDER,
  REQ_TASK,
} from '../../../src/engine/index.ts';
import type { PlayedPolicy } from '../../../src/harness/play.ts';
import { compileTape } from '../../../src/workload/compile.ts';
import { alloc, at, free, hold, plan, task } from '../workload/plans.ts';
import { record } from './recorded.ts';

const PIN = 0;

/** A policy puts two pages into every block of 256 of ZONE_DMA; then somebody wants such a block. 16 MiB. */
export function pinnedPlan(goals: GoalPlan[]): ChallengePlan {
  return plan(
    [
      task('pin', at(...Array.from({ length: 16 }, (_, i) => 1000 * (i + 1))), [
        alloc('p', 1, { gfp: GFP_KERNEL }),
      ]),
      task('card', at(500_000, 700_000), [
        alloc('ring', 8, { gfp: GFP_ATOMIC | GFP_DMA }),
        hold(10),
        free('ring'),
      ]),
      task('quiet', at(600_000), [
        alloc('x', 9, { gfp: GFP_ATOMIC | GFP_DMA | __GFP_NOWARN }),
        hold(10),
        free('x'),
      ]),
    ],
    { goals, policy: { ...plan([]).policy, hooks: ['block', 'zonelist'] } },
  );
}

export function scattering(p: ChallengePlan): PlayedPolicy {
  let pins = 0;
  return record(p, compileTape(p, 1), {
    block: request => (request[REQ_TASK] === PIN && request[REQ_ORDER] === 1 ? 256 * pins++ + 6 : -1),
  });
}
