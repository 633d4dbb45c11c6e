/** What was asked of a policy and what it answered, in the words of the kernel. */
import { AS_LINUX, FAULT, type HookName, ZONE_NAMES } from '../engine/index.ts';
import { gfpText } from './gfpText.ts';

export function zoneText(zone: number): string {
  return ZONE_NAMES[zone] ?? `zone ${zone}`;
}

/** What was asked, without who asked. */
export function questionText(hook: HookName, request: Readonly<Record<string, number>>): string {
  const { order, gfp, zone, pass, pfn, cpu, cold, refill, count } = request;
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
      return answer === 0 ? 'head' : answer === 1 ? 'tail' : String(answer);
  }
}
