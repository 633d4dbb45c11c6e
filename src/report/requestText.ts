/** What was asked of a policy and what it answered, in the words of the kernel. */
import { AS_LINUX, FAULT, GFP_NAMES, type HookName, ZONE_NAMES } from '../engine/index.ts';

/** `GFP_ATOMIC`, `GFP_KERNEL|__GFP_NORETRY`, hexadecimal where no names make it up. */
export function gfpText(gfp: number): string {
  const bits = (mask: number): number => {
    let count = 0;
    for (let rest = mask; rest !== 0; rest &= rest - 1) count++;
    return count;
  };
  const names = Object.entries(GFP_NAMES).filter(([, mask]) => (gfp & mask) === mask);
  const found: string[] = [];
  let rest = gfp;
  // The name that says most first.
  for (const [name, mask] of names.sort(([, a], [, b]) => bits(b) - bits(a))) {
    if ((rest & mask) === 0 || (rest & mask) !== mask) continue;
    found.push(name);
    rest &= ~mask;
  }
  return rest === 0 && found.length > 0 ? found.join('|') : `0x${gfp.toString(16)}`;
}

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
