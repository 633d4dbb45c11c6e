/** What a cache looks like from outside: for /proc/slabinfo, dumps, checkers and the state hash. */
import { FNV_START, fnvInt } from '../lib/fnv.ts';
import { NIL } from './page.ts';
import {
  AC_BATCH,
  AC_ENTRIES,
  AC_LIMIT,
  AC_NULL,
  AC_STATE,
  BUFCTL_END,
  C_BATCH,
  C_COLOUR,
  C_COLOUR_NEXT,
  C_COLOUR_OFF,
  C_DESC,
  C_FLAGS,
  C_FREE,
  C_FREE_LIMIT,
  C_FREE_OBJECTS,
  C_FREE_TOUCHED,
  C_FULL,
  C_HEAD,
  C_LIMIT,
  C_MGMT,
  C_NEXT,
  C_NEXT_REAP,
  C_NUM,
  C_OBJSIZE,
  C_ORDER,
  C_PARTIAL,
  C_SHARED,
  C_SLABP_CACHE,
  C_TEXT,
  S_BUFCTL,
  S_CACHE,
  S_NEXT,
  S_PFN,
  S_STATE,
} from './slab_layout.ts';
import { objectPaddr } from './slab_object.ts';
import { nameOf, type SlabAllocator, usedRows } from './slab_state.ts';

/** The lists of a cache. */
export const SLAB_LISTS = { partial: C_PARTIAL, full: C_FULL, free: C_FREE } as const;
export type SlabListName = keyof typeof SLAB_LISTS;

export interface CacheInfo {
  name: string;
  /** Physical address of the descriptor, 0 for the static cache of caches. */
  desc: number;
  objsize: number;
  /** Objects a slab. */
  num: number;
  order: number;
  colour: number;
  colourOff: number;
  colourNext: number;
  offSlab: boolean;
  /** Name of the cache that off-slab management comes from, '' for on-slab. */
  slabpCache: string;
  /** Bytes of management a slab. */
  mgmt: number;
  limit: number;
  batchcount: number;
  /** Limit of the shared array in batches. */
  shared: number;
  freeLimit: number;
  freeObjects: number;
  freeTouched: number;
  flags: number;
}

/** Every cache, newest first. */
export function cacheChain(s: SlabAllocator): number[] {
  const caches: number[] = [];
  for (let cache = s.chain; cache !== 0; cache = s.ctl[cache + C_NEXT]) caches.push(cache);
  return caches;
}

/** Number by which a policy knows a cache: in the order in which they were made, from 0; of one that is gone it is used again. */
export function cacheNumber(s: SlabAllocator, cache: number): number {
  return s.ctl[cache + C_TEXT];
}

/** The cache of that number, 0 for none. */
export function cacheNumbered(s: SlabAllocator, number: number): number {
  let cache = s.chain;
  while (cache !== 0 && s.ctl[cache + C_TEXT] !== number) cache = s.ctl[cache + C_NEXT];
  return cache;
}

export function cacheName(s: SlabAllocator, cache: number): string {
  return nameOf(s, s.ctl[cache + C_TEXT]);
}

export function cacheInfo(s: SlabAllocator, cache: number): CacheInfo {
  const { ctl } = s;
  const of = (field: number) => ctl[cache + field];
  const slabpCache = of(C_SLABP_CACHE);
  const shared = of(C_SHARED);
  return {
    name: cacheName(s, cache),
    desc: of(C_DESC) === NIL ? 0 : objectPaddr(s, of(C_DESC)),
    objsize: of(C_OBJSIZE),
    num: of(C_NUM),
    order: of(C_ORDER),
    colour: of(C_COLOUR),
    colourOff: of(C_COLOUR_OFF),
    colourNext: of(C_COLOUR_NEXT),
    offSlab: slabpCache !== 0,
    slabpCache: slabpCache === 0 ? '' : cacheName(s, slabpCache),
    mgmt: of(C_MGMT),
    limit: of(C_LIMIT),
    batchcount: of(C_BATCH),
    shared: shared === 0 ? 0 : Math.floor(ctl[shared + AC_LIMIT] / of(C_BATCH)),
    freeLimit: of(C_FREE_LIMIT),
    freeObjects: of(C_FREE_OBJECTS),
    freeTouched: of(C_FREE_TOUCHED),
    flags: of(C_FLAGS) >>> 0,
  };
}

export interface SlabInfo {
  row: number;
  pfn: number;
  inuse: number;
  /** First free index, or BUFCTL_END. */
  free: number;
}

/** Slabs of a list, first to last. */
export function slabsOn(s: SlabAllocator, cache: number, list: SlabListName): SlabInfo[] {
  const head = s.ctl[cache + SLAB_LISTS[list]];
  const slabs: SlabInfo[] = [];
  for (let row = s.rows[head + S_NEXT]; row !== head; row = s.rows[row + S_NEXT]) {
    const state = s.rows[row + S_STATE];
    slabs.push({ row, pfn: s.cold[row + S_PFN], inuse: state & 0xffff, free: state >>> 16 });
  }
  return slabs;
}

export interface SlabTotals {
  slabs: number;
  pages: number;
  /** Objects that slabs have handed out, those in per-CPU arrays included, and their bytes. */
  objects: number;
  objectBytes: number;
}

