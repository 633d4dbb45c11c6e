import type { ChallengePlan } from '../contract/plan.ts';
import type { PolicySource } from '../contract/policy.ts';
import type { Verdict } from '../contract/verdict.ts';
import type { PolicySandbox } from './policyHost.ts';
import { type ChallengeOutcome, runChallenge } from './runChallenge.ts';

export interface ProofInput {
  challengeName: string;
  reference: PolicySource | null;
  naive: PolicySource | null;
  seeds: readonly number[];
  startSandbox: () => Promise<PolicySandbox>;
  progress?: (what: string, done: number, total: number) => void;
  signal?: AbortSignal;
}

export interface Proof {
  reference: Verdict | null;
  naive: Verdict | null;
  /** Linux alone. */
  none: Verdict | null;
  /** What is not as it must be, one sentence each; empty: proven. */
  problems: string[];
}

/** The challenge can be won, and not by accident: its reference policy wins on every seed, its naive policy on none. */
export async function proveChallenge(plan: ChallengePlan, input: ProofInput): Promise<Proof> {
  const proof: Proof = { reference: null, naive: null, none: null, problems: [] };
  const play = async (who: 'reference' | 'naive' | 'none'): Promise<Verdict | null> => {
    const policy = who === 'none' ? null : input[who];
    if (who !== 'none' && policy === null) {
      proof.problems.push(`the challenge names no ${who} policy`);
      return null;
    }
    const outcome = await runChallenge(plan, {
      policy,
      challengeName: input.challengeName,
      policyName: who,
      seeds: input.seeds,
      startSandbox: input.startSandbox,
      forgetRuns: true,
      progress: (done, total) => input.progress?.(who, done, total),
      ...(input.signal === undefined ? {} : { signal: input.signal }),
    });
    if (outcome.kind !== 'verdict') {
      proof.problems.push(`the ${who} policy could not be run: ${whyNot(outcome)}`);
      return null;
    }
    return outcome.verdict;
  };
  proof.reference = await play('reference');
  proof.naive = await play('naive');
  proof.none = await play('none');
  const { reference, naive, none } = proof;
  const lost = reference?.seeds.filter(seed => seed.outcome === 'lost') ?? [];
  if (lost.length > 0) {
    proof.problems.push(
      `the reference policy loses on ${lost.length} of ${input.seeds.length} seeds: ${lost[0].reproduce}`,
    );
  }
  if (reference?.seeds.some(seed => seed.nrFaults > 0))
    proof.problems.push('the reference policy breaks rules');
  for (const [who, verdict] of [
    ['naive policy', naive],
    ['kernel without a policy', none],
  ] as const) {
    const won = verdict?.seeds.filter(seed => seed.outcome === 'won') ?? [];
    if (won.length === 0) continue;
    proof.problems.push(
      `the ${who} wins on ${won.length} of ${input.seeds.length} seeds: ${won[0].reproduce}`,
    );
  }
  return proof;
}

function whyNot(outcome: Exclude<ChallengeOutcome, { kind: 'verdict' }>): string {
  switch (outcome.kind) {
    case 'refused': {
      const [first] = outcome.diagnostics;
      return `${first.file}:${first.line}:${first.column}: ${first.message}`;
    }
    case 'failed':
      return `${outcome.failure.reason}: ${outcome.failure.message}`;
    case 'aborted':
      return 'it was interrupted';
  }
}
