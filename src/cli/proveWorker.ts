/** A process of ProverPool. */
import { type ProverRun, runProver } from '../harness/prove.ts';
import type { ProverTask } from './proverPool.ts';
import { startSandbox } from './sandbox.ts';
import { workForPool } from './workerProcess.ts';

workForPool<ProverTask, ProverRun>(({ plan, who, policy, ...input }, progress, signal) =>
  runProver(plan, who, policy, { ...input, startSandbox, progress, signal }),
);
