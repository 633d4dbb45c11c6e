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
export const REQ_FIELDS = 19;

/** Names in bit order of `mask`; append only: records depend on it. */
export const HOOKS = ['zonelist', 'watermark', 'block', 'placement', 'pcp'] as const;
export type HookName = (typeof HOOKS)[number];

export interface Hooks {
  /** Which methods the engine calls: HOOK_ bits. */
  readonly mask: number;
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
  /** An answer broke its rule; the engine goes on as Linux would. */
  illegal(hook: HookName, answer: number, rule: string): void;
}
