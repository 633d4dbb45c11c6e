/**
 * Faults on anonymous memory: first touches, writes to what was only read, pages that come back from the swap area.
 * Source: mm/memory.c of 2.6.0, handle_mm_fault() and what it calls. Areas are in mmap.ts, page tables in pgtable.ts.
 *
 * Deviation: a page that a task waits for in the swap cache is not pinned by it; if reclaim takes it before the task runs
 * again, it is read once more.
 * Deviation: of a page that is touched the first word goes through the data cache, whatever else of it is used.
 */
import {
  STAT_ANON_ZEROED,
  STAT_PGFAULT,
  STAT_PGMAJFAULT,
  STAT_SWAP_CACHE_FINDS,
  STAT_SWAP_CACHE_FOUND,
} from '../trace/events.ts';
import { waitOnPage } from './backing_dev.ts';
import { touchMemory } from './data_cache.ts';
import { GFP_HIGHUSER } from './gfp.ts';
import { AREA_PAGES, AREA_PROCESS, AREA_START, AREA_STRIDE, ZERO_PFN } from './mm_types.ts';
import { NIL, TAG_ANON } from './page.ts';
import { allocPages } from './page_alloc.ts';
import { PG_locked } from './page_flags.ts';
import { type Pgdat, tagBlock } from './pgdat.ts';
import { pteAlloc } from './pgtable.ts';
import {
  CONTROL_DONE,
  CONTROL_PRIORITY,
  CONTROL_RECLAIMED,
  CONTROL_SCANNED,
  CONTROL_STAGE,
  CONTROL_STEP,
  PATH_FIRST,
  PATH_WAIT,
} from './request.ts';
import { pageAddRmap, pageRemoveRmap } from './rmap.ts';
import { lruAddDrain, lruCacheAddActive, markPageAccessed, pageCacheRelease } from './swap.ts';
import { readSwapCacheAsync } from './swap_state.ts';
import {
  canShareSwapPage,
  firstSwaphandle,
  removeExclusiveSwapPage,
  swapFree,
  validSwaphandles,
  vmSwapFull,
} from './swapfile.ts';
import { P_RSS, P_STRIDE, PTE_DIRTY, PTE_PRESENT, PTE_SHIFT, PTE_YOUNG, type Vm } from './vm.ts';

/** Mapped for reading only; the processor sets the accessed bit. */
const PTE_ZERO = (ZERO_PFN << PTE_SHIFT) | PTE_PRESENT | PTE_YOUNG;
/**
 * An entry that may be written. `_PAGE_RW` needs no bit of its own: nobody but a write makes an entry writable, and it makes
 * it dirty too.
 */
const PTE_WRITTEN = PTE_PRESENT | PTE_DIRTY;

/** CONTROL_STEP of a fault that slept. */
const STEP_BEGIN = 0;
/** It is counted; it waited for memory. */
const STEP_FAULT = 1;
/** In the middle of swapin_readahead(). */
const STEP_SWAP_READ = 2;
/** The page is in the swap cache and was locked. */
const STEP_SWAP_LOCK = 3;

/**
 * A process reads or writes pages of an area, one after another.
 *
 * @param area  of anonMap()
 * @param first page of the area, the last of them within it
 * @returns     pages touched. Fewer than `nrPages`: with PATH_WAIT the task sleeps, and the same call goes on from
 *              `m.control`; else there was no memory, and the process has to end (VM_FAULT_OOM)
 * Source:      mm/memory.c, handle_mm_fault(), for each page that the processor cannot access by itself
 */
export function anonTouch(
  vm: Vm,
  area: number,
  first: number,
  nrPages: number,
  write: boolean,
  cpu: number,
  ctx: number,
): number {
  const { anon, pgdat: m } = vm;
  const { control } = m;
  const { ptrsShift } = anon;
  const at = area * AREA_STRIDE;
  const process = anon.areas[at + AREA_PROCESS];
  const start = anon.areas[at + AREA_START] + first;
  const nr = Math.min(nrPages, anon.areas[at + AREA_PAGES] - first);
  const mask = (1 << ptrsShift) - 1;
  const present = write ? PTE_WRITTEN : PTE_PRESENT;
  let done = control[CONTROL_DONE];
  let step = control[CONTROL_STEP];
  const slept = (done | step) !== 0;
  const isCached = m.dataCache !== null;
  m.outcome = PATH_FIRST;
  while (done < nr) {
    const vpn = start + done;
    const table = anon.dirs[process]![vpn >> ptrsShift];
    if (table !== 0 && step === STEP_BEGIN) {
      const { pte } = vm;
      const from = ((table - 1) << ptrsShift) + (vpn & mask) - done;
      const end = Math.min(nr, done + mask + 1 - (vpn & mask));
      for (; done < end; done++) {
        const entry = pte[from + done];
        if ((entry & present) !== present) break;
        pte[from + done] = entry | PTE_YOUNG;
        if (isCached) touchWord(m, cpu, entry >> PTE_SHIFT, write);
      }
      if (done === end) continue;
    }
    if (!handleMmFault(vm, process, start + done, write, cpu, ctx, step)) {
      if (m.path === PATH_WAIT) control[CONTROL_DONE] = done;
      else control.fill(0);
      return done;
    }
    step = STEP_BEGIN;
  }
  // One that never slept has left it all 0.
  if (slept) control.fill(0);
  return done;
}

