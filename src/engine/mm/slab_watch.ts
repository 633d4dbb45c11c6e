/**
 * The memory that the slab allocator itself touches, for machines with a data cache: descriptors, head arrays, the
 * management of slabs with its list of free objects, and the first line of an object that is handed out, which its new
 * owner writes first of all.
 */
import { touchMemory } from './data_cache.ts';
import { NIL } from './page.ts';
import {
  AC_ENTRIES,
  AC_OBJECT,
  AC_STATE,
  BUFCTL_BYTES,
  C_DESC,
  C_REALLEN,
  C_SHARED,
  OBJ_MASK,
  OBJ_SHIFT,
} from './slab_layout.ts';
import { managementPaddr, objectPaddr } from './slab_object.ts';
import type { SlabAllocator } from './slab_state.ts';

/** A CPU looks for its head array and changes it: `entry` is where an object was put, or taken from. */
export function touchArray(s: SlabAllocator, cache: number, ac: number, entry: number, cpu: number): void {
  const { pgdat, ctl } = s;
  const { arch } = pgdat;
  const desc = ctl[cache + C_DESC];
  // The cache of caches stands in the kernel's image, as the two first head arrays do.
  if (desc !== NIL)
    touchMemory(pgdat, cpu, objectPaddr(s, desc) + cpu * arch.longBytes, arch.longBytes, false);
  touchEntries(s, ac, entry, 1, cpu, true);
}

/** Entries of a head array, and the numbers before them. */
function touchEntries(
  s: SlabAllocator,
  ac: number,
  first: number,
  count: number,
  cpu: number,
  write: boolean,
): void {
  const obj = s.ctl[ac + AC_OBJECT];
  if (obj === NIL) return;
  const { longBytes, arrayCacheBytes } = s.pgdat.arch;
  const paddr = objectPaddr(s, obj);
  touchMemory(s.pgdat, cpu, paddr, arrayCacheBytes, true);
  if (count > 0)
    touchMemory(s.pgdat, cpu, paddr + arrayCacheBytes + first * longBytes, count * longBytes, write);
}

/** The first line of an object, written by whoever got it; with debugging all of it, because it is poisoned. */
export function touchObject(s: SlabAllocator, cache: number, obj: number, cpu: number): void {
  const bytes = s.debug === null ? s.pgdat.arch.longBytes : s.ctl[cache + C_REALLEN];
  touchMemory(s.pgdat, cpu, objectPaddr(s, obj), bytes, true);
}

/** Objects `first` to `first + count` of a head array came from the shared array, or from slabs, or go there. */
export function touchBatch(
  s: SlabAllocator,
  cache: number,
  ac: number,
  first: number,
  count: number,
  isShared: boolean,
  cpu: number,
): void {
  const { ctl } = s;
  touchEntries(s, ac, first, count, cpu, true);
  if (isShared) {
    const shared = ctl[cache + C_SHARED];
    touchEntries(s, shared, ctl[shared + AC_STATE] >> 1, count, cpu, true);
    return;
  }
  for (let i = first; i < first + count; i++) touchManagement(s, ctl[ac + AC_ENTRIES + i], cpu);
}

/** struct slab, and the object's link in the list of free objects behind it. */
function touchManagement(s: SlabAllocator, obj: number, cpu: number): void {
  const { slabBytes } = s.pgdat.arch;
  const paddr = managementPaddr(s, (obj >> OBJ_SHIFT) << 2);
  touchMemory(s.pgdat, cpu, paddr, slabBytes, true);
  touchMemory(s.pgdat, cpu, paddr + slabBytes + (obj & OBJ_MASK) * BUFCTL_BYTES, BUFCTL_BYTES, true);
}

/** A new slab: its management is written from one end to the other. */
export function touchNewSlab(s: SlabAllocator, row: number, num: number, cpu: number): void {
  if (s.pgdat.dataCache === null) return;
  const { slabBytes } = s.pgdat.arch;
  touchMemory(s.pgdat, cpu, managementPaddr(s, row), slabBytes + num * BUFCTL_BYTES, true);
}
