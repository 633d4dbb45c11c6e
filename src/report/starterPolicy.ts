import { HOOK_MEANING, type HookName } from '../contract/hooks.ts';
import type { ChallengePlan } from '../contract/plan.ts';
import { REQUEST_FIELDS } from '../policy/fields.ts';
import { areTasksAsked } from './requestText.ts';
import { wrap } from './wrap.ts';

/** What a hook's answer may be, for somebody who has just opened the file. */
const ANSWERS: Record<HookName, string> = {
  zonelist: 'mem.zonelist(first, second?, third?) or a constant such as mem.NORMAL_ONLY',
  watermark: 'pages that must be free in request.zone',
  block: 'first page frame of the free block to cut from',
  placement: 'mem.HEAD or mem.TAIL',
  pcp: 'pages to move now',
  coalesce: 'highest order that the block may become now, request.order to 10',
  reclaim: 'mem.RECLAIM_KEEP, mem.RECLAIM_TAKE or mem.RECLAIM_ACTIVATE',
  kswapd: 'free pages; request.pass is 1 for starting, 2 for stopping',
  slabOrder: 'order of the block that a slab is, 0 to 5',
  slabPick: 'first page of a slab that has a free object',
  slabLimit: 'objects, 1 to 120',
  slabReap: 'slabs, 0 to request.free',
  slabMerge: 'number of a cache with the same flags, without a constructor, whose objects are as large',
  route: 'mem.ROUTE_KMALLOC, mem.ROUTE_VMALLOC or mem.ROUTE_PAGES',
  map: 'mem.MAP_KMAP, or mem.MAP_ATOMIC + a KM_ type of the context',
  frame: 'mem.FRAME_STACK or mem.FRAME_KMALLOC',
  interrupt: 'mem.INTERRUPT_NEST, mem.INTERRUPT_DEFER or mem.INTERRUPT_SOFTIRQ',
  gfp: 'a mask with the zone bits of request.gfp',
};

/** The numbers by which a request names a task. */
function taskLines({ workload: { tasks }, policy: { hooks } }: ChallengePlan): string[] {
  if (tasks.length === 0 || !areTasksAsked(hooks)) return [];
  const named = tasks.map(({ name }, i) => `${i} ${name}`).join(', ');
  return wrap(`request.task: ${named}. The briefing has them too, and request.site.`, '// ', 100);
}

/**
 * A policy that plays by Linux's rules: each hook of the challenge, ready to be changed.
 *
 * @param language  how an editor is told that there are no other hooks: in the call, or in a comment before what it takes
 */
export function starterPolicy(plan: ChallengePlan, language: 'ts' | 'js' = 'ts'): string {
  const { hooks } = plan.policy;
  const names = hooks.map(hook => `'${hook}'`).join(' | ') || 'never';
  const [start, end] =
    language === 'ts'
      ? [`export default definePolicy<${names}>({`, '});']
      : [`export default definePolicy(/** @satisfies {Pick<import('oomph').Policy, ${names}>} */ ({`, '}));'];
  const members = hooks.flatMap(hook => [
    '  /**',
    `   * Asked: ${HOOK_MEANING[hook]}.`,
    `   * Answer: ${ANSWERS[hook]}; mem.AS_LINUX leaves it to Linux.`,
    `   * request tells: ${Object.keys(REQUEST_FIELDS[hook]).join(', ')}.`,
    '   */',
    `  ${hook}: (request, mem) => mem.AS_LINUX,`,
  ]);
  return [
    ...(language === 'js' ? ['// @ts-check'] : []),
    "import { definePolicy } from 'oomph';",
    '',
    `// ${plan.title} (${plan.id})`,
    '// Every field of request and all that mem can tell: oomph docs policy',
    ...taskLines(plan),
    start,
    ...members,
    end,
    '',
  ].join('\n');
}
