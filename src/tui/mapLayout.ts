/** Where the pages of each zone lie on the map: for the pane that draws it and for the keys that move over it. */
import { type Machine, ZONE_SPANNED, ZONE_START, ZONE_STRIDE, zoneOf } from '../engine/index.ts';
import { type CellWindow, fitZones, pagesPerCell, presentZones } from './map.ts';
import type { RunView } from './runView.ts';

/** Columns of the PFN before each row, on screens that have room for it. */
const PFN_COLUMNS = 7;
/** A row is a multiple of so many cells, so that buddies stand under each other. */
const rowStep = (width: number): number => (width >= 96 ? 32 : width >= 48 ? 16 : 8);

/** A zone on the map: a line that names it, then its cells. */
export interface ZonePart {
  zone: number;
  window: CellWindow;
  /** Row of the line that names it. */
  y: number;
  /** Rows of cells under it. */
  rows: number;
}

export interface MapLayout {
  /** Columns before the cells; 0: the rows have no labels. */
  left: number;
  /** Cells in a row. */
  columns: number;
  parts: ZonePart[];
}

const startOf = (machine: Machine, zone: number): number => machine.zone[zone * ZONE_STRIDE + ZONE_START];
export const spannedBy = (machine: Machine, zone: number): number =>
  machine.zone[zone * ZONE_STRIDE + ZONE_SPANNED];

/** Pages in a cell of each zone when all are shown. */
function overview(machine: Machine, zones: readonly number[], rows: number, columns: number): number[] {
  const pages = zones.map(zone => spannedBy(machine, zone));
  return fitZones(pages, rows - zones.length, columns);
}

function columnsOf(width: number): { left: number; columns: number } {
  const widest = width - (width % rowStep(width));
  const left = width >= 100 || widest + PFN_COLUMNS <= width ? PFN_COLUMNS : 0;
  const room = width - left;
  return { left, columns: room - (room % rowStep(room)) };
}

/** The first row is the legend's, so cells and the lines that name zones have `height - 1` rows. */
export function mapLayout(machine: Machine, width: number, height: number, view: RunView): MapLayout {
  const { left, columns } = columnsOf(width);
  const rows = height - 1;
  if (view.perCell > 0) {
    const part = closeUp(machine, rows - 1, columns, view);
    return { left, columns, parts: [part] };
  }
  const zones = presentZones(machine);
  const scales = overview(machine, zones, rows, columns);
  let y = 1;
  const parts = zones.map((zone, n): ZonePart => {
    const perCell = scales[n];
    const count = Math.ceil(spannedBy(machine, zone) / perCell);
    const part = { zone, window: { perCell, first: 0, count }, y, rows: Math.ceil(count / columns) };
    y += 1 + part.rows;
    return part;
  });
  return { left, columns, parts };
}

/**
 * One zone, the cursor's. The picture stands still while the cursor is in the middle half of its rows, and moves by half
 * of them when it leaves that: where it is follows from the cursor alone.
 */
function closeUp(machine: Machine, rows: number, columns: number, view: RunView): ZonePart {
  const zone = zoneOf(machine, Math.max(0, view.cursor));
  const nrPages = spannedBy(machine, zone);
  const perCell = Math.min(view.perCell, pagesPerCell(nrPages, rows * columns));
  const cells = Math.ceil(nrPages / perCell);
  const cursorRow = Math.floor((view.cursor - startOf(machine, zone)) / perCell / columns);
  const half = Math.max(1, Math.floor(rows / 2));
  const top = Math.floor(cursorRow / half) * half - Math.floor(half / 2);
  const last = Math.max(0, Math.ceil(cells / columns) - rows);
  const first = Math.max(0, Math.min(last, top)) * columns;
  const count = Math.min(cells - first, rows * columns);
  return { zone, window: { perCell, first, count }, y: 1, rows: Math.ceil(count / columns) };
}

/** The part of the layout that has the cursor's page. */
export function partOfCursor(machine: Machine, layout: MapLayout, cursor: number): ZonePart {
  const zone = zoneOf(machine, cursor);
  return layout.parts.find(part => part.zone === zone) ?? layout.parts[0];
}

/** First page of the cell that a page is in. */
export function cellStart(machine: Machine, part: ZonePart, pfn: number): number {
  const start = startOf(machine, part.zone);
  const { perCell } = part.window;
  return start + Math.floor((pfn - start) / perCell) * perCell;
}

/** The cursor, so many cells and rows further; over the end of a zone into the next, where it is there. */
export function moveCursor(
  machine: Machine,
  layout: MapLayout,
  cursor: number,
  right: number,
  down: number,
): number {
  const part = partOfCursor(machine, layout, cursor);
  const { perCell } = part.window;
  const from = cellStart(machine, part, cursor);
  const to = from + (right + down * layout.columns) * perCell;
  const start = startOf(machine, part.zone);
  const end = start + spannedBy(machine, part.zone);
  if (to >= start && to < end) return to;
  const zones = presentZones(machine);
  const next = zones[zones.indexOf(part.zone) + (to < start ? -1 : 1)];
  if (next === undefined) return from;
  if (down === 0) return to < start ? start - 1 : end;
  // Into the row of the other zone that lies next to it, in the same column.
  const other = layout.parts.find(one => one.zone === next) ?? { ...part, zone: next };
  const column = Math.floor((from - start) / perCell) % layout.columns;
  const otherStart = startOf(machine, next);
  const pages = spannedBy(machine, next);
  const cells = Math.ceil(pages / other.window.perCell);
  const row = to < start ? Math.floor((cells - 1) / layout.columns) : 0;
  const cell = Math.min(cells - 1, row * layout.columns + column);
  return otherStart + cell * other.window.perCell;
}

/**
 * Pages in a cell one step closer or further away; 0: all zones.
 *
 * @returns what it is already where there is nothing closer or further
 */
export function zoomed(
  machine: Machine,
  width: number,
  height: number,
  view: RunView,
  closer: boolean,
): number {
  const { columns } = columnsOf(width);
  const zones = presentZones(machine);
  const zone = zoneOf(machine, Math.max(0, view.cursor));
  const all = overview(machine, zones, height - 1, columns)[zones.indexOf(zone)];
  const alone = pagesPerCell(spannedBy(machine, zone), (height - 2) * columns);
  const widest = Math.min(alone, Math.max(1, all / 2));
  if (view.perCell === 0) return closer && all > 1 ? widest : 0;
  const now = Math.min(view.perCell, widest);
  if (closer) return Math.max(1, now / 2);
  return now >= widest ? 0 : now * 2;
}
