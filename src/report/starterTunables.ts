import { HOOK_MEANING } from '../contract/hooks.ts';
import type { ChallengePlan } from '../contract/plan.ts';
import { TUNABLES, type Tunable } from '../contract/tunables.ts';
import { sizeText } from '../spec/values.ts';
import { wrap } from './wrap.ts';

/**
 * A policy without code that plays by Linux's rules: each tunable of the challenge's hooks, ready to be set.
 *
 * @returns null where the hooks have no tunables
 */
export function starterTunables(plan: ChallengePlan): string | null {
  const lines = plan.policy.hooks.flatMap(hook => {
    const names = Object.keys(TUNABLES).filter(name => TUNABLES[name].hook === hook);
    if (names.length === 0) return [];
    return [
      ...wrap(`${hook}: ${HOOK_MEANING[hook]}`, '  # '),
      ...names.flatMap(name => [...comment(TUNABLES[name]), `  ${name}: default`]),
    ];
  });
  if (lines.length === 0) return null;
  return [
    ...wrap(`${plan.title} (${plan.id})`, '# '),
    ...wrap(
      '`default` leaves a number to Linux; write another in its place. All of them: oomph docs policy',
      '# ',
    ),
    'policy: 1',
    'tunables:',
    ...lines,
    '',
  ].join('\n');
}

function comment({ meaning, unit, low, high, linux }: Tunable): string[] {
  const range =
    unit === 'bytes'
      ? `${sizeText(low)} to ${sizeText(high)}`
      : unit === 'order'
        ? `an order ${low} to ${high}`
        : `${low} to ${high} ${unit}`;
  return ['', ...wrap(`${meaning}: ${range}. Linux: ${linux}.`, '  # ')];
}
