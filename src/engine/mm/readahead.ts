/**
 * How far ahead of a reader the disk reads.
 * Source: mm/readahead.c of 2.6.0.
 *
 * Deviation: a file has one struct file, which all who read it share.
 */
import { readCongested } from './backing_dev.ts';
import {
  addToPageCacheLru,
  type Files,
  RA_AHEAD_SIZE,
  RA_AHEAD_START,
  RA_NEXT_SIZE,
  RA_OFF,
  RA_PREV_PAGE,
  RA_SIZE,
  RA_START,
  RA_STRIDE,
  readPage,
} from './filemap.ts';
import { __GFP_COLD, GFP_HIGHUSER } from './gfp.ts';
import { submitBio } from './ll_rw_blk.ts';
import { NIL } from './page.ts';
import { allocPages } from './page_alloc.ts';
import { CONTROL_A, CONTROL_B, PATH_WAIT } from './request.ts';
import { pageCacheRelease } from './swap.ts';
import type { Vm } from './vm.ts';

/** Kilobytes. Source: include/linux/mm.h */
const VM_MAX_READAHEAD = 128;
const VM_MIN_READAHEAD = 16;

/** default_backing_dev_info.ra_pages: the largest window. */
export function maxReadahead(vm: Vm): number {
  return Math.floor((VM_MAX_READAHEAD << 10) / vm.disk.pageBytes);
}

function minReadahead(vm: Vm): number {
  return Math.floor((VM_MIN_READAHEAD << 10) / vm.disk.pageBytes);
}

/**
 * A page of a file is about to be read: the window adapts, and reading ahead begins where it is due.
 *
 * @returns false when the task must sleep for memory in the middle of reading ahead; resumeReadahead() goes on
 * Source:  mm/readahead.c, page_cache_readahead()
 */
export function pageCacheReadahead(
  vm: Vm,
  file: number,
  index: number,
  gfp: number,
  cpu: number,
  ctx: number,
): boolean {
  const { ra } = vm.files;
  const at = file * RA_STRIDE;
  const nextSize = ra[at + RA_NEXT_SIZE];
  if ((index === ra[at + RA_PREV_PAGE] && nextSize !== 0) || nextSize === RA_OFF) return true;
  if (nextSize === 0 && index === 0) {
    // The first page of the file is read first: likely it will be read to its end.
    ra[at + RA_NEXT_SIZE] = maxReadahead(vm) >> 1;
    return readWindow(vm, file, index, nextSize, gfp, cpu, ctx);
  }
  ra[at + RA_PREV_PAGE] = index;
  const start = ra[at + RA_START];
  const size = ra[at + RA_SIZE];
  const next = Math.min(nextSize + (index >= start && index <= start + size ? 2 : -2), maxReadahead(vm));
  if (next <= 0) {
    ra[at + RA_NEXT_SIZE] = RA_OFF;
    ra[at + RA_SIZE] = 0;
    return true;
  }
  ra[at + RA_NEXT_SIZE] = next;
  if (index >= start && index < start + size) {
    if (ra[at + RA_AHEAD_START] !== 0) return true;
    ra[at + RA_AHEAD_START] = start + size;
    ra[at + RA_AHEAD_SIZE] = next;
    return doPageCacheReadahead(vm, file, start + size, next, nextSize, gfp, cpu, ctx);
  }
  if (index !== ra[at + RA_AHEAD_START]) return readWindow(vm, file, index, nextSize, gfp, cpu, ctx);
  ra[at + RA_START] = index;
  ra[at + RA_SIZE] = ra[at + RA_AHEAD_SIZE];
  ra[at + RA_AHEAD_START] = 0;
  ra[at + RA_AHEAD_SIZE] = 0;
  return true;
}

/** A new window begins at the page that is read. */
function readWindow(
  vm: Vm,
  file: number,
  index: number,
  origNextSize: number,
  gfp: number,
  cpu: number,
  ctx: number,
): boolean {
  const { ra } = vm.files;
  const at = file * RA_STRIDE;
  ra[at + RA_START] = index;
  ra[at + RA_SIZE] = ra[at + RA_NEXT_SIZE];
  ra[at + RA_AHEAD_START] = 0;
  ra[at + RA_AHEAD_SIZE] = 0;
  return doPageCacheReadahead(vm, file, index, ra[at + RA_SIZE], origNextSize, gfp, cpu, ctx);
}

