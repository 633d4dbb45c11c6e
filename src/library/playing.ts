import { startSandbox } from '../cli/sandbox.ts';
import type { Verdict } from '../contract/verdict.ts';
import type { PlayedPolicy } from '../harness/play.ts';
import { type ChallengeOutcome, runChallenge } from '../harness/runChallenge.ts';
import { bad, whole } from './asking.ts';
import { behindOf } from './behind.ts';
import { OomphError } from './errors.ts';
import { asOomphError } from './failing.ts';
import { choosePolicy, refused } from './policyChoice.ts';
import type { AbortSignalLike, Challenge, OneSeedOptions, RunOptions } from './runTypes.ts';

/** Above it is no seed. */
const MAX_SEED = 2 ** 32 - 1;

/** One seed with what its policy decided. */
export async function playedOnce(
  challenge: Challenge,
  options: OneSeedOptions & { seed: number },
): Promise<{ verdict: Verdict; played: PlayedPolicy | null; policyName: string }> {
  const { seed, ...rest } = options;
  const { verdict, runs } = await played(challenge, { ...rest, seeds: [seed] }, 'all');
  return { verdict, played: runs.get(seed) ?? null, policyName: verdict.policy.name };
}

export function oneSeed(challenge: Challenge, { seed }: OneSeedOptions): number {
  return seed === undefined ? behindOf(challenge).plan.seeds[0] : whole(seed, 0, MAX_SEED, 'a seed');
}

export async function played(
  challenge: Challenge,
  options: RunOptions,
  keep: 'all' | 'none',
): Promise<Extract<ChallengeOutcome, { kind: 'verdict' }>> {
  const what = behindOf(challenge);
  const { policy = 'linux', seeds = what.plan.seeds, signal, onProgress } = options;
  if (seeds.length === 0) throw bad('`seeds` is empty: a run needs at least one');
  for (const seed of seeds) whole(seed, 0, MAX_SEED, 'a seed');
  const { source, name } = choosePolicy(policy, what);
  let outcome: ChallengeOutcome;
  try {
    outcome = await runChallenge(what.plan, {
      policy: source,
      challengeName: challenge.name,
      policyName: name,
      seeds,
      startSandbox,
      forgetRuns: keep === 'none',
      ...(signal === undefined ? {} : { signal: signal as AbortSignal }),
      ...(onProgress === undefined
        ? {}
        : { progress: (done, total, percent) => onProgress({ done, total, percent }) }),
    });
  } catch (error) {
    throw asOomphError(error);
  }
  switch (outcome.kind) {
    case 'verdict':
      return outcome;
    case 'refused':
      throw refused(name, challenge.id, outcome.diagnostics);
    case 'aborted':
      throw aborted(signal);
    case 'failed': {
      const { reason, message } = outcome.failure;
      throw new OomphError(
        'host',
        `the policy's process failed twice (${reason}: ${message}); nothing was decided: try again, and with more free memory`,
      );
    }
  }
}

function aborted(signal: AbortSignalLike | undefined): OomphError {
  return new OomphError('aborted', 'the run was stopped by its AbortSignal', { cause: signal?.reason });
}
