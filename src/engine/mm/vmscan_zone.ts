/**
 * Scanning the lists of one zone: pages from the active list to the inactive one, and from its end out of memory.
 * Source: mm/vmscan.c of 2.6.0.
 *
 * Deviation: pages have no buffers (PG_private), so nothing has to be asked to drop them.
 */
import { HOOK_RECLAIM, RECLAIM_ACTIVATE, RECLAIM_KEEP, RECLAIM_TAKE } from '../lib/hooks.ts';
import {
  STAT_KSWAPD_STEAL,
  STAT_PGACTIVATE,
  STAT_PGDEACTIVATE,
  STAT_PGREFILL,
  STAT_PGSCAN,
  STAT_PGSTEAL,
} from '../trace/events.ts';
import { writeCongested } from './backing_dev.ts';
import {
  LIST_LOCKED,
  listAdd,
  listDel,
  listHead,
  removeFromPageCache,
  testClearPageDirty,
} from './filemap.ts';
import { __GFP_FS, __GFP_IO } from './gfp.ts';
import { addPageToLru, lruHead, lruInsert, lruRemove } from './mm_inline.ts';
import { LRU_L_ACTIVE, LRU_L_HOLD, LRU_L_INACTIVE, LRU_PAGE_LIST, LRU_RET_PAGES } from './page_fields.ts';
import { PG_active, PG_dirty, PG_locked, PG_lru, PG_reclaim, PG_writeback } from './page_flags.ts';
import { writepage } from './page_writeback.ts';
import { pageReferenced, tryToUnmap } from './rmap.ts';
import { lruAddDrain, pagevecRelease, pagevecReleaseNonlru } from './swap.ts';
import { addToSwap, deleteFromSwapCache, swapFree } from './swapfile.ts';
import {
  MAPPING_SWAP,
  PAGEVEC_SIZE,
  RECLAIM_KSWAPD,
  VC_TOTAL_SWAP_PAGES,
  type Vm,
  VZ_NR_ACTIVE,
  VZ_NR_INACTIVE,
  VZ_PAGES_SCANNED,
  VZ_PREV_PRIORITY,
  VZ_REFILL_COUNTER,
  VZ_SHIFT,
} from './vm.ts';
import { askReclaim } from './vmscan_policy.ts';

/** Pages that one call of reclaim is after, and that are taken off a list at a time. */
export const SWAP_CLUSTER_MAX = 32;

/** What becomes of a page that shrink_list() looked at: back to the LRU unlocked or as it is, active, or free. */
const FATE_KEEP_LOCKED = 0;
const FATE_KEEP = 1;
const FATE_ACTIVATE = 2;
const FATE_FREE = 3;

/**
 * Reclaim from one zone, after the active list has paid the share that its length is of the inactive list's.
 *
 * @param maxScan  pages of the inactive list to look at, at most
 * @param nrPages  pages wanted
 * @param nrMapped pages mapped on the whole machine when this round began
 * @returns        pages freed; vm.nrMapped grows by the mapped and swap cache pages seen
 * Source:         mm/vmscan.c, shrink_zone()
 */
export function shrinkZone(
  vm: Vm,
  z: number,
  maxScan: number,
  gfp: number,
  nrPages: number,
  nrMapped: number,
  cpu: number,
): number {
  const { zone } = vm;
  const at = z << VZ_SHIFT;
  let product = nrPages * zone[at + VZ_NR_ACTIVE];
  if (vm.pgdat.arch.longBytes === 4) product %= 2 ** 32;
  const ratio = Math.floor(product / ((zone[at + VZ_NR_INACTIVE] | 1) * 2));
  // An atomic_t: with next to no inactive pages it grows faster than it is paid off, and goes round to below 0.
  const owed = (zone[at + VZ_REFILL_COUNTER] + ratio + 1) | 0;
  zone[at + VZ_REFILL_COUNTER] = owed;
  if (owed > SWAP_CLUSTER_MAX) {
    const count = Math.min(owed, SWAP_CLUSTER_MAX * 4);
    zone[at + VZ_REFILL_COUNTER] = owed - count;
    refillInactiveZone(vm, z, count, nrMapped, cpu);
  }
  return shrinkCache(vm, z, maxScan, gfp, nrPages, cpu);
}