/** A word of the page is used. Deviation: reads of the zero page, which has no place in memory here, count for nothing. */
function touchWord(m: Pgdat, cpu: number, pfn: number, write: boolean): void {
  if (pfn !== ZERO_PFN) touchMemory(m, cpu, pfn * m.arch.pageBytes, m.arch.longBytes, write);
}

/** The fault sleeps, and goes on with `step`. @returns false */
function stop(m: Pgdat, step: number): boolean {
  if (m.path === PATH_WAIT) m.control[CONTROL_STEP] = step;
  return false;
}

/**
 * One fault. When it is over the processor tries again, and may fault once more.
 *
 * @returns false when the task must sleep (PATH_WAIT) or there is no memory
 */
function handleMmFault(
  vm: Vm,
  process: number,
  vpn: number,
  write: boolean,
  cpu: number,
  ctx: number,
  step: number,
): boolean {
  const { pgdat: m } = vm;
  if (step === STEP_BEGIN) m.stat[STAT_PGFAULT]++;
  const at = pteAlloc(vm, process, vpn, cpu, ctx);
  if (at === NIL) return stop(m, STEP_FAULT);
  const entry = vm.pte[at];
  if (entry === 0) return doAnonymousPage(vm, process, at, write, cpu, ctx);
  if ((entry & PTE_PRESENT) === 0) return doSwapPage(vm, process, at, write, cpu, ctx, step);
  return !write || doWpPage(vm, process, at, cpu, ctx);
}

/** Source: mm/memory.c, do_anonymous_page() */
function doAnonymousPage(
  vm: Vm,
  process: number,
  at: number,
  write: boolean,
  cpu: number,
  ctx: number,
): boolean {
  if (!write) {
    vm.pte[at] = PTE_ZERO;
    return true;
  }
  const pfn = newPage(vm, cpu, ctx);
  if (pfn === NIL) return stop(vm.pgdat, STEP_FAULT);
  vm.process[process * P_STRIDE + P_RSS]++;
  mapWritten(vm, at, pfn);
  markPageAccessed(vm, pfn);
  return true;
}

/** A cleared page for a process. Source: include/linux/highmem.h, clear_user_highpage() */
function newPage(vm: Vm, cpu: number, ctx: number): number {
  const { pgdat: m } = vm;
  const pfn = allocPages(m, GFP_HIGHUSER, 0, cpu, ctx);
  if (pfn === NIL) return NIL;
  tagBlock(m, pfn, TAG_ANON);
  m.stat[STAT_ANON_ZEROED]++;
  touchMemory(m, cpu, pfn * m.arch.pageBytes, m.arch.pageBytes, true);
  return pfn;
}

/** Source: include/linux/highmem.h, copy_user_highpage() */
function copyPage(m: Pgdat, cpu: number, from: number, to: number): void {
  const { pageBytes } = m.arch;
  touchMemory(m, cpu, from * pageBytes, pageBytes, false);
  touchMemory(m, cpu, to * pageBytes, pageBytes, true);
}

/** A page of the process's own is mapped for writing, and goes to the active list. */
function mapWritten(vm: Vm, at: number, pfn: number): void {
  vm.pte[at] = (pfn << PTE_SHIFT) | PTE_WRITTEN | PTE_YOUNG;
  lruCacheAddActive(vm, pfn);
  pageAddRmap(vm, pfn, at);
}

/**
 * A write to a page that is mapped for reading: the zero page, or one that came back from the swap area for a read. The
 * page itself becomes writable if nobody else has it, else a copy.
 *
 * Source: mm/memory.c, do_wp_page()
 */
