/** Zones as one int32 column: zone z has its fields at `z * ZONE_STRIDE + ZONE_…`. Source: include/linux/mmzone.h, struct zone. */
export const MAX_ORDER = 11;
export const MAX_NR_ZONES = 3;
export const ZONE_DMA = 0;
export const ZONE_NORMAL = 1;
export const ZONE_HIGHMEM = 2;

/** zone->free_pages; pages in per-CPU lists are not counted. */
export const ZONE_FREE = 0;
export const ZONE_MIN = 1;
export const ZONE_LOW = 2;
export const ZONE_HIGH = 3;
export const ZONE_START = 4;
/** Pages between start and end, holes included; 0 for an absent zone. */
export const ZONE_SPANNED = 5;
export const ZONE_PRESENT = 6;
export const ZONE_STRIDE = 8;
export const ZONE_SHIFT = 3;

/**
 * Per-CPU lists, one int32 column: list (cpu, zone, cold) starts at `(cpu * 6 + zone * 2 + cold) << PCP_SHIFT`.
 * Source: include/linux/mmzone.h, struct per_cpu_pages.
 *
 * The pages stand in a ring behind the fields, and HEAD and TAIL only count: the newest page is entry
 * `PCP_PAGES + (HEAD & (PCP_RING - 1))`, the oldest the one before TAIL. Taking a page moves HEAD up, putting one moves it
 * down, so the short ways change one number.
 * Invariants: count = TAIL - HEAD, 0 <= count < PCP_RING (Linux keeps count <= high <= 96);
 *             TAKE = TAIL - LOW while the zone's free pages are above its low mark and nobody observes, else PCP_NEVER;
 *             CHOSEN = TAIL - LOW the same, also while hooks that a single page is not asked about observe;
 *             PUT = TAIL - HIGH while nobody observes what comes back, else PCP_ALWAYS
 */
export const PCP_HEAD = 0;
/** A page may be taken without further thought while HEAD < TAKE. */
export const PCP_TAKE = 1;
/** A page may be put without further thought while HEAD > PUT. */
export const PCP_PUT = 2;
export const PCP_TAIL = 3;
export const PCP_LOW = 4;
export const PCP_HIGH = 5;
export const PCP_BATCH = 6;
/** The same as TAKE for a request whose zonelist a policy has chosen, while nothing more is asked about. */
export const PCP_CHOSEN = 7;
/** Lists start at multiples of 256, so a field is reached by `list | PCP_…`, which needs no overflow check. */
export const PCP_PAGES = 128;
export const PCP_RING = 128;
/** Ints a list, 2^8: a shift is cheaper than a checked multiplication. */
export const PCP_SHIFT = 8;
export const PCP_STRIDE = 256;
export const PCP_NEVER = -0x40000000;
export const PCP_ALWAYS = 0x40000000;

/**
 * Zones and per-CPU lists stand in one int32 column, `ctl`, because the short way of an order-0 request then has one
 * array to look up: zones from 0; at CTL_FIRST + (gfp & GFP_ZONEMASK) the first zone z of that zonelist, as 2z + 1, which
 * is where its lists of CPU 0 start in units of 2^PCP_SHIFT; lists from CTL_PCP. `zone`, `request` and `pcp` are views of it.
 */
export const CTL_FIRST = 24;
/** Where what a policy is asked stands: lib/hooks.ts REQ_. */
export const CTL_REQUEST = 32;
export const CTL_PCP = 256;

/** Which parts of the machine somebody is watching; 0 lets an order-0 request take its short way. */
/** Bits of the hooks themselves. */
export const OBSERVED_HOOKS = 0xffff;
export const OBSERVED_TRACE = 0x10000;
/** The fields of page_fields.ts are in use. */
export const OBSERVED_FIELDS = 0x20000;

export const ZONE_NAMES = ['DMA', 'Normal', 'HighMem'] as const;
