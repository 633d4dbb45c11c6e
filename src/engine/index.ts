/** The only door of the engine. */
export { addressText, buildOf, type KmapLayout, SMP_NR_CPUS, vmallocStart } from './arch/arch.ts';
export { type BootMemory, bootOptionNames, readBootOptions } from './arch/bootOptions.ts';
export { ARCHES, type Arch } from './arch/index.ts';
export { checkDataCache } from './check/data_cache.ts';
export { checkFilemap } from './check/filemap.ts';
export { checkHighmem } from './check/highmem.ts';
export { checkMemory } from './check/memory.ts';
export { checkPages } from './check/page_alloc.ts';
export { checkSlab } from './check/slab.ts';
export { checkTasks } from './check/tasks.ts';
export { checkVmalloc } from './check/vmalloc.ts';
export { checkVmscan } from './check/vmscan.ts';
export * from './kernel/context.ts';
export {
  COSTS,
  type Cost,
  type CostBasis,
  type CostTable,
  compileCosts,
  costOn,
  cyclesOf,
  MAX_COST,
  MIN_COST,
} from './kernel/costs.ts';
export { exitProcess, forkProcess, startTasks } from './kernel/fork.ts';
export { irqEnter, irqExit, irqMayEnter, softirqEnter, softirqExit, softirqMayRun } from './kernel/irq.ts';
export { contextOn, keepContexts } from './kernel/printk_context.ts';
export {
  enterFunction,
  leaveFunction,
  maxStack,
  type StackEntry,
  stackDepth,
  stackHeadroom,
  stackRoom,
  stackTrace,
} from './kernel/stack.ts';
export * from './kernel/tasks.ts';
export * from './kernel/thread_info.ts';
export * from './lib/agenda.ts';
export { FNV_START, fnvHex, fnvInt } from './lib/fnv.ts';
export * from './lib/hooks.ts';
export { KernelBug } from './lib/kernelBug.ts';
export type { Rng } from './lib/rng.ts';
export {
  type ArchName,
  boot,
  checkMachine,
  DEFAULT_MIN_FREE_KBYTES,
  freeListHash,
  Machine,
  type MachineConfig,
  machineFault,
  pcpHash,
  prepareProcesses,
  recordEvents,
  restore,
  runDue,
  type Snapshot,
  setHooks,
  snapshot,
  stateHash,
} from './machine.ts';
export { askAnything, askPolicy, beginAsk, endAsk, refuse } from './mm/ask_policy.ts';
export * from './mm/backing_dev.ts';
export { mergeZone } from './mm/buddy.ts';
export {
  DataCache,
  type DataCacheGeometry,
  dataCacheFault,
  invalidateMemory,
  isCached,
  touchMemory,
} from './mm/data_cache.ts';
export * from './mm/dcache.ts';
export * from './mm/filemap.ts';
export * from './mm/gfp.ts';
export * from './mm/gfp_functions.ts';
export * from './mm/highmem.ts';
export { kfree, kmalloc, kmallocSizes, ksize } from './mm/kmalloc.ts';
export * from './mm/kthread.ts';
export * from './mm/ll_rw_blk.ts';
export * from './mm/memory.ts';
export * from './mm/mm_types.ts';
export * from './mm/mmap.ts';
export * from './mm/mmzone.ts';
export * from './mm/oom_kill.ts';
export * from './mm/page.ts';
export * from './mm/page_alloc.ts';
export { badFreePages } from './mm/page_alloc_debug.ts';
export * from './mm/page_fields.ts';
export * from './mm/page_flags.ts';
export * from './mm/page_io.ts';
export * from './mm/page_writeback.ts';
export { drainCpu } from './mm/pcp.ts';
export * from './mm/pdflush.ts';
export * from './mm/pgdat.ts';
export * from './mm/pgtable.ts';
export * from './mm/read_write.ts';
export * from './mm/readahead.ts';
export * from './mm/request.ts';
export * from './mm/rmap.ts';
export * from './mm/shrinker.ts';
export { kmemCacheAlloc, kmemCacheFree } from './mm/slab.ts';
export {
  findCache,
  kmemCacheCreate,
  kmemCacheCreateFor,
  kmemCacheDestroy,
  type SlabLayout,
  slabLayout,
} from './mm/slab_cache.ts';
export { STRAY_BYTE } from './mm/slab_debug.ts';
export { RED_ACTIVE, RED_INACTIVE } from './mm/slab_debug_state.ts';
export * from './mm/slab_info.ts';
export {
  BUFCTL_END,
  C_FLAGS,
  C_FREE,
  C_FREE_OBJECTS,
  C_FULL,
  C_LIMIT,
  C_NEXT,
  C_NUM,
  C_OBJSIZE,
  C_ORDER,
  C_PARTIAL,
  C_REALLEN,
  C_TEXT,
  CFLGS_OFF_SLAB,
  HZ,
  S_CACHE,
  S_NEXT,
  S_PFN,
  S_STATE,
  SLAB_CACHE_DMA,
  SLAB_CTOR_ATOMIC,
  SLAB_CTOR_CONSTRUCTOR,
  SLAB_CTOR_VERIFY,
  SLAB_DEBUG_INITIAL,
  SLAB_HWCACHE_ALIGN,
  SLAB_MUST_HWCACHE_ALIGN,
  SLAB_NO_REAP,
  SLAB_POISON,
  SLAB_RECLAIM_ACCOUNT,
  SLAB_RED_ZONE,
  SLAB_STORE_USER,
} from './mm/slab_layout.ts';
export { isFree, kfreeAt, kmemCacheFreeAt, staleTouch } from './mm/slab_misuse.ts';
export { cacheOf, indexInSlab, objectAt, objectPaddr, objectVaddr, slabPfn } from './mm/slab_object.ts';
export { mergeCandidate } from './mm/slab_policy.ts';
export { cacheReap, kmemCacheShrink, reapTimer, startReapTimers } from './mm/slab_reap.ts';
export { type CacheText, type Constructor, SlabAllocator } from './mm/slab_state.ts';
export * from './mm/storage.ts';
export * from './mm/swap.ts';
export * from './mm/swap_state.ts';
export * from './mm/swapfile.ts';
export * from './mm/vm.ts';
export * from './mm/vmalloc.ts';
export * from './mm/vmscan.ts';
export * from './mm/vmscan_zone.ts';
export * from './trace/events.ts';
export * from './trace/printk.ts';
export { EventRing } from './trace/ring.ts';