function doWpPage(vm: Vm, process: number, at: number, cpu: number, ctx: number): boolean {
  const entry = vm.pte[at];
  const old = entry >> PTE_SHIFT;
  if (old !== ZERO_PFN && (vm.fields.flags[old] & PG_locked) === 0 && canShareSwapPage(vm, old)) {
    vm.pte[at] |= PTE_DIRTY | PTE_YOUNG;
    return true;
  }
  // Whoever copies holds the old page.
  if (old !== ZERO_PFN) vm.fields.count[old]++;
  const pfn = old === ZERO_PFN ? newPage(vm, cpu, ctx) : allocPages(vm.pgdat, GFP_HIGHUSER, 0, cpu, ctx);
  if (old !== ZERO_PFN) pageCacheRelease(vm, old, cpu);
  if (pfn === NIL) return stop(vm.pgdat, STEP_FAULT);
  if (vm.pte[at] !== entry) {
    // Reclaim, on the way to that memory, looked at the entry: the processor faults again.
    pageCacheRelease(vm, pfn, cpu);
    return true;
  }
  tagBlock(vm.pgdat, pfn, TAG_ANON);
  if (old === ZERO_PFN) vm.process[process * P_STRIDE + P_RSS]++;
  else {
    copyPage(vm.pgdat, cpu, old, pfn);
    pageRemoveRmap(vm, old);
  }
  mapWritten(vm, at, pfn);
  if (old !== ZERO_PFN) pageCacheRelease(vm, old, cpu);
  return true;
}

/**
 * A page that was swapped out: from the swap cache, or read, together with its neighbours in the swap area.
 *
 * Source: mm/memory.c, do_swap_page()
 */
function doSwapPage(
  vm: Vm,
  process: number,
  at: number,
  write: boolean,
  cpu: number,
  ctx: number,
  step: number,
): boolean {
  const { fields, pgdat: m, swap } = vm;
  const slot = vm.pte[at] >> PTE_SHIFT;
  let pfn = step === STEP_SWAP_READ ? NIL : swap.cache[slot];
  if (step !== STEP_SWAP_READ && step !== STEP_SWAP_LOCK) {
    m.stat[STAT_SWAP_CACHE_FINDS]++;
    if (pfn !== NIL) m.stat[STAT_SWAP_CACHE_FOUND]++;
  }
  if (pfn === NIL) {
    if (!swapinReadahead(vm, slot, cpu, ctx)) return stop(m, STEP_SWAP_READ);
    pfn = readSwapCacheAsync(vm, slot, cpu, ctx);
    if (pfn === NIL) return stop(m, STEP_SWAP_READ);
    if (step !== STEP_SWAP_LOCK) m.stat[STAT_PGMAJFAULT]++;
  }
  if (step !== STEP_SWAP_LOCK) markPageAccessed(vm, pfn);
  if ((fields.flags[pfn] & PG_locked) !== 0 && waitOnPage(vm, pfn)) {
    dropStage(m);
    return stop(m, STEP_SWAP_LOCK);
  }
  // lookup_swap_cache()'s reference, which becomes the entry's.
  fields.count[pfn]++;
  swapFree(vm, slot);
  if (vmSwapFull(vm)) removeExclusiveSwapPage(vm, pfn);
  vm.process[process * P_STRIDE + P_RSS]++;
  vm.pte[at] = (pfn << PTE_SHIFT) | PTE_PRESENT | PTE_YOUNG;
  if (write && canShareSwapPage(vm, pfn)) vm.pte[at] |= PTE_DIRTY;
  pageAddRmap(vm, pfn, at);
  return true;
}

/** A request for memory that slept, and that nothing needs any more: others have read the page in the meantime. */
function dropStage(m: Pgdat): void {
  m.control[CONTROL_STAGE] = 0;
  m.control[CONTROL_PRIORITY] = 0;
  m.control[CONTROL_RECLAIMED] = 0;
  m.control[CONTROL_SCANNED] = 0;
}

/**
 * Read the slots around one that is wanted, as long as they are in use.
 *
 * @returns false when the task must sleep for memory; a page that cannot be had otherwise ends it
 * Source:  mm/memory.c, swapin_readahead()
 */
function swapinReadahead(vm: Vm, slot: number, cpu: number, ctx: number): boolean {
  const first = firstSwaphandle(vm, slot);
  const end = first + validSwaphandles(vm, slot);
  for (let at = first; at < end; at++) {
    if (readSwapCacheAsync(vm, at, cpu, ctx) !== NIL) continue;
    if (vm.pgdat.path === PATH_WAIT) return false;
    break;
  }
  lruAddDrain(vm, cpu);
  return true;
}
