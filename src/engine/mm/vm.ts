/**
 * Virtual memory of one machine beyond the page allocator, as columns: lists of pages to reclaim, page tables of anonymous
 * memory, processes, kernel threads. Free functions of swap.ts, rmap.ts, vmscan.ts and their neighbours own the algorithms.
 * Source: include/linux/mmzone.h, struct zone; include/linux/page-flags.h, struct page_state.
 */
import { REQ_CPU } from '../lib/hooks.ts';
import { KTHREAD_FIELDS, NR_KTHREADS } from './kthread.ts';
import { MAX_NR_ZONES, ZONE_HIGH, ZONE_PRESENT, ZONE_SHIFT } from './mmzone.ts';
import { NIL } from './page.ts';
import { type PageFields, useFields } from './page_fields.ts';
import type { Pgdat } from './pgdat.ts';
import type { SlabAllocator } from './slab_state.ts';

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

/** Zone z has these at `zone[(z << VZ_SHIFT) + VZ_…]`. Source: include/linux/mmzone.h, struct zone */
export const VZ_NR_ACTIVE = 0;
export const VZ_NR_INACTIVE = 1;
/** Pages scanned since the last page was given back to the zone's free lists. */
export const VZ_PAGES_SCANNED = 2;
/** 1: everything was scanned twice for nothing; only short looks from now on. */
export const VZ_ALL_UNRECLAIMABLE = 3;
/** Pages of the active list owed to refill_inactive_zone(). */
export const VZ_REFILL_COUNTER = 4;
export const VZ_TEMP_PRIORITY = 5;
export const VZ_PREV_PRIORITY = 6;
export const VZ_SHIFT = 3;

/** Pages of the machine by what they are, `count[VC_…]`. Source: include/linux/page-flags.h, struct page_state */
export const VC_NR_MAPPED = 0;
export const VC_NR_DIRTY = 1;
export const VC_NR_WRITEBACK = 2;
export const VC_NR_UNSTABLE = 3;
export const VC_NR_PAGECACHE = 4;
export const VC_NR_SWAPCACHE = 5;
export const VC_NR_ANON = 6;
/** nr_swap_pages: slots free; total_swap_pages. */
export const VC_NR_SWAP_PAGES = 7;
export const VC_TOTAL_SWAP_PAGES = 8;
export const VC_FIELDS = 16;

/** Process p has these at `process[p * P_STRIDE + P_…]`, doubles. */
export const P_ALIVE = 0;
/** Pages of address space. */
export const P_TOTAL_VM = 1;
/** Pages present. */
export const P_RSS = 2;
export const P_START_US = 3;
/** utime + stime, microseconds. */
export const P_CPU_US = 4;
/** -20..19 */
export const P_NICE = 5;
/** 1: uid 0 with every capability. */
export const P_ROOT = 6;
/** 1: PF_MEMDIE, chosen by the OOM killer. */
export const P_KILLED = 7;
export const P_STRIDE = 8;

/** `fields.mapping` of a page: 0 none, a file's number + 1, or the swap cache. */
export const MAPPING_SWAP = 0xffff;

/**
 * A page table entry of anonymous memory, `pte[i]`: 0 none; present: `pfn << PTE_SHIFT | PTE_PRESENT` with the bits that the
 * processor sets; swapped out: `slot << PTE_SHIFT | PTE_SWAP`.
 */
export const PTE_PRESENT = 1;
export const PTE_YOUNG = 2;
export const PTE_DIRTY = 4;
export const PTE_SWAP = 8;
export const PTE_SHIFT = 4;

/** Entries of a struct pagevec. Source: include/linux/pagevec.h */
export const PAGEVEC_SIZE = 16;

/** `reclaim`: in whose name pages are reclaimed at this moment. */
export const RECLAIM_NONE = 0;
/** A task in try_to_free_pages(): PF_MEMALLOC is set. */
export const RECLAIM_DIRECT = 1;
/** kswapd: PF_MEMALLOC and PF_KSWAPD are set. */
export const RECLAIM_KSWAPD = 2;

/** Static variables of out_of_memory(), jiffies. */
export const OOM_FIRST = 0;
export const OOM_LAST = 1;
export const OOM_COUNT = 2;
export const OOM_LASTKILL = 3;
export const OOM_FIELDS = 4;

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
    pgdat.vm = this;
  }
}

export const MAX_SHRINKERS = 64;

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
  };
}

/** Only into a machine of the same config. The fields of pages are restored by the machine. */
export function restoreVm(vm: Vm, saved: VmSnapshot): void {
  vm.zone.set(saved.zone);
  vm.count.set(saved.count);
  vm.pvecNr.set(saved.pvecNr);
  vm.pvecPages.set(saved.pvecPages);
  vm.shrinkerNr.set(saved.shrinkerNr);
  vm.shrinkers = saved.shrinkers.slice();
  vm.kthread.set(saved.kthread);
  vm.oom.set(saved.oom);
  vm.pte = saved.pte.slice();
  vm.pteProcess = saved.pteProcess.slice();
  vm.process = saved.process.slice();
  vm.nrProcesses = vm.process.length / P_STRIDE;
  vm.killed = saved.killed.slice();
  vm.panicked = saved.panicked;
  vm.current = saved.current;
}
