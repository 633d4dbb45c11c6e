/**
 * The memory map's numbers: every page of a zone, put together into cells. Blocks are walked, not pages, so that a
 * machine that is mostly free or mostly in large blocks costs little, whatever its size.
 */
import {
  MAX_NR_ZONES,
  MAX_ORDER,
  type Machine,
  PAGE_ALLOCATED,
  PAGE_FREE,
  PAGE_ORDER,
  PAGE_PCP,
  PAGE_RESERVED,
  ZONE_SPANNED,
  ZONE_START,
  ZONE_STRIDE,
} from '../engine/index.ts';
import { type PageKind, TAG_KINDS } from '../harness/pageKinds.ts';
import type { GameRun } from './gameRun.ts';

/** What a page is to the map; the order of the glyph tables. User to driver are OWNER_KINDS + 1. */
export const KIND_HOLE = 0;
export const KIND_USER = 1;
export const KIND_KERNEL = 2;
export const KIND_PAGE_CACHE = 3;
export const KIND_DRIVER = 4;
export const KIND_SLAB = 5;
export const KIND_STACK = 6;
export const KIND_PAGE_TABLE = 7;
export const KIND_VMALLOC = 8;
export const KIND_ANONYMOUS = 9;
export const KIND_RESERVED = 10;
export const KIND_PCP = 11;
export const KIND_FREE = 12;
export const NR_KINDS = 13;
export const KIND_NAMES = [
  'hole',
  'user',
  'kernel',
  'page cache',
  'driver',
  'slab',
  'kernel stack',
  'page table',
  'vmalloc',
  'anonymous',
  'reserved',
  'per-CPU list',
  'free',
];

const KIND_OF_PAGE: Partial<Record<PageKind, number>> = {
  slab: KIND_SLAB,
  stack: KIND_STACK,
  page_cache: KIND_PAGE_CACHE,
  anonymous: KIND_ANONYMOUS,
  vmalloc: KIND_VMALLOC,
  page_table: KIND_PAGE_TABLE,
};
/** Of blocks that no task numbered, by -tag. */
const KIND_OF_TAG = new Uint8Array(16).fill(KIND_KERNEL);
for (const [tag, kind] of TAG_KINDS) KIND_OF_TAG[-tag] = KIND_OF_PAGE[kind] ?? KIND_KERNEL;

/** By the high half of a state byte; allocated pages go by their owner. */
const KIND_OF_STATE = new Uint8Array(16);
KIND_OF_STATE[PAGE_FREE >> 4] = KIND_FREE;
KIND_OF_STATE[PAGE_PCP >> 4] = KIND_PCP;
KIND_OF_STATE[PAGE_RESERVED >> 4] = KIND_RESERVED;

export interface ZoneMap {
  /** Zone index. */
  zone: number;
  startPfn: number;
  /** Pages the zone spans. */
  nrPages: number;
  /** A power of two. */
  pagesPerCell: number;
  nrCells: number;
  /** KIND_ that most pages of the cell have; of equals the one that is not free, so that a pin is never hidden by a tie. */
  kind: Uint8Array;
  /** Largest order among the blocks of that kind that start in the cell; -1: the cell lies inside a block that started before it. */
  order: Int8Array;
  /** 1 when every page of the cell is of that kind. */
  whole: Uint8Array;
  /** Free blocks by order: the zone's line of /proc/buddyinfo. */
  nrFree: Int32Array;
}

/** Smallest power of two of pages with which `nrPages` fit into `room` cells. */
export function pagesPerCell(nrPages: number, room: number): number {
  let pages = 1;
  while (pages * Math.max(1, room) < nrPages) pages *= 2;
  return pages;
}

/**
 * @param perCell pages in a cell, a power of two: a block is then inside one cell or fills cells from its first one on,
 *                because blocks are aligned to their size from the zone's start
 */
