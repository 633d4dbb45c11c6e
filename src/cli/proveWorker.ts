/** A process of ProverPool. */
import { type ProverRun, runProver } from '../harness/prove.ts';
import type { ProverTask } from './proverPool.ts';
import { startCrowdedSandbox } from './sandbox.ts';
import { Tapes } from './tapes.ts';
import { workForPool } from './workerProcess.ts';

/** Of the challenge that was played last: tasks come challenge by challenge. */
let tapes = new Tapes();
let challenge = '';

workForPool<ProverTask, ProverRun>(({ plan, who, policy, ...input }, progress, signal) => {
  if (input.challengeName !== challenge) tapes = new Tapes();
  challenge = input.challengeName;
  const tapeOf = (_: typeof plan, seed: number) => tapes.of(plan, challenge, seed);
  return runProver(plan, who, policy, {
    ...input,
    startSandbox: startCrowdedSandbox,
    tapeOf,
    progress,
    signal,
  });
});
