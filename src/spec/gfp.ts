import type { TaskContext } from '../contract/plan.ts';
import {
  __GFP_DMA,
  __GFP_HIGHMEM,
  __GFP_NOFAIL,
  __GFP_NORETRY,
  __GFP_REPEAT,
  __GFP_WAIT,
  GFP_NAMES,
  GFP_ZONEMASK,
} from '../engine/index.ts';
import type { Located } from './document.ts';
import { type Findings, quote, type Span } from './findings.ts';
import { textOf } from './values.ts';

/** Who asks and how, as far as it decides what a mask means. */
export interface Caller {
  context: TaskContext;
  memalloc: boolean;
  /** __get_free_pages or get_zeroed_page: the answer is a kernel address. */
  wantsAddress: boolean;
  /** Where nothing may sleep, in process context too: `under the spinlock q`. */
  atomic?: string;
}

/** Read a list of gfp names into a mask; undefined where a name is not known or no zonelist answers to it. */
export function readGfp(findings: Findings, node: Located | undefined, caller: Caller): number | undefined {
  if (node?.items == null || node.items.length === 0) return undefined;
  let mask = 0;
  let known = true;
  const seen = new Map<string, Located>();
  for (const item of node.items) {
    const name = textOf(item);
    if (name === undefined || !Object.hasOwn(GFP_NAMES, name)) {
      known = false;
      continue;
    }
    if (seen.has(name))
      findings.error(item, 'E-DUPLICATE', `${quote(name)} is in the list twice`, {
        expected: 'each name once',
      });
    seen.set(name, item);
    mask |= GFP_NAMES[name];
  }
  const hasZonelist = checkMask(findings, seen, mask, known, caller);
  return known && hasZonelist ? mask : undefined;
}

/** @returns whether the mask names a zonelist */
function checkMask(
  findings: Findings,
  seen: Map<string, Located>,
  mask: number,
  known: boolean,
  caller: Caller,
): boolean {
  const last = (bit: number): Span & { name: string } => {
    let found: Span & { name: string } = { start: 0, end: 1, name: '' };
    for (const [name, node] of seen)
      if ((GFP_NAMES[name] & bit) !== 0) found = { start: node.start, end: node.end, name };
    return found;
  };
  if ((mask & GFP_ZONEMASK) === (__GFP_DMA | __GFP_HIGHMEM)) {
    const [dma, high] = [last(__GFP_DMA), last(__GFP_HIGHMEM)];
    const later = dma.start > high.start ? dma : high;
    const message = `${quote(dma.name)} and ${quote(high.name)} together name no zonelist of 2.6.0`;
    findings.error(later, 'E-GFP-ZONES', message, {
      expected: 'memory below 16 MiB or high memory, not both',
    });
    return false;
  }
  if (caller.wantsAddress && (mask & __GFP_HIGHMEM) !== 0) {
    const { name, ...place } = last(__GFP_HIGHMEM);
    const message = `${quote(name)} allows high memory, which has no address that this call could return`;
    const suggestions = name === 'GFP_HIGHUSER' ? ['GFP_USER'] : [];
    findings.error(place, 'E-GFP-ADDRESS', message, {
      expected: 'a mask without __GFP_HIGHMEM, or alloc_pages',
      suggestions,
    });
  }
  if (caller.context !== 'process' && (mask & __GFP_WAIT) !== 0) {
    const { name, ...place } = last(__GFP_WAIT);
    const message = `${quote(name)} may sleep, and the task runs in ${caller.context} context: the kernel reports a bug each time`;
    findings.warning(place, 'W-GFP-SLEEP', message, {
      expected: 'GFP_ATOMIC, unless the bug is what the challenge is about',
    });
  }
  if (caller.context === 'process' && caller.atomic !== undefined && (mask & __GFP_WAIT) !== 0) {
    const { name, ...place } = last(__GFP_WAIT);
    const message = `${quote(name)} may sleep, and stands ${caller.atomic}: "Debug: sleeping function called from invalid context"`;
    findings.warning(place, 'W-GFP-SLEEP', message, {
      expected: 'GFP_ATOMIC, unless the bug is what the challenge is about',
    });
  }
  if (!known) return true;
  const retry = mask & (__GFP_REPEAT | __GFP_NOFAIL | __GFP_NORETRY);
  if (retry !== 0 && (mask & __GFP_WAIT) === 0) {
    const { name, ...place } = last(retry);
    const message = `${quote(name)} does nothing here: a request without __GFP_WAIT is never retried`;
    findings.warning(place, 'W-GFP-NO-EFFECT', message, {
      expected: 'a mask that may sleep, such as GFP_KERNEL',
    });
  } else if ((mask & __GFP_NORETRY) !== 0 && retry !== __GFP_NORETRY) {
    const { name, ...place } = last(__GFP_REPEAT | __GFP_NOFAIL);
    const message = `${quote(name)} does nothing beside __GFP_NORETRY, which wins`;
    findings.warning(place, 'W-GFP-NO-EFFECT', message, { expected: 'one of the two' });
  }
  return true;
}

/**
 * What a request may come to when memory is short, orders as a bit set.
 *
 * Source: mm/page_alloc.c, __alloc_pages(): without __GFP_WAIT, or as PF_MEMALLOC outside interrupts, it returns NULL;
 * else it retries for ever for order <= 3, __GFP_REPEAT and __GFP_NOFAIL, unless __GFP_NORETRY.
 */
export function outcomes(
  mask: number,
  orders: number,
  caller: Caller,
): { mayFail: boolean; mayStall: boolean } {
  if ((mask & __GFP_WAIT) === 0 || (caller.memalloc && caller.context === 'process'))
    return { mayFail: true, mayStall: false };
  if ((mask & __GFP_NORETRY) !== 0) return { mayFail: true, mayStall: false };
  if ((mask & (__GFP_REPEAT | __GFP_NOFAIL)) !== 0) return { mayFail: false, mayStall: true };
  return { mayFail: (orders & ~0xf) !== 0, mayStall: (orders & 0xf) !== 0 };
}
