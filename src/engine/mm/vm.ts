/**
 * Virtual memory of one machine beyond the page allocator, as columns: lists of pages to reclaim, page tables of anonymous
 * memory, processes, kernel threads. Free functions of swap.ts, rmap.ts, vmscan.ts and their neighbours own the algorithms.
 * Source: include/linux/mmzone.h, struct zone; include/linux/page-flags.h, struct page_state.
 */
import { FNV_START, fnvInt } from '../lib/fnv.ts';
import { REQ_CPU } from '../lib/hooks.ts';
import type { Dcache } from './dcache.ts';
import { Files } from './filemap.ts';
import { KT_TURN, KTHREAD_FIELDS, NR_KTHREADS } from './kthread.ts';
import { Disk } from './ll_rw_blk.ts';
import { Anon } from './mm_types.ts';
import { MAX_NR_ZONES, ZONE_HIGH, ZONE_PRESENT, ZONE_SHIFT } from './mmzone.ts';
import { NIL } from './page.ts';
import { type PageFields, useFields } from './page_fields.ts';
import { PG_dirty, PG_locked, PG_lru, PG_referenced, PG_writeback } from './page_flags.ts';
import { Writeback } from './page_writeback.ts';
import { Pdflush } from './pdflush.ts';
import type { Pgdat } from './pgdat.ts';
import type { SlabAllocator } from './slab_state.ts';
import {
  restoreStorage,
  type StorageSnapshot,
  snapshotStorage,
  startStorage,
  storageHash,
} from './storage.ts';
import { Swap } from './swapfile.ts';
import {
  MAX_SHRINKERS,
  OOM_FIELDS,
  P_KILLED,
  P_STRIDE,
  PAGEVEC_SIZE,
  RECLAIM_NONE,
  VC_FIELDS,
  VZ_ALL_UNRECLAIMABLE,
  VZ_PAGES_SCANNED,
  VZ_SHIFT,
} from './vm_layout.ts';

export * from './vm_layout.ts';

/** What reclaim has to work with. Defaults in comments are the kernel's own. */
export interface VmConfig {
  diskBytesPerSecond: number;
  /** Positioning before a request that does not follow the one before. */
  diskSeekUs: number;
  /** BLKDEV_MAX_RQ, 128: requests that the queue holds; congestion begins and ends near 7/8 of it. */
  diskRequests: number;
  /** Pages of swap space; 0: none. */
  swapPages: number;
  /** sysctl vm.swappiness, 60. */
  swappiness: number;
  /** sysctl vm.dirty_ratio, 40; vm.dirty_background_ratio, 10. */
  dirtyRatio: number;
  dirtyBackgroundRatio: number;
  /** sysctl vm.dirty_writeback_centisecs, 500; vm.dirty_expire_centisecs, 3000. */
  dirtyWritebackCentisecs: number;
  dirtyExpireCentisecs: number;
  /** sysctl vm.page-cluster, 3. */
  pageCluster: number;
  /** Pages of each file, by its number in the workload. */
  filePages: number[];
}

/** A cache that can be made smaller. Source: include/linux/mm.h, shrinker_t, which is both functions in one */
export interface Shrinker {
  /** What it costs to make an object again, in disk seeks. */
  readonly seeks: number;
  /** Objects that could go. */
  readonly count: (gfp: number) => number;
  /** Look at `nr` objects and free those that may go. Returns how many could go now. */
  readonly shrink: (nr: number, gfp: number) => number;
  /** What set_shrinker() took from kmalloc. */
  readonly object: number;
}

