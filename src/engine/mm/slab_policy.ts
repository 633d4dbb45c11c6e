/**
 * What a policy decides in mm/slab.c: geometry and head arrays of a new cache, which slab objects come from, how many free
 * slabs go, and whether a cache is needed at all.
 */
import {
  HOOK_SLAB_LIMIT,
  HOOK_SLAB_MERGE,
  HOOK_SLAB_ORDER,
  HOOK_SLAB_PICK,
  HOOK_SLAB_REAP,
  REQ_BYTES,
  REQ_CACHE,
  REQ_FLAGS,
  REQ_FREE,
  REQ_GFP,
  REQ_OBJECTS,
  REQ_ORDER,
} from '../lib/hooks.ts';
import { askAnything, askPolicy, beginAsk, endAsk, inNobodysName, refuse } from './ask_policy.ts';
import { GFP_KERNEL } from './gfp.ts';
import { NIL } from './page.ts';
import { cacheNumber, cacheNumbered, slabsOn } from './slab_info.ts';
import {
  C_FLAGS,
  C_NUM,
  C_OBJSIZE,
  C_REALLEN,
  C_TEXT,
  MAX_CPUCACHE_LIMIT,
  S_CACHE,
  S_PFN,
  S_STATE,
  SLAB_CACHE_DMA,
  SLAB_HWCACHE_ALIGN,
  SLAB_MUST_HWCACHE_ALIGN,
  SLAB_NO_REAP,
  SLAB_RECLAIM_ACCOUNT,
} from './slab_layout.ts';
import type { SlabAllocator } from './slab_state.ts';

/** Flags that tell caches apart for their users; the others are of the build. */
const SAME_FLAGS =
  SLAB_NO_REAP | SLAB_HWCACHE_ALIGN | SLAB_CACHE_DMA | SLAB_MUST_HWCACHE_ALIGN | SLAB_RECLAIM_ACCOUNT;

/** A cache is being created, with GFP_KERNEL. */
function beginCreate(s: SlabAllocator, bytes: number): void {
  beginAsk(s.pgdat);
  const { request } = s.pgdat;
  request[REQ_GFP] = GFP_KERNEL;
  request[REQ_ORDER] = NIL;
  request[REQ_BYTES] = bytes;
}

/**
 * Order of a new cache's slabs.
 *
 * @param bytes of an object, rounded
 * @param least most orders whose slabs hold an object, and no more of them than may be
 */
export function askSlabOrder(
  s: SlabAllocator,
  bytes: number,
  linux: number,
  least: number,
  most: number,
): number {
  beginCreate(s, bytes);
  const rule = `must be an order from ${least} to ${most}: a slab of ${bytes}-byte objects holds at least one, and no more than can be counted`;
  const order = askPolicy(s.pgdat, HOOK_SLAB_ORDER, linux, least, most, rule);
  endAsk(s.pgdat);
  return order;
}

/** Objects that each head array of a cache is to hold. It is asked before the cache is in the chain. */
export function askSlabLimit(s: SlabAllocator, cache: number, linux: number): number {
  beginCreate(s, s.ctl[cache + C_OBJSIZE]);
  s.pgdat.request[REQ_CACHE] = cacheNumber(s, cache);
  const rule = `must be a number of objects from 1 to ${MAX_CPUCACHE_LIMIT}`;
  const limit = askPolicy(s.pgdat, HOOK_SLAB_LIMIT, linux, 1, MAX_CPUCACHE_LIMIT, rule);
  endAsk(s.pgdat);
  return limit;
}

/**
 * Slab that the next objects come from, asked for each slab that a head array is filled from.
 *
 * @param linux   row of the slab that Linux takes
 * @param objects wanted still
 * @returns       row of a slab of the cache with a free object
 */