/** Sums over the slabs of all caches. Cost: linear in slabs ever used. */
export function slabTotals(s: SlabAllocator): SlabTotals {
  const { ctl, rows, cold } = s;
  const totals: SlabTotals = { slabs: 0, pages: 0, objects: 0, objectBytes: 0 };
  for (let row = 0, end = usedRows(s); row < end; row += 4) {
    if (rows[row + S_BUFCTL] === NIL || cold[row + S_CACHE] === 0) continue;
    const cache = cold[row + S_CACHE];
    const inuse = rows[row + S_STATE] & 0xffff;
    totals.slabs++;
    totals.pages += 1 << ctl[cache + C_ORDER];
    totals.objects += inuse;
    totals.objectBytes += inuse * ctl[cache + C_OBJSIZE];
  }
  return totals;
}

/** One cache, as a line of /proc/slabinfo and its three lists of slabs. */
export interface CacheRow {
  name: string;
  /** Bytes of an object; objects and pages of a slab. */
  objsize: number;
  num: number;
  pagesPerSlab: number;
  /** Slabs by list. */
  full: number;
  partial: number;
  free: number;
  /** Objects that slabs have handed out, those in per-CPU arrays included. */
  inuse: number;
}

/** Every cache, newest first. Cost: linear in slabs ever used */
export function slabTable(s: SlabAllocator): CacheRow[] {
  const { ctl, rows, cold } = s;
  const table: CacheRow[] = [];
  const place = new Map<number, CacheRow>();
  for (const cache of cacheChain(s)) {
    const row: CacheRow = {
      name: cacheName(s, cache),
      objsize: ctl[cache + C_OBJSIZE],
      num: ctl[cache + C_NUM],
      pagesPerSlab: 1 << ctl[cache + C_ORDER],
      full: 0,
      partial: 0,
      free: 0,
      inuse: 0,
    };
    table.push(row);
    place.set(cache, row);
  }
  for (let row = 0, end = usedRows(s); row < end; row += 4) {
    if (rows[row + S_BUFCTL] === NIL || cold[row + S_CACHE] === 0) continue;
    const cache = place.get(cold[row + S_CACHE]);
    if (cache === undefined) continue;
    const inuse = rows[row + S_STATE] & 0xffff;
    cache.inuse += inuse;
    if (inuse === 0) cache.free++;
    else if (inuse === cache.num) cache.full++;
    else cache.partial++;
  }
  return table;
}

export const slabsOf = ({ full, partial, free }: CacheRow): number => full + partial + free;
export const pagesOf = (row: CacheRow): number => slabsOf(row) * row.pagesPerSlab;

export interface ArrayInfo {
  limit: number;
  batchcount: number;
  touched: number;
  /** Objects, oldest first. */
  entries: Int32Array;
}

/** A CPU's head array, or with cpu NIL the shared array; null where there is none. */
export function arrayInfo(s: SlabAllocator, cache: number, cpu: number): ArrayInfo | null {
  const { ctl } = s;
  const ac = cpu === NIL ? ctl[cache + C_SHARED] : ctl[cache + C_HEAD + cpu];
  if (ac === 0 || ac === AC_NULL) return null;
  const first = ac + AC_ENTRIES;
  return {
    limit: ctl[ac + AC_LIMIT],
    batchcount: ctl[ac + AC_BATCH],
    touched: ctl[ac + AC_STATE] & 1,
    entries: ctl.subarray(first, first + (ctl[ac + AC_STATE] >> 1)),
  };
}

/** FNV-1a over (PFN, objects in use, first free index or 0xffffffff) of each slab of a list. */
export function slabListHash(
  s: SlabAllocator,
  cache: number,
  list: SlabListName,
  start: number = FNV_START,
): number {
  let h = start;
  for (const slab of slabsOn(s, cache, list)) {
    h = fnvInt(h, slab.pfn);
    h = fnvInt(h, slab.inuse);
    h = fnvInt(h, slab.free === BUFCTL_END ? -1 : slab.free);
  }
  return h;
}

/** FNV-1a over the physical addresses in an array, oldest first. */
export function arrayHash(s: SlabAllocator, entries: Int32Array, start: number = FNV_START): number {
  let h = start;
  for (const obj of entries) h = fnvInt(h, objectPaddr(s, obj) | 0);
  return h;
}

/**
 * FNV-1a over everything that decides what the allocator does next, by addresses rather than by the numbers of this
 * implementation.
 */
export function slabHash(s: SlabAllocator, start: number = FNV_START): number {
  let h = fnvInt(fnvInt(start, s.jiffies | 0), s.reclaimPages);
  for (const cache of cacheChain(s)) {
    const info = cacheInfo(s, cache);
    for (const char of info.name) h = fnvInt(h, char.codePointAt(0)!);
    for (const value of [info.desc, info.objsize, info.num, info.order, info.colour, info.colourOff])
      h = fnvInt(h, value | 0);
    for (const value of [info.colourNext, info.mgmt, info.limit, info.batchcount, info.freeLimit, info.flags])
      h = fnvInt(h, value | 0);
    h = fnvInt(fnvInt(h, info.freeObjects), info.freeTouched);
    h = fnvInt(h, s.ctl[cache + C_NEXT_REAP]);
    for (const list of ['partial', 'full', 'free'] as const) {
      h = slabListHash(s, cache, list, h);
      for (const slab of slabsOn(s, cache, list)) h = freeIndexHash(s, slab, h);
    }
    for (let cpu = NIL; cpu < s.nrCpus; cpu++) {
      const array = arrayInfo(s, cache, cpu);
      if (array === null) continue;
      h = fnvInt(fnvInt(h, array.limit), array.touched);
      h = arrayHash(s, array.entries, h);
    }
  }
  return h;
}

function freeIndexHash(s: SlabAllocator, slab: SlabInfo, start: number): number {
  const links = s.rows[slab.row + S_BUFCTL];
  let h = start;
  for (let i = slab.free; i !== BUFCTL_END; i = s.bufctl[links + i]) h = fnvInt(h, i);
  return h;
}
