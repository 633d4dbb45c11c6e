/**
 * How much may be dirty, who writes it, and who waits for that.
 * Source: mm/page-writeback.c, fs/fs-writeback.c, fs/mpage.c of 2.6.0.
 *
 * Deviation: all files are on one file system and one disk, so every writer meets every dirty inode.
 */
import { DUE_KUPDATE } from '../lib/agenda.ts';
import { FNV_START, fnvInt } from '../lib/fnv.ts';
import { REQ_EVENT } from '../lib/hooks.ts';
import { EV_WRITEPAGE } from '../trace/events.ts';
import { congestionWait, waitForRequest, waitOnPage, writeCongested, writeQueueFull } from './backing_dev.ts';
import {
  LIST_DIRTY,
  LIST_IO,
  LIST_LOCKED,
  listAdd,
  listDel,
  listEmpty,
  listHead,
  listSplice,
  moveInode,
  SB_DIRTY,
  SB_IO,
  testClearPageDirty,
} from './filemap.ts';
import { bioAddPage, setPageWriteback, submitBio, WRITE } from './ll_rw_blk.ts';
import { OBSERVED_TRACE, ZONE_HIGH, ZONE_HIGHMEM, ZONE_PRESENT, ZONE_SHIFT } from './mmzone.ts';
import { PG_dirty, PG_locked, PG_writeback } from './page_flags.ts';
import { swapWritepage } from './page_io.ts';
import { PDFLUSH_BACKGROUND, pdflushOperation } from './pdflush.ts';
import type { Pgdat } from './pgdat.ts';
import { CONTROL_A, CONTROL_B, CTX_REALTIME } from './request.ts';
import {
  MAPPING_SWAP,
  VC_NR_DIRTY,
  VC_NR_MAPPED,
  VC_NR_UNSTABLE,
  VC_NR_WRITEBACK,
  type Vm,
  type VmConfig,
} from './vm.ts';

/** Pages of one round of background writing. */
export const MAX_WRITEBACK_PAGES = 1024;
/** blk_congestion_wait(WRITE, HZ/10) */
export const CONGESTION_US = 100000;
/** Pages that one CPU dirties between two looks at the limits, while they are exceeded. */
const RATELIMIT_EXCEEDED = 8;

/** struct writeback_control, `wbc`. */
export const WBC_NR_TO_WRITE = 0;
export const WBC_NONBLOCKING = 1;
export const WBC_FOR_KUPDATE = 2;
export const WBC_CONGESTED = 3;

/** `limits` */
export const LIMIT_BACKGROUND = 0;
export const LIMIT_DIRTY = 1;

export class Writeback {
  declare readonly config: VmConfig;
  /** nr_free_pagecache_pages() at boot. */
  declare readonly totalPages: number;
  /** vm_dirty_ratio and dirty_background_ratio, less where most of the memory is high. */
  declare readonly dirtyRatio: number;
  declare readonly backgroundRatio: number;
  declare readonly ratelimitPages: number;
  /** Dirty memory may be over the limit. */
  dirtyExceeded = 0;
  /** Pages that each CPU dirtied since it last looked. */
  declare readonly ratelimits: Int32Array;
  /** WBC_; only within an operation. */
  declare readonly wbc: Int32Array;
  /** LIMIT_; as getDirtyLimits() left them. */
  declare readonly limits: Int32Array;

  /** Source: mm/page-writeback.c, page_writeback_init(), set_ratelimit() */
  constructor(m: Pgdat, config: VmConfig) {
    const total = freePages(m, ZONE_HIGHMEM);
    const correction = Math.floor((400 * freePages(m, ZONE_HIGHMEM - 1)) / total);
    const scale = (ratio: number) => (correction < 100 ? Math.floor((ratio * correction) / 100) : ratio);
    this.config = config;
    this.totalPages = total;
    this.dirtyRatio = scale(config.dirtyRatio);
    this.backgroundRatio = scale(config.dirtyBackgroundRatio);
    this.ratelimitPages = Math.min(
      Math.max(Math.floor(total / (m.cpus * 32)), 16),
      (4096 << 10) >> m.arch.pageShift,
    );
    this.ratelimits = new Int32Array(m.cpus);
    this.wbc = new Int32Array(4);
    this.limits = new Int32Array(2);
  }
}

