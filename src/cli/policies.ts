import { basename, dirname, isAbsolute, join } from 'node:path';
import type { Diagnostic } from '../contract/diagnostic.ts';
import type { ChallengePlan } from '../contract/plan.ts';
import type { PolicySource } from '../contract/policy.ts';
import { tunablesSource } from '../policy/tunables.ts';
import { formatDiagnostics } from '../report/diagnostics.ts';
import { parseTunables } from '../spec/tunables.ts';
import { builtinPolicy } from './builtinPolicies.ts';
import { BadInput } from './exit.ts';
import { readTextFile } from './files.ts';
import { isTunables, MAX_POLICY_BYTES, readPolicy } from './policyFiles.ts';

const BUILTIN = 'builtin:';

/**
 * What `--policy` names: a file of code or of tunables, the challenge's own `reference` or `naive`, one that comes with oomph as
 * `builtin:NAME`, or `none` for Linux as it is.
 *
 * @param challengeFile  the challenge file, whose folder `reference` and `naive` are relative to
 * @throws BadInput
 */
export function policyNamed(name: string, plan: ChallengePlan, challengeFile: string): PolicySource | null {
  if (name === 'none') return null;
  if (name.startsWith(BUILTIN)) return builtinPolicy(name.slice(BUILTIN.length), plan);
  if (name !== 'reference' && name !== 'naive') return policyAt(name, plan);
  const file = plan[name];
  if (file === '') {
    throw new BadInput(
      `${plan.id} has no ${name} policy: add \`policy: {${name}: FILE}\` to ${challengeFile}, or name a file`,
    );
  }
  return policyAt(isAbsolute(file) ? file : join(dirname(challengeFile), file), plan);
}

/** A policy file; one that ends in .yaml sets tunables. @throws BadInput */
function policyAt(path: string, plan: ChallengePlan): PolicySource {
  const read = readPolicyFor(path, plan);
  if (!('diagnostics' in read)) return read;
  throw new BadInput(
    `${path} is no policy for ${plan.id}\n\n${formatDiagnostics(read.diagnostics, { colour: false, width: 80 })}`,
  );
}

/**
 * A policy file as the challenge may take it; one that ends in .yaml sets tunables, and what is wrong with those is told.
 *
 * @throws BadInput  it cannot be read
 */
export function readPolicyFor(
  path: string,
  plan: ChallengePlan,
): PolicySource | { diagnostics: Diagnostic[] } {
  if (!isTunables(path)) return readPolicy(path);
  const text = readTextFile(path, 'policy', MAX_POLICY_BYTES);
  const { values, diagnostics } = parseTunables(new TextEncoder().encode(text), path, plan.policy.hooks);
  return values === null ? { diagnostics } : tunablesSource(basename(path), values);
}
