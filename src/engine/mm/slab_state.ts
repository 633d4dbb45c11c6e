/** The columns of the slab allocator, and how room in them is taken and given back. */
import {
  capacityFor,
  classOf,
  Extents,
  type ExtentsSnapshot,
  giveExtent,
  restoreExtents,
  snapshotExtents,
  takeExtent,
} from '../lib/extents.ts';
import { KernelBug } from '../lib/kernelBug.ts';
import { NIL } from './page.ts';
import type { Pgdat } from './pgdat.ts';
import { copyDebug, type SlabDebug } from './slab_debug_state.ts';
import {
  AC_ENTRIES,
  AC_NULL,
  AC_OBJECT,
  C_ARRAY,
  C_FREE,
  C_FULL,
  C_HEAD,
  C_PARTIAL,
  C_STRIDE,
  CPUCACHE_NONE,
  CTL_EXTENTS,
  MAX_SLABS,
  S_BUFCTL,
  S_CACHE,
  S_MGMT,
  S_NEXT,
  S_PREV,
} from './slab_layout.ts';

/** Called for each object of a new slab, and before a slab's pages are given back. */
export type Constructor = (s: SlabAllocator, cache: number, obj: number, flags: number) => void;

/** What a cache has beside numbers. */
export interface CacheText {
  readonly name: string;
  readonly ctor: Constructor | null;
  readonly dtor: Constructor | null;
}

/** The columns at one moment. */
export interface SlabSnapshot {
  readonly room: ExtentsSnapshot;
  readonly rows: Int32Array;
  readonly cold: Int32Array;
  readonly bufctl: Uint16Array;
  readonly slabOfPage: Int32Array;
  readonly freeRows: Int32Array;
  readonly texts: readonly CacheText[];
  readonly chain: number;
  readonly onlineCpus: number;
  readonly jiffies: number;
  readonly reclaimPages: number;
  readonly debug: SlabDebug | null;
}

const CLASSES = 32;
const NO_TEXT: CacheText = { name: '', ctor: null, dtor: null };

/**
 * Every cache, head array, slab and object of one machine. Free functions of slab.ts and its neighbours own the
 * algorithms; a snapshot copies the columns.
 */
export class SlabAllocator {
  readonly pgdat: Pgdat;
  /** NR_CPUS of the build: head arrays are allocated for absent CPUs too. */
  readonly nrCpus: number;
  /** Room for caches and head arrays. */
  readonly room: Extents;
  /** Its words, fields C_ and AC_: taking room may replace them. */
  declare ctl: Int32Array;
  /** Slabs and list heads, hot fields: next, prev, state, bufctl. */
  declare rows: Int32Array;
  /** Slabs, fields that only growing and giving back touch. */
  declare cold: Int32Array;
  /** Links of free objects; a row keeps its extent for ever. */
  declare bufctl: Uint16Array;
  /** Row of the slab that a page of low memory belongs to, or NIL. Source: SET_PAGE_SLAB() */
  readonly slabOfPage: Int32Array;
  /** Free rows by class of their bufctl extent (2^class links), linked through S_NEXT; then first unused row, link. */
  readonly freeRows: Int32Array;
  /** By C_TEXT. */
  texts: CacheText[] = [];
  /** By C_TEXT: 1 for a cache with a constructor. Follows from `texts`, for those who read columns only. */
  ctors: Uint8Array = new Uint8Array(64);
  /** Newest cache. */
  chain = 0;
  /** num_online_cpus(), as the start of the machine goes on. */
  onlineCpus = 1;
  /** Clock ticks since boot, HZ a second, wrapping at 2^32. */
  jiffies = 0;
  /** Pages in slabs of SLAB_RECLAIM_ACCOUNT caches. */
  reclaimPages = 0;
  /** Filled at the start: how caches are laid out, and the general caches. */
  breakOrder = 1;
  offslabLimit = 0;
  /** Sizes of the general caches, ascending, with the cache and the DMA cache of each. */
  readonly mallocSizes: Int32Array;
  readonly mallocCaches: Int32Array;
  readonly mallocDmaCaches: Int32Array;
  /** The cache that descriptors of caches come from. */
  cacheCache = 0;
  /** CPUCACHE_: how far the start has come. */
  cpucacheUp = CPUCACHE_NONE;
  /** CONFIG_DEBUG_SLAB: what is known of each object; null in a build without. */
  debug: SlabDebug | null;
  /** Each object handed out or put back takes the slow way, for the sake of debugging or of a data cache. */
  readonly watched: boolean;

