/**
 * Direct reclaim and kswapd: which zones are scanned, how hard, and when whoever does it sleeps.
 * Source: mm/vmscan.c of 2.6.0.
 *
 * Deviation: a pass over the lists takes no time, and nothing happens in the middle of it. Whoever writes pages out in it
 * does not wait for room in the disk's queue (get_request_wait()); kswapd waits for it between two zones, a task at its
 * next blk_congestion_wait().
 */
import { HOOK_KSWAPD, REQ_CPU, REQ_EVENT } from '../lib/hooks.ts';
import { EV_RECLAIM_BEGIN, EV_RECLAIM_END, STAT_ALLOCSTALL, STAT_PAGEOUTRUN } from '../trace/events.ts';
import { beginAsk, endAsk, inNobodysName } from './ask_policy.ts';
import { congestionWait, writeQueueFull } from './backing_dev.ts';
import { __GFP_FS, __GFP_NORETRY, GFP_KERNEL } from './gfp.ts';
import {
  KT_OWN,
  KTHREAD_FIELDS,
  KTHREAD_KSWAPD,
  kthreadOf,
  kthreadSleeps,
  kthreadWaits,
  wakeKthread,
} from './kthread.ts';
import { unplug } from './ll_rw_blk.ts';
import {
  OBSERVED_TRACE,
  ZONE_FREE,
  ZONE_HIGH,
  ZONE_HIGHMEM,
  ZONE_LOW,
  ZONE_PRESENT,
  ZONE_SHIFT,
} from './mmzone.ts';
import { outOfMemory } from './oom_kill.ts';
import { NIL } from './page.ts';
import { askKswapd, KSWAPD_STOPS, wakeMark } from './page_alloc_policy.ts';
import { wakeupBdflush } from './page_writeback.ts';
import type { Pgdat } from './pgdat.ts';
import {
  CONTROL_FIELDS,
  CONTROL_PRIORITY,
  CONTROL_RECLAIMED,
  CONTROL_SCANNED,
  QUEUE_NONE,
} from './request.ts';
import { shrinkSlab } from './shrinker.ts';
import {
  RECLAIM_DIRECT,
  RECLAIM_KSWAPD,
  RECLAIM_NONE,
  VC_NR_MAPPED,
  type Vm,
  VZ_ALL_UNRECLAIMABLE,
  VZ_NR_INACTIVE,
  VZ_PAGES_SCANNED,
  VZ_PREV_PRIORITY,
  VZ_SHIFT,
  VZ_TEMP_PRIORITY,
} from './vm.ts';
import { SWAP_CLUSTER_MAX, shrinkZone } from './vmscan_zone.ts';

/** A scan of priority p looks at 1/2^p of the inactive list; scans begin with this. */
export const DEF_PRIORITY = 12;

/** Words of kswapd's own: where balance_pgdat() stands. Priority 0: nowhere. */
const KS_PRIORITY = KTHREAD_KSWAPD * KTHREAD_FIELDS + KT_OWN;
const KS_ZONE = KS_PRIORITY + 1;
/** 1 until a zone was found that has less than its high mark. */
const KS_ALL_ZONES_OK = KS_PRIORITY + 2;
const KS_NR_MAPPED = KS_PRIORITY + 3;
/** Pages freed and scanned since kswapd woke up. */
const KS_RECLAIMED = KS_PRIORITY + 4;
const KS_SCANNED = KS_PRIORITY + 5;

/**
 * The present task sleeps for HZ/`part` clock ticks, or until the disk's write queue has room: `sleep` of the machine says so.
 *
 * Source: drivers/block/ll_rw_blk.c, blk_congestion_wait(); the ticks are rounded down as there
 *
 * Deviation: a nap ends after exactly that time; the kernel's ends with a clock tick.
 */
export function blkCongestionWait(vm: Vm, part: number): void {
  const m = vm.pgdat;
  const { outcome } = m;
  const { hz } = m.arch;
  congestionWait(vm, Math.floor((Math.floor(hz / part) * 1e6) / hz));
  m.outcome = outcome;
}

/**
 * Scan harder and harder until enough pages are free, with a nap after each scan that was not enough.
 *
 * @param classzone first zone of the request's zonelist: it and every zone below are scanned
 * @returns         whether it has ended; false: its task sleeps, `control` says where, and goOnFreeing() goes on
 * Source:          mm/vmscan.c, try_to_free_pages()
 */
