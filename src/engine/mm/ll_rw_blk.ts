/**
 * The one disk and its request queue.
 * Source: drivers/block/ll_rw_blk.c, drivers/block/noop-iosched.c of 2.6.0.
 *
 * Places on the disk are numbers of pages: the files one after another, then the swap area.
 *
 * Deviation: requests are served in the order in which they came (the noop elevator), and two requests that grow until
 * they touch stay two, the second still paying its seek; 2.6.0's default is the anticipatory elevator, which sorts.
 *
 * Deviation: nobody sleeps in get_request_wait(). Reclaim and readers take a request beyond the last; writers that
 * may block stop before a full queue and come back when its oldest request is done.
 */
import { DUE_DISK } from '../lib/agenda.ts';
import { STAT_DISK_BUSY_US, STAT_DISK_REQUESTS, STAT_PGPGIN, STAT_PGPGOUT } from '../trace/events.ts';
import { invalidateMemory } from './data_cache.ts';
import { wakeQueue } from './kthread.ts';
import { NIL } from './page.ts';
import { PG_locked, PG_reclaim, PG_uptodate, PG_writeback } from './page_flags.ts';
import type { Pgdat } from './pgdat.ts';
import { QUEUE_CONGESTION, QUEUE_PAGE } from './request.ts';
import { rotateReclaimablePage } from './swap.ts';
import { VC_NR_WRITEBACK, type Vm } from './vm.ts';

export const READ = 0;
export const WRITE = 1;

/** Sectors that one request may have. Source: include/linux/blkdev.h */
const MAX_SECTORS = 255;
const SECTOR_BYTES = 512;
/** A plugged queue starts when it holds so many requests, or after so long. Source: blk_queue_make_request() */
const UNPLUG_THRESH = 4;
const UNPLUG_DELAY_US = 3000;

/** Request number n of the queue has these at `requests[(n & (capacity - 1)) * RQ_STRIDE + RQ_…]`. */
export const RQ_RW = 0;
/** First page on the disk, and how many. */
export const RQ_START = 1;
export const RQ_PAGES = 2;
/** 1: it does not begin where the one before it ended when it was queued. */
export const RQ_SEEK = 3;
/** Page frames in the order in which they will be ended, linked by `next`. */
export const RQ_HEAD = 4;
export const RQ_TAIL = 5;
export const RQ_STRIDE = 8;

/** `ctl` */
/** Number of the oldest request in the queue, and of the next one to be queued. */
export const DK_FIRST = 0;
export const DK_END = 1;
/** 1 while the oldest request is being served. */
export const DK_BUSY = 2;
/** Requests allocated for reading, for writing. */
export const DK_COUNT = 3;
/** BDI_read_congested, BDI_write_congested. */
export const DK_CONGESTED = 5;
/** 1 while the queue is plugged; how often it was. */
export const DK_PLUGGED = 7;
export const DK_PLUGS = 8;
/** Where the last request queued ends. */
export const DK_POSITION = 9;
/** q->last_merge: a request's number, NIL for none. */
export const DK_LAST_MERGE = 10;
/** The bio that is being filled; it has no pages between operations. */
const DK_BIO_RW = 11;
const DK_BIO_START = 12;
export const DK_BIO_PAGES = 13;
const DK_BIO_HEAD = 14;
const DK_BIO_TAIL = 15;
const DK_FIELDS = 16;

export class Disk {
  declare readonly bytesPerSecond: number;
  declare readonly seekUs: number;
  declare readonly pageBytes: number;
  /** q->nr_requests */
  declare readonly nrRequests: number;
  /** Pages of a request at most. */
  declare readonly maxPages: number;
  /** DK_ */
  declare readonly ctl: Int32Array;
  /** When the request that is being served ends, microseconds since boot. */
  declare readonly doneUs: Float64Array;
  /** Page frame after this one in its bio or request, NIL at the end. */
  declare readonly next: Int32Array;
  /** Number of the request that a page frame was last part of. */
  declare readonly requestOf: Int32Array;
  /** RQ_ */
  declare requests: Int32Array;
  /** Requests that `requests` has room for, a power of two. */
  capacity = 256;

