import { dirname, join } from 'node:path';
import type { ChallengePlan } from '../contract/plan.ts';
import type { PolicySource } from '../contract/policy.ts';
import { builtinPolicy } from './builtinPolicies.ts';
import { BadInput } from './exit.ts';
import { readPolicy } from './policyFiles.ts';

const BUILTIN = 'builtin:';

/**
 * What `--policy` names: a file, the challenge's own `reference` or `naive`, one that comes with oomph as
 * `builtin:NAME`, or `none` for Linux as it is.
 *
 * @param challengeFile  the challenge file, whose folder `reference` and `naive` are relative to
 * @throws BadInput
 */
export function policyNamed(name: string, plan: ChallengePlan, challengeFile: string): PolicySource | null {
  if (name === 'none') return null;
  if (name.startsWith(BUILTIN)) return builtinPolicy(name.slice(BUILTIN.length), plan);
  if (name !== 'reference' && name !== 'naive') return readPolicy(name);
  const file = plan[name];
  if (file === '') {
    throw new BadInput(
      `${plan.id} has no ${name} policy: add \`policy: {${name}: FILE}\` to ${challengeFile}, or name a file`,
    );
  }
  return readPolicy(join(dirname(challengeFile), file));
}
