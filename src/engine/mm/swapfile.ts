/**
 * The swap area: which slots are taken and by how many, and how the next is chosen.
 * Source: mm/swapfile.c, include/linux/swap.h of 2.6.0.
 *
 * A slot is a page of the area from 1 on: page 0 is its header. The area lies behind the files on the disk.
 *
 * Deviation: one swap area, without bad pages. No swapoff.
 */
import { FNV_START, fnvInt } from '../lib/fnv.ts';
import { KernelBug } from '../lib/kernelBug.ts';
import { NIL } from './page.ts';
import { PG_dirty, PG_locked, PG_writeback } from './page_flags.ts';
import { pageCacheRelease } from './swap.ts';
import { deleteFromSwapCache } from './swap_state.ts';
import { MAPPING_SWAP, VC_NR_SWAP_PAGES, VC_TOTAL_SWAP_PAGES, type Vm } from './vm.ts';

export { addToSwap, deleteFromSwapCache } from './swap_state.ts';

/** Slots that are taken one after another before a new place is looked for. Source: mm/swapfile.c */
export const SWAPFILE_CLUSTER = 256;
/** No slot. */
export const NO_SLOT = 0;

/** `ctl`. Source: include/linux/swap.h, struct swap_info_struct */
export const SW_LOWEST_BIT = 0;
export const SW_HIGHEST_BIT = 1;
export const SW_CLUSTER_NEXT = 2;
export const SW_CLUSTER_NR = 3;
export const SW_INUSE_PAGES = 4;
const SW_FIELDS = 8;

export class Swap {
  /** Slots and the header: slots are 1..max-1. */
  declare readonly max: number;
  /** Where the area begins on the disk. */
  declare readonly base: number;
  /** References to each slot: one of each page table entry, one of the swap cache. */
  declare readonly map: Uint16Array;
  /** The radix tree of swapper_space: page frame that holds the slot, or NIL. */
  declare readonly cache: Int32Array;
  /** SW_ */
  declare readonly ctl: Int32Array;

  /** @param pages slots, 0 for none */
  constructor(pages: number, base: number) {
    this.max = pages + 1;
    this.base = base;
    this.map = new Uint16Array(this.max);
    this.cache = new Int32Array(this.max).fill(NIL);
    this.ctl = new Int32Array(SW_FIELDS);
    this.ctl[SW_LOWEST_BIT] = 1;
    this.ctl[SW_HIGHEST_BIT] = pages;
  }
}

/** Source: mm/swapfile.c, sys_swapon() */
export function startSwap(vm: Vm): void {
  vm.count[VC_NR_SWAP_PAGES] = vm.swap.max - 1;
  vm.count[VC_TOTAL_SWAP_PAGES] = vm.swap.max - 1;
}

/** More than half of the swap space is taken: a slot is given up as soon as its page is in memory. Source: vm_swap_full() */
export function vmSwapFull(vm: Vm): boolean {
  return vm.count[VC_NR_SWAP_PAGES] * 2 < vm.count[VC_TOTAL_SWAP_PAGES];
}

/**
 * Take a slot: behind the last one while its cluster lasts, else at the first 256 that are free together, else the
 * lowest. Its count is 1.
 *
 * @returns NO_SLOT when there is none
 * Source:  mm/swapfile.c, get_swap_page(), scan_swap_map()
 */
export function getSwapPage(vm: Vm): number {
  if (vm.count[VC_NR_SWAP_PAGES] <= 0) return NO_SLOT;
  const slot = scanSwapMap(vm.swap);
  if (slot === NO_SLOT) return NO_SLOT;
  const { ctl, map, max } = vm.swap;
  if (slot === ctl[SW_LOWEST_BIT]) ctl[SW_LOWEST_BIT]++;
  if (slot === ctl[SW_HIGHEST_BIT]) ctl[SW_HIGHEST_BIT]--;
  if (ctl[SW_LOWEST_BIT] > ctl[SW_HIGHEST_BIT]) {
    ctl[SW_LOWEST_BIT] = max;
    ctl[SW_HIGHEST_BIT] = 0;
  }
  map[slot] = 1;
  ctl[SW_INUSE_PAGES]++;
  vm.count[VC_NR_SWAP_PAGES]--;
  ctl[SW_CLUSTER_NEXT] = slot + 1;
  return slot;
}

function scanSwapMap(swap: Swap): number {
  const { ctl, map, max } = swap;
  if (ctl[SW_CLUSTER_NR] !== 0) {
    while (ctl[SW_CLUSTER_NEXT] <= ctl[SW_HIGHEST_BIT]) {
      const slot = ctl[SW_CLUSTER_NEXT]++;
      if (map[slot] !== 0) continue;
      ctl[SW_CLUSTER_NR]--;
      return slot;
    }
  }
  ctl[SW_CLUSTER_NR] = SWAPFILE_CLUSTER;
  const highest = ctl[SW_HIGHEST_BIT];
  let first = ctl[SW_LOWEST_BIT];
  for (let slot = first; first + SWAPFILE_CLUSTER - 1 <= highest; slot++) {
    if (slot === first + SWAPFILE_CLUSTER) return first;
    if (map[slot] !== 0) first = slot + 1;
  }
  for (let slot = ctl[SW_LOWEST_BIT]; slot <= highest; slot++) {
    if (map[slot] !== 0) continue;
    ctl[SW_LOWEST_BIT] = slot + 1;
    return slot;
  }
  ctl[SW_LOWEST_BIT] = max;
  ctl[SW_HIGHEST_BIT] = 0;
  return NO_SLOT;
}

