/** Who asks for pages, how far __alloc_pages goes down, and how it ended. */

/** Who asks, bits: PF_MEMALLOC or PF_MEMDIE is set; real-time priority; in a soft or a hard interrupt. */
export const CTX_MEMALLOC = 1;
export const CTX_REALTIME = 2;
export const CTX_SOFTIRQ = 4;
export const CTX_HARDIRQ = 8;

/** How an allocation ended (`m.path`): low bits of `m.outcome`, with a bit per zone woken from OUTCOME_WAKE on. */
export const OUTCOME_WAKE = 8;
export const PATH_FIRST = 0;
/** Served after kswapd was called. */
export const PATH_KSWAPD = 1;
/** NULL without trying reclaim: may not wait, or PF_MEMALLOC with nothing left. */
export const PATH_ATOMIC = 2;
/** NULL after one reclaim attempt. */
export const PATH_NORETRY = 3;
/** The kernel would wait and retry until it is served; NIL came back. */
export const PATH_RETRY = 4;
/** order >= MAX_ORDER. */
export const PATH_ORDER = 5;
/**
 * Its task sleeps in the middle of reclaim; NIL came back. The caller keeps `control`, lets the task sleep as `sleep` says, and
 * asks again with the same `control` (vmscan.ts, resumeRequest()).
 */
export const PATH_WAIT = 6;

/** `m.sleep`: how a task that has to sleep wants to be woken. Until then at the latest, microseconds since boot; Infinity: only by its queue. */
export const SLEEP_UNTIL_US = 0;
/** QUEUE_ that wakes it before, or QUEUE_NONE. */
export const SLEEP_QUEUE = 1;

/** Wait queues; when one is woken its bit is set in `m.woken` until somebody wakes its sleepers. */
export const QUEUE_NONE = 0;
/** The disk's write queue is no longer congested. Source: drivers/block/ll_rw_blk.c, clear_queue_congested() */
export const QUEUE_CONGESTION = 1;
/** A slot of the kmap pool has no user any more. Source: mm/highmem.c, pkmap_map_wait */
export const QUEUE_KMAP = 2;
/** A page was unlocked, or its writing has ended. Source: mm/filemap.c, wait_on_page_bit() */
export const QUEUE_PAGE = 3;
export const NR_QUEUES = 4;

/** `m.control`: where a request that sleeps stands in __alloc_pages() and try_to_free_pages(). 0 in all: at the beginning. */
export const CONTROL_STAGE = 0;
export const CONTROL_PRIORITY = 1;
export const CONTROL_RECLAIMED = 2;
export const CONTROL_SCANNED = 3;
/** Where an operation on files or anonymous memory stands that sleeps: pages done, STEP_ of its file, two words of its own. */
export const CONTROL_DONE = 4;
export const CONTROL_STEP = 5;
export const CONTROL_A = 6;
export const CONTROL_B = 7;
export const CONTROL_FIELDS = 8;

/** Low bits of CONTROL_STAGE: asleep inside try_to_free_pages(); asleep before it is called again. Above them, the zonelist in use. */
export const STAGE_RECLAIM = 1;
export const STAGE_REBALANCE = 2;
export const STAGE_BITS = 4;
export const STAGE_MASK = 15;

/** REQ_PASS: which loop of __alloc_pages asks. */
export const PASS_LOW = 1;
export const PASS_MIN = 2;
export const PASS_RECLAIMED = 3;
