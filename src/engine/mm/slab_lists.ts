/** The lists that the slabs of a cache are in: partial, full, free. Source: mm/slab.c of 2.6.0, cache_alloc_refill(). */
import { HOOK_SLAB_PICK } from '../lib/hooks.ts';
import {
  AC_ENTRIES,
  AC_STATE,
  BUFCTL_END,
  BUFCTL_FREE,
  C_FREE,
  C_FREE_OBJECTS,
  C_FREE_TOUCHED,
  C_FULL,
  C_NUM,
  C_PARTIAL,
  OBJ_SHIFT,
  S_BUFCTL,
  S_NEXT,
  S_PREV,
  S_STATE,
} from './slab_layout.ts';
import { askSlabPick } from './slab_policy.ts';
import type { SlabAllocator } from './slab_state.ts';

/** Move up to `batch` objects from slabs into an empty head array, each slab to the head of the list it then belongs to. */
export function takeFromSlabs(s: SlabAllocator, cache: number, ac: number, batch: number): void {
  const { ctl, rows, bufctl } = s;
  const num = ctl[cache + C_NUM];
  const partial = ctl[cache + C_PARTIAL];
  const asks = (s.pgdat.hookMask & HOOK_SLAB_PICK) !== 0;
  let to = ac + AC_ENTRIES;
  let left = batch;
  while (left > 0) {
    let row = rows[partial + S_NEXT];
    if (row === partial) {
      ctl[cache + C_FREE_TOUCHED] = 1;
      const free = ctl[cache + C_FREE];
      row = rows[free + S_NEXT];
      if (row === free) break;
    }
    if (asks) {
      row = askSlabPick(s, cache, row, left);
      if ((rows[row + S_STATE] & 0xffff) === 0) ctl[cache + C_FREE_TOUCHED] = 1;
    }
    const state = rows[row + S_STATE];
    const inuse = state & 0xffff;
    const links = rows[row + S_BUFCTL];
    const obj = row << (OBJ_SHIFT - 2);
    let index = state >>> 16;
    const take = Math.min(num - inuse, left);
    for (const end = to + take; to < end; to++) {
      ctl[to] = obj | index;
      const next = bufctl[links + index];
      bufctl[links + index] = BUFCTL_FREE;
      index = next;
    }
    left -= take;
    rows[row + S_STATE] = (index << 16) | (inuse + take);
    const head = index === BUFCTL_END ? ctl[cache + C_FULL] : partial;
    unlinkSlab(rows, row);
    linkSlab(rows, row, head);
  }
  ctl[ac + AC_STATE] += (batch - left) << 1;
  ctl[cache + C_FREE_OBJECTS] -= batch - left;
}

export function unlinkSlab(rows: Int32Array, row: number): void {
  const next = rows[row + S_NEXT];
  const prev = rows[row + S_PREV];
  rows[prev + S_NEXT] = next;
  rows[next + S_PREV] = prev;
}

/** Insert behind `at`: a list's head makes it the first, the head's S_PREV the last. */
export function linkSlab(rows: Int32Array, row: number, at: number): void {
  const next = rows[at + S_NEXT];
  rows[at + S_NEXT] = row;
  rows[row + S_NEXT] = next;
  rows[row + S_PREV] = at;
  rows[next + S_PREV] = row;
}