/** Source: mm/readahead.c, do_page_cache_readahead() */
function doPageCacheReadahead(
  vm: Vm,
  file: number,
  first: number,
  nrToRead: number,
  origNextSize: number,
  gfp: number,
  cpu: number,
  ctx: number,
): boolean {
  if (readCongested(vm)) {
    checkRaSuccess(vm.files, file, 0, origNextSize);
    return true;
  }
  return readAhead(vm, file, first, nrToRead, 0, 0, origNextSize, false, gfp, cpu, ctx);
}

/** Go on with reading ahead where the task slept for memory. Source: __do_page_cache_readahead() */
export function resumeReadahead(
  vm: Vm,
  file: number,
  packed: number,
  first: number,
  gfp: number,
  cpu: number,
  ctx: number,
): boolean {
  return readAhead(
    vm,
    file,
    first,
    packed & 0xff,
    (packed >> 8) & 0xff,
    (packed >> 16) & 1,
    (packed >> 17) & 0xff,
    true,
    gfp,
    cpu,
    ctx,
  );
}

/**
 * Read the pages of [first, first + nrToRead) that are not in the cache, from the `done`th on.
 *
 * Deviation: 2.6.0 allocates all pages before it submits the first; a reader that must sleep for memory in between has
 * sent off those that it has.
 *
 * Source: mm/readahead.c, __do_page_cache_readahead(), read_pages(); fs/mpage.c, mpage_readpages()
 */
function readAhead(
  vm: Vm,
  file: number,
  first: number,
  nrToRead: number,
  done: number,
  started: number,
  origNextSize: number,
  resumed: boolean,
  gfp: number,
  cpu: number,
  ctx: number,
): boolean {
  const { files, pgdat: m } = vm;
  const { page } = files;
  const base = files.base[file] + first;
  const nr = Math.min(nrToRead, files.size[file] - first);
  let actual = started;
  for (let i = done; i < nr; i++) {
    // The request for memory that slept is finished first, whoever has read the page since.
    const askedBefore = resumed && i === done;
    if (!askedBefore && page[base + i] !== NIL) continue;
    const pfn = allocPages(m, gfp | GFP_HIGHUSER | __GFP_COLD, 0, cpu, ctx);
    if (pfn === NIL) {
      submitBio(vm);
      if (m.path !== PATH_WAIT) break;
      m.control[CONTROL_A] = nrToRead | (i << 8) | (actual << 16) | ((origNextSize & 0xff) << 17);
      m.control[CONTROL_B] = first;
      return false;
    }
    if (page[base + i] !== NIL) {
      pageCacheRelease(vm, pfn, cpu);
      continue;
    }
    addToPageCacheLru(vm, pfn, file, first + i);
    readPage(vm, pfn);
    actual = 1;
  }
  submitBio(vm);
  checkRaSuccess(files, file, actual, origNextSize);
  return true;
}

/** Nothing had to be read: the window shrinks. Source: mm/readahead.c, check_ra_success() */
function checkRaSuccess(files: Files, file: number, actual: number, origNextSize: number): void {
  if (actual !== 0) return;
  const { ra } = files;
  const at = file * RA_STRIDE;
  if (origNextSize > 1) {
    ra[at + RA_NEXT_SIZE] = origNextSize - 1;
    if (ra[at + RA_AHEAD_SIZE] !== 0) ra[at + RA_AHEAD_SIZE] = ra[at + RA_NEXT_SIZE];
  } else {
    ra[at + RA_NEXT_SIZE] = RA_OFF;
    ra[at + RA_SIZE] = 0;
  }
}

/**
 * A page that should be there is not: reclaim took it, or readahead is off. Enough of such misses in a row at ascending
 * pages switch it on again.
 *
 * Source: mm/readahead.c, handle_ra_miss()
 */
export function handleRaMiss(vm: Vm, file: number, index: number): void {
  const { ra } = vm.files;
  const at = file * RA_STRIDE;
  if (ra[at + RA_NEXT_SIZE] !== RA_OFF) {
    // An unsigned number there: 2 - 3 is the magical value that switches readahead off, not less than the minimum.
    const next = ra[at + RA_NEXT_SIZE] - 3;
    ra[at + RA_NEXT_SIZE] = next >= 0 ? Math.max(next, minReadahead(vm)) : next;
    return;
  }
  const max = maxReadahead(vm);
  if (index !== ra[at + RA_PREV_PAGE] + 1) ra[at + RA_SIZE] = 0;
  else if (++ra[at + RA_SIZE] >= max) {
    ra[at + RA_START] = index - max;
    ra[at + RA_NEXT_SIZE] = max;
    ra[at + RA_SIZE] = max;
    ra[at + RA_AHEAD_START] = 0;
    ra[at + RA_AHEAD_SIZE] = 0;
  }
  ra[at + RA_PREV_PAGE] = index;
}