/**
 * Take pages from the end of the active list: those that nobody needs at present go to the inactive one. Mapped pages do
 * only when memory is tight: distress, the share of memory that is mapped and the sysctl together make 100.
 *
 * @param nrPages  pages to look at
 * @param nrMapped pages mapped on the whole machine
 * Invariant:      every page looked at is on one of the two lists again
 * Source:         mm/vmscan.c, refill_inactive_zone()
 */
export function refillInactiveZone(vm: Vm, z: number, nrPages: number, nrMapped: number, cpu: number): void {
  const { fields, pgdat: m, zone } = vm;
  const { flags, lru } = fields;
  const at = z << VZ_SHIFT;
  const active = lruHead(vm, z, 1);
  const hold = m.nrPages + LRU_L_HOLD;
  lruAddDrain(vm, cpu);
  let taken = 0;
  for (let pfn = lru[(active << 1) | 1]; taken < nrPages && pfn !== active; pfn = lru[(active << 1) | 1]) {
    flags[pfn] &= ~PG_lru;
    fields.count[pfn]++;
    lruRemove(lru, pfn);
    lruInsert(lru, hold, pfn);
    taken++;
  }
  zone[at + VZ_NR_ACTIVE] -= taken;
  sortHeld(vm, hold, reclaimsMapped(vm, z, nrMapped));
  const left = putBackInactive(vm, cpu);
  putBackActive(vm, left, cpu);
  m.stat[STAT_PGREFILL] += taken;
}

/** Whether mapped pages may leave the active list: swap_tendency >= 100. */
export function reclaimsMapped(vm: Vm, z: number, nrMapped: number): boolean {
  const distress = 100 >> vm.zone[(z << VZ_SHIFT) + VZ_PREV_PRIORITY];
  const mappedRatio = Math.floor((nrMapped * 100) / vm.totalMemory);
  return (mappedRatio >> 1) + distress + vm.config.swappiness >= 100;
}

/** Each page held goes to one of the private lists, oldest first. */
function sortHeld(vm: Vm, hold: number, reclaimMapped: boolean): void {
  const { lru, mapping, pte } = vm.fields;
  const stays = vm.pgdat.nrPages + LRU_L_ACTIVE;
  const goes = vm.pgdat.nrPages + LRU_L_INACTIVE;
  const noSwap = vm.count[VC_TOTAL_SWAP_PAGES] === 0;
  for (let pfn = lru[(hold << 1) | 1]; pfn !== hold; pfn = lru[(hold << 1) | 1]) {
    lruRemove(lru, pfn);
    let keep = noSwap && mapping[pfn] === 0;
    if (pte[pfn] !== 0 && (pageReferenced(vm, pfn) !== 0 || !reclaimMapped)) keep = true;
    lruInsert(lru, keep ? stays : goes, pfn);
  }
}

/** Returns how many pages wait in the pagevec for their reference to be dropped. */
function putBackInactive(vm: Vm, cpu: number): number {
  const { flags, lru } = vm.fields;
  const from = vm.pgdat.nrPages + LRU_L_INACTIVE;
  let nr = 0;
  let moved = 0;
  for (let pfn = lru[(from << 1) | 1]; pfn !== from; pfn = lru[(from << 1) | 1]) {
    lruRemove(lru, pfn);
    flags[pfn] = (flags[pfn] | PG_lru) & ~PG_active;
    addPageToLru(vm, pfn, 0);
    moved++;
    nr = putBackReference(vm, nr, pfn, cpu);
  }
  vm.pgdat.stat[STAT_PGDEACTIVATE] += moved;
  return nr;
}

function putBackActive(vm: Vm, waiting: number, cpu: number): void {
  const { flags, lru } = vm.fields;
  const from = vm.pgdat.nrPages + LRU_L_ACTIVE;
  let nr = waiting;
  for (let pfn = lru[(from << 1) | 1]; pfn !== from; pfn = lru[(from << 1) | 1]) {
    lruRemove(lru, pfn);
    flags[pfn] |= PG_lru;
    addPageToLru(vm, pfn, 1);
    nr = putBackReference(vm, nr, pfn, cpu);
  }
  if (nr !== 0) pagevecRelease(vm, vm.putBackPvec, nr, 1, cpu);
}