  constructor(m: Pgdat, bytesPerSecond: number, seekUs: number, nrRequests: number) {
    this.bytesPerSecond = bytesPerSecond;
    this.seekUs = seekUs;
    this.nrRequests = nrRequests;
    this.pageBytes = m.arch.pageBytes;
    this.maxPages = Math.max(1, Math.floor((MAX_SECTORS * SECTOR_BYTES) / m.arch.pageBytes));
    this.ctl = new Int32Array(DK_FIELDS);
    this.ctl[DK_LAST_MERGE] = NIL;
    this.doneUs = new Float64Array(1);
    this.next = new Int32Array(m.nrPages).fill(NIL);
    this.requestOf = new Int32Array(m.nrPages).fill(NIL);
    this.requests = new Int32Array(this.capacity * RQ_STRIDE);
  }
}

/** Requests at which the queue counts as congested. Source: queue_congestion_on_threshold() */
export function congestionOnThreshold(disk: Disk): number {
  return Math.min(disk.nrRequests - (disk.nrRequests >> 3) + 1, disk.nrRequests);
}

/** Below so many it no longer does. Source: queue_congestion_off_threshold() */
export function congestionOffThreshold(disk: Disk): number {
  return Math.max(disk.nrRequests - (disk.nrRequests >> 3) - 1, 1);
}

/** Where request `n` stands in `requests`. */
export function requestAt(disk: Disk, n: number): number {
  return (n & (disk.capacity - 1)) * RQ_STRIDE;
}

/** Microseconds that a request takes, rounded up. */
export function serviceUs(disk: Disk, at: number): number {
  const { requests } = disk;
  const bytes = requests[at + RQ_PAGES] * disk.pageBytes;
  return requests[at + RQ_SEEK] * disk.seekUs + Math.ceil((bytes * 1000000) / disk.bytesPerSecond);
}

/**
 * One page more for the bio that is being filled; one that does not follow the last begins a new bio. submitBio() sends
 * the last one off.
 *
 * @param place page of the disk
 * @param pfn   locked for READ, under PG_writeback for WRITE
 * Source:      fs/mpage.c, do_mpage_readpage(), mpage_writepage(); bio_add_page()
 */
export function bioAddPage(vm: Vm, rw: number, place: number, pfn: number): void {
  const { ctl, next, maxPages } = vm.disk;
  const pages = ctl[DK_BIO_PAGES];
  if (pages !== 0 && (ctl[DK_BIO_RW] !== rw || ctl[DK_BIO_START] + pages !== place || pages === maxPages))
    submitBio(vm);
  if (ctl[DK_BIO_PAGES] === 0) {
    ctl[DK_BIO_RW] = rw;
    ctl[DK_BIO_START] = place;
    ctl[DK_BIO_TAIL] = pfn;
    next[pfn] = NIL;
  } else next[pfn] = ctl[DK_BIO_HEAD];
  // Newest first: mpage_end_io_read() and mpage_end_io_write() go through a bio from its end.
  ctl[DK_BIO_HEAD] = pfn;
  ctl[DK_BIO_PAGES]++;
}

/**
 * The filled bio becomes part of a queued request that it extends, or a request of its own. Nothing happens while it is
 * empty.
 *
 * Source: drivers/block/ll_rw_blk.c, submit_bio(), __make_request(); elevator_noop_merge()
 */
export function submitBio(vm: Vm): void {
  const { disk } = vm;
  const { ctl } = disk;
  const { stat } = vm.pgdat;
  const pages = ctl[DK_BIO_PAGES];
  if (pages === 0) return;
  const rw = ctl[DK_BIO_RW];
  // The kernel counts sectors and prints kilobytes.
  stat[rw === WRITE ? STAT_PGPGOUT : STAT_PGPGIN] += pages * (disk.pageBytes >> 10);
  if (ctl[DK_FIRST] === ctl[DK_END]) plug(vm);
  if (!mergeBio(disk)) queueBio(disk);
  ctl[DK_BIO_PAGES] = 0;
  if (ctl[DK_PLUGGED] !== 0 && ctl[DK_COUNT] + ctl[DK_COUNT + 1] === UNPLUG_THRESH) unplug(vm);
}

