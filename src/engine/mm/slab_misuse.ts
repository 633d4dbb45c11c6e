/**
 * What happens when callers give back or touch what they have no right to. Only who plays such a bug calls these: the ways
 * of slab.ts trust their callers, as the kernel does.
 *
 * Callers name memory by its physical address, since all that a stale pointer still has is that: the slab may be another
 * cache's by now, or no slab.
 *
 * Without CONFIG_DEBUG_SLAB nothing in the kernel notices any of it at the time: it is recorded as LOG_STALE_USE, counted
 * in STAT_KERNEL_BUGS, and printed nowhere. With it the kernel's own checks report it, at once or when they come by.
 *
 * Freeing an object that somebody else got meanwhile frees it: nothing can tell, and so both owners' next frees and writes
 * are stale.
 *
 * Deviation: what would leave the allocator's own structures in pieces is recorded and not done. An object that is free
 * already is not freed twice (the kernel would hand it out twice); one that is given to a cache it does not come from, or
 * by an address within it, is lost to everybody. What a stray write destroys of the allocator's own data is not modelled.
 */
import { STAT_KERNEL_BUGS } from '../trace/events.ts';
import {
  LOG_SLAB_BAD_POINTER,
  LOG_SLAB_MISMATCH,
  LOG_STALE_USE,
  POINTER_BAD,
  POINTER_OUT_OF_RANGE,
  POINTER_WITHIN,
  STALE_FREE,
  STALE_READ,
  STALE_WRITE,
} from '../trace/printk.ts';
import { NIL } from './page.ts';
import { printk } from './pgdat.ts';
import { kmemCacheFree } from './slab.ts';
import { debugIndex, inWords, STRAY_BYTE } from './slab_debug.ts';
import type { SlabDebug } from './slab_debug_state.ts';
import {
  AC_ENTRIES,
  AC_NULL,
  AC_STATE,
  BUFCTL_FREE,
  C_DBGHEAD,
  C_FLAGS,
  C_HEAD,
  C_NUM,
  C_OBJSIZE,
  C_REALLEN,
  C_SHARED,
  OBJ_MASK,
  OBJ_SHIFT,
  S_BUFCTL,
  S_CACHE,
  SLAB_POISON,
  SLAB_RED_ZONE,
  SLAB_STORE_USER,
} from './slab_layout.ts';
import { firstObject, objectAt, slabAt } from './slab_object.ts';
import type { SlabAllocator } from './slab_state.ts';

/**
 * kfree() of an address that may be anybody's.
 *
 * @param paddr physical address as objectPaddr() gave it when it was the caller's
 * @returns     whether an object went back; else the report says what was wrong
 * Source:      mm/slab.c, kfree(), kfree_debugcheck(), cache_free_debugcheck()
 */
export function kfreeAt(s: SlabAllocator, paddr: number, cpu: number): boolean {
  const row = slabAt(s, paddr);
  if (row === NIL) return badPointer(s, paddr);
  return freeAt(s, s.cold[row + S_CACHE], paddr, cpu);
}

/** kmem_cache_free() of an address that may be anybody's, perhaps to the wrong cache. As kfreeAt(). */
export function kmemCacheFreeAt(s: SlabAllocator, cache: number, paddr: number, cpu: number): boolean {
  const row = slabAt(s, paddr);
  if (row === NIL) return badPointer(s, paddr);
  const own = s.cold[row + S_CACHE];
  if (own === cache) return freeAt(s, cache, paddr, cpu);
  if (s.debug === null) return stale(s, paddr, STALE_FREE);
  s.pgdat.stat[STAT_KERNEL_BUGS]++;
  printk(s.pgdat, LOG_SLAB_MISMATCH, own, inWords(s, paddr), cache);
  return false;
}

function freeAt(s: SlabAllocator, cache: number, paddr: number, cpu: number): boolean {
  const obj = objectAt(s, paddr);
  if (obj === NIL) {
    if (s.debug === null) return stale(s, paddr, STALE_FREE);
    s.pgdat.stat[STAT_KERNEL_BUGS]++;
    printk(s.pgdat, LOG_SLAB_BAD_POINTER, inWords(s, paddr), POINTER_WITHIN);
    return false;
  }
  const wasFree = isFree(s, cache, obj);
  if (wasFree && s.debug === null) return stale(s, paddr, STALE_FREE);
  kmemCacheFree(s, cache, obj, cpu);
  return !wasFree;
}

/** An address in no slab. Source: mm/slab.c, kfree_debugcheck(); without it kfree() follows whatever pointer it finds */
function badPointer(s: SlabAllocator, paddr: number): boolean {
  if (s.debug === null) return stale(s, paddr, STALE_FREE);
  const { pgdat } = s;
  const outside = paddr < 0 || paddr >= pgdat.normalEnd * pgdat.arch.pageBytes;
  pgdat.stat[STAT_KERNEL_BUGS]++;
  printk(pgdat, LOG_SLAB_BAD_POINTER, inWords(s, paddr), outside ? POINTER_OUT_OF_RANGE : POINTER_BAD);
  return false;
}

