import { HOOK_MEANING, type HookName } from '../contract/hooks.ts';
import type { ChallengePlan } from '../contract/plan.ts';
import { REQUEST_FIELDS } from '../policy/fields.ts';

/** What a hook's answer may be, for somebody who has just opened the file. */
const ANSWERS: Record<HookName, string> = {
  zonelist: 'mem.zonelist(first, second?, third?) or a constant such as mem.NORMAL_ONLY',
  watermark: 'pages that must be free in request.zone',
  block: 'first page frame of the free block to cut from',
  placement: 'mem.HEAD or mem.TAIL',
  pcp: 'pages to move now',
};

/** A policy that plays by Linux's rules: each hook of the challenge, ready to be changed. */
export function starterPolicy(plan: ChallengePlan): string {
  const hooks = plan.policy.hooks.flatMap(hook => [
    '  /**',
    `   * Asked: ${HOOK_MEANING[hook]}.`,
    `   * Answer: ${ANSWERS[hook]}; mem.AS_LINUX leaves it to Linux.`,
    `   * request tells: ${Object.keys(REQUEST_FIELDS[hook]).join(', ')}.`,
    '   */',
    `  ${hook}: (request, mem) => mem.AS_LINUX,`,
  ]);
  return [
    "import { definePolicy } from 'oomph';",
    '',
    `// ${plan.title} (${plan.id})`,
    '// Every field of request and all that mem can tell: docs/policy.md',
    'export default definePolicy({',
    ...hooks,
    '});',
    '',
  ].join('\n');
}