/** Try the request that merged last, then all that are not being served, newest first. */
function mergeBio(disk: Disk): boolean {
  const { ctl } = disk;
  const last = ctl[DK_LAST_MERGE];
  if (last !== NIL && mergeInto(disk, last)) return true;
  const oldest = ctl[DK_FIRST] + ctl[DK_BUSY];
  for (let n = ctl[DK_END] - 1; n >= oldest; n--) {
    if (mergeInto(disk, n)) {
      ctl[DK_LAST_MERGE] = n;
      return true;
    }
  }
  return false;
}

/** Source: drivers/block/elevator.c, elv_try_merge(); ll_back_merge_fn(), ll_front_merge_fn() */
function mergeInto(disk: Disk, n: number): boolean {
  const { ctl, requests, next } = disk;
  const at = requestAt(disk, n);
  const pages = ctl[DK_BIO_PAGES];
  if (requests[at + RQ_RW] !== ctl[DK_BIO_RW] || requests[at + RQ_PAGES] + pages > disk.maxPages)
    return false;
  const start = requests[at + RQ_START];
  if (start + requests[at + RQ_PAGES] === ctl[DK_BIO_START]) {
    next[requests[at + RQ_TAIL]] = ctl[DK_BIO_HEAD];
    requests[at + RQ_TAIL] = ctl[DK_BIO_TAIL];
    if (n === ctl[DK_END] - 1) ctl[DK_POSITION] += pages;
  } else if (ctl[DK_BIO_START] + pages === start) {
    next[ctl[DK_BIO_TAIL]] = requests[at + RQ_HEAD];
    requests[at + RQ_HEAD] = ctl[DK_BIO_HEAD];
    requests[at + RQ_START] -= pages;
  } else return false;
  requests[at + RQ_PAGES] += pages;
  ownPages(disk, n);
  return true;
}

function queueBio(disk: Disk): void {
  const { ctl } = disk;
  if (ctl[DK_END] - ctl[DK_FIRST] === disk.capacity) growQueue(disk);
  const n = ctl[DK_END]++;
  const { requests } = disk;
  const at = requestAt(disk, n);
  const rw = ctl[DK_BIO_RW];
  requests[at + RQ_RW] = rw;
  requests[at + RQ_START] = ctl[DK_BIO_START];
  requests[at + RQ_PAGES] = ctl[DK_BIO_PAGES];
  requests[at + RQ_SEEK] = ctl[DK_BIO_START] === ctl[DK_POSITION] ? 0 : 1;
  requests[at + RQ_HEAD] = ctl[DK_BIO_HEAD];
  requests[at + RQ_TAIL] = ctl[DK_BIO_TAIL];
  ctl[DK_POSITION] = ctl[DK_BIO_START] + ctl[DK_BIO_PAGES];
  if (ctl[DK_LAST_MERGE] === NIL) ctl[DK_LAST_MERGE] = n;
  ownPages(disk, n);
  if (++ctl[DK_COUNT + rw] >= congestionOnThreshold(disk)) ctl[DK_CONGESTED + rw] = 1;
}

/** The bio's pages lead to request `n`. */
function ownPages(disk: Disk, n: number): void {
  const { ctl, next, requestOf } = disk;
  const last = ctl[DK_BIO_TAIL];
  for (let pfn = ctl[DK_BIO_HEAD]; ; pfn = next[pfn]) {
    requestOf[pfn] = n;
    if (pfn === last) break;
  }
}

function growQueue(disk: Disk): void {
  const old = disk.requests;
  const before = disk.capacity;
  disk.capacity = 2 * before;
  disk.requests = new Int32Array(disk.capacity * RQ_STRIDE);
  for (let n = disk.ctl[DK_FIRST]; n < disk.ctl[DK_END]; n++) {
    const from = (n & (before - 1)) * RQ_STRIDE;
    disk.requests.set(old.subarray(from, from + RQ_STRIDE), requestAt(disk, n));
  }
}

/** An idle queue waits a little for more. Source: blk_plug_device() */
function plug(vm: Vm): void {
  const { ctl } = vm.disk;
  ctl[DK_PLUGGED] = 1;
  ctl[DK_PLUGS] = (ctl[DK_PLUGS] + 1) & 0x3fffffff;
  const { agenda } = vm.pgdat;
  agenda.add(agenda.now[0] + UNPLUG_DELAY_US, DUE_DISK, (ctl[DK_PLUGS] << 1) | 1);
}

