/** Invariants of mm/slab and mm/kmalloc, walked from scratch. Public: call it at any event. */
import { KernelBug } from '../lib/kernelBug.ts';
import { NIL, PAGE_ALLOCATED } from '../mm/page.ts';
import {
  arrayInfo,
  type CacheInfo,
  cacheChain,
  cacheInfo,
  SLAB_LISTS,
  type SlabListName,
} from '../mm/slab_info.ts';
import {
  AC_NULL,
  AC_OBJECT,
  BUFCTL_END,
  BUFCTL_FREE,
  C_DESC,
  C_HEAD,
  C_SHARED,
  C_SLABP_CACHE,
  OBJ_MASK,
  OBJ_SHIFT,
  S_BUFCTL,
  S_CACHE,
  S_MGMT,
  S_NEXT,
  S_PFN,
  S_PREV,
  S_STATE,
} from '../mm/slab_layout.ts';
import { cacheOf } from '../mm/slab_object.ts';
import { type SlabAllocator, usedRows } from '../mm/slab_state.ts';

function broken(code: string, message: string, pfn = NIL): never {
  throw new KernelBug(code, message, pfn);
}

/**
 * Throws KernelBug with the first invariant that does not hold:
 * - each slab list is circular, its links agree both ways, and every slab is in one list only, of its own cache
 * - full slabs have no free object, free slabs none in use, partial ones both
 * - objects in use and the free list of a slab make up all of it; nothing stands in the free list twice
 * - free_objects of a cache is what its slabs have free; head arrays hold no more than their limit
 * - an object in a head array is of that cache, not free in its slab, and in no other array
 * - every page of a slab is allocated to it, every page marked as a slab's belongs to one
 * - descriptors, head arrays and off-slab management are objects in use
 */
export function checkSlab(s: SlabAllocator): void {
  const seenRows = new Uint8Array(usedRows(s) >> 2);
  const idle = new Set<number>();
  let pages = 0;
  for (const cache of cacheChain(s)) {
    const info = cacheInfo(s, cache);
    let free = 0;
    for (const list of Object.keys(SLAB_LISTS) as SlabListName[]) {
      const found = checkList(s, cache, info, list, seenRows);
      free += found.free;
      pages += found.slabs << info.order;
    }
    if (free !== info.freeObjects)
      broken(
        'free-objects',
        `cache '${info.name}': free_objects is ${info.freeObjects}, its slabs have ${free} free`,
      );
    for (let cpu = NIL; cpu < s.nrCpus; cpu++) checkArray(s, cache, info, cpu, idle);
  }
  for (const cache of cacheChain(s)) checkOwned(s, cache, idle);
  let marked = 0;
  for (const row of s.slabOfPage) if (row !== NIL) marked++;
  if (marked !== pages) broken('slab-page', `${marked} pages are marked as a slab's, slabs have ${pages}`);
}

function checkList(
  s: SlabAllocator,
  cache: number,
  info: CacheInfo,
  list: SlabListName,
  seenRows: Uint8Array,
): { slabs: number; free: number } {
  const { rows, cold } = s;
  const head = s.ctl[cache + SLAB_LISTS[list]];
  const where = `cache '${info.name}', ${list} slabs`;
  let slabs = 0;
  let free = 0;
  let before = head;
  for (let row = rows[head + S_NEXT]; row !== head; row = rows[row + S_NEXT]) {
    if (row < 0 || row >= usedRows(s) || (row & 3) !== 0)
      broken('slab-list', `${where}: row ${row} in the list`);
    if (seenRows[row >> 2] !== 0) broken('slab-list', `${where}: row ${row} is in two lists or twice in one`);
    seenRows[row >> 2] = 1;
    if (rows[row + S_PREV] !== before) broken('slab-list', `${where}: row ${row} does not lead back`);
    if (cold[row + S_CACHE] !== cache) broken('slab-cache', `${where}: row ${row} is of another cache`);
    const inuse = rows[row + S_STATE] & 0xffff;
    const fits =
      list === 'full' ? inuse === info.num : list === 'free' ? inuse === 0 : inuse > 0 && inuse < info.num;
    if (!fits) broken('slab-list', `${where}: a slab with ${inuse} of ${info.num} objects in use`);
    checkFreeIndexes(s, row, info, inuse);
    checkSlabPages(s, row, info);
    free += info.num - inuse;
    slabs++;
    before = row;
  }
  if (rows[head + S_PREV] !== before) broken('slab-list', `${where}: the tail does not lead back`);
  return { slabs, free };
}