/** Pages of the zones up to `last` beyond their high marks. Source: mm/page_alloc.c, nr_free_zone_pages() */
function freePages(m: Pgdat, last: number): number {
  let sum = 0;
  for (let z = 0; z <= last; z++) {
    sum += Math.max(0, m.zone[(z << ZONE_SHIFT) + ZONE_PRESENT] - m.zone[(z << ZONE_SHIFT) + ZONE_HIGH]);
  }
  return Math.max(sum, 1);
}

/** The first periodic writing becomes due. Source: page_writeback_init() */
export function startKupdate(vm: Vm): void {
  const { agenda } = vm.pgdat;
  const { dirtyWritebackCentisecs } = vm.config;
  if (dirtyWritebackCentisecs > 0)
    agenda.add(agenda.now[0] + dirtyWritebackCentisecs * 10000, DUE_KUPDATE, 0);
}

/**
 * Fill `limits`: pages that may be dirty before pdflush begins, and before writers must write themselves.
 *
 * @param ctx CTX_REALTIME may dirty a quarter more
 * Source:    mm/page-writeback.c, get_dirty_limits()
 */
export function getDirtyLimits(vm: Vm, ctx: number): void {
  const { writeback: wb, count } = vm;
  const { totalPages, limits } = wb;
  const unmapped = 100 - Math.floor((count[VC_NR_MAPPED] * 100) / totalPages);
  const dirtyRatio = Math.max(Math.min(wb.dirtyRatio, unmapped >> 1), 5);
  const backgroundRatio = wb.backgroundRatio >= dirtyRatio ? dirtyRatio >> 1 : wb.backgroundRatio;
  let background = Math.floor((backgroundRatio * totalPages) / 100);
  let dirty = Math.floor((dirtyRatio * totalPages) / 100);
  if ((ctx & CTX_REALTIME) !== 0) {
    background += background >> 2;
    dirty += dirty >> 2;
  }
  limits[LIMIT_BACKGROUND] = background;
  limits[LIMIT_DIRTY] = dirty;
}

/** nr_dirty + nr_unstable */
export function nrReclaimable(vm: Vm): number {
  return vm.count[VC_NR_DIRTY] + vm.count[VC_NR_UNSTABLE];
}

/**
 * A page was dirtied: every so many pages the limits are looked at.
 *
 * @returns false when the task must sleep; then balanceDirtyPages() goes on
 * Source:  mm/page-writeback.c, balance_dirty_pages_ratelimited()
 */
export function balanceDirtyPagesRatelimited(vm: Vm, cpu: number, ctx: number): boolean {
  const { writeback: wb } = vm;
  const limit = wb.dirtyExceeded !== 0 ? RATELIMIT_EXCEEDED : wb.ratelimitPages;
  if (wb.ratelimits[cpu]++ < limit) return true;
  wb.ratelimits[cpu] = 0;
  return balanceDirtyPages(vm, ctx);
}

/**
 * While too much is dirty, whoever dirties pages writes one and a half times as many as it was allowed to dirty, or waits
 * until others have written enough. Goes on from CONTROL_A (pages written) and CONTROL_B (pages left of a round that a full
 * queue stopped, plus 1).
 *
 * @returns false when the task must sleep
 * Source:  mm/page-writeback.c, balance_dirty_pages()
 */
