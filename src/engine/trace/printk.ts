/**
 * The kernel's log as numbers: what was printed, when, during which operation, and four arguments. Text is made when
 * somebody reads it.
 */

/** Kinds; `a` to `d` are the arguments. Append only: records depend on the numbers. */
/** page allocation failure. a: order, b: gfp */
export const LOG_ALLOC_FAILURE = 1;
/** sleeping function called from invalid context. a: LOG_PLACE_, b: in_atomic(), c: irqs_disabled() */
export const LOG_SLEEP_INVALID = 2;
/** bad: scheduling while atomic! a: preempt_count */
export const LOG_SCHED_ATOMIC = 3;
/** Bad page state. a: pfn, b: flags, c: mapping, d: count */
export const LOG_BAD_PAGE = 4;
/** A page block freed twice, or with another order: Bad page state at free_hot_cold_page / __free_pages_ok. a: pfn, b: order, c: state byte */
export const LOG_BAD_FREE = 5;
/** slab error in cache_free_debugcheck(): double free, or memory outside object was overwritten. a: cache, b: physical address / sizeof(long), c, d: its red zones */
export const LOG_SLAB_DOUBLE_FREE = 6;
/** Slab corruption (poison overwritten), and slab error: object was modified after freeing. a: cache, b: physical address / sizeof(long), c: first wrong byte's offset, d: value found, from bit 8 on the task that used it last plus 1 */
export const LOG_SLAB_CORRUPTION = 7;
/** kernel BUG at mm/slab.c or mm/highmem.c and the like. a: LOG_PLACE_; of LOG_PLACE_KFREE ("slab: double free detected") b: cache, c: physical address / sizeof(long) */
export const LOG_KERNEL_BUG = 8;
/** Unable to handle kernel paging request: a clobbered thread_info was read. a: process, b: field (TI_), c: value read */
export const LOG_OOPS = 9;
/** do_IRQ: stack overflow. a: bytes left */
export const LOG_STACK_OVERFLOW = 10;
/** Out of Memory: Killed process. a: process, b: badness points */
export const LOG_OOM_KILL = 11;
/** Trying to vfree() bad address or nonexistent vm area. a: low 32 bits of the address */
export const LOG_BAD_VFREE = 12;
/** Fork failed for want of a kernel stack. a: task of the caller */
export const LOG_FORK_FAILED = 13;
/** Kernel panic: nothing is left to kill, or a fatal exception in interrupt. a: LOG_PLACE_ */
export const LOG_PANIC = 14;
/** Memory used by who has no right to it, and nothing noticed; not printed, counted. a: physical address / sizeof(long), or of pages a pfn, b: STALE_, c: of pages the order */
export const LOG_STALE_USE = 15;
/** Frames overwrote thread_info or what lies below the stack; not printed, counted. a: process or NIL, b: bit per TI_ field, c: lowest PFN hit below the stack or NIL, d: bytes below it */
export const LOG_STACK_CORRUPTION = 16;
/** Sleeping where one may not, in a build that cannot tell (no CONFIG_PREEMPT, or no CONFIG_DEBUG_SPINLOCK_SLEEP); not printed, counted. a: LOG_PLACE_, b: spin locks held, c: irqs_disabled() */
export const LOG_ATOMIC_SLEEP = 17;
/** A CPU spins for a lock whose holder cannot run before it; not printed, counted. a: lock, b: CPU */
export const LOG_DEADLOCK = 18;
/** note: exited with preempt_count. a: process, b: preempt_count */
export const LOG_EXIT_ATOMIC = 19;
/** slab error in cache_alloc_debugcheck_after(): double free, or memory outside object was overwritten. Arguments of LOG_SLAB_DOUBLE_FREE */
export const LOG_SLAB_RED_ZONE = 20;
/** slab error in slab_destroy(): start (c 1) or end (c 2) of a freed object was overwritten. a: cache, b: physical address / sizeof(long) */
export const LOG_SLAB_DESTROY = 21;
/** kfree_debugcheck: and BUG. a: physical address / sizeof(long), b: POINTER_ */
export const LOG_SLAB_BAD_POINTER = 22;
/** mismatch in kmem_cache_free: expected cache a, got c. b: physical address / sizeof(long) */
export const LOG_SLAB_MISMATCH = 23;
/** VM: killing process. A page fault found no memory. a: process */
export const LOG_VM_KILL = 24;

/** kmap_atomic() of a type that stands mapped on this CPU: the page that was there is lost to its user. Printed, as LOG_KERNEL_BUG, only with CONFIG_DEBUG_HIGHMEM; not printed, counted. a: pfn that was there, b: type */
export const LOG_MAPPING_LOST = 25;

