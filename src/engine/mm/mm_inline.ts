/**
 * The lists of pages that reclaim works on: links of struct page.lru, list heads behind the last page.
 * Source: include/linux/mm_inline.h and include/linux/list.h of 2.6.0.
 */
import { PG_active } from './page_flags.ts';
import { zoneOf } from './pgdat.ts';
import { type Vm, VZ_NR_ACTIVE, VZ_NR_INACTIVE, VZ_SHIFT } from './vm.ts';

/** Put a page behind a node: behind a head it becomes the first of the list, behind the last page the last. */
export function lruInsert(lru: Int32Array, at: number, pfn: number): void {
  const next = lru[at << 1];
  lru[at << 1] = pfn;
  lru[pfn << 1] = next;
  lru[(pfn << 1) | 1] = at;
  lru[(next << 1) | 1] = pfn;
}

/** Take a page out of the list that it is in. */
export function lruRemove(lru: Int32Array, pfn: number): void {
  const next = lru[pfn << 1];
  const prev = lru[(pfn << 1) | 1];
  lru[prev << 1] = next;
  lru[(next << 1) | 1] = prev;
}

/** Head of a zone's inactive list (active 0) or active list (1). */
export function lruHead(vm: Vm, z: number, active: number): number {
  return vm.pgdat.nrPages + 2 * z + active;
}

/** add_page_to_active_list(), add_page_to_inactive_list(): the newest of its zone's list. */
export function addPageToLru(vm: Vm, pfn: number, active: number): void {
  const z = zoneOf(vm.pgdat, pfn);
  lruInsert(vm.fields.lru, lruHead(vm, z, active), pfn);
  vm.zone[(z << VZ_SHIFT) + (active === 0 ? VZ_NR_INACTIVE : VZ_NR_ACTIVE)]++;
}

/** del_page_from_lru(): off the list that PG_active names, and no longer active. */
export function delPageFromLru(vm: Vm, pfn: number): void {
  const { flags, lru } = vm.fields;
  const at = zoneOf(vm.pgdat, pfn) << VZ_SHIFT;
  lruRemove(lru, pfn);
  if ((flags[pfn] & PG_active) !== 0) {
    flags[pfn] &= ~PG_active;
    vm.zone[at + VZ_NR_ACTIVE]--;
  } else vm.zone[at + VZ_NR_INACTIVE]--;
}