export function balanceDirtyPages(vm: Vm, ctx: number): boolean {
  const { writeback: wb, count } = vm;
  const { wbc, limits } = wb;
  const { control } = vm.pgdat;
  const chunk = wb.ratelimitPages + (wb.ratelimitPages >> 1);
  let written = control[CONTROL_A];
  let left = control[CONTROL_B] - 1;
  for (;;) {
    if (left < 0) {
      getDirtyLimits(vm, ctx);
      if (nrReclaimable(vm) + count[VC_NR_WRITEBACK] <= limits[LIMIT_DIRTY]) break;
      wb.dirtyExceeded = 1;
      left = chunk;
    }
    if (nrReclaimable(vm) !== 0 || left !== chunk) {
      wbc[WBC_NR_TO_WRITE] = left;
      wbc[WBC_NONBLOCKING] = 0;
      wbc[WBC_FOR_KUPDATE] = 0;
      if (!writebackInodes(vm, Number.POSITIVE_INFINITY)) {
        control[CONTROL_A] = written;
        control[CONTROL_B] = wbc[WBC_NR_TO_WRITE] + 1;
        return false;
      }
      getDirtyLimits(vm, ctx);
      if (nrReclaimable(vm) + count[VC_NR_WRITEBACK] <= limits[LIMIT_DIRTY]) break;
      written += chunk - wbc[WBC_NR_TO_WRITE];
      if (written >= chunk) break;
    }
    control[CONTROL_A] = written;
    control[CONTROL_B] = 0;
    congestionWait(vm, CONGESTION_US);
    return false;
  }
  if (nrReclaimable(vm) + count[VC_NR_WRITEBACK] <= limits[LIMIT_DIRTY]) wb.dirtyExceeded = 0;
  if (nrReclaimable(vm) > limits[LIMIT_BACKGROUND]) pdflushOperation(vm, PDFLUSH_BACKGROUND, 0);
  return true;
}

/**
 * Have pdflush write so many pages; 0: all that are dirty.
 *
 * @returns false when every pdflush thread is busy
 * Source:  mm/page-writeback.c, wakeup_bdflush()
 */
export function wakeupBdflush(vm: Vm, nrPages: number): boolean {
  return pdflushOperation(vm, PDFLUSH_BACKGROUND, nrPages === 0 ? nrReclaimable(vm) : nrPages);
}

/**
 * Write dirty inodes, the longest dirty first, as `wbc` says.
 *
 * @param olderThanUs only inodes that were dirty by then, microseconds since boot
 * @returns           false when a writer that may block must sleep for a request; `wbc` has what is left
 * Source:            fs/fs-writeback.c, writeback_inodes(), sync_sb_inodes()
 */
export function writebackInodes(vm: Vm, olderThanUs: number): boolean {
  const { files } = vm;
  const { wbc } = vm.writeback;
  const { inodeLinks, nrFiles } = files;
  const io = nrFiles + SB_IO;
  if (wbc[WBC_FOR_KUPDATE] === 0 || listEmpty(inodeLinks, io)) listSplice(inodeLinks, nrFiles + SB_DIRTY, io);
  while (!listEmpty(inodeLinks, io)) {
    const file = inodeLinks[2 * io + 1];
    if (wbc[WBC_NONBLOCKING] !== 0 && writeCongested(vm)) {
      wbc[WBC_CONGESTED] = 1;
      return true;
    }
    if (files.dirtiedWhen[file] > olderThanUs) return true;
    if (!syncSingleInode(vm, file)) return false;
    if (wbc[WBC_NR_TO_WRITE] <= 0) return true;
  }
  return true;
}

/** @returns false when the writer must sleep. Source: fs/fs-writeback.c, __sync_single_inode() */
function syncSingleInode(vm: Vm, file: number): boolean {
  const { files } = vm;
  const { wbc } = vm.writeback;
  const io = listHead(files, file, LIST_IO);
  if (wbc[WBC_FOR_KUPDATE] === 0 || listEmpty(files.links, io))
    listSplice(files.links, listHead(files, file, LIST_DIRTY), io);
  const goOn = mpageWritepages(vm, file, false);
  requeueInode(vm, file);
  return goOn;
}

/** What is left to write of an inode decides which list it is on. Source: the end of __sync_single_inode() */
export function requeueInode(vm: Vm, file: number): void {
  const { files } = vm;
  if (!listEmpty(files.links, listHead(files, file, LIST_IO))) return;
  if (!listEmpty(files.links, listHead(files, file, LIST_DIRTY))) {
    moveInode(vm, file, SB_DIRTY, vm.pgdat.agenda.now[0]);
    return;
  }
  files.inodeDirty[file] = 0;
  files.dirtiedWhen[file] = 0;
  listDel(files.inodeLinks, file);
}

/**
 * Write the pages on io_pages, the longest dirty first; those that are being written already go back.
 *
 * @param sync wait for those instead, and write them again if they are dirty
 * @returns    false when the writer must sleep
 * Source:     fs/mpage.c, mpage_writepages()
 */
