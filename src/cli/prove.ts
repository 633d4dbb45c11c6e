import { PROVERS, type Prover } from '../contract/plan.ts';
import { judgeProof, type Proof, type ProverRun } from '../harness/prove.ts';
import type { ProvenChallenge } from '../report/proof.ts';
import { grouped, plural } from '../report/quantity.ts';
import type { LoadedChallenge } from './challenges.ts';
import { interruptible } from './interrupt.ts';
import { policyNamed } from './policies.ts';
import { ProverPool, type ProverTask } from './proverPool.ts';
import { Progress } from './terminal.ts';

/** Fewer runs than this are over sooner than other processes have started. */
const WORTH_A_PROCESS = 40;

/**
 * Prove challenges, each by the runs of the four on every seed.
 *
 * @param jobs      processes at most
 * @param complain  what is wrong with a challenge without playing it
 * @param proven    gets them in their order, each as soon as it and those before it are done
 * @returns false when it was interrupted
 */
export async function proveAll(
  challenges: readonly LoadedChallenge[],
  seeds: readonly number[],
  jobs: number,
  complain: (challenge: LoadedChallenge) => string[],
  proven: (proof: ProvenChallenge) => void,
): Promise<boolean> {
  const tasks = challenges.map(challenge => PROVERS.map(who => taskOf(challenge, who, seeds)));
  const nrRuns = challenges.length * PROVERS.length * seeds.length;
  const progress = new Progress(true);
  return interruptible(async signal => {
    const pool = new ProverPool(
      nrRuns < WORTH_A_PROCESS ? 1 : Math.min(jobs, tasks.length * PROVERS.length),
      signal,
    );
    let nrDone = 0;
    let nrProven = 0;
    const play = async (task: ProverTask): Promise<ProverRun | null> => {
      let before = 0;
      return pool.run(task, done => {
        nrDone += done - before;
        before = done;
        progress.show(
          `${nrProven} of ${plural(challenges.length, 'challenge')}, ${grouped(nrDone)} of ${plural(nrRuns, 'run')} done; ${task.plan.id}, ${task.who}`,
        );
      });
    };
    const played = tasks.map(four => Promise.all(four.map(play)));
    // Whoever fails is asked below, in the order of the challenges.
    for (const four of played) four.catch(() => undefined);
    try {
      for (const [i, four] of played.entries()) {
        const runs = await four;
        if (signal.aborted || runs.includes(null)) return false;
        const { plan, file } = challenges[i];
        const proof = judge(challenges[i], runs as ProverRun[]);
        proof.problems.push(...complain(challenges[i]));
        nrProven++;
        progress.clear();
        proven({ plan: plan!, file, proof });
      }
      return true;
    } finally {
      progress.clear();
      await pool.close();
    }
  });
}

function judge({ plan }: LoadedChallenge, runs: readonly ProverRun[]): Proof {
  const byName = Object.fromEntries(PROVERS.map((who, i) => [who, runs[i]]));
  return judgeProof(plan!, byName as Record<Prover, ProverRun>);
}

/** @throws BadInput  a policy that cannot be read, or is none */
function taskOf({ plan, file, name }: LoadedChallenge, who: Prover, seeds: readonly number[]): ProverTask {
  const named = (who === 'reference' || who === 'naive') && plan![who] !== '';
  const policy = named ? policyNamed(who, plan!, file) : null;
  return { plan: plan!, who, policy, challengeName: name, seeds };
}
