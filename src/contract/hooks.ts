/** The decisions a policy may take, in the kernel's words. One hook, one decision, one 32-bit integer. */
import { type HookName as EngineHook, HOOKS } from '../engine/index.ts';

/** One-line meaning of each hook, for diagnostics, generated types and the docs. */
export const HOOK_MEANING = {
  zonelist: 'which zones one request may take pages from, and in which order',
  watermark: 'how many pages must be free in a zone for one request to be served from it',
  block: 'which free block a request is cut from, and which part of it',
  placement: 'which end of its free list a freed block goes to',
  pcp: 'how many pages move between a per-CPU list and the buddy lists now',
  coalesce: 'up to which order a freed block is merged with its buddies now',
  reclaim: 'whether a page that reclaim looks at is kept, taken or made active',
  kswapd: 'at how many free pages of a zone kswapd starts and stops',
  slabOrder: 'how many pages a slab of a new cache has',
  slabPick: 'which slab of a cache the next objects come from',
  slabLimit: 'how many objects the head arrays of a new cache hold',
  slabReap: 'how many free slabs of a cache are given back now',
  slabMerge: 'which cache that there is already serves instead of a new one',
  route: 'whether a buffer comes from kmalloc, vmalloc or the page allocator',
  map: 'whether a page of high memory is mapped by kmap or by an atomic slot',
  frame: 'whether a local buffer lies on the stack or comes from kmalloc',
  interrupt: 'whether an interrupt nests on what runs, waits, or leaves its work to a softirq',
  gfp: 'which mask a call site asks with',
} satisfies Record<EngineHook, string>;

export type HookName = keyof typeof HOOK_MEANING;

export function hookMask(names: readonly HookName[]): number {
  let mask = 0;
  for (const name of names) mask |= 1 << HOOKS.indexOf(name);
  return mask;
}