export class Vm {
  declare readonly pgdat: Pgdat;
  declare readonly slab: SlabAllocator;
  declare readonly config: VmConfig;
  declare readonly fields: PageFields;
  declare readonly zone: Int32Array;
  declare readonly count: Int32Array;
  /** pgdat->nr_zones: zones up to the highest that has pages. */
  declare readonly nrZones: number;
  /** nr_free_pagecache_pages() at the start: what mapped_ratio is a percentage of. */
  declare readonly totalMemory: number;
  /** lru_add_pvecs of each CPU, then lru_add_active_pvecs of each: how many pages, and which. */
  declare readonly pvecNr: Int32Array;
  declare readonly pvecPages: Int32Array;
  /** Pages of the pagevecs that reclaim fills for a moment; nothing in them outlives an operation. */
  declare readonly freedPvec: Int32Array;
  declare readonly putBackPvec: Int32Array;
  declare readonly pagesToFree: Int32Array;
  /** struct shrinker.nr by place in `shrinkers`: objects owed. */
  declare readonly shrinkerNr: Float64Array;
  /** kthread.ts */
  declare readonly kthread: Int32Array;
  /** OOM_ */
  declare readonly oom: Float64Array;
  /** The page tables: entry i, and the process whose it is. Grown by whoever maps memory. */
  declare pte: Int32Array;
  declare pteProcess: Int32Array;
  declare readonly disk: Disk;
  declare readonly files: Files;
  declare readonly writeback: Writeback;
  declare readonly pdflush: Pdflush;
  declare readonly swap: Swap;
  declare readonly anon: Anon;
  /** Caches with shrinkers, by their number. */
  readonly dcaches: Dcache[] = [];
  /** P_ */
  declare process: Float64Array;
  /** Processes that `process` has room for. */
  nrProcesses = 0;
  /** shrinker_list, newest first. */
  shrinkers: Shrinker[] = [];
  /** Processes that the OOM killer chose and whose end nobody has seen to yet, oldest first. */
  killed: number[] = [];
  /** panic() was called: nothing that happens from now on is the kernel's. */
  panicked = false;
  /** Process in whose name the present operation runs, or NIL. Set by whoever plays the operations. */
  current: number = NIL;
  /** 1 while `current` is in generic_file_write(): current->backing_dev_info is the disk's. */
  writing = 0;
  /** RECLAIM_ */
  reclaim: number = RECLAIM_NONE;
  /** Priority of the scan under way. */
  priority = 0;
  /** Pages of the scan under way that were mapped or in the swap cache: they press on slabs twice. */
  nrMapped = 0;
  /** Pages that the scan under way was to look at, mapped ones twice: total_scanned. */
  scanned = 0;
  /** reclaim_state->reclaimed_slab: pages that slabs gave back since whoever reclaims set it to 0. */
  reclaimedSlab = 0;

  /** Turns the fields of struct page on. */
  constructor(slab: SlabAllocator, config: VmConfig) {
    const { pgdat } = slab;
    this.pgdat = pgdat;
    this.slab = slab;
    this.config = config;
    this.fields = useFields(pgdat);
    this.zone = new Int32Array(MAX_NR_ZONES << VZ_SHIFT);
    this.count = new Int32Array(VC_FIELDS);
    this.nrZones = nrZonesOf(pgdat);
    this.totalMemory = totalMemoryOf(pgdat);
    this.pvecNr = new Int32Array(2 * pgdat.cpus);
    this.pvecPages = new Int32Array(2 * pgdat.cpus * PAGEVEC_SIZE);
    this.freedPvec = new Int32Array(PAGEVEC_SIZE);
    this.putBackPvec = new Int32Array(PAGEVEC_SIZE);
    this.pagesToFree = new Int32Array(PAGEVEC_SIZE);
    this.shrinkerNr = new Float64Array(MAX_SHRINKERS);
    this.kthread = new Int32Array(NR_KTHREADS * KTHREAD_FIELDS);
    this.oom = new Float64Array(OOM_FIELDS);
    this.pte = new Int32Array(0);
    this.pteProcess = new Int32Array(0);
    this.process = new Float64Array(0);
    this.disk = new Disk(pgdat, config.diskBytesPerSecond, config.diskSeekUs, config.diskRequests);
    this.files = new Files(pgdat.nrPages, config.filePages);
    this.writeback = new Writeback(pgdat, config);
    this.pdflush = new Pdflush();
    this.swap = new Swap(config.swapPages, this.files.page.length);
    this.anon = new Anon(pgdat);
    pgdat.vm = this;
    startStorage(this);
  }
}

/** Source: mm/page_alloc.c, free_area_init_core() */
function nrZonesOf(m: Pgdat): number {
  let nrZones = 0;
  for (let z = 0; z < MAX_NR_ZONES; z++) if (m.zone[(z << ZONE_SHIFT) + ZONE_PRESENT] > 0) nrZones = z + 1;
  return nrZones;
}

/** Source: mm/page_alloc.c, nr_free_zone_pages() */
function totalMemoryOf(m: Pgdat): number {
  let sum = 0;
  for (let z = 0; z < MAX_NR_ZONES; z++) {
    sum += Math.max(0, m.zone[(z << ZONE_SHIFT) + ZONE_PRESENT] - m.zone[(z << ZONE_SHIFT) + ZONE_HIGH]);
  }
  return sum;
}

/** Pages go back to a zone's free lists: it has some that can be reclaimed. Source: mm/page_alloc.c, free_pages_bulk() */
export function pagesCameBack(vm: Vm, z: number): void {
  vm.zone[(z << VZ_SHIFT) + VZ_ALL_UNRECLAIMABLE] = 0;
  vm.zone[(z << VZ_SHIFT) + VZ_PAGES_SCANNED] = 0;
}

/** smp_processor_id() of the present operation. */
export function cpuOf(vm: Vm): number {
  return Math.max(vm.pgdat.request[REQ_CPU], 0);
}