  /** @param mallocSizes bytes of the general caches, ascending */
  constructor(pgdat: Pgdat, mallocSizes: readonly number[], debug: SlabDebug | null = null) {
    this.pgdat = pgdat;
    this.debug = debug;
    this.watched = debug !== null || pgdat.dataCache !== null;
    this.nrCpus = pgdat.arch.nrCpus;
    this.mallocSizes = Int32Array.from(mallocSizes);
    this.mallocCaches = new Int32Array(mallocSizes.length);
    this.mallocDmaCaches = new Int32Array(mallocSizes.length);
    // Generous, so that they hardly ever have to be replaced: untouched memory costs nothing but addresses.
    this.room = new Extents(1 << 18, CTL_EXTENTS);
    this.ctl = this.room.words;
    const slabs = Math.min(pgdat.normalEnd, 1 << 18) + 4096;
    this.rows = new Int32Array(4 * slabs);
    this.cold = new Int32Array(4 * slabs);
    this.bufctl = new Uint16Array(16 * slabs);
    this.slabOfPage = new Int32Array(pgdat.normalEnd).fill(NIL);
    this.freeRows = new Int32Array(CLASSES + 2).fill(NIL);
    this.freeRows[CLASSES] = 0;
    this.freeRows[CLASSES + 1] = 0;
  }
}

function grown<A extends Int32Array | Uint16Array>(from: A, to: A): A {
  to.set(from);
  return to;
}

function takeRoom(s: SlabAllocator, words: number): number {
  const at = takeExtent(s.room, words);
  // Written only when it changes: a field that never does is a constant to the optimising compiler.
  if (s.ctl !== s.room.words) s.ctl = s.room.words;
  return at;
}

/** A row for a new cache, with three empty slab lists. */
export function takeCache(s: SlabAllocator): number {
  const cache = takeRoom(s, C_STRIDE);
  for (const list of [C_PARTIAL, C_FULL, C_FREE]) {
    const head = takeRow(s, 0);
    s.rows[head + S_NEXT] = head;
    s.rows[head + S_PREV] = head;
    s.ctl[cache + list] = head;
  }
  return cache;
}

export function giveCache(s: SlabAllocator, cache: number): void {
  for (const list of [C_FREE, C_FULL, C_PARTIAL]) giveRow(s, s.ctl[cache + list], 0);
  giveExtent(s.room, cache, C_STRIDE);
}

/** Give a CPU its head array. */
export function setArray(s: SlabAllocator, cache: number, cpu: number, ac: number): void {
  s.ctl[cache + C_HEAD + cpu] = ac;
  s.ctl[cache + C_ARRAY + cpu] = s.watched ? AC_NULL : ac;
}

/** An empty head array for `limit` objects, standing in the kmalloc object `obj`. */
export function takeArray(s: SlabAllocator, limit: number, obj: number): number {
  const ac = takeRoom(s, AC_ENTRIES + limit);
  s.ctl[ac + AC_OBJECT] = obj;
  return ac;
}

/** @param limit what the array was taken with */
export function giveArray(s: SlabAllocator, ac: number, limit: number): void {
  giveExtent(s.room, ac, AC_ENTRIES + limit);
}

/**
 * A row with links for `num` objects, 0 for a list head.
 *
 * @returns NIL when MAX_SLABS are in use; `rows`, `cold` and `bufctl` may have been replaced
 */
