/**
 * read(), write() and fsync() of files.
 * Source: mm/filemap.c, do_generic_mapping_read(), generic_file_aio_write_nolock(); fs/buffer.c, sys_fsync(),
 * __block_prepare_write() of 2.6.0.
 *
 * Each of them stops with PATH_WAIT where the kernel would sleep and goes on from `m.control` when it is called again; it
 * returns the pages done so far. With another path it is over: all pages are done, or memory for the next was refused.
 *
 * Deviation: a task that sleeps holds no reference to the page that it waits for. If reclaim takes the page before the
 * task runs again, it is read once more.
 *
 * Deviation: files are read and written in whole pages, blocks are as large as pages, and no semaphore of the inode
 * keeps two writers apart. Of each page the first word goes through the data cache, though all of it is copied.
 */
import { STAT_FILE_HITS, STAT_FILE_MISSES } from '../trace/events.ts';
import { waitOnPage } from './backing_dev.ts';
import { touchMemory } from './data_cache.ts';
import {
  addToPageCacheLru,
  LIST_DIRTY,
  LIST_IO,
  LIST_LOCKED,
  listAdd,
  listDel,
  listEmpty,
  listHead,
  listSplice,
  readPage,
  setPageDirty,
  setPageUptodate,
  unlockPage,
} from './filemap.ts';
import { __GFP_COLD, GFP_HIGHUSER } from './gfp.ts';
import { submitBio } from './ll_rw_blk.ts';
import { NIL } from './page.ts';
import { allocPages } from './page_alloc.ts';
import { PG_dirty, PG_locked, PG_uptodate, PG_writeback } from './page_flags.ts';
import {
  balanceDirtyPages,
  balanceDirtyPagesRatelimited,
  requeueInode,
  syncWritePages,
} from './page_writeback.ts';
import type { Pgdat } from './pgdat.ts';
import { handleRaMiss, pageCacheReadahead, resumeReadahead } from './readahead.ts';
import { CONTROL_A, CONTROL_B, CONTROL_DONE, CONTROL_STEP, PATH_FIRST, PATH_WAIT } from './request.ts';
import { markPageAccessed, pageCacheRelease } from './swap.ts';
import type { Vm } from './vm.ts';

/** CONTROL_STEP of a read or a write: what it does when it goes on. */
const STEP_BEGIN = 0;
/** Readahead was in the middle, for want of memory. */
const STEP_READAHEAD = 1;
/** The page was waited for. */
const STEP_FIND = 2;
/** Memory for the page itself was waited for. */
const STEP_ALLOC = 3;
/** A writer was throttled. */
const STEP_BALANCE = 4;

/** CONTROL_STEP of fsync(). */
const STEP_WRITEOUT = 1;
const STEP_WAIT_FOR = 2;

/** The operation sleeps: it goes on at `step` of page `done`. */
function stop(m: Pgdat, done: number, step: number): number {
  m.control[CONTROL_DONE] = done;
  m.control[CONTROL_STEP] = step;
  m.outcome = (m.outcome & ~0xff) | PATH_WAIT;
  return done;
}

function finish(m: Pgdat, done: number): number {
  m.control.fill(0);
  return done;
}

/** The end of most reads and writes: one that never slept has left `control` as it was, all 0. */
function finishFast(m: Pgdat, done: number, slept: boolean): number {
  if (slept) m.control.fill(0);
  return done;
}

/**
 * Read pages of a file into the page cache.
 *
 * @param gfpExtra bits beside GFP_HIGHUSER for the memory that it takes
 * @returns        pages read; see above
 * Source:         mm/filemap.c, do_generic_mapping_read()
 */
export function fileRead(
  vm: Vm,
  file: number,
  firstPage: number,
  nrPages: number,
  gfpExtra: number,
  cpu: number,
  ctx: number,
): number {
  const { files, pgdat: m } = vm;
  const { page } = files;
  const { flags } = vm.fields;
  const { control, stat } = m;
  const base = files.base[file];
  const nr = Math.min(nrPages, files.size[file] - firstPage);
  let done = control[CONTROL_DONE];
  let step = control[CONTROL_STEP];
  const slept = (done | step) !== 0;
  m.outcome = PATH_FIRST;
  while (done < nr) {
    const index = firstPage + done;
    if (step <= STEP_READAHEAD) {
      const goOn =
        step === STEP_READAHEAD
          ? resumeReadahead(vm, file, control[CONTROL_A], control[CONTROL_B], gfpExtra, cpu, ctx)
          : pageCacheReadahead(vm, file, index, gfpExtra, cpu, ctx);
      if (!goOn) return stop(m, done, STEP_READAHEAD);
    }
    let pfn = step === STEP_ALLOC ? NIL : page[base + index];
    if (pfn !== NIL && (flags[pfn] & PG_uptodate) !== 0) {
      if (step <= STEP_READAHEAD) stat[STAT_FILE_HITS]++;
      markPageAccessed(vm, pfn);
      if (m.dataCache !== null) touchMemory(m, cpu, pfn * m.arch.pageBytes, m.arch.longBytes, false);
      step = STEP_BEGIN;
      done++;
      continue;
    }
    if (step <= STEP_READAHEAD) {
      stat[STAT_FILE_MISSES]++;
      if (pfn === NIL) handleRaMiss(vm, file, index);
    }
    if (pfn === NIL) {
      const fresh = allocPages(m, gfpExtra | GFP_HIGHUSER | __GFP_COLD, 0, cpu, ctx);
      if (fresh === NIL) return m.path === PATH_WAIT ? stop(m, done, STEP_ALLOC) : finish(m, done);
      step = STEP_FIND;
      // Somebody else may have read it while this task slept.
      if (page[base + index] !== NIL) {
        pageCacheRelease(vm, fresh, cpu);
        continue;
      }
      addToPageCacheLru(vm, fresh, file, index);
      readPage(vm, fresh);
      submitBio(vm);
      pfn = fresh;
    }
    step = STEP_FIND;
    if (waitOnPage(vm, pfn)) return stop(m, done, STEP_FIND);
  }
  return finishFast(m, done, slept);
}