export function tryToFreePages(vm: Vm, classzone: number, gfp: number, order: number, cpu: number): boolean {
  const m = vm.pgdat;
  m.stat[STAT_ALLOCSTALL]++;
  if ((m.observed & OBSERVED_TRACE) !== 0) {
    m.trace?.record(m.request[REQ_EVENT], EV_RECLAIM_BEGIN, order, gfp, 0);
  }
  for (let z = classzone; z >= 0; z--) vm.zone[(z << VZ_SHIFT) + VZ_TEMP_PRIORITY] = DEF_PRIORITY;
  return freeAt(vm, classzone, gfp, cpu, DEF_PRIORITY, 0);
}

/** try_to_free_pages() goes on behind its nap: slabs pay their share, then comes the next priority. */
export function goOnFreeing(vm: Vm, classzone: number, gfp: number, cpu: number): boolean {
  const { control } = vm.pgdat;
  const priority = control[CONTROL_PRIORITY];
  const scanned = control[CONTROL_SCANNED];
  let reclaimed = control[CONTROL_RECLAIMED];
  control[CONTROL_PRIORITY] = 0;
  control[CONTROL_SCANNED] = 0;
  control[CONTROL_RECLAIMED] = 0;
  if (classzone < ZONE_HIGHMEM) {
    vm.reclaim = RECLAIM_DIRECT;
    vm.reclaimedSlab = 0;
    shrinkSlab(vm, scanned, gfp);
    vm.reclaim = RECLAIM_NONE;
    reclaimed += vm.reclaimedSlab;
  }
  if (priority > 0) return freeAt(vm, classzone, gfp, cpu, priority - 1, reclaimed);
  if ((gfp & (__GFP_FS | __GFP_NORETRY)) === __GFP_FS) outOfMemory(vm);
  return endOfReclaim(vm, classzone, reclaimed, scanned, 0);
}

/** One scan of try_to_free_pages(), up to its nap or to the end. */
function freeAt(
  vm: Vm,
  classzone: number,
  gfp: number,
  cpu: number,
  priority: number,
  before: number,
): boolean {
  vm.reclaim = RECLAIM_DIRECT;
  vm.priority = priority;
  vm.scanned = 0;
  const reclaimed = before + shrinkCaches(vm, classzone, priority, gfp, cpu);
  vm.reclaim = RECLAIM_NONE;
  const { scanned } = vm;
  if (reclaimed >= SWAP_CLUSTER_MAX || (gfp & __GFP_FS) === 0) {
    return endOfReclaim(vm, classzone, reclaimed, scanned, priority);
  }
  wakeupBdflush(vm, scanned);
  blkCongestionWait(vm, 10);
  const { control } = vm.pgdat;
  control[CONTROL_PRIORITY] = priority;
  control[CONTROL_RECLAIMED] = reclaimed;
  control[CONTROL_SCANNED] = scanned;
  return false;
}

function endOfReclaim(
  vm: Vm,
  classzone: number,
  reclaimed: number,
  scanned: number,
  priority: number,
): boolean {
  const m = vm.pgdat;
  for (let z = classzone; z >= 0; z--) {
    vm.zone[(z << VZ_SHIFT) + VZ_PREV_PRIORITY] = vm.zone[(z << VZ_SHIFT) + VZ_TEMP_PRIORITY];
  }
  if ((m.observed & OBSERVED_TRACE) !== 0) {
    m.trace?.record(m.request[REQ_EVENT], EV_RECLAIM_END, reclaimed, scanned, priority);
  }
  return true;
}

/**
 * Scan the zones that can serve the request, highest first, until 32 pages are free. A zone in which nothing can be
 * reclaimed is left to kswapd after the first look.
 *
 * @returns   pages freed; `vm.scanned` grows by the pages scanned for, mapped ones twice
 * Invariant: a zone below its high mark remembers the priority
 * Source:    mm/vmscan.c, shrink_caches()
 */