/** What was done with memory that is not one's own: `b` of LOG_STALE_USE. */
export const STALE_FREE = 1;
export const STALE_READ = 2;
export const STALE_WRITE = 3;
/** Pages freed with another order than theirs. */
export const STALE_FREE_ORDER = 4;

/** `b` of LOG_SLAB_BAD_POINTER: "bad ptr", "out of range ptr", or a BUG_ON() for an address within an object. */
export const POINTER_BAD = 0;
export const POINTER_OUT_OF_RANGE = 1;
export const POINTER_WITHIN = 2;

/** Kinds that the kernel does not print: what nothing in it notices. */
export const LOG_UNPRINTED: readonly number[] = [
  LOG_STALE_USE,
  LOG_STACK_CORRUPTION,
  LOG_ATOMIC_SLEEP,
  LOG_DEADLOCK,
  LOG_MAPPING_LOST,
];

/** Where a report comes from: `a` of LOG_SLEEP_INVALID, LOG_KERNEL_BUG and LOG_PANIC. The text (file, function) is made by report. */
export const LOG_PLACE_PAGE_ALLOC = 1;
export const LOG_PLACE_SLAB_ALLOC = 2;
export const LOG_PLACE_VMALLOC = 3;
export const LOG_PLACE_VFREE = 4;
export const LOG_PLACE_KMAP = 5;
export const LOG_PLACE_KUNMAP = 6;
export const LOG_PLACE_FILEMAP = 7;
export const LOG_PLACE_FAULT = 8;
export const LOG_PLACE_FORK = 9;
export const LOG_PLACE_SCHEDULE = 10;
export const LOG_PLACE_KMAP_ATOMIC = 11;
export const LOG_PLACE_KFREE = 12;
export const LOG_PLACE_INTERRUPT = 13;
export const LOG_PLACE_OOM = 14;
export const LOG_PLACE_IDLE = 15;
export const LOG_PLACE_EXIT = 16;

/** What ran when a line was printed. */
export interface PrintkContext {
  readonly cpu: number;
  /** Printk.row */
  readonly row: number;
  /** `current`; NIL: the CPU's idle task. */
  readonly process: number;
  /** Virtual addresses of its thread_info and task_struct, 0 for those of the kernel image. */
  readonly threadInfo: number;
  readonly taskStruct: number;
  /** The workload's task that `current` runs, and the one of the process that the entry is about; NIL where there is none. */
  readonly owner: number;
  readonly subject: number;
  /** Functions that were called, innermost first: those of the workload from 0, the kernel's own below. */
  readonly chain: readonly number[];
}

/** Lines from the start on whose context is kept. */
const CONTEXTS_KEPT = 4096;

/** Grows with use; a snapshot is its length, because what was printed before stays. */
export class Printk {
  length = 0;
  kind = new Uint8Array(64);
  /** Operation of the workload during which it was printed. */
  event = new Int32Array(64);
  timeUs = new Float64Array(64);
  /** Index of the workload's task that was running, or -1. */
  task = new Int16Array(64);
  /** a, b, c, d of entry i from 4i. */
  args = new Int32Array(256);
  /** Operation of the workload that is being done, where it is not the one that came up last; set by whoever plays them. */
  row = -1;
  /** By entry, of the first lines; empty while nobody wants to know. */
  contexts: PrintkContext[] = [];
  /** Asked for every line that is printed, with its first argument; null: nobody wants to know. */
  contextNow: ((a: number) => PrintkContext) | null = null;

  add(kind: number, event: number, timeUs: number, task: number, a: number, b = 0, c = 0, d = 0): void {
    const i = this.length++;
    if (i === this.kind.length) this.grow();
    this.kind[i] = kind;
    this.event[i] = event;
    this.timeUs[i] = timeUs;
    this.task[i] = task;
    this.args[4 * i] = a;
    this.args[4 * i + 1] = b;
    this.args[4 * i + 2] = c;
    this.args[4 * i + 3] = d;
    if (this.contextNow !== null && i < CONTEXTS_KEPT) this.contexts[i] = this.contextNow(a);
  }

  private grow(): void {
    const length = this.kind.length * 2;
    const { kind, event, timeUs, task, args } = this;
    (this.kind = new Uint8Array(length)).set(kind);
    (this.event = new Int32Array(length)).set(event);
    (this.timeUs = new Float64Array(length)).set(timeUs);
    (this.task = new Int16Array(length)).set(task);
    (this.args = new Int32Array(4 * length)).set(args);
  }
}