/** Make room for processes 0..n-1; those that are there keep their columns. */
export function prepareVmProcesses(vm: Vm, n: number): void {
  if (n <= vm.nrProcesses) return;
  const grown = new Float64Array(n * P_STRIDE);
  grown.set(vm.process);
  vm.process = grown;
  vm.nrProcesses = n;
}

/** Whether the OOM killer chose the process: it has PF_MEMDIE, and ends as soon as it would run in user mode again. */
export function processKilled(vm: Vm, process: number): boolean {
  return process !== NIL && vm.process[process * P_STRIDE + P_KILLED] !== 0;
}

export interface VmSnapshot {
  readonly zone: Int32Array;
  readonly count: Int32Array;
  readonly pvecNr: Int32Array;
  readonly pvecPages: Int32Array;
  readonly shrinkerNr: Float64Array;
  readonly shrinkers: readonly Shrinker[];
  readonly kthread: Int32Array;
  readonly oom: Float64Array;
  readonly pte: Int32Array;
  readonly pteProcess: Int32Array;
  readonly process: Float64Array;
  readonly killed: readonly number[];
  readonly panicked: boolean;
  readonly current: number;
  readonly storage: StorageSnapshot;
}

export function snapshotVm(vm: Vm): VmSnapshot {
  return {
    zone: vm.zone.slice(),
    count: vm.count.slice(),
    pvecNr: vm.pvecNr.slice(),
    pvecPages: vm.pvecPages.slice(),
    shrinkerNr: vm.shrinkerNr.slice(),
    shrinkers: vm.shrinkers.slice(),
    kthread: vm.kthread.slice(),
    oom: vm.oom.slice(),
    pte: vm.pte.slice(),
    pteProcess: vm.pteProcess.slice(),
    process: vm.process.slice(),
    killed: vm.killed.slice(),
    panicked: vm.panicked,
    current: vm.current,
    storage: snapshotStorage(vm),
  };
}

/** Only into a machine of the same config. The fields of pages are restored by the machine. */
export function restoreVm(vm: Vm, saved: VmSnapshot): void {
  vm.zone.set(saved.zone);
  vm.count.set(saved.count);
  vm.pvecNr.set(saved.pvecNr);
  vm.pvecPages.set(saved.pvecPages);
  vm.shrinkerNr.set(saved.shrinkerNr);
  // Of another machine of the same config, its own: they close over what they shrink.
  const own = vm.shrinkers;
  vm.shrinkers = saved.shrinkers.map(shrinker => own.find(o => o.object === shrinker.object) ?? shrinker);
  vm.kthread.set(saved.kthread);
  vm.oom.set(saved.oom);
  vm.pte = saved.pte.slice();
  vm.pteProcess = saved.pteProcess.slice();
  vm.process = saved.process.slice();
  vm.nrProcesses = vm.process.length / P_STRIDE;
  vm.killed = saved.killed.slice();
  vm.panicked = saved.panicked;
  vm.current = saved.current;
  restoreStorage(vm, saved.storage);
}

/** FNV-1a over everything that decides what reclaim does next: the order of every list, fields of pages, counters. */
export function vmHash(vm: Vm, start = FNV_START): number {
  let h = start;
  for (const column of [vm.zone, vm.count, vm.shrinkerNr, vm.oom, vm.process, vm.pte]) {
    for (let i = 0; i < column.length; i++) h = fnvInt(h, column[i] | 0);
  }
  for (let head = vm.pgdat.nrPages; head < vm.pgdat.nrPages + 2 * MAX_NR_ZONES; head++) {
    for (let pfn = vm.fields.lru[2 * head]; pfn !== head; pfn = vm.fields.lru[2 * pfn]) h = fnvInt(h, pfn);
  }
  for (let pvec = 0; pvec < vm.pvecNr.length; pvec++) {
    for (let i = 0; i < vm.pvecNr[pvec]; i++) h = fnvInt(h, vm.pvecPages[pvec * PAGEVEC_SIZE + i]);
  }
  for (let at = 0; at < vm.kthread.length; at++) {
    // Of the number of its turn nothing depends but which entry of the agenda is stale.
    if (at % KTHREAD_FIELDS !== KT_TURN) h = fnvInt(h, vm.kthread[at]);
  }
  // Pages whose fields say more than that they are in use.
  const ofVm = PG_lru | PG_locked | PG_dirty | PG_writeback | PG_referenced;
  const { count, flags, index, mapping, pte } = vm.fields;
  for (let pfn = 0; pfn < vm.pgdat.nrPages; pfn++) {
    if ((flags[pfn] & ofVm) === 0 && mapping[pfn] === 0 && pte[pfn] === 0) continue;
    h = fnvInt(fnvInt(h, (count[pfn] << 16) | flags[pfn]), mapping[pfn]);
    h = fnvInt(fnvInt(h, index[pfn]), pte[pfn]);
  }
  return storageHash(vm, h);
}
