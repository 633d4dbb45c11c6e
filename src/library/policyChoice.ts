import { policyNamed, readPolicyFor } from '../cli/policies.ts';
import { isTunables } from '../cli/policyFiles.ts';
import type { PolicySource } from '../contract/policy.ts';
import { tunablesSource } from '../policy/tunables.ts';
import { parseTunables } from '../spec/tunables.ts';
import { bad } from './asking.ts';
import type { Behind } from './behind.ts';
import { OomphError } from './errors.ts';
import { guarded } from './failing.ts';
import type { PolicyChoice } from './runTypes.ts';

export interface ChosenPolicy {
  /** Null: Linux decides. */
  source: PolicySource | null;
  /** As --policy has it. */
  name: string;
}

/** @throws OomphError `not-found`, `bad-policy`, `bad-argument` */
export function choosePolicy(choice: PolicyChoice, { plan, file }: Behind): ChosenPolicy {
  if (choice === 'linux') return { source: null, name: 'none' };
  if (choice === 'reference' || choice === 'naive') {
    if (file === '')
      throw bad(
        `${plan.id} came as text, so its ${choice} policy is in no folder: give the policy as {file} or {text}`,
      );
    return { source: guarded(() => policyNamed(choice, plan, file)), name: choice };
  }
  if (typeof choice === 'string') {
    if (!choice.startsWith('builtin:'))
      throw bad(
        `${JSON.stringify(choice)} is no policy: 'linux', 'reference', 'naive', 'builtin:NAME', {file: PATH} or {text: SOURCE}`,
      );
    return { source: guarded(() => policyNamed(choice, plan, file), 'bad-policy'), name: choice };
  }
  if (typeof choice !== 'object' || choice === null)
    throw bad(
      "a policy is 'linux', 'builtin:NAME', {file: PATH} or {text: SOURCE}: its code runs in a sandbox, as text",
    );
  if ('file' in choice) {
    const read = guarded(() => readPolicyFor(choice.file, plan));
    if ('diagnostics' in read) throw refused(choice.file, plan.id, read.diagnostics);
    return { source: read, name: choice.file };
  }
  const { text, name = 'policy.ts', files = {} } = choice;
  if (typeof text !== 'string') throw bad('{text} of a policy is its source, a string');
  if (isTunables(name)) {
    const { values, diagnostics } = parseTunables(new TextEncoder().encode(text), name, plan.policy.hooks);
    if (values === null) throw refused(name, plan.id, diagnostics);
    return { source: tunablesSource(name, values), name };
  }
  if (!/\.(ts|js)$/.test(name))
    throw bad(`${name} is not the name of a policy: it ends in .ts, .js or .yaml`);
  const more = Object.entries(files).map(([path, source]) => ({ path, text: source }));
  return { source: { entry: name, files: [{ path: name, text }, ...more] }, name };
}

export function refused(name: string, challenge: string, diagnostics: OomphError['diagnostics']): OomphError {
  const first = diagnostics.find(({ severity }) => severity === 'error') ?? diagnostics[0];
  const where = first === undefined ? '' : `: ${first.file}:${first.line}:${first.column}: ${first.message}`;
  return new OomphError('bad-policy', `${name} is no policy for ${challenge}${where}`, { diagnostics });
}