/** The disk starts, if it was waiting for more. Source: generic_unplug_device(), blk_run_queues() */
export function unplug(vm: Vm): void {
  const { ctl } = vm.disk;
  if (ctl[DK_PLUGGED] === 0) return;
  ctl[DK_PLUGGED] = 0;
  if (ctl[DK_BUSY] === 0) startNext(vm);
}

/** Serve the oldest request, if there is one. Source: elv_next_request() of a driver's request_fn */
function startNext(vm: Vm): void {
  const { disk, pgdat } = vm;
  const { ctl } = disk;
  const n = ctl[DK_FIRST];
  if (n === ctl[DK_END]) return;
  if (ctl[DK_LAST_MERGE] === n) ctl[DK_LAST_MERGE] = NIL;
  const us = serviceUs(disk, requestAt(disk, n));
  ctl[DK_BUSY] = 1;
  disk.doneUs[0] = pgdat.agenda.now[0] + us;
  pgdat.stat[STAT_DISK_REQUESTS]++;
  pgdat.stat[STAT_DISK_BUSY_US] += us;
  pgdat.agenda.add(disk.doneUs[0], DUE_DISK, (n & 0x3fffffff) << 1);
}

/**
 * DUE_DISK: the request that `arg` names is done, or the plug of that number is pulled. One that was seen to already
 * changes nothing.
 *
 * Source: end_that_request_last(), freed_request(); blk_unplug_timeout()
 */
export function diskDone(vm: Vm, arg: number): void {
  const { ctl } = vm.disk;
  const number = arg >> 1;
  if ((arg & 1) !== 0) {
    if (ctl[DK_PLUGS] === number) unplug(vm);
  } else if (ctl[DK_BUSY] !== 0 && (ctl[DK_FIRST] & 0x3fffffff) === number) endRequest(vm);
}

/** Requests whose time has come are ended now, though the agenda will name them only later within this microsecond. */
export function diskCatchUp(vm: Vm): void {
  const { ctl, doneUs } = vm.disk;
  const { now } = vm.pgdat.agenda;
  while (ctl[DK_BUSY] !== 0 && doneUs[0] <= now[0]) endRequest(vm);
}

function endRequest(vm: Vm): void {
  const { disk } = vm;
  const { ctl, next } = disk;
  const at = requestAt(disk, ctl[DK_FIRST]);
  const rw = disk.requests[at + RQ_RW];
  let pfn = disk.requests[at + RQ_HEAD];
  let pages = disk.requests[at + RQ_PAGES];
  ctl[DK_FIRST]++;
  ctl[DK_BUSY] = 0;
  for (; pages > 0; pages--) {
    const after = next[pfn];
    next[pfn] = NIL;
    disk.requestOf[pfn] = NIL;
    if (rw === WRITE) endPageWriteback(vm, pfn);
    else {
      vm.fields.flags[pfn] |= PG_uptodate;
      vm.fields.flags[pfn] &= ~PG_locked;
      // The disk wrote it past the CPUs.
      invalidateMemory(vm.pgdat, pfn * disk.pageBytes, disk.pageBytes);
    }
    pfn = after;
  }
  startNext(vm);
  wakeQueue(vm, QUEUE_PAGE);
  if (--ctl[DK_COUNT + rw] < congestionOffThreshold(disk)) {
    ctl[DK_CONGESTED + rw] = 0;
    // Every wait is for writes: blk_congestion_wait(WRITE, ...).
    if (rw === WRITE) wakeQueue(vm, QUEUE_CONGESTION);
  }
}

/**
 * The writing of a page has ended; one that reclaim wants goes to the end of the inactive list.
 *
 * Source: mm/filemap.c, end_page_writeback()
 */
export function endPageWriteback(vm: Vm, pfn: number): void {
  const { flags } = vm.fields;
  if ((flags[pfn] & PG_reclaim) !== 0) {
    flags[pfn] &= ~PG_reclaim;
    if (rotateReclaimablePage(vm, pfn)) return;
  }
  flags[pfn] &= ~PG_writeback;
  vm.count[VC_NR_WRITEBACK]--;
}

/** A page is on its way to the disk. Source: include/linux/page-flags.h, SetPageWriteback() */
export function setPageWriteback(vm: Vm, pfn: number): void {
  vm.fields.flags[pfn] |= PG_writeback;
  vm.count[VC_NR_WRITEBACK]++;
}