export function mapZone(machine: Machine, slotOwner: Uint8Array, zone: number, perCell: number): ZoneMap {
  const { state, tag } = machine;
  const start = machine.zone[zone * ZONE_STRIDE + ZONE_START];
  const nrPages = machine.zone[zone * ZONE_STRIDE + ZONE_SPANNED];
  const nrCells = Math.ceil(nrPages / perCell);
  const kinds = new Uint8Array(nrCells);
  const orders = new Int8Array(nrCells);
  const whole = new Uint8Array(nrCells);
  const count = new Int32Array(NR_KINDS);
  const best = new Int32Array(NR_KINDS).fill(-1);
  const nrFree = new Int32Array(MAX_ORDER);

  const end = start + nrPages;
  let pfn = start;
  for (let cell = 0; cell < nrCells; ) {
    const cellEnd = Math.min(end, start + (cell + 1) * perCell);
    const cellStart = pfn;
    count.fill(0);
    best.fill(-1);
    let spanning = 0;
    while (pfn < cellEnd) {
      const byte = state[pfn];
      const order = byte & PAGE_ORDER;
      let kind = KIND_OF_STATE[byte >> 4];
      if (kind === KIND_FREE) nrFree[order]++;
      else if (byte >= PAGE_ALLOCATED) {
        const slot = tag[pfn];
        kind = slot >= 0 ? slotOwner[slot] + 1 : KIND_OF_TAG[-slot];
      }
      if (order === 0) {
        count[kind]++;
        pfn++;
        continue;
      }
      const pages = 1 << order;
      count[kind] += pages;
      if (order > best[kind]) best[kind] = order;
      pfn += pages;
      if (pages > perCell) spanning = kind + 1;
    }
    if (spanning > 0) {
      // One block that starts here and fills the cells up to its end.
      kinds[cell] = spanning - 1;
      orders[cell] = best[spanning - 1];
      whole[cell] = 1;
      for (cell++; start + cell * perCell < pfn && cell < nrCells; cell++) {
        kinds[cell] = spanning - 1;
        orders[cell] = -1;
        whole[cell] = 1;
      }
      continue;
    }
    let top = KIND_USER;
    for (let kind = top + 1; kind < NR_KINDS; kind++) if (count[kind] > count[top]) top = kind;
    if (count[KIND_HOLE] > count[top]) top = KIND_HOLE;
    kinds[cell] = top;
    orders[cell] = Math.max(0, best[top]);
    whole[cell] = count[top] === cellEnd - cellStart ? 1 : 0;
    cell++;
  }
  return {
    zone,
    startPfn: start,
    nrPages,
    pagesPerCell: perCell,
    nrCells,
    kind: kinds,
    order: orders,
    whole,
    nrFree,
  };
}

/** The maps of one run as it stood after so many moves: a frame asks for them more than once. */
const latest = new WeakMap<GameRun, { moves: number; zones: (ZoneMap | undefined)[] }>();

/** @param perCell pages in a cell, or 0: whichever there is */
export function zoneMapOf(run: GameRun, moves: number, zone: number, perCell: number): ZoneMap {
  let known = latest.get(run);
  if (known?.moves !== moves) {
    known = { moves, zones: [] };
    latest.set(run, known);
  }
  const map = known.zones[zone];
  if (map && (perCell === 0 || map.pagesPerCell === perCell)) return map;
  return (known.zones[zone] = mapZone(run.machine, run.slotOwner, zone, perCell || 1 << (MAX_ORDER - 1)));
}

/** Zones that span any page, in the order of their indexes. */
export function presentZones(machine: Machine, nrZones = MAX_NR_ZONES): number[] {
  const zones: number[] = [];
  for (let zone = 0; zone < nrZones; zone++) {
    if (machine.zone[zone * ZONE_STRIDE + ZONE_SPANNED] > 0) zones.push(zone);
  }
  return zones;
}

/**
 * Pages per cell for each zone so that all fit into `rows` rows of `columns` cells, as fine as it goes. Finer cells go
 * first to the zone whose cells are coarsest, measured against the square root of its size: the 16 MiB of ZONE_DMA
 * matter as much to a player as 3 GiB above them.
 */
export function fitZones(pages: readonly number[], rows: number, columns: number): number[] {
  const scale = pages.map(nr => pagesPerCell(nr, columns));
  const rowsOf = (zone: number, perCell: number): number =>
    Math.ceil(Math.ceil(pages[zone] / perCell) / columns);
  let left = rows - pages.length;
  for (;;) {
    let best = -1;
    let coarsest = 0;
    for (let zone = 0; zone < pages.length; zone++) {
      if (scale[zone] === 1 || rowsOf(zone, scale[zone] / 2) - rowsOf(zone, scale[zone]) > left) continue;
      const coarse = scale[zone] / Math.sqrt(pages[zone]);
      if (coarse > coarsest) {
        best = zone;
        coarsest = coarse;
      }
    }
    if (best < 0) return scale;
    left -= rowsOf(best, scale[best] / 2) - rowsOf(best, scale[best]);
    scale[best] /= 2;
  }
}