export function askSlabPick(s: SlabAllocator, cache: number, linux: number, objects: number): number {
  const { pgdat, ctl, rows, cold, slabOfPage } = s;
  beginAsk(pgdat);
  const { request } = pgdat;
  request[REQ_CACHE] = cacheNumber(s, cache);
  request[REQ_BYTES] = ctl[cache + C_OBJSIZE];
  request[REQ_OBJECTS] = objects;
  const first = cold[linux + S_PFN];
  const pfn = askAnything(pgdat, HOOK_SLAB_PICK, first);
  let row = linux;
  if (pfn !== first) {
    const found = pfn >= 0 && pfn < slabOfPage.length ? slabOfPage[pfn] : NIL;
    if (found === NIL || cold[found + S_PFN] !== pfn || cold[found + S_CACHE] !== cache) {
      refuse(
        pgdat,
        HOOK_SLAB_PICK,
        pfn,
        'must be the number of the first page of one of the slabs of the cache',
      );
    } else if ((rows[found + S_STATE] & 0xffff) === ctl[cache + C_NUM]) {
      refuse(pgdat, HOOK_SLAB_PICK, pfn, 'must be a slab that has a free object');
    } else row = found;
  }
  endAsk(pgdat);
  return row;
}

/** Free slabs of a cache to give back now. Asked by the timer of a CPU where a cache has any. */
export function askSlabReap(s: SlabAllocator, cache: number, linux: number): number {
  const free = slabsOn(s, cache, 'free').length;
  if (free === 0) return 0;
  const { request } = s.pgdat;
  beginAsk(s.pgdat);
  inNobodysName(s.pgdat);
  request[REQ_CACHE] = cacheNumber(s, cache);
  request[REQ_BYTES] = s.ctl[cache + C_OBJSIZE];
  request[REQ_FREE] = free;
  const rule = `must be a number of slabs from 0 to ${free}, those of the cache that are free`;
  const slabs = askPolicy(s.pgdat, HOOK_SLAB_REAP, Math.min(linux, free), 0, free, rule);
  endAsk(s.pgdat);
  return slabs;
}

/**
 * A cache that there is already, to serve instead of a new one: with the same flags, objects that are large enough, and no
 * constructor. 2.6.0 always creates the new one; SLUB of 2.6.22 merges by such a rule.
 *
 * @param size  bytes of an object, as asked for
 * @param flags SLAB_ bits
 * @returns     the cache, 0 for none
 */
export function mergeCandidate(s: SlabAllocator, size: number, flags: number): number {
  const { pgdat } = s;
  if ((pgdat.hookMask & HOOK_SLAB_MERGE) === 0) return 0;
  beginCreate(s, size);
  pgdat.request[REQ_FLAGS] = flags;
  const number = askAnything(pgdat, HOOK_SLAB_MERGE, NIL);
  let cache = 0;
  if (number !== NIL) {
    const found = cacheNumbered(s, number);
    const rule = mergeRule(s, found, size, flags);
    if (rule === '') cache = found;
    else refuse(pgdat, HOOK_SLAB_MERGE, number, rule);
  }
  endAsk(pgdat);
  return cache;
}

/** What is wrong with the cache that is to serve, '' for nothing. */
function mergeRule(s: SlabAllocator, cache: number, size: number, flags: number): string {
  if (cache === 0 || cache === s.cacheCache) return 'must be the number of a cache';
  const { ctl } = s;
  // Of a debugging build the rest of an object is red zones; and there lines of the cache are no reason to differ.
  const bytes = ctl[cache + (s.debug === null ? C_OBJSIZE : C_REALLEN)];
  if (bytes < size) return `must be a cache whose objects have at least ${size} bytes, not ${bytes}`;
  const same = s.debug === null ? SAME_FLAGS : SAME_FLAGS & ~SLAB_HWCACHE_ALIGN;
  if (((ctl[cache + C_FLAGS] ^ flags) & same) !== 0) return 'must be a cache with the same flags';
  if (s.texts[ctl[cache + C_TEXT]].ctor !== null) return 'must be a cache without a constructor';
  return '';
}