/** The reference of whoever isolated the page is dropped, sixteen at a time. Returns how many wait. */
function putBackReference(vm: Vm, waiting: number, pfn: number, cpu: number): number {
  vm.putBackPvec[waiting] = pfn;
  if (waiting + 1 < PAGEVEC_SIZE) return waiting + 1;
  pagevecRelease(vm, vm.putBackPvec, PAGEVEC_SIZE, 1, cpu);
  return 0;
}

/**
 * Look at pages from the end of the inactive list, 32 or more at a time, until enough are free.
 *
 * @param maxScan pages to look at; the last batch may exceed it
 * @returns       pages freed
 * Source:        mm/vmscan.c, shrink_cache()
 */
export function shrinkCache(
  vm: Vm,
  z: number,
  maxScan: number,
  gfp: number,
  nrPages: number,
  cpu: number,
): number {
  const { pgdat: m, zone } = vm;
  const at = z << VZ_SHIFT;
  const batch = Math.max(nrPages, SWAP_CLUSTER_MAX);
  let left = maxScan;
  let freed = 0;
  let waiting = 0;
  lruAddDrain(vm, cpu);
  while (left > 0 && freed < nrPages) {
    const taken = isolate(vm, z, batch);
    zone[at + VZ_NR_INACTIVE] -= taken;
    zone[at + VZ_PAGES_SCANNED] += taken;
    if (taken === 0) break;
    // nr_scan is raised once more by the test that ends the kernel's loop.
    left -= taken + 1;
    m.stat[STAT_PGSCAN] += taken + 1;
    freed += shrinkList(vm, gfp, cpu);
    waiting = putBack(vm, waiting, cpu);
  }
  if (waiting !== 0) pagevecRelease(vm, vm.putBackPvec, waiting, 1, cpu);
  return freed;
}

/** Up to `batch` pages of the inactive list's end become `page_list`, the oldest its last, with a reference more. */
function isolate(vm: Vm, z: number, batch: number): number {
  const { count, flags, lru } = vm.fields;
  const inactive = lruHead(vm, z, 0);
  const list = vm.pgdat.nrPages + LRU_PAGE_LIST;
  let taken = 0;
  for (
    let pfn = lru[(inactive << 1) | 1];
    taken < batch && pfn !== inactive;
    pfn = lru[(inactive << 1) | 1]
  ) {
    flags[pfn] &= ~PG_lru;
    count[pfn]++;
    lruRemove(lru, pfn);
    lruInsert(lru, list, pfn);
    taken++;
  }
  return taken;
}

/** The pages that were not freed go back to the LRU, the first looked at first. */
function putBack(vm: Vm, waiting: number, cpu: number): number {
  const { flags, lru } = vm.fields;
  const list = vm.pgdat.nrPages + LRU_RET_PAGES;
  let nr = waiting;
  for (let pfn = lru[(list << 1) | 1]; pfn !== list; pfn = lru[(list << 1) | 1]) {
    lruRemove(lru, pfn);
    flags[pfn] |= PG_lru;
    addPageToLru(vm, pfn, (flags[pfn] & PG_active) === 0 ? 0 : 1);
    nr = putBackReference(vm, nr, pfn, cpu);
  }
  return nr;
}

/**
 * Decide on every page of `page_list`, oldest first. Those that can go are free afterwards, sixteen at a time and cold; the
 * others are on `ret_pages`.
 *
 * @returns pages freed
 * Source:  mm/vmscan.c, shrink_list()
 */
function shrinkList(vm: Vm, gfp: number, cpu: number): number {
  const { fields, pgdat: m } = vm;
  const { flags, lru } = fields;
  const list = m.nrPages + LRU_PAGE_LIST;
  const kept = m.nrPages + LRU_RET_PAGES;
  let activated = 0;
  let freed = 0;
  let waiting = 0;
  for (let pfn = lru[(list << 1) | 1]; pfn !== list; pfn = lru[(list << 1) | 1]) {
    lruRemove(lru, pfn);
    const fate = fateOf(vm, pfn, gfp);
    if (fate !== FATE_KEEP) flags[pfn] &= ~PG_locked;
    if (fate === FATE_FREE) {
      freed++;
      vm.freedPvec[waiting++] = pfn;
      if (waiting === PAGEVEC_SIZE) {
        pagevecReleaseNonlru(vm, vm.freedPvec, waiting, 1, cpu);
        waiting = 0;
      }
      continue;
    }
    if (fate === FATE_ACTIVATE) {
      flags[pfn] |= PG_active;
      activated++;
    }
    lruInsert(lru, kept, pfn);
  }
  if (waiting !== 0) pagevecReleaseNonlru(vm, vm.freedPvec, waiting, 1, cpu);
  m.stat[STAT_PGSTEAL] += freed;
  if (vm.reclaim === RECLAIM_KSWAPD) m.stat[STAT_KSWAPD_STEAL] += freed;
  m.stat[STAT_PGACTIVATE] += activated;
  return freed;
}

