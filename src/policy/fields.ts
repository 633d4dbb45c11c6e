/** What `request` and `mem` have, by name: the compiler checks names against it and the realm is built from it. */
import {
  GFP_NAMES,
  type HookName,
  MAX_ORDER,
  PLACE_HEAD,
  PLACE_TAIL,
  REQ_BATCH,
  REQ_COLD,
  REQ_COUNT,
  REQ_CPU,
  REQ_CTX,
  REQ_EVENT,
  REQ_GFP,
  REQ_HIGH,
  REQ_LINUX,
  REQ_LOW,
  REQ_ORDER,
  REQ_OWNER,
  REQ_PASS,
  REQ_PFN,
  REQ_REFILL,
  REQ_SITE,
  REQ_TASK,
  REQ_TIME_MS,
  REQ_ZONE,
  ZONE_DMA,
  ZONE_HIGHMEM,
  ZONE_NORMAL,
} from '../engine/index.ts';

const BASE = {
  gfp: REQ_GFP,
  order: REQ_ORDER,
  cpu: REQ_CPU,
  context: REQ_CTX,
  task: REQ_TASK,
  site: REQ_SITE,
  owner: REQ_OWNER,
  timeMs: REQ_TIME_MS,
  event: REQ_EVENT,
  linux: REQ_LINUX,
};

/** Fields of each hook's request: name to index in the machine's request column. */
export const REQUEST_FIELDS: Record<HookName, Record<string, number>> = {
  zonelist: BASE,
  watermark: { ...BASE, pass: REQ_PASS, zone: REQ_ZONE },
  block: { ...BASE, zone: REQ_ZONE },
  placement: { ...BASE, zone: REQ_ZONE, pfn: REQ_PFN },
  pcp: {
    ...BASE,
    zone: REQ_ZONE,
    refill: REQ_REFILL,
    cold: REQ_COLD,
    count: REQ_COUNT,
    low: REQ_LOW,
    high: REQ_HIGH,
    batch: REQ_BATCH,
  },
};

/** A zonelist as the engine wants it: 4 bits a zone, first zone lowest, zone index + 1. */
const pack = (...zones: number[]): number => zones.reduce((list, z, i) => list | ((z + 1) << (4 * i)), 0);

export const MEM_CONSTANTS: Readonly<Record<string, number>> = {
  AS_LINUX: -1,
  DMA: ZONE_DMA,
  NORMAL: ZONE_NORMAL,
  HIGHMEM: ZONE_HIGHMEM,
  DMA_ONLY: pack(ZONE_DMA),
  NORMAL_ONLY: pack(ZONE_NORMAL),
  HIGHMEM_ONLY: pack(ZONE_HIGHMEM),
  NORMAL_DMA: pack(ZONE_NORMAL, ZONE_DMA),
  DMA_NORMAL: pack(ZONE_DMA, ZONE_NORMAL),
  HIGHMEM_NORMAL: pack(ZONE_HIGHMEM, ZONE_NORMAL),
  HIGHMEM_DMA: pack(ZONE_HIGHMEM, ZONE_DMA),
  HIGHMEM_NORMAL_DMA: pack(ZONE_HIGHMEM, ZONE_NORMAL, ZONE_DMA),
  HEAD: PLACE_HEAD,
  TAIL: PLACE_TAIL,
  MAX_ORDER,
  ...GFP_NAMES,
  CTX_MEMALLOC: 1,
  CTX_REALTIME: 2,
  CTX_SOFTIRQ: 4,
  CTX_HARDIRQ: 8,
  USER: 0,
  KERNEL: 1,
  PAGE_CACHE: 2,
  DRIVER: 3,
};

/** Set when the machine is known. */
export const MEM_SIZES = ['nrPages', 'cpus', 'lowerZoneProtection'] as const;

/** Functions of `mem` that answer with a number, always. */
export const MEM_NUMBER_FUNCTIONS: readonly string[] = [
  'zonelist',
  'free',
  'low',
  'min',
  'high',
  'present',
  'start',
  'spanned',
  'zoneOf',
  'nrFree',
  'firstFree',
  'lastFree',
  'nextFree',
  'prevFree',
  'lowestFree',
  'freeOrder',
  'allocatedOrder',
  'blockOf',
  'task',
  'owner',
  'ownerOfTask',
  'pcpCount',
  'random',
];
export const MEM_FUNCTIONS: readonly string[] = [...MEM_NUMBER_FUNCTIONS, 'isReserved'];
export const MEM_NAMES: readonly string[] = [...Object.keys(MEM_CONSTANTS), ...MEM_SIZES, ...MEM_FUNCTIONS];
