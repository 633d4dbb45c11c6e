/**
 * The threads that write dirty pages in the background, and what they do: background_writeout() and wb_kupdate().
 * Source: mm/pdflush.c, mm/page-writeback.c of 2.6.0.
 */
import { DUE_KUPDATE } from '../lib/agenda.ts';
import { FNV_START, fnvInt } from '../lib/fnv.ts';
import {
  KT_OWN,
  KTHREAD_FIELDS,
  KTHREAD_PDFLUSH,
  kthreadOf,
  kthreadSleeps,
  kthreadWaits,
  NR_KTHREADS,
  wakeKthread,
} from './kthread.ts';
import { unplug } from './ll_rw_blk.ts';
import {
  CONGESTION_US,
  getDirtyLimits,
  LIMIT_BACKGROUND,
  MAX_WRITEBACK_PAGES,
  nrReclaimable,
  WBC_CONGESTED,
  WBC_FOR_KUPDATE,
  WBC_NONBLOCKING,
  WBC_NR_TO_WRITE,
  writebackInodes,
} from './page_writeback.ts';
import { QUEUE_CONGESTION } from './request.ts';
import type { Vm } from './vm.ts';

/** Source: mm/pdflush.c */
const MIN_PDFLUSH_THREADS = 2;
const MAX_PDFLUSH_THREADS = NR_KTHREADS - KTHREAD_PDFLUSH;
/** An idle pool for so long makes the next thread; a thread idle for so long ends one. */
const POOL_US = 1000000;
const SECOND_US = 1000000;

/** What a thread is to do. */
export const PDFLUSH_BACKGROUND = 1;
export const PDFLUSH_KUPDATE = 2;

/** Own words of a pdflush thread. */
const OWN_WORK = KT_OWN;
/** Pages left of its task: min_pages, nr_to_write. */
const OWN_PAGES = KT_OWN + 1;
/** 1: wb_kupdate() is past its beginning. */
const OWN_BEGUN = KT_OWN + 2;
/** 1: there is such a thread. */
const OWN_EXISTS = KT_OWN + 3;

export class Pdflush {
  /** Idle threads; the last was the last to go to sleep and is the first to be woken. */
  readonly idle: Int32Array = new Int32Array(MAX_PDFLUSH_THREADS);
  nrIdle = 0;
  /** nr_pdflush_threads */
  nrThreads = 0;
  /** last_empty_jifs, microseconds since boot. */
  lastEmptyUs = 0;
  /** when_i_went_to_sleep of each thread of the machine; what wb_kupdate() began with. Microseconds since boot. */
  readonly sleptUs: Float64Array = new Float64Array(NR_KTHREADS);
  readonly oldestUs: Float64Array = new Float64Array(NR_KTHREADS);
  readonly nextUs: Float64Array = new Float64Array(NR_KTHREADS);
}

/** Source: mm/pdflush.c, pdflush_init() */
export function startPdflush(vm: Vm): void {
  for (let i = 0; i < MIN_PDFLUSH_THREADS; i++) startThread(vm);
}

/** Source: start_one_pdflush_thread() */
function startThread(vm: Vm): void {
  let thread = KTHREAD_PDFLUSH;
  while (vm.kthread[thread * KTHREAD_FIELDS + OWN_EXISTS] !== 0) thread++;
  vm.kthread[thread * KTHREAD_FIELDS + OWN_EXISTS] = 1;
  vm.pdflush.nrThreads++;
  goIdle(vm, thread);
}

function goIdle(vm: Vm, thread: number): void {
  const { pdflush } = vm;
  pdflush.idle[pdflush.nrIdle++] = thread;
  pdflush.sleptUs[thread] = vm.pgdat.agenda.now[0];
}

/**
 * Hand work to the thread that went to sleep last.
 *
 * @param work  PDFLUSH_
 * @param pages argument of background_writeout(): pages to write at least
 * @returns     false when there is no idle thread
 * Source:      mm/pdflush.c, pdflush_operation()
 */
export function pdflushOperation(vm: Vm, work: number, pages: number): boolean {
  const { pdflush, kthread } = vm;
  if (pdflush.nrIdle === 0) return false;
  const thread = pdflush.idle[--pdflush.nrIdle];
  if (pdflush.nrIdle === 0) pdflush.lastEmptyUs = vm.pgdat.agenda.now[0];
  const at = thread * KTHREAD_FIELDS;
  kthread[at + OWN_WORK] = work;
  kthread[at + OWN_PAGES] = pages;
  kthread[at + OWN_BEGUN] = 0;
  wakeKthread(vm, thread);
  return true;
}

/** DUE_PDFLUSH: a thread begins or goes on. Source: mm/pdflush.c, __pdflush() */
export function pdflushTurn(vm: Vm, arg: number): void {
  const thread = kthreadOf(vm, arg);
  if (thread < 0) return;
  const { pdflush, kthread } = vm;
  const now = vm.pgdat.agenda.now[0];
  const at = thread * KTHREAD_FIELDS;
  const isDone =
    kthread[at + OWN_WORK] === PDFLUSH_BACKGROUND ? backgroundWriteout(vm, at) : wbKupdate(vm, thread);
  if (!isDone) {
    unplug(vm);
    kthreadWaits(vm, thread, now + CONGESTION_US, QUEUE_CONGESTION);
    return;
  }
  kthreadSleeps(vm, thread);
  if (now - pdflush.lastEmptyUs > POOL_US && pdflush.nrIdle === 0 && pdflush.nrThreads < MAX_PDFLUSH_THREADS)
    startThread(vm);
  if (pdflush.nrIdle !== 0 && pdflush.nrThreads > MIN_PDFLUSH_THREADS) {
    const sleepiest = pdflush.idle[0];
    if (now - pdflush.sleptUs[sleepiest] > POOL_US) {
      pdflush.sleptUs[sleepiest] = now;
      kthread[at + OWN_EXISTS] = 0;
      pdflush.nrThreads--;
      return;
    }
  }
  goIdle(vm, thread);
}

