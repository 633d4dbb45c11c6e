/** What was asked of a policy and what it answered, in the words of the kernel. */
import { AS_LINUX, FAULT, type HookName, ZONE_NAMES } from '../engine/index.ts';
import { gfpText } from './gfpText.ts';

export function zoneText(zone: number): string {
  return ZONE_NAMES[zone] ?? `zone ${zone}`;
}

/** Asked for nobody in particular: request.task and request.site are -1. */
const NOBODYS: readonly HookName[] = ['slabOrder', 'slabLimit', 'slabReap', 'slabMerge'];

/** Whether a hook of these is told request.task. */
export const areTasksAsked = (hooks: readonly HookName[]): boolean =>
  hooks.some(hook => !NOBODYS.includes(hook));

/** What was asked, without who asked. */
export function questionText(hook: HookName, request: Readonly<Record<string, number>>): string {
  const { order, gfp, zone, pass, pfn, cpu, cold, refill, count, bytes, cache, free, priority, irq, room } =
    request;
  switch (hook) {
    case 'zonelist':
      return `which zones for order ${order}, ${gfpText(gfp)}`;
    case 'watermark':
      return `how many pages must be free in ${zoneText(zone)} for order ${order}, ${gfpText(gfp)}, pass ${pass}`;
    case 'block':
      return `which block of ${zoneText(zone)} for order ${order}`;
    case 'placement':
      return `where the block of order ${order} at pfn ${pfn} goes in its list of ${zoneText(zone)}`;
    case 'pcp':
      return (
        `how many pages move ${refill ? 'into' : 'out of'} the ${cold ? 'cold' : 'hot'} list ` +
        `of CPU ${cpu}, ${zoneText(zone)}, which has ${count}`
      );
    case 'coalesce':
      return `up to which order the block of order ${order} at pfn ${pfn} is merged`;
    case 'reclaim':
      return `what becomes of pfn ${pfn} of ${zoneText(zone)} at priority ${priority}`;
    case 'kswapd':
      return `at how many free pages of ${zoneText(zone)} kswapd ${pass === 1 ? 'starts' : 'stops'}`;
    case 'slabOrder':
      return `how many pages a slab for objects of ${bytes} bytes has`;
    case 'slabPick':
      return `which slab of cache ${cache} serves next`;
    case 'slabLimit':
      return `how many objects of ${bytes} bytes a head array holds`;
    case 'slabReap':
      return `how many of the ${free} free slabs of cache ${cache} go`;
    case 'slabMerge':
      return `which cache serves objects of ${bytes} bytes`;
    case 'route':
      return `where a buffer of ${bytes} bytes comes from`;
    case 'map':
      return `how pfn ${pfn} is mapped`;
    case 'frame':
      return `where a local buffer of ${bytes} bytes goes, ${room} bytes of stack being left`;
    case 'interrupt':
      return `what becomes of interrupt ${irq}, ${room} bytes of stack being left`;
    case 'gfp':
      return `which mask a call site asks with that says ${gfpText(gfp)}`;
  }
}

/** An answer of the hook: `Normal, DMA`, `320 pages`, `pfn 4095`. */
export function answerText(hook: HookName, answer: number): string {
  if (answer === AS_LINUX) return 'as Linux';
  if (answer === FAULT) return 'no answer';
  switch (hook) {
    case 'zonelist': {
      const zones: string[] = [];
      for (let rest = answer; rest > 0; rest >>>= 4) zones.push(zoneText((rest & 15) - 1));
      return zones.length > 0 ? zones.join(', ') : String(answer);
    }
    case 'watermark':
    case 'pcp':
      return `${answer} page${answer === 1 ? '' : 's'}`;
    case 'block':
      return `pfn ${answer}`;
    case 'placement':
      return choice(['head', 'tail'], answer);
    case 'coalesce':
    case 'slabOrder':
      return `order ${answer}`;
    case 'reclaim':
      return choice(['keep', 'take', 'make active'], answer);
    case 'kswapd':
      return `${answer} page${answer === 1 ? '' : 's'}`;
    case 'slabPick':
      return `the slab at pfn ${answer}`;
    case 'slabLimit':
      return `${answer} objects`;
    case 'slabReap':
      return `${answer} slab${answer === 1 ? '' : 's'}`;
    case 'slabMerge':
      return `cache ${answer}`;
    case 'route':
      return choice(['kmalloc', 'vmalloc', 'pages'], answer);
    case 'map':
      return answer === 0 ? 'kmap' : `kmap_atomic, type ${answer - 1}`;
    case 'frame':
      return choice(['the stack', 'kmalloc'], answer);
    case 'interrupt':
      return choice(['it waits', 'it nests', 'a softirq does it'], answer);
    case 'gfp':
      return gfpText(answer);
  }
}

const choice = (names: readonly string[], answer: number): string => names[answer] ?? String(answer);
