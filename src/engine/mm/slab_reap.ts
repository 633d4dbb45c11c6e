/**
 * Memory that caches do not need goes back to the page allocator, when asked and in the course of time.
 * Source: mm/slab.c of 2.6.0, kmem_cache_shrink(), cache_reap().
 */
import { DUE_REAP } from '../lib/agenda.ts';
import { HOOK_SLAB_REAP } from '../lib/hooks.ts';
import { STAT_SLAB_REAPED } from '../trace/events.ts';
import { dropOldest, freeBlock, slabDestroy } from './slab.ts';
import {
  AC_ENTRIES,
  AC_LIMIT,
  AC_NULL,
  AC_STATE,
  C_FLAGS,
  C_FREE,
  C_FREE_LIMIT,
  C_FREE_OBJECTS,
  C_FREE_TOUCHED,
  C_FULL,
  C_HEAD,
  C_NEXT,
  C_NEXT_REAP,
  C_NUM,
  C_PARTIAL,
  C_SHARED,
  REAPTIMEOUT_CPUC,
  REAPTIMEOUT_LIST3,
  S_NEXT,
  S_PREV,
  SLAB_NO_REAP,
} from './slab_layout.ts';
import { askSlabReap } from './slab_policy.ts';
import type { SlabAllocator } from './slab_state.ts';

/**
 * Empty the head arrays of every CPU, the caller's first, then the shared array, and give back every empty slab.
 *
 * @returns 0 when no slab is left, else 1
 * Source:  mm/slab.c, kmem_cache_shrink(), __cache_shrink(), drain_cpu_caches()
 */
export function kmemCacheShrink(s: SlabAllocator, cache: number, cpu: number): number {
  const { ctl } = s;
  drainWhole(s, cache, ctl[cache + C_HEAD + cpu], cpu);
  for (let i = 0; i < s.onlineCpus; i++) if (i !== cpu) drainWhole(s, cache, ctl[cache + C_HEAD + i], i);
  const shared = ctl[cache + C_SHARED];
  if (shared !== 0) drainWhole(s, cache, shared, cpu);
  const free = ctl[cache + C_FREE];
  for (let row = s.rows[free + S_PREV]; row !== free; row = s.rows[free + S_PREV])
    release(s, cache, row, cpu);
  return isEmpty(s, ctl[cache + C_FULL]) && isEmpty(s, ctl[cache + C_PARTIAL]) ? 0 : 1;
}

function drainWhole(s: SlabAllocator, cache: number, ac: number, cpu: number): void {
  if (ac === AC_NULL) return;
  freeBlock(s, cache, ac + AC_ENTRIES, s.ctl[ac + AC_STATE] >> 1, cpu);
  s.ctl[ac + AC_STATE] &= 1;
}

/** Take an empty slab off the free list and give its memory back. */
function release(s: SlabAllocator, cache: number, row: number, cpu: number): void {
  const { rows } = s;
  rows[rows[row + S_PREV] + S_NEXT] = rows[row + S_NEXT];
  rows[rows[row + S_NEXT] + S_PREV] = rows[row + S_PREV];
  s.ctl[cache + C_FREE_OBJECTS] -= s.ctl[cache + C_NUM];
  slabDestroy(s, cache, row, cpu);
}

function isEmpty(s: SlabAllocator, head: number): boolean {
  return s.rows[head + S_NEXT] === head;
}

/**
 * What one CPU's timer does every two seconds: a fifth of each head array that nobody used since the last time goes back;
 * every four seconds, by the cache's own clock, the same for the shared array, and a fifth of the free limit in slabs.
 * Reads `s.jiffies`.
 *
 * Source: mm/slab.c, cache_reap()
 */
export function cacheReap(s: SlabAllocator, cpu: number): void {
  for (let cache = s.chain; cache !== 0; cache = s.ctl[cache + C_NEXT]) {
    const { ctl } = s;
    if ((ctl[cache + C_FLAGS] & SLAB_NO_REAP) !== 0) continue;
    drainPart(s, cache, ctl[cache + C_HEAD + cpu], cpu);
    if (((s.jiffies - ctl[cache + C_NEXT_REAP]) | 0) < 0) continue;
    ctl[cache + C_NEXT_REAP] = s.jiffies + REAPTIMEOUT_LIST3 * s.pgdat.arch.hz;
    if (ctl[cache + C_SHARED] !== 0) drainPart(s, cache, ctl[cache + C_SHARED], cpu);
    let slabs = 0;
    if (ctl[cache + C_FREE_TOUCHED] === 0) {
      const fifth = 5 * ctl[cache + C_NUM];
      // The kernel gives one back before it counts.
      slabs = Math.max(1, Math.floor((ctl[cache + C_FREE_LIMIT] + fifth - 1) / fifth));
    }
    ctl[cache + C_FREE_TOUCHED] = 0;
    if ((s.pgdat.hookMask & HOOK_SLAB_REAP) !== 0) slabs = askSlabReap(s, cache, slabs);
    const free = ctl[cache + C_FREE];
    for (; slabs > 0; slabs--) {
      const row = s.rows[free + S_NEXT];
      if (row === free) break;
      s.pgdat.stat[STAT_SLAB_REAPED]++;
      release(s, cache, row, cpu);
    }
  }
}

/** Clock ticks since boot at the present. */
function jiffiesNow(s: SlabAllocator): number {
  return Math.floor((s.pgdat.agenda.nowUs * s.pgdat.arch.hz) / 1e6);
}

/** A CPU's timer, after so many ticks since boot. Rounded up, so that the tick has come when it is due. */
function armTimer(s: SlabAllocator, cpu: number, jiffies: number): void {
  s.pgdat.agenda.add(Math.ceil((jiffies * 1e6) / s.pgdat.arch.hz), DUE_REAP, cpu);
}

/**
 * Start the timer of every CPU that is up, once, when the machine begins to run.
 *
 * Source: mm/slab.c, cpucache_init(), start_cpu_timer()
 */
export function startReapTimers(s: SlabAllocator): void {
  for (let cpu = 0; cpu < s.onlineCpus; cpu++) armTimer(s, cpu, jiffiesNow(s) + s.pgdat.arch.hz + 3 * cpu);
}

/**
 * A CPU's timer went off (DUE_REAP): it reaps, and comes again two seconds and `cpu` ticks later.
 *
 * Source: mm/slab.c, reap_timer_fnc()
 */
export function reapTimer(s: SlabAllocator, cpu: number): void {
  const jiffies = jiffiesNow(s);
  s.jiffies = jiffies | 0;
  cacheReap(s, cpu);
  armTimer(s, cpu, jiffies + REAPTIMEOUT_CPUC * s.pgdat.arch.hz + cpu);
}

/** Source: mm/slab.c, drain_array(), drain_array_locked() */
function drainPart(s: SlabAllocator, cache: number, ac: number, cpu: number): void {
  const { ctl } = s;
  if ((ctl[ac + AC_STATE] & 1) !== 0) {
    ctl[ac + AC_STATE] &= ~1;
    return;
  }
  const avail = ctl[ac + AC_STATE] >> 1;
  if (avail === 0) return;
  let count = Math.floor((ctl[ac + AC_LIMIT] + 4) / 5);
  if (count > avail) count = (avail + 1) >> 1;
  freeBlock(s, cache, ac + AC_ENTRIES, count, cpu);
  dropOldest(ctl, ac, count);
}
