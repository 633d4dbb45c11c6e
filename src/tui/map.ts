/**
 * The memory map's numbers: every page of a zone, put together into cells. Blocks are walked, not pages, so that a
 * machine that is mostly free or mostly in large blocks costs little, whatever its size; and from one look to the next
 * only those stretches that have changed.
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
import { PageChanges, STRETCH_PAGES } from '../harness/pageChanges.ts';
import { PAGE_KINDS, type PageKind, TAG_KINDS } from '../harness/pageKinds.ts';
import { type GameRun, OWNER_KINDS } from './gameRun.ts';

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
/** By index in PAGE_KINDS. */
export const KIND_OF_PAGE_KIND: readonly number[] = PAGE_KINDS.map(kind => {
  const owner = (OWNER_KINDS as readonly string[]).indexOf(kind);
  if (owner >= 0) return owner + 1;
  if (kind === 'free') return KIND_FREE;
  if (kind === 'pcp') return KIND_PCP;
  return KIND_OF_PAGE[kind] ?? KIND_RESERVED;
});
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
  /** First page of the first cell. */
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
  /** Free blocks of the whole zone by order: its line of /proc/buddyinfo. */
  nrFree: Int32Array;
}

/** Smallest power of two of pages with which `nrPages` fit into `room` cells. */
export function pagesPerCell(nrPages: number, room: number): number {
  let pages = 1;
  while (pages * Math.max(1, room) < nrPages) pages *= 2;
  return pages;
}

/** Cells of a zone that are drawn: from number `first` on, `count` of them. */
export interface CellWindow {
  /** Pages in a cell, a power of two: a block is inside one cell or fills cells from its first one on. */
  perCell: number;
  first: number;
  count: number;
}

/**
 * One zone as it stood at the last look, in units of whole cells and whole blocks: a unit whose pages have changed is
 * walked again, the others are left as they are.
 */
class ZoneCells implements ZoneMap {
  readonly zone: number;
  readonly startPfn: number;
  readonly nrPages: number;
  readonly pagesPerCell: number;
  readonly nrCells: number;
  readonly kind: Uint8Array;
  readonly order: Int8Array;
  readonly whole: Uint8Array;
  readonly nrFree = new Int32Array(MAX_ORDER);
  readonly window: CellWindow;
  private readonly zoneStart: number;
  private readonly unitPages: number;
  private readonly unitFree: Int32Array;
  private readonly stale: Uint8Array;
  private anyStale = true;
  private readonly count = new Int32Array(NR_KINDS);
  private readonly best = new Int32Array(NR_KINDS);

  constructor(machine: Machine, zone: number, window: CellWindow) {
    this.zone = zone;
    this.window = window;
    this.zoneStart = machine.zone[zone * ZONE_STRIDE + ZONE_START];
    this.nrPages = machine.zone[zone * ZONE_STRIDE + ZONE_SPANNED];
    this.pagesPerCell = window.perCell;
    this.startPfn = this.zoneStart + window.first * window.perCell;
    this.nrCells = window.count;
    this.kind = new Uint8Array(window.count);
    this.order = new Int8Array(window.count);
    this.whole = new Uint8Array(window.count);
    this.unitPages = Math.max(STRETCH_PAGES, window.perCell);
    const nrUnits = Math.ceil(this.nrPages / this.unitPages);
    this.unitFree = new Int32Array(nrUnits * MAX_ORDER);
    this.stale = new Uint8Array(nrUnits).fill(1);
  }

  /** The stretches have changed. */
  changed(stretches: readonly number[]): void {
    for (const stretch of stretches) {
      const from = Math.max(0, stretch * STRETCH_PAGES - this.zoneStart);
      const to = Math.min(this.nrPages, (stretch + 1) * STRETCH_PAGES - this.zoneStart);
      for (let page = from; page < to; page += STRETCH_PAGES) this.mark(page);
      if (to > from) this.mark(to - 1);
    }
  }

  private mark(page: number): void {
    this.stale[Math.floor(page / this.unitPages)] = 1;
    this.anyStale = true;
  }

  bringUpToDate(machine: Machine, slotOwner: Uint8Array): void {
    if (!this.anyStale) return;
    this.anyStale = false;
    const { stale, unitFree, nrFree, unitPages, window, pagesPerCell: perCell } = this;
    const from = window.first * perCell;
    const to = from + window.count * perCell;
    for (let unit = 0; unit < stale.length; unit++) {
      if (stale[unit] === 0) continue;
      stale[unit] = 0;
      const at = unit * MAX_ORDER;
      for (let order = 0; order < MAX_ORDER; order++) nrFree[order] -= unitFree[at + order];
      unitFree.fill(0, at, at + MAX_ORDER);
      const page = unit * unitPages;
      if (page + unitPages <= from || page >= to) this.countFree(machine, page, at);
      else this.walk(machine, slotOwner, page, at);
      for (let order = 0; order < MAX_ORDER; order++) nrFree[order] += unitFree[at + order];
    }
  }