/** @returns false when it waits for the disk. Source: mm/page-writeback.c, background_writeout() */
function backgroundWriteout(vm: Vm, at: number): boolean {
  const { kthread } = vm;
  const { limits } = vm.writeback;
  for (;;) {
    getDirtyLimits(vm, 0);
    if (nrReclaimable(vm) < limits[LIMIT_BACKGROUND] && kthread[at + OWN_PAGES] <= 0) return true;
    const left = writeSome(vm, 0, Number.POSITIVE_INFINITY);
    kthread[at + OWN_PAGES] -= MAX_WRITEBACK_PAGES - left;
    if (left > 0) return vm.writeback.wbc[WBC_CONGESTED] === 0;
  }
}

/** One round of MAX_WRITEBACK_PAGES. @returns how many of them were not written */
function writeSome(vm: Vm, forKupdate: number, olderThanUs: number): number {
  const { wbc } = vm.writeback;
  wbc[WBC_NR_TO_WRITE] = MAX_WRITEBACK_PAGES;
  wbc[WBC_NONBLOCKING] = 1;
  wbc[WBC_FOR_KUPDATE] = forKupdate;
  wbc[WBC_CONGESTED] = 0;
  writebackInodes(vm, olderThanUs);
  return wbc[WBC_NR_TO_WRITE];
}

/** DUE_KUPDATE: the timer of the periodic writing. Source: mm/page-writeback.c, wb_timer_fn() */
export function kupdateTimer(vm: Vm): void {
  const { agenda } = vm.pgdat;
  if (!pdflushOperation(vm, PDFLUSH_KUPDATE, 0)) agenda.add(agenda.now[0] + SECOND_US, DUE_KUPDATE, 0);
}

/**
 * Write inodes that have been dirty for longer than dirty_expire_centisecs.
 *
 * @returns false when it waits for the disk
 * Source:  mm/page-writeback.c, wb_kupdate()
 */
function wbKupdate(vm: Vm, thread: number): boolean {
  const { kthread, pdflush, config } = vm;
  const { agenda } = vm.pgdat;
  const at = thread * KTHREAD_FIELDS;
  const now = agenda.now[0];
  if (kthread[at + OWN_BEGUN] === 0) {
    kthread[at + OWN_BEGUN] = 1;
    kthread[at + OWN_PAGES] = nrReclaimable(vm) + vm.files.nrFiles;
    pdflush.oldestUs[thread] = now - config.dirtyExpireCentisecs * 10000;
    pdflush.nextUs[thread] = now + config.dirtyWritebackCentisecs * 10000;
  }
  while (kthread[at + OWN_PAGES] > 0) {
    const left = writeSome(vm, 1, pdflush.oldestUs[thread]);
    kthread[at + OWN_PAGES] -= MAX_WRITEBACK_PAGES - left;
    if (left === 0) continue;
    if (vm.writeback.wbc[WBC_CONGESTED] === 0) break;
    return false;
  }
  if (config.dirtyWritebackCentisecs > 0)
    agenda.add(Math.max(pdflush.nextUs[thread], now + SECOND_US), DUE_KUPDATE, 0);
  return true;
}

export interface PdflushSnapshot {
  readonly idle: Int32Array;
  readonly nrIdle: number;
  readonly nrThreads: number;
  readonly lastEmptyUs: number;
  readonly sleptUs: Float64Array;
  readonly oldestUs: Float64Array;
  readonly nextUs: Float64Array;
}

export function snapshotPdflush(p: Pdflush): PdflushSnapshot {
  return {
    idle: p.idle.slice(),
    nrIdle: p.nrIdle,
    nrThreads: p.nrThreads,
    lastEmptyUs: p.lastEmptyUs,
    sleptUs: p.sleptUs.slice(),
    oldestUs: p.oldestUs.slice(),
    nextUs: p.nextUs.slice(),
  };
}

export function restorePdflush(p: Pdflush, saved: PdflushSnapshot): void {
  p.idle.set(saved.idle);
  p.nrIdle = saved.nrIdle;
  p.nrThreads = saved.nrThreads;
  p.lastEmptyUs = saved.lastEmptyUs;
  p.sleptUs.set(saved.sleptUs);
  p.oldestUs.set(saved.oldestUs);
  p.nextUs.set(saved.nextUs);
}

export function pdflushHash(p: Pdflush, start = FNV_START): number {
  let h = fnvInt(fnvInt(start, p.nrThreads), p.lastEmptyUs);
  for (let i = 0; i < p.nrIdle; i++) h = fnvInt(fnvInt(h, p.idle[i]), p.sleptUs[p.idle[i]]);
  return h;
}