function mpageWritepages(vm: Vm, file: number, sync: boolean): boolean {
  const { files } = vm;
  const { links } = files;
  const { flags } = vm.fields;
  const { wbc } = vm.writeback;
  const io = listHead(files, file, LIST_IO);
  const locked = listHead(files, file, LIST_LOCKED);
  const nonblocking = wbc[WBC_NONBLOCKING] !== 0;
  while (!listEmpty(links, io)) {
    const pfn = links[2 * io + 1];
    const isDirty = (flags[pfn] & PG_dirty) !== 0;
    if ((flags[pfn] & PG_writeback) !== 0) {
      if (sync && isDirty) {
        submitBio(vm);
        if (waitOnPage(vm, pfn)) return false;
        continue;
      }
      listDel(links, pfn);
      listAdd(links, isDirty ? listHead(files, file, LIST_DIRTY) : locked, pfn);
      continue;
    }
    if (!isDirty) {
      listDel(links, pfn);
      continue;
    }
    if (!nonblocking && writeQueueFull(vm)) {
      submitBio(vm);
      if (waitForRequest(vm)) return false;
    }
    listDel(links, pfn);
    listAdd(links, locked, pfn);
    testClearPageDirty(vm, pfn);
    startWrite(vm, pfn);
    if (--wbc[WBC_NR_TO_WRITE] <= 0) break;
    if (nonblocking && writeCongested(vm)) {
      wbc[WBC_CONGESTED] = 1;
      break;
    }
  }
  submitBio(vm);
  return true;
}

/** A clean page of a file joins the bio that is being filled. */
export function startWrite(vm: Vm, pfn: number): void {
  const { files, fields, pgdat: m } = vm;
  const mapping = fields.mapping[pfn];
  setPageWriteback(vm, pfn);
  bioAddPage(vm, WRITE, files.base[mapping - 1] + fields.index[pfn], pfn);
  if ((m.observed & OBSERVED_TRACE) !== 0)
    m.trace?.record(m.request[REQ_EVENT], EV_WRITEPAGE, pfn, mapping, fields.index[pfn]);
}

/**
 * The writing half of fsync(): everything on io_pages, at most as many pages as CONTROL_A says, which counts down.
 *
 * @returns false when the task must sleep
 * Source:  mm/filemap.c, filemap_fdatawrite(), WB_SYNC_ALL
 */
export function syncWritePages(vm: Vm, file: number): boolean {
  const { wbc } = vm.writeback;
  const { control } = vm.pgdat;
  wbc[WBC_NR_TO_WRITE] = control[CONTROL_A];
  wbc[WBC_NONBLOCKING] = 0;
  wbc[WBC_FOR_KUPDATE] = 0;
  const goOn = mpageWritepages(vm, file, true);
  control[CONTROL_A] = wbc[WBC_NR_TO_WRITE];
  return goOn;
}

/**
 * Start writing one locked page, whose dirty bit is clear and which is on its file's locked_pages already. It is unlocked
 * then.
 *
 * Source: address_space_operations.writepage of mm/swap_state.c, swap_aops, and of a file: block_write_full_page()
 */
export function writepage(vm: Vm, pfn: number): void {
  if (vm.fields.mapping[pfn] === MAPPING_SWAP) {
    swapWritepage(vm, pfn);
    return;
  }
  startWrite(vm, pfn);
  vm.fields.flags[pfn] &= ~PG_locked;
  submitBio(vm);
}

export interface WritebackSnapshot {
  readonly dirtyExceeded: number;
  readonly ratelimits: Int32Array;
}

export function snapshotWriteback(wb: Writeback): WritebackSnapshot {
  return { dirtyExceeded: wb.dirtyExceeded, ratelimits: wb.ratelimits.slice() };
}

export function restoreWriteback(wb: Writeback, saved: WritebackSnapshot): void {
  wb.dirtyExceeded = saved.dirtyExceeded;
  wb.ratelimits.set(saved.ratelimits);
}

export function writebackHash(wb: Writeback, start = FNV_START): number {
  let h = fnvInt(start, wb.dirtyExceeded);
  for (const pages of wb.ratelimits) h = fnvInt(h, pages);
  return h;
}