/**
 * Write pages of a file into the page cache, dirty; the disk gets them later, or when the writer is throttled.
 *
 * @param partial 1: only a part of each page is written, so that one that is not cached is read first
 * @returns       pages written; see above
 * Source:        mm/filemap.c, generic_file_aio_write_nolock()
 */
export function fileWrite(
  vm: Vm,
  file: number,
  firstPage: number,
  nrPages: number,
  gfpExtra: number,
  cpu: number,
  ctx: number,
  partial = 0,
): number {
  // current->backing_dev_info: reclaim may write to the disk's queue though it is congested.
  vm.writing = 1;
  const done = writePages(vm, file, firstPage, nrPages, gfpExtra, cpu, ctx, partial);
  vm.writing = 0;
  return done;
}

function writePages(
  vm: Vm,
  file: number,
  firstPage: number,
  nrPages: number,
  gfpExtra: number,
  cpu: number,
  ctx: number,
  partial: number,
): number {
  const { files, pgdat: m } = vm;
  const { page } = files;
  const { flags } = vm.fields;
  const { control } = m;
  const base = files.base[file];
  const nr = Math.min(nrPages, files.size[file] - firstPage);
  let done = control[CONTROL_DONE];
  let step = control[CONTROL_STEP];
  const slept = (done | step) !== 0;
  m.outcome = PATH_FIRST;
  while (done < nr) {
    const index = firstPage + done;
    if (step === STEP_BALANCE) {
      if (!balanceDirtyPages(vm, ctx)) return stop(m, done, STEP_BALANCE);
      step = STEP_BEGIN;
      done++;
      continue;
    }
    let pfn = step === STEP_ALLOC ? NIL : page[base + index];
    if (pfn === NIL) {
      const fresh = allocPages(m, gfpExtra | GFP_HIGHUSER, 0, cpu, ctx);
      if (fresh === NIL) return m.path === PATH_WAIT ? stop(m, done, STEP_ALLOC) : finish(m, done);
      step = STEP_BEGIN;
      if (page[base + index] !== NIL) {
        pageCacheRelease(vm, fresh, cpu);
        continue;
      }
      addToPageCacheLru(vm, fresh, file, index);
      if (partial !== 0) {
        readPage(vm, fresh);
        submitBio(vm);
      } else unlockPage(vm, fresh);
      pfn = fresh;
    }
    if ((flags[pfn] & PG_locked) !== 0) {
      // It is being read: by find_lock_page() for whoever else asked, or for this write.
      if (waitOnPage(vm, pfn)) return stop(m, done, STEP_BEGIN);
      continue;
    }
    setPageUptodate(vm, pfn);
    setPageDirty(vm, pfn);
    markPageAccessed(vm, pfn);
    if (m.dataCache !== null) touchMemory(m, cpu, pfn * m.arch.pageBytes, m.arch.longBytes, true);
    control[CONTROL_A] = 0;
    control[CONTROL_B] = 0;
    if (!balanceDirtyPagesRatelimited(vm, cpu, ctx)) return stop(m, done, STEP_BALANCE);
    done++;
  }
  return finishFast(m, done, slept);
}

/**
 * Write what is dirty of a file, and wait until the disk has it.
 *
 * @returns true when it is done; false with PATH_WAIT
 * Source:  fs/buffer.c, sys_fsync(); mm/filemap.c, filemap_fdatawrite(), filemap_fdatawait()
 */
export function fileSync(vm: Vm, file: number): boolean {
  const { files, pgdat: m } = vm;
  const { control } = m;
  const { links } = files;
  let step = control[CONTROL_STEP];
  m.outcome = PATH_FIRST;
  if (step === STEP_BEGIN) {
    listSplice(links, listHead(files, file, LIST_DIRTY), listHead(files, file, LIST_IO));
    control[CONTROL_A] = 2 * files.nrpages[file];
    step = STEP_WRITEOUT;
  }
  if (step === STEP_WRITEOUT) {
    if (!syncWritePages(vm, file)) {
      stop(m, 0, STEP_WRITEOUT);
      return false;
    }
    requeueInode(vm, file);
  }
  if (!waitForPages(vm, file)) {
    stop(m, 0, STEP_WAIT_FOR);
    return false;
  }
  finish(m, 0);
  return true;
}

/** @returns false when the task must sleep. Source: mm/filemap.c, filemap_fdatawait() */
function waitForPages(vm: Vm, file: number): boolean {
  const { files } = vm;
  const { links } = files;
  const { flags } = vm.fields;
  const locked = listHead(files, file, LIST_LOCKED);
  while (!listEmpty(links, locked)) {
    const pfn = links[2 * locked];
    if ((flags[pfn] & PG_writeback) !== 0 && waitOnPage(vm, pfn)) return false;
    listDel(links, pfn);
    if ((flags[pfn] & PG_dirty) !== 0) listAdd(links, listHead(files, file, LIST_DIRTY), pfn);
  }
  return true;
}