export function takeRow(s: SlabAllocator, num: number): number {
  const kind = num === 0 ? CLASSES - 1 : classOf(num);
  const { freeRows } = s;
  let row = freeRows[kind];
  if (row !== NIL) {
    freeRows[kind] = s.rows[row + S_NEXT];
    return row;
  }
  row = freeRows[CLASSES];
  if (row >= MAX_SLABS * 4) return NIL;
  freeRows[CLASSES] = row + 4;
  if (row + 4 > s.rows.length) {
    s.rows = grown(s.rows, new Int32Array(capacityFor(row + 4)));
    s.cold = grown(s.cold, new Int32Array(capacityFor(row + 4)));
  }
  s.rows[row + S_BUFCTL] = NIL;
  if (num > 0) {
    const first = freeRows[CLASSES + 1];
    const end = first + (1 << kind);
    freeRows[CLASSES + 1] = end;
    if (end > s.bufctl.length) s.bufctl = grown(s.bufctl, new Uint16Array(capacityFor(end)));
    s.rows[row + S_BUFCTL] = first;
  }
  return row;
}

/** @param num what the row was taken with */
export function giveRow(s: SlabAllocator, row: number, num: number): void {
  const kind = num === 0 ? CLASSES - 1 : classOf(num);
  s.cold[row + S_CACHE] = 0;
  s.cold[row + S_MGMT] = NIL;
  s.rows[row + S_NEXT] = s.freeRows[kind];
  s.freeRows[kind] = row;
}

/** Index of a new cache's text; places of destroyed caches are used again. */
export function takeText(s: SlabAllocator, text: CacheText): number {
  const free = s.texts.indexOf(NO_TEXT);
  const index = free < 0 ? s.texts.length : free;
  s.texts[index] = text;
  noteCtor(s, index);
  return index;
}

function noteCtor(s: SlabAllocator, index: number): void {
  if (index >= s.ctors.length) {
    const longer = new Uint8Array(2 * s.ctors.length);
    longer.set(s.ctors);
    s.ctors = longer;
  }
  s.ctors[index] = s.texts[index].ctor === null ? 0 : 1;
}

export function giveText(s: SlabAllocator, index: number): void {
  s.texts[index] = NO_TEXT;
  noteCtor(s, index);
}

export function nameOf(s: SlabAllocator, text: number): string {
  return s.texts[text].name;
}

export function snapshotSlab(s: SlabAllocator): SlabSnapshot {
  const rows = s.freeRows[CLASSES];
  return {
    room: snapshotExtents(s.room),
    rows: s.rows.slice(0, rows),
    cold: s.cold.slice(0, rows),
    bufctl: s.bufctl.slice(0, s.freeRows[CLASSES + 1]),
    slabOfPage: s.slabOfPage.slice(),
    freeRows: s.freeRows.slice(),
    texts: s.texts.slice(),
    chain: s.chain,
    onlineCpus: s.onlineCpus,
    jiffies: s.jiffies,
    reclaimPages: s.reclaimPages,
    debug: s.debug === null ? null : copyDebug(s.debug),
  };
}

/** Only into the allocator of a machine of the same config. Columns never shrink, so the saved ones always fit. */
export function restoreSlab(s: SlabAllocator, saved: SlabSnapshot): void {
  restoreExtents(s.room, saved.room);
  if (s.ctl !== s.room.words) s.ctl = s.room.words;
  if (saved.rows.length > s.rows.length) {
    s.rows = new Int32Array(capacityFor(saved.rows.length));
    s.cold = new Int32Array(capacityFor(saved.rows.length));
  }
  if (saved.bufctl.length > s.bufctl.length) s.bufctl = new Uint16Array(capacityFor(saved.bufctl.length));
  s.rows.set(saved.rows);
  s.cold.set(saved.cold);
  s.bufctl.set(saved.bufctl);
  s.slabOfPage.set(saved.slabOfPage);
  s.freeRows.set(saved.freeRows);
  s.texts = saved.texts.slice();
  for (let index = 0; index < s.texts.length; index++) noteCtor(s, index);
  s.chain = saved.chain;
  s.onlineCpus = saved.onlineCpus;
  s.jiffies = saved.jiffies;
  s.reclaimPages = saved.reclaimPages;
  s.debug = saved.debug === null ? null : copyDebug(saved.debug);
}

/** Rows ever used. */
export function usedRows(s: SlabAllocator): number {
  return s.freeRows[CLASSES];
}

/** A fault of the caller that the kernel answers with BUG(). */
export function slabBug(code: string, message: string): never {
  throw new KernelBug(code, message);
}
