/**
 * A seeded workload, compiled: operations in the order of their times. The tape is the same whatever the policy
 * answers, so that two policies meet the same demand; what depends on the machine's answers (a failed block is not
 * freed, an abandoned run allocates no more, a retry is not needed) is decided when it is played.
 */
export const OP_ALLOC = 0;
export const OP_FREE = 1;
/** Ask again for a block whose slot is still empty and wanted. */
export const OP_RETRY = 2;

/** Operations of the whole machine; in brackets the columns that they use beside slot, task and cpu. */
/** kmalloc [a: bytes, gfp], kfree. */
export const OP_KMALLOC = 3;
export const OP_KFREE = 4;
/** kmem_cache_alloc [object: cache, gfp], kmem_cache_free [object: cache], kmem_cache_shrink [object: cache]. */
export const OP_CACHE_ALLOC = 5;
export const OP_CACHE_FREE = 6;
export const OP_CACHE_SHRINK = 7;
/** vmalloc [a: pages], vfree. */
export const OP_VMALLOC = 8;
export const OP_VFREE = 9;
/** kmap and kunmap of a page of the slot's block [b: page within the block]. */
export const OP_KMAP = 10;
export const OP_KUNMAP = 11;
/** The same in a slot of the CPU's own [a: KM_ type, b: page within the block]. */
export const OP_KMAP_ATOMIC = 12;
export const OP_KUNMAP_ATOMIC = 13;
/** A function is entered [object: function, a: bytes of its frame, b: bytes of its local buffer, of which the slot is], and left. */
export const OP_CALL = 14;
export const OP_RETURN = 15;
/** The CPU is busy in the kernel [a: microseconds]. */
export const OP_WORK = 16;
/** The task gives the CPU away: it sleeps, or is back in user space [a: microseconds]. */
export const OP_HOLD = 17;
/** spin_lock() and spin_unlock() [object: lock]; local_irq_disable() and local_irq_enable(). */
export const OP_LOCK = 18;
export const OP_UNLOCK = 19;
export const OP_IRQ_OFF = 20;
export const OP_IRQ_ON = 21;
/** The run's process comes to be, and ends. A daemon is born in a run of its own. */
export const OP_FORK = 22;
export const OP_EXIT = 23;
/**
 * An interrupt or a softirq begins, and ends [a: number of the interrupt, b of the end: 1 where the run goes on later in
 * another interrupt]. First and last row of a run in such a context.
 */
export const OP_ENTER = 24;
export const OP_LEAVE = 25;
/** read() and write() of a file, fsync() [object: file, a: first page, b: pages]. */
export const OP_READ = 26;
export const OP_WRITE = 27;
export const OP_FSYNC = 28;
/** An anonymous area of the process comes to be and goes [a: pages]; pages of it are touched [a: first page, b: pages]. */
export const OP_MMAP = 29;
export const OP_MUNMAP = 30;
export const OP_TOUCH_AREA = 31;
/** An object of kmalloc or of a cache is read or written [a: first byte, b: bytes]. */
export const OP_TOUCH_OBJECT = 32;
/** An entry of a cache with a shrinker is looked up, and made when it is not there [object: cache, a: entry]. */
export const OP_LOOKUP = 33;
/** A daemon's run is over. */
export const OP_DONE = 34;
/** Memory from wherever the kernel or the policy says comes to be, and goes [a: bytes, gfp]. */
export const OP_BUFFER = 35;
export const OP_FREE_BUFFER = 36;
/** A page of the slot's block is mapped the way that the kernel or the policy says, and unmapped [b: page within the block]. */
export const OP_MAP_PAGE = 37;
export const OP_UNMAP_PAGE = 38;

export const CTX_MEMALLOC = 1;
export const CTX_REALTIME = 2;
export const CTX_SOFTIRQ = 4;
export const CTX_HARDIRQ = 8;

/** Bits of `flags`. */
export const OPF_COLD = 1;
/** A failed allocation ends the allocations of its instance. */
export const OPF_ABANDON = 2;
/** __get_free_pages / get_zeroed_page / free_pages were called: virtual addresses, no high memory. */
export const OPF_VADDR = 4;
export const OPF_ZEROED = 8;
/** It is written, not only read. */
export const OPF_WRITE = 16;
/** A bug of the caller's that is meant: what was freed is freed or touched again. */
export const OPF_AGAIN = 32;
/** Another bug: the block is freed with the row's order, which is not its own. */
export const OPF_WRONG_ORDER = 64;
/** An interrupt that leaves other interrupts disabled. Source: SA_INTERRUPT */
export const OPF_NO_NESTING = 128;

/** Columns, one row an operation, `nrOps` rows, ascending (timeUs, then position). */
export interface Tape {
  nrOps: number;
  /** Slots 0..nrSlots-1: one for each block that the tape ever asks for. */
  nrSlots: number;
  /** Runs of tasks, 0..nrInstances-1. */
  nrInstances: number;
  timeUs: Float64Array;
  op: Uint8Array;
  /** Index into plan.workload.tasks. */
  task: Uint16Array;
  instance: Int32Array;
  /** NIL where the operation has no block, object or area. */
  slot: Int32Array;
  gfp: Uint16Array;
  order: Uint8Array;
  cpu: Uint8Array;
  ctx: Uint8Array;
  flags: Uint8Array;
  /** Call site: index of the step within its task, depth first; names a place in the challenge file. */
  site: Uint16Array;
  /** Number of the cache, file, lock or function in the plan. */
  object: Uint16Array;
  /** Arguments, by operation. */
  a: Int32Array;
  b: Int32Array;
  /** The daemon whose run it is, 0..nrDaemons-1; NIL for an interrupt, a run that forks, or a machine without processes. */
  daemon: Int16Array;
  nrDaemons: number;
}

/** Rows of a tape at most: what `spec` estimates beyond it and what `workload` finds beyond it is refused. */
export const MAX_TAPE_OPS = 4_194_304;
/** Daemons of a tape at most. */
export const MAX_DAEMONS = 32_767;