/** One page of shrink_list(): unmapped, written out or taken out of its cache, as far as it may be. */
function fateOf(vm: Vm, pfn: number, gfp: number): number {
  const { count, flags, mapping, pte } = vm.fields;
  if ((flags[pfn] & PG_locked) !== 0) return FATE_KEEP;
  flags[pfn] |= PG_locked;
  const swapCache = mapping[pfn] === MAPPING_SWAP;
  const mapped = pte[pfn] !== 0;
  if (mapped || swapCache) vm.nrMapped++;
  // Decided before the page may be added to the swap cache: GFP_NOFS adds it, and leaves the writing to others.
  const mayEnterFs = (gfp & __GFP_FS) !== 0 || (swapCache && (gfp & __GFP_IO) !== 0);
  if ((flags[pfn] & PG_writeback) !== 0) return FATE_KEEP_LOCKED;
  const referenced = pageReferenced(vm, pfn) !== 0;
  const inUse = mapped || swapCache;
  const dirty = (flags[pfn] & PG_dirty) !== 0;
  // Of a page that is only in the page cache the kernel sees in pageout() that it was used: too late for a clean one.
  let verdict = !referenced ? RECLAIM_TAKE : inUse ? RECLAIM_ACTIVATE : dirty ? RECLAIM_KEEP : RECLAIM_TAKE;
  if ((vm.pgdat.hookMask & HOOK_RECLAIM) !== 0) verdict = askReclaim(vm, pfn, gfp, referenced, verdict);
  if (verdict === RECLAIM_ACTIVATE) return FATE_ACTIVATE;
  if (verdict === RECLAIM_KEEP) return FATE_KEEP_LOCKED;
  if (mapped) {
    if (mapping[pfn] === 0 && !addToSwap(vm, pfn)) return FATE_ACTIVATE;
    tryToUnmap(vm, pfn);
  }
  if ((flags[pfn] & PG_dirty) !== 0) {
    if (count[pfn] !== 2 || mapping[pfn] === 0 || !mayEnterFs) return FATE_KEEP_LOCKED;
    if (mapping[pfn] !== MAPPING_SWAP && !mayWriteToQueue(vm)) return FATE_KEEP_LOCKED;
    writeOut(vm, pfn);
    return FATE_KEEP;
  }
  // The cache and whoever isolated the page; a third reference is somebody who reads or writes it.
  if (mapping[pfn] === 0 || count[pfn] !== 2) return FATE_KEEP_LOCKED;
  leaveCache(vm, pfn);
  return FATE_FREE;
}

/** Whether to write to the disk though that might mean waiting. Source: mm/vmscan.c, may_write_to_queue() */
function mayWriteToQueue(vm: Vm): boolean {
  return vm.reclaim === RECLAIM_KSWAPD || vm.writing !== 0 || !writeCongested(vm);
}

/** Start writing a dirty page that is to be freed as soon as it is written: writepage() unlocks it. */
function writeOut(vm: Vm, pfn: number): void {
  const { files, fields } = vm;
  testClearPageDirty(vm, pfn);
  if (fields.mapping[pfn] !== MAPPING_SWAP) {
    listDel(files.links, pfn);
    listAdd(files.links, listHead(files, fields.mapping[pfn] - 1, LIST_LOCKED), pfn);
  }
  fields.flags[pfn] |= PG_reclaim;
  writepage(vm, pfn);
  if ((fields.flags[pfn] & PG_writeback) === 0) fields.flags[pfn] &= ~PG_reclaim;
}

/** A clean page leaves the page cache or the swap cache, which drops its reference. */
function leaveCache(vm: Vm, pfn: number): void {
  const { count, index, mapping } = vm.fields;
  if (mapping[pfn] === MAPPING_SWAP) {
    const slot = index[pfn];
    deleteFromSwapCache(vm, pfn);
    swapFree(vm, slot);
  } else removeFromPageCache(vm, pfn);
  count[pfn]--;
}