function shrinkCaches(vm: Vm, classzone: number, priority: number, gfp: number, cpu: number): number {
  const { zone } = vm.pgdat;
  // get_page_state() once a priority: what this scan unmaps does not count.
  const nrMapped = vm.count[VC_NR_MAPPED];
  let freed = 0;
  for (let z = classzone; z >= 0; z--) {
    const at = z << VZ_SHIFT;
    if (zone[(z << ZONE_SHIFT) + ZONE_FREE] < zone[(z << ZONE_SHIFT) + ZONE_HIGH]) {
      vm.zone[at + VZ_TEMP_PRIORITY] = priority;
    }
    if (vm.zone[at + VZ_ALL_UNRECLAIMABLE] !== 0 && priority !== DEF_PRIORITY) continue;
    const maxScan = Math.max(vm.zone[at + VZ_NR_INACTIVE] >> priority, 2 * SWAP_CLUSTER_MAX);
    vm.nrMapped = 0;
    freed += shrinkZone(vm, z, maxScan, gfp, SWAP_CLUSTER_MAX, nrMapped, cpu);
    vm.scanned += maxScan + vm.nrMapped;
    if (freed >= SWAP_CLUSTER_MAX) break;
  }
  return freed;
}

/**
 * Wake kswapd if the zone is at its low mark and kswapd sleeps.
 *
 * @returns whether it was woken: it has a turn, at once
 * Source:  mm/vmscan.c, wakeup_kswapd()
 */
export function wakeupKswapd(vm: Vm, z: number): boolean {
  const { hookMask, zone } = vm.pgdat;
  const low = (hookMask & HOOK_KSWAPD) === 0 ? zone[(z << ZONE_SHIFT) + ZONE_LOW] : wakeMark(vm.pgdat, z);
  if (zone[(z << ZONE_SHIFT) + ZONE_FREE] > low) return false;
  return wakeKthread(vm, KTHREAD_KSWAPD);
}

/**
 * DUE_KSWAPD: kswapd balances every zone, from wherever it stands, and sleeps again when they are, or when even half of each
 * inactive list did not help.
 *
 * @param arg of the agenda's entry; one that was overtaken changes nothing
 * Source:    mm/vmscan.c, kswapd()
 *
 * Deviation: kswapd runs on CPU 0, so that the pages it frees are in that CPU's cold lists; the kernel's may run on any.
 */
export function kswapdTurn(vm: Vm, arg: number): void {
  if (kthreadOf(vm, arg) !== KTHREAD_KSWAPD) return;
  const { request, outcome } = vm.pgdat;
  const cpu = request[REQ_CPU];
  const { current } = vm;
  request[REQ_CPU] = 0;
  vm.current = NIL;
  vm.reclaim = RECLAIM_KSWAPD;
  if (vm.kthread[KS_PRIORITY] === 0) beginBalance(vm);
  if (balancePgdat(vm)) endBalance(vm);
  vm.reclaim = RECLAIM_NONE;
  vm.current = current;
  request[REQ_CPU] = cpu;
  vm.pgdat.outcome = outcome;
}

function beginBalance(vm: Vm): void {
  const m = vm.pgdat;
  m.stat[STAT_PAGEOUTRUN]++;
  if ((m.observed & OBSERVED_TRACE) !== 0) {
    m.trace?.record(m.request[REQ_EVENT], EV_RECLAIM_BEGIN, 0, GFP_KERNEL, 1);
  }
  for (let z = 0; z < vm.nrZones; z++) vm.zone[(z << VZ_SHIFT) + VZ_TEMP_PRIORITY] = DEF_PRIORITY;
  vm.kthread[KS_PRIORITY] = DEF_PRIORITY;
  vm.kthread[KS_ZONE] = 0;
  vm.kthread[KS_ALL_ZONES_OK] = 1;
  vm.kthread[KS_NR_MAPPED] = vm.count[VC_NR_MAPPED];
  vm.kthread[KS_RECLAIMED] = 0;
  vm.kthread[KS_SCANNED] = 0;
}

function endBalance(vm: Vm): void {
  const m = vm.pgdat;
  const priority = vm.kthread[KS_PRIORITY];
  vm.kthread[KS_PRIORITY] = 0;
  for (let z = 0; z < vm.nrZones; z++) {
    vm.zone[(z << VZ_SHIFT) + VZ_PREV_PRIORITY] = vm.zone[(z << VZ_SHIFT) + VZ_TEMP_PRIORITY];
  }
  if ((m.observed & OBSERVED_TRACE) !== 0) {
    m.trace?.record(
      m.request[REQ_EVENT],
      EV_RECLAIM_END,
      vm.kthread[KS_RECLAIMED],
      vm.kthread[KS_SCANNED],
      priority,
    );
  }
  kthreadSleeps(vm, KTHREAD_KSWAPD);
}

