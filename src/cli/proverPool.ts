/** Plays the policies of challenges in several processes at once; with one, in this process. */
import type { ChallengePlan, Prover } from '../contract/plan.ts';
import type { PolicySource } from '../contract/policy.ts';
import { type ProverRun, runProver } from '../harness/prove.ts';
import { startSandbox } from './sandbox.ts';
import { WorkerPool } from './workerPool.ts';

export interface ProverTask {
  plan: ChallengePlan;
  who: Prover;
  /** Null for one that has none. */
  policy: PolicySource | null;
  challengeName: string;
  seeds: readonly number[];
}

export class ProverPool extends WorkerPool<ProverTask, ProverRun> {
  /** @param jobs processes at most; 1: none but this one */
  constructor(jobs: number, signal: AbortSignal) {
    super(
      jobs,
      {
        script: 'proveWorker.js',
        nameOf: ({ plan }) => plan.id,
        own: ({ plan, who, policy, ...input }, progress) =>
          runProver(plan, who, policy, { ...input, startSandbox, progress, signal }),
      },
      signal,
    );
  }
}
