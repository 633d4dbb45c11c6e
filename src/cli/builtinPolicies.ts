import { join } from 'node:path';
import { nearest } from '../contract/nearest.ts';
import type { ChallengePlan } from '../contract/plan.ts';
import type { PolicySource } from '../contract/policy.ts';
import type { HookName } from '../engine/index.ts';
import { BUILTIN_POLICIES, type BuiltinPolicy } from '../policy/builtin.ts';
import { BadInput } from './exit.ts';
import { readPolicy } from './policyFiles.ts';
import { packageRoot } from './root.ts';

const FOLDER = join(packageRoot, 'policies');

/**
 * The sources of a policy that comes with oomph, for this challenge.
 *
 * @throws BadInput  there is none of that name, or the challenge does not open its hooks
 */
export function builtinPolicy(name: string, plan: ChallengePlan): PolicySource {
  const builtin = BUILTIN_POLICIES.find(policy => policy.name === name);
  if (builtin === undefined) throw unknown(name);
  const open = plan.policy.hooks;
  const hooks = builtin.hooks.filter(hook => open.includes(hook));
  const closed = builtin.hooks.filter(hook => !open.includes(hook));
  if (builtin.partial ? hooks.length === 0 : closed.length > 0) throw doesNotFit(builtin, closed, plan);
  return builtinSource(builtin, hooks);
}

/** @param hooks  which of its hooks; all of them unless it is partial */
export function builtinSource({ name, partial }: BuiltinPolicy, hooks: readonly HookName[]): PolicySource {
  if (!partial) return readPolicy(join(FOLDER, `${name}.ts`));
  const files = hooks.flatMap(hook =>
    readPolicy(join(FOLDER, name, `${hook}.ts`)).files.map(({ path, text }) => ({
      path: `${name}/${path}`,
      text,
    })),
  );
  const entry = `${name}.ts`;
  const text = [
    "import { definePolicy } from 'oomph';",
    ...hooks.map(hook => `import { ${hook} } from './${name}/${hook}.ts';`),
    '',
    `export default definePolicy({ ${hooks.join(', ')} });`,
    '',
  ].join('\n');
  return { entry, files: [{ path: entry, text }, ...files] };
}

/** Those that decide nothing that the challenge does not open. Linux written as a policy is left out: it is no policy at all. */
export function fittingBuiltins(plan: ChallengePlan): BuiltinPolicy[] {
  const open = plan.policy.hooks;
  return BUILTIN_POLICIES.filter(
    ({ partial, hooks }) => !partial && hooks.every(hook => open.includes(hook)),
  );
}

function unknown(name: string): BadInput {
  const names = BUILTIN_POLICIES.map(policy => policy.name);
  const near = nearest(name, names);
  const guess =
    near.length > 0 ? `did you mean builtin:${near.join(' or builtin:')}?` : `there are ${names.join(', ')}`;
  return new BadInput(`no policy that comes with oomph is called ${JSON.stringify(name)}: ${guess}`);
}

function doesNotFit(
  { name, hooks, partial }: BuiltinPolicy,
  closed: readonly HookName[],
  plan: ChallengePlan,
): BadInput {
  const open = plan.policy.hooks;
  const fitting = BUILTIN_POLICIES.filter(policy =>
    policy.partial
      ? policy.hooks.some(hook => open.includes(hook))
      : policy.hooks.every(hook => open.includes(hook)),
  ).map(policy => `builtin:${policy.name}`);
  const opens =
    open.length === 0
      ? 'opens no hook: it is played without a policy'
      : `opens ${open.join(', ')}; what fits is ${fitting.join(', ')}`;
  const needs = `builtin:${name} decides ${partial ? 'any hook' : hooks.join(', ')}`;
  const missing = !partial && closed.length < hooks.length ? `, and ${closed.join(', ')} is closed here` : '';
  return new BadInput(`${needs}${missing}: ${plan.id} ${opens}`);
}
