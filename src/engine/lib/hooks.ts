/**
 * Where a policy meets the engine. The engine writes what is asked into the machine's `request` column, calls one
 * method and gets one int32 back; it checks the answer against the hook's rule and, when that is broken, reports it
 * and goes on as Linux would.
 */

export const HOOK_ZONELIST = 1;
export const HOOK_WATERMARK = 2;
export const HOOK_BLOCK = 4;
export const HOOK_PLACEMENT = 8;
export const HOOK_PCP = 16;
export const HOOK_COALESCE = 32;
export const HOOK_RECLAIM = 64;
export const HOOK_KSWAPD = 128;
export const HOOK_SLAB_ORDER = 256;
export const HOOK_SLAB_PICK = 512;
export const HOOK_SLAB_LIMIT = 1024;
export const HOOK_SLAB_REAP = 2048;
export const HOOK_SLAB_MERGE = 4096;
export const HOOK_ROUTE = 8192;
export const HOOK_MAP = 0x4000;
export const HOOK_FRAME = 0x8000;
export const HOOK_INTERRUPT = 0x10000;
export const HOOK_GFP = 0x20000;
/** Those that the page allocator itself asks: they turn its short way off. */
export const PAGE_HOOKS = 0x3f;
/** Those of them that are asked about zones and blocks only: a page comes back to its CPU's list the short way all the same. */
export const BLOCK_HOOKS = PAGE_HOOKS & ~HOOK_PCP;
/** Those of these that are through with a single page once its zonelist is chosen, unless blocks have to move. */
export const CHOSEN_HOOKS = BLOCK_HOOKS & ~HOOK_WATERMARK;

/** "As Linux does": legal for every hook. */
export const AS_LINUX = -1;
/** The policy gave no usable answer (threw, NaN, ran out of fuel): the engine goes on as Linux. */
export const FAULT = -0x80000000;

export const PLACE_HEAD = 0;
export const PLACE_TAIL = 1;

/**
 * Indexes into `machine.request`, int32, valid while a hook runs. The caller of the allocator sets TASK, SITE, OWNER,
 * TIME_MS and EVENT; the allocator sets the rest.
 */
export const REQ_GFP = 0;
export const REQ_ORDER = 1;
export const REQ_CPU = 2;
/** CTX_ bits. */
export const REQ_CTX = 3;
/** Index of the task in the workload, or -1. */
export const REQ_TASK = 4;
/** Call site: number of the step in the task. */
export const REQ_SITE = 5;
/** 0 user, 1 kernel, 2 page cache, 3 driver. */
export const REQ_OWNER = 6;
export const REQ_TIME_MS = 7;
/** Number of the operation since boot. */
export const REQ_EVENT = 8;
/** watermark: 1 pages_low pass, 2 pages_min pass, 3 pass after reclaim. */
export const REQ_PASS = 9;
/** Zone index asked about; zonelist: -1. */
export const REQ_ZONE = 10;
/** The answer Linux would give. */
export const REQ_LINUX = 11;
/** placement: first PFN of the freed block after merging. */
export const REQ_PFN = 12;
/** pcp: 1 = before a page is taken (refill), 0 = before a page is put (spill). */
export const REQ_REFILL = 13;
/** pcp: 1 = the cold list. */
export const REQ_COLD = 14;
/** pcp: pages in the list now, and its Linux limits. */
export const REQ_COUNT = 15;
export const REQ_LOW = 16;
export const REQ_HIGH = 17;
export const REQ_BATCH = 18;
/** Process, or NIL. */
export const REQ_PROCESS = 19;
/** slab*: number of the cache, as `mem` counts them; bytes of an object. */
export const REQ_CACHE = 20;
export const REQ_BYTES = 21;
/** reclaim: scanning priority, 12 gentle to 0 desperate; PG_ bits; 1 = mapped by a process; 1 = used since last looked at; 1 = kswapd. */
export const REQ_PRIORITY = 22;
export const REQ_FLAGS = 23;
export const REQ_MAPPED = 24;
export const REQ_REFERENCED = 25;
export const REQ_KSWAPD = 26;
/** slab*: objects asked for or held, a limit, free objects or slabs. */
export const REQ_OBJECTS = 27;
export const REQ_LIMIT = 28;
export const REQ_FREE = 29;
/** frame, interrupt: bytes in use on the stack, and left on it; number of the line; interrupts nested already. */
export const REQ_DEPTH = 30;
export const REQ_ROOM = 31;
export const REQ_IRQ = 32;
export const REQ_NESTED = 33;
/** frame: function; gfp, route, map: kind of the request (OP_ of the tape). */
export const REQ_FUNCTION = 34;
export const REQ_KIND = 35;
export const REQ_FIELDS = 36;

/** Names in bit order of `mask`; append only: records depend on it. The first five have methods of their own below, the others are `decide`. */
export const HOOKS = [
  'zonelist',
  'watermark',
  'block',
  'placement',
  'pcp',
  'coalesce',
  'reclaim',
  'kswapd',
  'slabOrder',
  'slabPick',
  'slabLimit',
  'slabReap',
  'slabMerge',
  'route',
  'map',
  'frame',
  'interrupt',
  'gfp',
] as const;

/** Answers of `reclaim`. */
export const RECLAIM_KEEP = 0;
export const RECLAIM_TAKE = 1;
export const RECLAIM_ACTIVATE = 2;
/** Answers of `route`. */
export const ROUTE_KMALLOC = 0;
export const ROUTE_VMALLOC = 1;
export const ROUTE_PAGES = 2;
/** Answers of `map`: kmap(), or kmap_atomic() with this type + MAP_ATOMIC. */
export const MAP_KMAP = 0;
export const MAP_ATOMIC = 1;
/** Answers of `frame`. */
export const FRAME_STACK = 0;
export const FRAME_KMALLOC = 1;
/** Answers of `interrupt`: it waits until what runs is over; it nests on it; its work is done by a softirq. */
export const INTERRUPT_DEFER = 0;
export const INTERRUPT_NEST = 1;
export const INTERRUPT_SOFTIRQ = 2;
export type HookName = (typeof HOOKS)[number];

export interface Hooks {
  /** Which methods the engine calls: HOOK_ bits. */
  readonly mask: number;
  /**
   * Nobody looks at who asks: REQ_TASK, SITE, OWNER, TIME_MS, EVENT, and where pages come back REQ_CPU, GFP, ORDER, CTX. The caller of the
   * allocator need not write them down then. Only with hooks of PAGE_HOOKS.
   */
  readonly anonymous?: boolean;
  /** Answer: zones to try, 4 bits each, first zone lowest, zone index + 1, 0 ends it. */
  zonelist(): number;
  /** Answer: free pages the zone must have, >= 0. */
  watermark(): number;
  /** Answer: PFN of the block wanted, aligned to 2^order, inside one free block of the zone. */
  block(): number;
  /** Answer: PLACE_HEAD or PLACE_TAIL. */
  placement(): number;
  /** Answer: pages to move now, between the list and the buddy lists; see request fields. */
  pcp(): number;
  /** Every other hook, by its index in HOOKS. */
  decide(hook: number): number;
  /** An answer broke its rule; the engine goes on as Linux would. */
  illegal(hook: HookName, answer: number, rule: string): void;
}
