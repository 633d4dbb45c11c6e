/**
 * Caches of objects that are made smaller as the LRU is.
 * Source: mm/vmscan.c of 2.6.0, set_shrinker(), remove_shrinker(), shrink_slab().
 */
import { REQ_EVENT } from '../lib/hooks.ts';
import { KernelBug } from '../lib/kernelBug.ts';
import { EV_SHRINK_SLAB, STAT_SLABS_SCANNED } from '../trace/events.ts';
import { GFP_KERNEL } from './gfp.ts';
import { kfree, kmalloc } from './kmalloc.ts';
import { OBSERVED_TRACE } from './mmzone.ts';
import { NIL } from './page.ts';
import {
  cpuOf,
  MAX_SHRINKERS,
  type Shrinker,
  type Vm,
  VZ_NR_ACTIVE,
  VZ_NR_INACTIVE,
  VZ_SHIFT,
} from './vm.ts';

/** Objects that a cache is asked to look at in one call, and owed before it is asked at all. */
export const SHRINK_BATCH = 128;

/**
 * Ask a cache for objects whenever pages are reclaimed.
 *
 * @param seeks  what it costs to make an object again; dentries and inodes have DEFAULT_SEEKS, 2
 * @param count  objects that could go
 * @param shrink look at so many objects; returns how many could go afterwards
 * @returns      the shrinker, or null when there is no memory for its 5 words
 * Source:       mm/vmscan.c, set_shrinker()
 */
export function setShrinker(
  vm: Vm,
  seeks: number,
  count: (gfp: number) => number,
  shrink: (nr: number, gfp: number) => number,
): Shrinker | null {
  if (vm.shrinkers.length === MAX_SHRINKERS) throw new KernelBug('shrinkers', 'too many shrinkers');
  const { slab } = vm;
  const object = kmalloc(slab, 5 * vm.pgdat.arch.longBytes, GFP_KERNEL, cpuOf(vm), 0);
  if (object === NIL) return null;
  const shrinker = { seeks, count, shrink, object };
  vm.shrinkers.unshift(shrinker);
  vm.shrinkerNr.copyWithin(1, 0);
  vm.shrinkerNr[0] = 0;
  return shrinker;
}

/** Source: mm/vmscan.c, remove_shrinker() */
export function removeShrinker(vm: Vm, shrinker: Shrinker): void {
  const at = vm.shrinkers.indexOf(shrinker);
  if (at < 0) throw new KernelBug('shrinkers', 'a shrinker is removed that was never set');
  vm.shrinkers.splice(at, 1);
  vm.shrinkerNr.copyWithin(at, at + 1);
  kfree(vm.slab, shrinker.object, cpuOf(vm));
}

/**
 * Look at the same share of every cache's objects as of the LRU's pages, weighted by what an object costs; what is less
 * than a batch is remembered. Pages that slabs give back are counted in `reclaimedSlab`.
 *
 * @param scanned pages of the LRU looked at, mapped ones twice
 * Invariant:     what is owed grows by floor(scanned * seeks * objects / (pages on the LRU + 1)), below 2^53
 * Source:        mm/vmscan.c, shrink_slab()
 */
export function shrinkSlab(vm: Vm, scanned: number, gfp: number): void {
  const pages = nrUsedZonePages(vm) + 1;
  const { shrinkers, shrinkerNr } = vm;
  for (let i = 0; i < shrinkers.length; i++) {
    const product = scanned * shrinkers[i].seeks * shrinkers[i].count(gfp);
    const owed = shrinkerNr[i] + (product - (product % pages)) / pages;
    shrinkerNr[i] = owed;
    if (owed > SHRINK_BATCH) shrinkOne(vm, i, owed, gfp);
  }
}

function shrinkOne(vm: Vm, i: number, owed: number, gfp: number): void {
  const m = vm.pgdat;
  const before = vm.reclaimedSlab;
  vm.shrinkerNr[i] = 0;
  for (let left = owed; left > 0; left -= SHRINK_BATCH) {
    vm.shrinkers[i].shrink(Math.min(left, SHRINK_BATCH), gfp);
  }
  m.stat[STAT_SLABS_SCANNED] += owed;
  if ((m.observed & OBSERVED_TRACE) !== 0) {
    m.trace?.record(m.request[REQ_EVENT], EV_SHRINK_SLAB, i, owed, vm.reclaimedSlab - before);
  }
}

/** Pages on the LRU lists of every zone. Source: mm/page_alloc.c, nr_used_zone_pages() */
export function nrUsedZonePages(vm: Vm): number {
  let pages = 0;
  for (let at = 0; at < vm.zone.length; at += 1 << VZ_SHIFT) {
    pages += vm.zone[at + VZ_NR_ACTIVE] + vm.zone[at + VZ_NR_INACTIVE];
  }
  return pages;
}
