/** Zones as one int32 column: zone z has its fields at `z * ZONE_STRIDE + ZONE_…`. Source: include/linux/mmzone.h, struct zone. */
export const MAX_ORDER = 11;
export const MAX_NR_ZONES = 3;
export const ZONE_DMA = 0;
export const ZONE_NORMAL = 1;
export const ZONE_HIGHMEM = 2;
export const ZONE_NAMES = ['DMA', 'Normal', 'HighMem'] as const;

/** zone->free_pages; pages in per-CPU lists are not counted. */
export const ZONE_FREE = 0;
export const ZONE_MIN = 1;
export const ZONE_LOW = 2;
export const ZONE_HIGH = 3;
export const ZONE_START = 4;
/** Pages between start and end, holes included; 0 for an absent zone. */
export const ZONE_SPANNED = 5;
export const ZONE_PRESENT = 6;
/** ZONE_NR + order: blocks on that free list. */
export const ZONE_NR = 8;
export const ZONE_STRIDE = 32;

/**
 * Per-CPU lists, one int32 column: list (zone, cpu, cold) starts at `((zone * cpus + cpu) * 2 + cold) * PCP_STRIDE`.
 * The pages stand in a ring of PCP_RING entries behind the fields: entry i from the head is
 * `PCP_PAGES + ((head + i) & (PCP_RING - 1))`.
 */
export const PCP_COUNT = 0;
export const PCP_LOW = 1;
export const PCP_HIGH = 2;
export const PCP_BATCH = 3;
export const PCP_HEAD = 4;
export const PCP_PAGES = 16;
export const PCP_RING = 128;
export const PCP_STRIDE = PCP_PAGES + PCP_RING;