/** Whether nobody has the object: free in its slab, or waiting in a head array. */
export function isFree(s: SlabAllocator, cache: number, obj: number): boolean {
  const row = (obj >> OBJ_SHIFT) << 2;
  if (s.bufctl[s.rows[row + S_BUFCTL] + (obj & OBJ_MASK)] !== BUFCTL_FREE) return true;
  if (holds(s, s.ctl[cache + C_SHARED], obj)) return true;
  for (let cpu = 0; cpu < s.onlineCpus; cpu++) if (holds(s, s.ctl[cache + C_HEAD + cpu], obj)) return true;
  return false;
}

function holds(s: SlabAllocator, ac: number, obj: number): boolean {
  if (ac === 0 || ac === AC_NULL) return false;
  const first = ac + AC_ENTRIES;
  for (let i = first; i < first + (s.ctl[ac + AC_STATE] >> 1); i++) if (s.ctl[i] === obj) return true;
  return false;
}

function stale(s: SlabAllocator, paddr: number, what: number): false {
  s.pgdat.stat[STAT_KERNEL_BUGS]++;
  printk(s.pgdat, LOG_STALE_USE, inWords(s, paddr), what);
  return false;
}

/**
 * Somebody reads or writes memory that is not theirs: an object given back, or the bytes behind their own.
 *
 * A write changes what the checks of a debugging build look at: poison where the object is free, red zones wherever it
 * hits them; the kernel reports that when it looks. Everything else is recorded here and now, since nothing else will be.
 *
 * @param paddr  physical address of the object as objectPaddr() gave it when it was the caller's
 * @param offset bytes from there, may be negative
 * @returns      whether some check of the kernel's will see it
 */
export function staleTouch(
  s: SlabAllocator,
  paddr: number,
  offset: number,
  bytes: number,
  write: boolean,
): boolean {
  const { debug } = s;
  const seen = write && debug !== null && strayWrite(s, debug, paddr + offset, bytes);
  if (!seen) stale(s, paddr + offset, write ? STALE_WRITE : STALE_READ);
  return seen;
}

/** @returns whether it hit poison or a red zone */
function strayWrite(s: SlabAllocator, d: SlabDebug, from: number, bytes: number): boolean {
  let seen = false;
  const end = from + bytes;
  for (let at = from; at < end; ) {
    const row = slabAt(s, at);
    const pageEnd = (Math.floor(at / s.pgdat.arch.pageBytes) + 1) * s.pgdat.arch.pageBytes;
    const stop = Math.min(end, pageEnd);
    if (row !== NIL && writeSlab(s, d, row, at, stop)) seen = true;
    at = stop;
  }
  return seen;
}

function writeSlab(s: SlabAllocator, d: SlabDebug, row: number, from: number, end: number): boolean {
  const cache = s.cold[row + S_CACHE];
  const first = firstObject(s, row);
  const size = s.ctl[cache + C_OBJSIZE];
  const num = s.ctl[cache + C_NUM];
  let seen = false;
  for (let i = Math.max(0, Math.floor((from - first) / size)); i < num && first + i * size < end; i++) {
    const obj = (row << (OBJ_SHIFT - 2)) | i;
    const begin = first + i * size;
    if (writeObject(s, d, cache, obj, Math.max(0, from - begin), Math.min(size, end - begin))) seen = true;
  }
  return seen;
}

/** Bytes from..end-1 of an object, counted from its first red zone, get STRAY_BYTE. */
function writeObject(
  s: SlabAllocator,
  d: SlabDebug,
  cache: number,
  obj: number,
  from: number,
  end: number,
): boolean {
  const { ctl } = s;
  const at = debugIndex(s, obj);
  const flags = ctl[cache + C_FLAGS];
  const word = s.pgdat.arch.longBytes;
  const body = ctl[cache + C_DBGHEAD];
  let seen = false;
  const hit = Math.max(from, body);
  if ((flags & SLAB_POISON) !== 0 && d.out[at] === 0 && hit < Math.min(end, body + ctl[cache + C_REALLEN])) {
    const offset = hit - body + 1;
    d.spoilt[at] = d.spoilt[at] === 0 ? offset : Math.min(d.spoilt[at], offset);
    seen = true;
  }
  if ((flags & SLAB_RED_ZONE) !== 0) {
    const last = ctl[cache + C_OBJSIZE] - ((flags & SLAB_STORE_USER) !== 0 ? 2 : 1) * word;
    const [one, two] = [d.redzone1[at], d.redzone2[at]];
    d.redzone1[at] = overwritten(one, from - (body - word), end - (body - word), word);
    d.redzone2[at] = overwritten(two, from - last, end - last, word);
    if (d.redzone1[at] !== one || d.redzone2[at] !== two) seen = true;
  }
  return seen;
}

/** A red zone whose bytes from..end-1, as far as it has them, were written. */
function overwritten(zone: number, from: number, end: number, word: number): number {
  let value = zone;
  for (let byte = Math.max(0, from); byte < Math.min(end, word); byte++) {
    const shift = 8 * (byte & 3);
    value = (value & ~(0xff << shift)) | (STRAY_BYTE << shift);
  }
  return value;
}
