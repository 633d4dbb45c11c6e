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

/** REQ_PASS: which loop of __alloc_pages asks. */
export const PASS_LOW = 1;
export const PASS_MIN = 2;
export const PASS_RECLAIMED = 3;
