/**
 * Who waits for the disk, and for what; its state as a whole.
 * Source: include/linux/backing-dev.h, drivers/block/ll_rw_blk.c of 2.6.0.
 */
import { FNV_START, fnvInt } from '../lib/fnv.ts';
import { STAT_CONGESTION_WAITS } from '../trace/events.ts';
import {
  type Disk,
  DK_BUSY,
  DK_CONGESTED,
  DK_COUNT,
  DK_END,
  DK_FIRST,
  DK_LAST_MERGE,
  DK_PLUGGED,
  DK_POSITION,
  diskCatchUp,
  READ,
  RQ_HEAD,
  RQ_PAGES,
  RQ_RW,
  RQ_SEEK,
  requestAt,
  serviceUs,
  unplug,
  WRITE,
} from './ll_rw_blk.ts';
import { NIL } from './page.ts';
import { PG_locked, PG_writeback } from './page_flags.ts';
import type { Pgdat } from './pgdat.ts';
import { PATH_WAIT, QUEUE_CONGESTION, QUEUE_NONE, SLEEP_QUEUE, SLEEP_UNTIL_US } from './request.ts';
import type { Vm } from './vm.ts';

/** Source: include/linux/backing-dev.h, bdi_write_congested() */
export function writeCongested(vm: Vm): boolean {
  return vm.disk.ctl[DK_CONGESTED + WRITE] !== 0;
}

/** Source: include/linux/backing-dev.h, bdi_read_congested() */
export function readCongested(vm: Vm): boolean {
  return vm.disk.ctl[DK_CONGESTED + READ] !== 0;
}

/** A request for writing would have to be waited for. Source: get_request() */
export function writeQueueFull(vm: Vm): boolean {
  return vm.disk.ctl[DK_COUNT + WRITE] >= vm.disk.nrRequests;
}

/**
 * When the request that a page is part of will be done, if no other grows before then: never later than it really is.
 *
 * @returns microseconds since boot; now for a page that is part of no request
 */
export function completionUs(vm: Vm, pfn: number): number {
  const { disk } = vm;
  const { ctl } = disk;
  const last = disk.requestOf[pfn];
  const now = vm.pgdat.agenda.now[0];
  if (last === NIL) return now;
  let us = ctl[DK_BUSY] !== 0 ? disk.doneUs[0] : now;
  for (let n = ctl[DK_FIRST] + ctl[DK_BUSY]; n <= last; n++) us += serviceUs(disk, requestAt(disk, n));
  return us;
}

/**
 * The task sleeps until the disk is done with a page, which is locked or under writeback.
 *
 * @returns false when the disk is done with it in this microsecond: look again instead of sleeping
 * Source:  mm/filemap.c, wait_on_page_bit()
 */
export function waitOnPage(vm: Vm, pfn: number): boolean {
  unplug(vm);
  if (completionUs(vm, pfn) <= vm.pgdat.agenda.now[0]) {
    diskCatchUp(vm);
    if ((vm.fields.flags[pfn] & (PG_locked | PG_writeback)) === 0) return false;
  }
  sleepUntil(vm.pgdat, completionUs(vm, pfn), QUEUE_NONE);
  return true;
}

/**
 * The task sleeps until the queue gets a request back.
 *
 * @returns false when it did so in this microsecond
 * Source:  get_request_wait()
 */
export function waitForRequest(vm: Vm): boolean {
  unplug(vm);
  diskCatchUp(vm);
  if (!writeQueueFull(vm)) return false;
  sleepUntil(vm.pgdat, vm.disk.doneUs[0], QUEUE_NONE);
  return true;
}

/**
 * The task sleeps until the write queue is no longer congested, or gets a request back if it is not; or for so long.
 *
 * Source: blk_congestion_wait(WRITE, timeout)
 */
export function congestionWait(vm: Vm, timeoutUs: number): void {
  const m = vm.pgdat;
  unplug(vm);
  m.stat[STAT_CONGESTION_WAITS]++;
  sleepUntil(m, m.agenda.now[0] + timeoutUs, QUEUE_CONGESTION);
}

function sleepUntil(m: Pgdat, us: number, queue: number): void {
  m.sleep[SLEEP_UNTIL_US] = us;
  m.sleep[SLEEP_QUEUE] = queue;
  m.outcome = PATH_WAIT;
}

export interface DiskSnapshot {
  readonly ctl: Int32Array;
  readonly doneUs: number;
  readonly requests: Int32Array;
  readonly capacity: number;
  /** Page frames of every request, oldest request first. */
  readonly pages: Int32Array;
}

export function snapshotDisk(disk: Disk): DiskSnapshot {
  return {
    ctl: disk.ctl.slice(),
    doneUs: disk.doneUs[0],
    requests: disk.requests.slice(),
    capacity: disk.capacity,
    pages: queuedPages(disk),
  };
}

function queuedPages(disk: Disk): Int32Array {
  const { ctl, requests, next } = disk;
  let nr = 0;
  for (let n = ctl[DK_FIRST]; n < ctl[DK_END]; n++) nr += requests[requestAt(disk, n) + RQ_PAGES];
  const pages = new Int32Array(nr);
  let i = 0;
  for (let n = ctl[DK_FIRST]; n < ctl[DK_END]; n++) {
    const at = requestAt(disk, n);
    let pfn = requests[at + RQ_HEAD];
    for (let left = requests[at + RQ_PAGES]; left > 0; left--) {
      pages[i++] = pfn;
      pfn = next[pfn];
    }
  }
  return pages;
}

/** Only into a disk of a machine of the same config. */
export function restoreDisk(disk: Disk, saved: DiskSnapshot): void {
  const { ctl, next, requestOf } = disk;
  for (const pfn of queuedPages(disk)) {
    next[pfn] = NIL;
    requestOf[pfn] = NIL;
  }
  ctl.set(saved.ctl);
  disk.doneUs[0] = saved.doneUs;
  disk.requests = saved.requests.slice();
  disk.capacity = saved.capacity;
  let i = 0;
  for (let n = ctl[DK_FIRST]; n < ctl[DK_END]; n++) {
    const end = i + disk.requests[requestAt(disk, n) + RQ_PAGES];
    for (; i < end; i++) {
      requestOf[saved.pages[i]] = n;
      next[saved.pages[i]] = i + 1 < end ? saved.pages[i + 1] : NIL;
    }
  }
}

/** The queue, request by request with its pages, and when the present one ends. */
export function diskHash(disk: Disk, start = FNV_START): number {
  const { ctl, requests, next } = disk;
  let h = start;
  for (const field of [
    DK_BUSY,
    DK_COUNT,
    DK_COUNT + 1,
    DK_CONGESTED,
    DK_CONGESTED + 1,
    DK_PLUGGED,
    DK_POSITION,
  ])
    h = fnvInt(h, ctl[field]);
  h = fnvInt(h, ctl[DK_LAST_MERGE] === NIL ? NIL : ctl[DK_LAST_MERGE] - ctl[DK_FIRST]);
  if (ctl[DK_BUSY] !== 0) h = fnvInt(h, disk.doneUs[0]);
  for (let n = ctl[DK_FIRST]; n < ctl[DK_END]; n++) {
    const at = requestAt(disk, n);
    for (let field = RQ_RW; field <= RQ_SEEK; field++) h = fnvInt(h, requests[at + field]);
    let pfn = requests[at + RQ_HEAD];
    for (let i = 0; i < requests[at + RQ_PAGES]; i++) {
      h = fnvInt(h, pfn);
      pfn = next[pfn];
    }
  }
  return h;
}