/**
 * Scan each zone below its high mark, lowest first, at priority 12 and then harder, until all have their high mark.
 *
 * The kernel's own blk_congestion_wait() in it is never reached: `to_free` begins at 0 and only falls, except when memory is
 * wanted for a suspend.
 *
 * @returns whether it has ended; false: it waits for the disk's queue
 * Source:  mm/vmscan.c, balance_pgdat()
 */
function balancePgdat(vm: Vm): boolean {
  const { kthread } = vm;
  for (; kthread[KS_PRIORITY] > 0; kthread[KS_PRIORITY]--) {
    for (; kthread[KS_ZONE] < vm.nrZones; kthread[KS_ZONE]++) {
      if (writeQueueFull(vm)) {
        unplug(vm);
        kthreadWaits(vm, KTHREAD_KSWAPD, vm.disk.doneUs[0], QUEUE_NONE);
        return false;
      }
      balanceZone(vm, kthread[KS_ZONE], kthread[KS_PRIORITY]);
    }
    if (kthread[KS_ALL_ZONES_OK] !== 0) return true;
    kthread[KS_ZONE] = 0;
    kthread[KS_ALL_ZONES_OK] = 1;
  }
  return true;
}

function balanceZone(vm: Vm, z: number, priority: number): void {
  const { zone } = vm.pgdat;
  const at = z << VZ_SHIFT;
  if (vm.zone[at + VZ_ALL_UNRECLAIMABLE] !== 0 && priority !== DEF_PRIORITY) return;
  const toReclaim = stopMark(vm, z) - zone[(z << ZONE_SHIFT) + ZONE_FREE];
  if (toReclaim <= 0) return;
  vm.zone[at + VZ_TEMP_PRIORITY] = priority;
  vm.kthread[KS_ALL_ZONES_OK] = 0;
  const maxScan = Math.max(vm.zone[at + VZ_NR_INACTIVE] >> priority, toReclaim * 2, SWAP_CLUSTER_MAX);
  vm.nrMapped = 0;
  vm.priority = priority;
  const freed = shrinkZone(vm, z, maxScan, GFP_KERNEL, toReclaim, vm.kthread[KS_NR_MAPPED], 0);
  vm.kthread[KS_RECLAIMED] += freed;
  vm.kthread[KS_SCANNED] += maxScan + vm.nrMapped;
  if (z < ZONE_HIGHMEM) {
    vm.reclaimedSlab = 0;
    shrinkSlab(vm, maxScan + vm.nrMapped, GFP_KERNEL);
    vm.kthread[KS_RECLAIMED] += vm.reclaimedSlab;
  }
  if (vm.zone[at + VZ_PAGES_SCANNED] > 2 * zone[(z << ZONE_SHIFT) + ZONE_PRESENT]) {
    vm.zone[at + VZ_ALL_UNRECLAIMABLE] = 1;
  }
}

/** Pages free at which kswapd lets a zone be: pages_high, unless a policy says otherwise. */
function stopMark(vm: Vm, z: number): number {
  const m = vm.pgdat;
  const high = m.zone[(z << ZONE_SHIFT) + ZONE_HIGH];
  // There may be a zone without pages below one that has some.
  if ((m.hookMask & HOOK_KSWAPD) === 0 || m.zone[(z << ZONE_SHIFT) + ZONE_PRESENT] === 0) return high;
  beginAsk(m);
  inNobodysName(m);
  const mark = askKswapd(m, z, KSWAPD_STOPS, high);
  endAsk(m);
  return mark;
}

/** The next operation is the one whose task slept with `saved` as its `control`. */
export function resumeRequest(m: Pgdat, saved: Int32Array): void {
  m.control.set(saved);
}

/** The resumed operation has come back without PATH_WAIT, or will not be asked for again. */
export function doneResuming(m: Pgdat): void {
  for (let i = 0; i < CONTROL_FIELDS; i++) m.control[i] = 0;
}
