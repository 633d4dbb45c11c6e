/** The policy that a spec names for itself, where the command line names none. */
import { dirname, join } from 'node:path';
import type { ChallengePlan } from '../contract/plan.ts';
import type { PolicySource } from '../contract/policy.ts';
import { policyNamed } from './policies.ts';

/**
 * @param given  as the user wrote it; undefined: what the test of a spec says, or Linux
 * @param file   the challenge, to whose folder the path of a test's policy is relative
 * @throws BadInput
 */
export function policyOrTests(
  given: string | undefined,
  plan: ChallengePlan,
  file: string,
): { name: string; source: PolicySource | null } {
  if (given !== undefined) return { name: given, source: policyNamed(given, plan, file) };
  const { test } = plan;
  if (test === undefined || test.policy === 'linux') return { name: 'none', source: null };
  const isWord = test.policy === 'reference' || test.policy === 'naive' || test.policy.startsWith('builtin:');
  // As a command that is given the name would find it.
  const name = isWord ? test.policy : join(dirname(file), test.policy);
  return { name, source: policyNamed(name, plan, file) };
}
