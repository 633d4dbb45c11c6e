/** What an attempt is held against. */
import type { ChallengePlan } from '../../contract/plan.ts';
import type { PolicySource } from '../../contract/policy.ts';
import { builtinPolicy, fittingBuiltins } from '../builtinPolicies.ts';

/** Linux, and the policies that come with oomph and decide nothing that the challenge does not open. */
export function yardsticksFor(plan: ChallengePlan): { name: string; policy: () => PolicySource | null }[] {
  return [
    { name: 'Linux', policy: () => null },
    ...fittingBuiltins(plan).map(({ name }) => ({ name, policy: () => builtinPolicy(name, plan) })),
  ];
}