  /** Of a unit that is not drawn. */
  private countFree({ state }: Machine, page: number, free: number): void {
    const end = this.zoneStart + Math.min(this.nrPages, page + this.unitPages);
    for (let pfn = this.zoneStart + page; pfn < end; ) {
      const byte = state[pfn];
      const order = byte & PAGE_ORDER;
      if ((byte & ~PAGE_ORDER) === PAGE_FREE) this.unitFree[free + order]++;
      pfn += 1 << order;
    }
  }

  /** The cells of a unit, its free blocks on the way. */
  private walk({ state, tag }: Machine, slotOwner: Uint8Array, page: number, free: number): void {
    const { zoneStart, window, pagesPerCell: perCell, count, best, unitFree } = this;
    const kinds = this.kind;
    const orders = this.order;
    const whole = this.whole;
    const { first } = window;
    const end = zoneStart + Math.min(this.nrPages, page + this.unitPages);
    const lastCell = Math.ceil((end - zoneStart) / perCell);
    let pfn = zoneStart + page;
    for (let cell = page / perCell; cell < lastCell; ) {
      const cellEnd = Math.min(end, zoneStart + (cell + 1) * perCell);
      const cellStart = pfn;
      count.fill(0);
      best.fill(-1);
      let spanning = 0;
      while (pfn < cellEnd) {
        const byte = state[pfn];
        const order = byte & PAGE_ORDER;
        let kind = KIND_OF_STATE[byte >> 4];
        if (kind === KIND_FREE) unitFree[free + order]++;
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
      // What is stored outside a typed array is dropped: cells before and behind the window are walked for nothing.
      if (spanning > 0) {
        // One block that starts here and fills the cells up to its end.
        kinds[cell - first] = spanning - 1;
        orders[cell - first] = best[spanning - 1];
        whole[cell - first] = 1;
        for (cell++; zoneStart + cell * perCell < pfn && cell < lastCell; cell++) {
          kinds[cell - first] = spanning - 1;
          orders[cell - first] = -1;
          whole[cell - first] = 1;
        }
        continue;
      }
      let top = KIND_USER;
      for (let kind = top + 1; kind < NR_KINDS; kind++) if (count[kind] > count[top]) top = kind;
      if (count[KIND_HOLE] > count[top]) top = KIND_HOLE;
      kinds[cell - first] = top;
      orders[cell - first] = Math.max(0, best[top]);
      whole[cell - first] = count[top] === cellEnd - cellStart ? 1 : 0;
      cell++;
    }
  }
}

/** The whole zone. */
const allOf = (machine: Machine, zone: number, perCell: number): CellWindow => ({
  perCell,
  first: 0,
  count: Math.ceil(machine.zone[zone * ZONE_STRIDE + ZONE_SPANNED] / perCell),
});

/** A zone by itself, without a memory of how it was. */
export function mapZone(
  machine: Machine,
  slotOwner: Uint8Array,
  zone: number,
  perCell: number,
  window: CellWindow = allOf(machine, zone, perCell),
): ZoneMap {
  const cells = new ZoneCells(machine, zone, window);
  cells.bringUpToDate(machine, slotOwner);
  return cells;
}

interface Seen {
  machine: Machine;
  changes: PageChanges;
  moves: number;
  zones: (ZoneCells | undefined)[];
}

/** The maps of each run as it was last looked at. */
const seen = new WeakMap<GameRun, Seen>();

/**
 * @param moves  the machine is looked at again when it is another number than last time
 * @param window which cells; null: whichever there are
 */
export function zoneMapOf(run: GameRun, moves: number, zone: number, window: CellWindow | null): ZoneMap {
  const { machine, slotOwner } = run;
  let known = seen.get(run);
  if (known === undefined || known.machine !== machine) {
    known = { machine, changes: new PageChanges(machine), moves: moves - 1, zones: [] };
    seen.set(run, known);
  }
  if (known.moves !== moves) {
    known.moves = moves;
    const stretches = known.changes.look();
    for (const cells of known.zones) cells?.changed(stretches);
  }
  let cells = known.zones[zone];
  if (cells === undefined || (window !== null && !sameWindow(cells.window, window))) {
    cells = new ZoneCells(machine, zone, window ?? { perCell: STRETCH_PAGES, first: 0, count: 0 });
    known.zones[zone] = cells;
  }
  cells.bringUpToDate(machine, slotOwner);
  return cells;
}

const sameWindow = (a: CellWindow, b: CellWindow): boolean =>
  a.perCell === b.perCell && a.first === b.first && a.count === b.count;

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