function checkFreeIndexes(s: SlabAllocator, row: number, info: CacheInfo, inuse: number): void {
  const links = s.rows[row + S_BUFCTL];
  const pfn = s.cold[row + S_PFN];
  const where = `cache '${info.name}', slab at pfn ${pfn}`;
  let count = 0;
  for (let i = s.rows[row + S_STATE] >>> 16; i !== BUFCTL_END; i = s.bufctl[links + i]) {
    if (i >= info.num) broken('bufctl', `${where}: index ${i} in the free list`, pfn);
    if (++count > info.num) broken('bufctl', `${where}: the free list has no end`, pfn);
  }
  if (count !== info.num - inuse)
    broken('bufctl', `${where}: ${inuse} of ${info.num} in use, ${count} in the free list`, pfn);
  let out = 0;
  for (let i = 0; i < info.num; i++) if (s.bufctl[links + i] === BUFCTL_FREE) out++;
  if (out !== inuse) broken('bufctl', `${where}: ${inuse} in use, ${out} marked as handed out`, pfn);
}

function checkSlabPages(s: SlabAllocator, row: number, info: CacheInfo): void {
  const pfn = s.cold[row + S_PFN];
  if (s.pgdat.state[pfn] !== (PAGE_ALLOCATED | info.order))
    broken('slab-page', `cache '${info.name}': pfn ${pfn} is not allocated with order ${info.order}`, pfn);
  for (let page = pfn; page < pfn + (1 << info.order); page++) {
    if (s.slabOfPage[page] !== row)
      broken('slab-page', `cache '${info.name}': pfn ${page} does not lead to its slab`, page);
  }
}

function isHandedOut(s: SlabAllocator, obj: number): boolean {
  const row = (obj >> OBJ_SHIFT) << 2;
  if (obj < 0 || row >= usedRows(s) || s.rows[row + S_BUFCTL] === NIL) return false;
  return s.cold[row + S_CACHE] !== 0 && s.bufctl[s.rows[row + S_BUFCTL] + (obj & OBJ_MASK)] === BUFCTL_FREE;
}

/** @param idle objects that lie in some head array; those of this one are added */
function checkArray(s: SlabAllocator, cache: number, info: CacheInfo, cpu: number, idle: Set<number>): void {
  const array = arrayInfo(s, cache, cpu);
  if (array === null) return;
  const where = `cache '${info.name}', ${cpu === NIL ? 'shared array' : `array of CPU ${cpu}`}`;
  if (array.entries.length > array.limit)
    broken('head-array', `${where}: ${array.entries.length} objects, limit ${array.limit}`);
  for (const obj of array.entries) {
    if (!isHandedOut(s, obj)) broken('head-array', `${where}: object ${obj} is free in its slab`);
    if (cacheOf(s, obj) !== cache) broken('head-array', `${where}: object ${obj} is of another cache`);
    if (idle.has(obj)) broken('double-free', `${where}: object ${obj} is in an array already`);
    idle.add(obj);
  }
}

/** What a cache stands on is allocated: descriptor, head arrays, management of its slabs. */
function checkOwned(s: SlabAllocator, cache: number, idle: ReadonlySet<number>): void {
  const { ctl } = s;
  const { name } = cacheInfo(s, cache);
  const inUse = (obj: number, what: string) => {
    if (obj !== NIL && (!isHandedOut(s, obj) || idle.has(obj)))
      broken('slab-object', `cache '${name}': its ${what} is a free object`);
  };
  inUse(ctl[cache + C_DESC], 'descriptor');
  for (let cpu = 0; cpu < s.nrCpus; cpu++) {
    const ac = ctl[cache + C_HEAD + cpu];
    if (ac !== AC_NULL) inUse(ctl[ac + AC_OBJECT], `head array of CPU ${cpu}`);
  }
  if (ctl[cache + C_SHARED] !== 0) inUse(ctl[ctl[cache + C_SHARED] + AC_OBJECT], 'shared array');
  const slabpCache = ctl[cache + C_SLABP_CACHE];
  for (const list of Object.values(SLAB_LISTS)) {
    const head = ctl[cache + list];
    for (let row = s.rows[head + S_NEXT]; row !== head; row = s.rows[row + S_NEXT]) {
      const mgmt = s.cold[row + S_MGMT];
      if ((mgmt === NIL) !== (slabpCache === 0) || (mgmt !== NIL && cacheOf(s, mgmt) !== slabpCache))
        broken('slab-object', `cache '${name}': management of a slab stands in the wrong place`);
      inUse(mgmt, 'slab management');
    }
  }
}