/** One more reference to a slot that is in use. Source: mm/swapfile.c, swap_duplicate() */
export function swapDuplicate(vm: Vm, slot: number): void {
  vm.swap.map[slot]++;
}

/**
 * Drop a reference to a slot; without any it is free.
 *
 * @returns references left
 * Throws KernelBug `swap-free` for a slot that is free already.
 * Source: mm/swapfile.c, swap_free(), swap_entry_free()
 */
export function swapFree(vm: Vm, slot: number): number {
  const { ctl, map, max } = vm.swap;
  if (slot < 1 || slot >= max) throw new KernelBug('swap-free', `swap_free: Bad swap offset entry ${slot}`);
  if (map[slot] === 0) throw new KernelBug('swap-free', `swap_free: Unused swap offset entry ${slot}`);
  const left = --map[slot];
  if (left === 0) {
    if (slot < ctl[SW_LOWEST_BIT]) ctl[SW_LOWEST_BIT] = slot;
    if (slot > ctl[SW_HIGHEST_BIT]) ctl[SW_HIGHEST_BIT] = slot;
    ctl[SW_INUSE_PAGES]--;
    vm.count[VC_NR_SWAP_PAGES]++;
  }
  return left;
}

/** Nobody but the cache and the caller has the page, nobody but the cache the slot. Source: exclusive_swap_page() */
function exclusiveSwapPage(vm: Vm, pfn: number): boolean {
  return vm.swap.map[vm.fields.index[pfn]] === 1 && vm.fields.count[pfn] === 2;
}

/**
 * Whether a write may go to this locked page itself rather than to a copy of it.
 *
 * Source: mm/swapfile.c, can_share_swap_page()
 */
export function canShareSwapPage(vm: Vm, pfn: number): boolean {
  const { count, mapping } = vm.fields;
  if (count[pfn] === 1) return true;
  return count[pfn] === 2 && mapping[pfn] === MAPPING_SWAP && exclusiveSwapPage(vm, pfn);
}

/**
 * A locked page of the swap cache that only the caller uses leaves it: its slot is free, and what it holds is nowhere
 * else.
 *
 * @returns whether it did
 * Source:  mm/swapfile.c, remove_exclusive_swap_page()
 */
export function removeExclusiveSwapPage(vm: Vm, pfn: number): boolean {
  const { count, flags, index, mapping } = vm.fields;
  if (mapping[pfn] !== MAPPING_SWAP || (flags[pfn] & PG_writeback) !== 0) return false;
  if (!exclusiveSwapPage(vm, pfn)) return false;
  const slot = index[pfn];
  deleteFromSwapCache(vm, pfn);
  flags[pfn] |= PG_dirty;
  swapFree(vm, slot);
  count[pfn]--;
  return true;
}

/**
 * A page table entry gives up its slot; a page that the swap cache holds for nobody else goes too, unless the disk has it.
 *
 * Source: mm/swapfile.c, free_swap_and_cache()
 */
export function freeSwapAndCache(vm: Vm, slot: number, cpu: number): void {
  if (swapFree(vm, slot) !== 1) return;
  const { count, flags } = vm.fields;
  const pfn = vm.swap.cache[slot];
  if (pfn === NIL || (flags[pfn] & PG_locked) !== 0) return;
  if ((flags[pfn] & PG_writeback) !== 0 || (count[pfn] !== 1 && !vmSwapFull(vm))) return;
  deleteFromSwapCache(vm, pfn);
  flags[pfn] |= PG_dirty;
  swapFree(vm, slot);
  pageCacheRelease(vm, pfn, cpu);
}

/**
 * Slots to read around one that is wanted: its aligned block of 2^page_cluster, up to the first that is free.
 *
 * @returns how many, from `firstSwaphandle()` on
 * Source:  mm/swapfile.c, valid_swaphandles()
 */
export function validSwaphandles(vm: Vm, slot: number): number {
  const { map, max } = vm.swap;
  const { pageCluster } = vm.config;
  if (pageCluster === 0) return 0;
  const first = firstSwaphandle(vm, slot);
  const end = Math.min((slot | ((1 << pageCluster) - 1)) + 1, max);
  let at = first;
  while (at < end && map[at] !== 0) at++;
  return at - first;
}

export function firstSwaphandle(vm: Vm, slot: number): number {
  const { pageCluster } = vm.config;
  return Math.max((slot >> pageCluster) << pageCluster, 1);
}

export interface SwapSnapshot {
  readonly map: Uint16Array;
  readonly cache: Int32Array;
  readonly ctl: Int32Array;
}

export function snapshotSwap(swap: Swap): SwapSnapshot {
  return { map: swap.map.slice(), cache: swap.cache.slice(), ctl: swap.ctl.slice() };
}

/** Only into the swap area of a machine of the same config. */
export function restoreSwap(swap: Swap, saved: SwapSnapshot): void {
  swap.map.set(saved.map);
  swap.cache.set(saved.cache);
  swap.ctl.set(saved.ctl);
}

export function swapHash(swap: Swap, start = FNV_START): number {
  let h = start;
  for (const field of swap.ctl) h = fnvInt(h, field);
  for (const references of swap.map) h = fnvInt(h, references);
  for (const pfn of swap.cache) h = fnvInt(h, pfn);
  return h;
}
