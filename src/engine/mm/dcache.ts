/**
 * Caches of objects that can be made again, such as dentries: looked up by number, kept while nobody uses them, given up
 * when memory is short.
 * Source: fs/dcache.c of 2.6.0.
 *
 * Deviation: nobody holds an entry between two lookups (d_count is 0), entries have no parents and no inodes, and one that
 * is given up goes back to its slab cache at once rather than after a grace period of RCU.
 */
import { FNV_START, fnvInt } from '../lib/fnv.ts';
import { STAT_DCACHE_HITS, STAT_DCACHE_MISSES } from '../trace/events.ts';
import { __GFP_FS, GFP_KERNEL } from './gfp.ts';
import { NIL } from './page.ts';
import { PATH_FIRST, PATH_WAIT } from './request.ts';
import { setShrinker } from './shrinker.ts';
import { kmemCacheAlloc, kmemCacheFree } from './slab.ts';
import { cpuOf, type Vm } from './vm.ts';

/** DCACHE_REFERENCED */
const REFERENCED = 1;

export class Dcache {
  /** Slab cache of its objects. */
  declare readonly slabCache: number;
  declare readonly entries: number;
  /** Object of each entry, NIL for one that is not there. */
  declare readonly object: Int32Array;
  /** REFERENCED: not to be given up when the shrinker comes by the next time. */
  declare readonly flags: Uint8Array;
  /** dentry_unused: [2i] next, [2i+1] prev of entry i; the head behind the last entry, newest first. */
  declare readonly lru: Int32Array;
  /** dentry_stat.nr_unused */
  nrUnused = 0;

  constructor(slabCache: number, entries: number) {
    this.slabCache = slabCache;
    this.entries = entries;
    this.object = new Int32Array(entries).fill(NIL);
    this.flags = new Uint8Array(entries);
    this.lru = new Int32Array(2 * (entries + 1));
    this.lru.fill(entries, 2 * entries);
  }
}

/**
 * Start a cache that registers a shrinker.
 *
 * @param slabCache of kmemCacheCreate(); every entry is one of its objects
 * @param entries   entries that can be looked up, 0..entries-1
 * @param seeks     cost of making one again, in disk seeks; of dentries DEFAULT_SEEKS, 2
 * @returns         its number, or NIL when there was no memory for its shrinker
 */
export function dcacheCreate(vm: Vm, slabCache: number, entries: number, seeks: number): number {
  const n = vm.dcaches.length;
  const cache = new Dcache(slabCache, entries);
  const shrinker = setShrinker(
    vm,
    seeks,
    () => cache.nrUnused,
    (nr, gfp) => shrinkDcacheMemory(vm, cache, nr, gfp),
  );
  if (shrinker === null) return NIL;
  vm.dcaches.push(cache);
  return n;
}

/**
 * Look an entry up, and make it when it is not there.
 *
 * @returns its object; NIL without memory, or with PATH_WAIT while the task sleeps for it: call again
 * Source:  fs/dcache.c, d_lookup(), d_alloc(), dput()
 */
export function dcacheLookup(vm: Vm, n: number, entry: number, cpu: number, ctx: number): number {
  const cache = vm.dcaches[n];
  const { pgdat: m } = vm;
  const isNew = m.control[0] === 0;
  m.outcome = PATH_FIRST;
  let object = cache.object[entry];
  if (object !== NIL && isNew) {
    m.stat[STAT_DCACHE_HITS]++;
    cache.flags[entry] = REFERENCED;
    return object;
  }
  if (isNew) m.stat[STAT_DCACHE_MISSES]++;
  object = kmemCacheAlloc(vm.slab, cache.slabCache, GFP_KERNEL, cpu, ctx);
  if (object === NIL) {
    if (m.path !== PATH_WAIT) m.control.fill(0);
    return NIL;
  }
  m.control.fill(0);
  if (cache.object[entry] !== NIL) {
    // Somebody else made it while this task slept. Source: fs/namei.c, real_lookup()
    kmemCacheFree(vm.slab, cache.slabCache, object, cpu);
    cache.flags[entry] = REFERENCED;
    return cache.object[entry];
  }
  cache.object[entry] = object;
  cache.flags[entry] = REFERENCED;
  addFirst(cache, entry);
  cache.nrUnused++;
  return object;
}

function addFirst(cache: Dcache, entry: number): void {
  const { lru, entries } = cache;
  const next = lru[2 * entries];
  lru[2 * entries] = entry;
  lru[2 * entry] = next;
  lru[2 * entry + 1] = entries;
  lru[2 * next + 1] = entry;
}

function remove(cache: Dcache, entry: number): void {
  const { lru } = cache;
  const next = lru[2 * entry];
  const prev = lru[2 * entry + 1];
  lru[2 * prev] = next;
  lru[2 * next + 1] = prev;
}

/**
 * The shrinker: only for those who may enter file systems.
 *
 * @returns entries that could be given up
 * Source:  fs/dcache.c, shrink_dcache_memory()
 */
function shrinkDcacheMemory(vm: Vm, cache: Dcache, nr: number, gfp: number): number {
  if (nr !== 0 && (gfp & __GFP_FS) !== 0) pruneDcache(vm, cache, nr);
  // unused_ratio 1 of none in use.
  return cache.nrUnused;
}

/**
 * Look at so many entries from the end of the list: one that was referenced goes to its front, another is given up.
 *
 * Source: fs/dcache.c, prune_dcache()
 */
export function pruneDcache(vm: Vm, cache: Dcache, nr: number): void {
  const { lru, entries, flags, object } = cache;
  for (let left = nr; left > 0; left--) {
    const entry = lru[2 * entries + 1];
    if (entry === entries) break;
    remove(cache, entry);
    if ((flags[entry] & REFERENCED) !== 0) {
      flags[entry] &= ~REFERENCED;
      addFirst(cache, entry);
      continue;
    }
    cache.nrUnused--;
    kmemCacheFree(vm.slab, cache.slabCache, object[entry], cpuOf(vm));
    object[entry] = NIL;
  }
}

export interface DcacheSnapshot {
  readonly object: Int32Array;
  readonly flags: Uint8Array;
  readonly lru: Int32Array;
  readonly nrUnused: number;
}

export function snapshotDcaches(vm: Vm): DcacheSnapshot[] {
  return vm.dcaches.map(cache => ({
    object: cache.object.slice(),
    flags: cache.flags.slice(),
    lru: cache.lru.slice(),
    nrUnused: cache.nrUnused,
  }));
}

/** Caches that were created since are forgotten; their shrinkers go with restoreVm(). */
export function restoreDcaches(vm: Vm, saved: readonly DcacheSnapshot[]): void {
  vm.dcaches.length = saved.length;
  for (const [i, from] of saved.entries()) {
    const cache = vm.dcaches[i];
    cache.object.set(from.object);
    cache.flags.set(from.flags);
    cache.lru.set(from.lru);
    cache.nrUnused = from.nrUnused;
  }
}

export function dcacheHash(cache: Dcache, start = FNV_START): number {
  const { lru, entries, flags, object } = cache;
  let h = fnvInt(start, cache.nrUnused);
  for (let i = lru[2 * entries]; i !== entries; i = lru[2 * i]) {
    h = fnvInt(fnvInt(fnvInt(h, i), flags[i]), object[i]);
  }
  return h;
}
