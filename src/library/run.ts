import { version } from '../cli/root.ts';
import type { Verdict } from '../contract/verdict.ts';
import { recordOf } from '../harness/record.ts';
import { encodeRecord } from '../harness/recordFile.ts';
import { behindOf } from './behind.ts';
import { guarded } from './failing.ts';
import { oneSeed, played, playedOnce } from './playing.ts';
import type { Challenge, OneSeedOptions, Recording, RunOptions } from './runTypes.ts';

/**
 * Run a challenge on one seed or several and judge it.
 *
 * The code of a policy runs in a process of its own that reaches neither files nor network and ends with the run.
 *
 * @returns the verdict, won or lost, with one of each seed in `seeds`; schemas/verdict.schema.json describes it
 * @throws OomphError (the promise rejects): `bad-policy` with diagnostics, `not-found`, `aborted`, `host`, `too-long`
 * @example
 * const { challenge } = loadChallenge('zones/the-sound-card');
 * const verdict = await run(challenge!, { policy: 'reference', seeds: [1, 2, 3] });
 * verdict.outcome; // 'won'
 */
export async function run(challenge: Challenge, options: RunOptions = {}): Promise<Verdict> {
  const { verdict } = await played(challenge, options, 'none');
  return verdict;
}

/**
 * Run one seed and keep the run, so that replay() shows it again without the policy.
 *
 * @throws OomphError (the promise rejects) as run()
 */
export async function record(challenge: Challenge, options: OneSeedOptions = {}): Promise<Recording> {
  const seed = oneSeed(challenge, options);
  const { verdict, played: policy, policyName } = await playedOnce(challenge, { ...options, seed });
  const { plan, text } = behindOf(challenge);
  return guarded(() => {
    const kept = recordOf({
      plan,
      challengeText: text,
      policyName,
      played: policy,
      verdict: verdict.seeds[0],
      oomph: version,
    });
    return { verdict, record: encodeRecord(kept) };
  });
}
