/** The decisions a policy may take, in the kernel's words. One hook, one decision, one 32-bit integer. */
import { HOOKS, type HookName } from '../engine/index.ts';

export type { HookName };

/** One-line meaning of each hook, for diagnostics, generated types and the docs. */
export const HOOK_MEANING: Record<HookName, string> = {
  zonelist: 'which zones one request may take pages from, and in which order',
  watermark: 'how many pages must be free in a zone for one request to be served from it',
  block: 'which free block a request is cut from, and which part of it',
  placement: 'which end of its free list a freed block goes to',
  pcp: 'how many pages move between a per-CPU list and the buddy lists now',
};

export function hookMask(names: readonly HookName[]): number {
  let mask = 0;
  for (const name of names) mask |= 1 << HOOKS.indexOf(name);
  return mask;
}
