/** One policy through all challenges that ask something it decides. */
import { basename } from 'node:path';
import type { Diagnostic } from '../contract/diagnostic.ts';
import type { ChallengePlan } from '../contract/plan.ts';
import type { PolicySource } from '../contract/policy.ts';
import { TUNABLES } from '../contract/tunables.ts';
import { HOOKS, type HookName } from '../engine/index.ts';
import { runChallenge } from '../harness/runChallenge.ts';
import { compilePolicy } from '../policy/compile/index.ts';
import { tunablesSource } from '../policy/tunables.ts';
import type { EpicChallenge, EpicReport } from '../report/epicText.ts';
import { parseTunables } from '../spec/tunables.ts';
import type { LoadedChallenge } from './challenges.ts';
import { HostFailure } from './exit.ts';
import { readTextFile } from './files.ts';
import { isTunables, MAX_POLICY_BYTES, readPolicy } from './policyFiles.ts';
import { version } from './root.ts';
import { startSandbox } from './sandbox.ts';

export interface EpicPolicy {
  hooks: readonly HookName[];
  tokens: number;
  hash: string;
  /** With the hooks that the challenge opens. */
  sourceFor(plan: ChallengePlan): PolicySource;
}

/** @throws BadInput  it cannot be read */
export function epicPolicy(path: string): EpicPolicy | { diagnostics: Diagnostic[] } {
  const isOpen = (plan: ChallengePlan, name: string): boolean =>
    plan.policy.hooks.includes(TUNABLES[name].hook);
  let source: PolicySource;
  let sourceFor: EpicPolicy['sourceFor'];
  if (isTunables(path)) {
    const text = readTextFile(path, 'policy', MAX_POLICY_BYTES);
    const { values, diagnostics } = parseTunables(new TextEncoder().encode(text), path, HOOKS);
    if (values === null) return { diagnostics };
    const file = basename(path);
    source = tunablesSource(file, values);
    sourceFor = plan => tunablesSource(file, new Map([...values].filter(([name]) => isOpen(plan, name))));
  } else {
    source = { ...readPolicy(path), partial: true };
    sourceFor = () => source;
  }
  const compiled = compilePolicy(source, HOOKS, 1);
  if (!compiled.ok) return { diagnostics: compiled.diagnostics };
  return { ...compiled.policy.info, sourceFor };
}

/** Whether it decides anything there. */
export const serves = (policy: Pick<EpicPolicy, 'hooks'>, plan: ChallengePlan): boolean =>
  plan.policy.hooks.some(hook => policy.hooks.includes(hook));

/**
 * @param path      as the user named the policy
 * @param progress  challenges that are done, and the one that is played
 * @returns         null where the signal ended it
 */
export async function runEpic(
  path: string,
  policy: EpicPolicy,
  challenges: readonly LoadedChallenge[],
  progress: (done: number, total: number, id: string) => void,
  signal: AbortSignal,
): Promise<EpicReport | { diagnostics: Diagnostic[] } | null> {
  const played: EpicChallenge[] = [];
  const served = challenges.filter(({ plan }) => plan !== null && serves(policy, plan));
  for (const { plan, name } of served as (LoadedChallenge & { plan: ChallengePlan })[]) {
    progress(played.length, served.length, plan.id);
    const outcome = await runChallenge(plan, {
      policy: policy.sourceFor(plan),
      challengeName: name,
      policyName: path,
      seeds: plan.seeds,
      startSandbox,
      signal,
      forgetRuns: true,
    });
    if (outcome.kind === 'aborted') return null;
    if (outcome.kind === 'refused') return { diagnostics: outcome.diagnostics };
    if (outcome.kind === 'failed') {
      throw new HostFailure(
        `the policy's process failed twice in ${plan.id}, seed ${outcome.seed} (${outcome.failure.message}); try again, and with more free memory`,
      );
    }
    const { verdict } = outcome;
    played.push({
      id: plan.id,
      title: plan.title,
      outcome: verdict.outcome,
      stars: verdict.stars,
      seeds: verdict.seeds.length,
      seedsWon: verdict.seeds.filter(seed => seed.outcome === 'won').length,
      faults: verdict.seeds.reduce((sum, { nrFaults }) => sum + nrFaults, 0),
      score: verdict.summary.map(({ metric, unit, worst }) => ({ metric, unit, worst })),
    });
  }
  const rest = challenges.filter(challenge => challenge.plan !== null && !serves(policy, challenge.plan));
  return {
    epic: 1,
    oomph: version,
    policy: { name: path, hash: policy.hash, tokens: policy.tokens, hooks: [...policy.hooks] },
    challenges: played,
    notServed: rest.map(({ plan }) => plan!.id),
    won: played.filter(({ outcome }) => outcome === 'won').length,
    stars: played.reduce((sum, { stars }) => sum + stars, 0),
    possible: 3 * played.length,
  };
}
