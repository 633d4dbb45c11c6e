/** Physical memory, zone by zone: what lies where. */
import { ZONE_FREE, ZONE_NAMES, ZONE_START, ZONE_STRIDE } from '../../engine/index.ts';
import { Cells, INVERSE } from '../cells.ts';
import { grouped, pagesSize } from '../format.ts';
import { type Look, lookOf } from '../look.ts';
import {
  KIND_ANONYMOUS,
  KIND_DRIVER,
  KIND_FREE,
  KIND_KERNEL,
  KIND_PAGE_CACHE,
  KIND_PAGE_TABLE,
  KIND_PCP,
  KIND_RESERVED,
  KIND_SLAB,
  KIND_STACK,
  KIND_USER,
  KIND_VMALLOC,
  NR_KINDS,
  type ZoneMap,
  zoneMapOf,
} from '../map.ts';
import { mapLayout, spannedBy, type ZonePart } from '../mapLayout.ts';
import type { Model, Play } from '../model.ts';

/** Every sign of the map but free memory's; those of the engine's own pages are explained where the map shows them. */
const LEGEND: readonly (readonly [kind: number, name: string, always: boolean])[] = [
  [KIND_USER, 'user', true],
  [KIND_KERNEL, 'kernel', true],
  [KIND_PAGE_CACHE, 'cache', true],
  [KIND_DRIVER, 'driver', true],
  [KIND_SLAB, 'slab', false],
  [KIND_STACK, 'stack', false],
  [KIND_PAGE_TABLE, 'ptable', false],
  [KIND_VMALLOC, 'vmalloc', false],
  [KIND_ANONYMOUS, 'anon', false],
  [KIND_RESERVED, 'reserved', true],
  [KIND_PCP, 'pcp', true],
];

/**
 * Where there is no room for all, that of the per-CPU lists goes first, then those that the map does not show, then the
 * last.
 */
function legend(cells: Cells, look: Look, shown: Uint8Array): void {
  const { glyphs, theme } = look;
  const free = `${glyphs.legend || ' '}free`;
  const signs = LEGEND.filter(([kind, , always]) => always || shown[kind] !== 0);
  const columns = (): number =>
    signs.reduce((sum, [, name]) => sum + glyphs.legend.length + name.length + 2, 3 + free.length);
  if (columns() > cells.width) signs.pop();
  for (let i = signs.length - 1; i >= 0 && columns() > cells.width; i--) {
    if (shown[signs[i][0]] === 0) signs.splice(i, 1);
  }
  while (signs.length > 0 && columns() > cells.width) signs.pop();
  let x = 0;
  for (const [kind, name] of signs) {
    x = cells.text(x, 0, glyphs.page[kind], theme.kind[kind]);
    x = cells.text(x, 0, `${glyphs.legend}${name} `, theme.dim);
  }
  // Free memory is its orders: a digit where a block starts.
  x = cells.text(x, 0, '0', theme.free[0]);
  x = cells.text(x, 0, '-', theme.dim);
  x = cells.text(x, 0, 'A', theme.free[10]);
  cells.text(x, 0, free, theme.dim);
}

const DIGITS = '0123456789A';

/** One cell: colour and glyph by kind; free memory by order. */
function drawCell(
  cells: Cells,
  x: number,
  y: number,
  map: ZoneMap,
  i: number,
  look: Look,
  flags: number,
): void {
  const { glyphs, theme } = look;
  const kind = map.kind[i];
  const order = map.order[i];
  if (kind === KIND_FREE) {
    if (order < 0) cells.put(x, y, glyphs.body[KIND_FREE].codePointAt(0)!, theme.freeBody | flags);
    else cells.put(x, y, DIGITS.charCodeAt(order), theme.free[order] | flags);
    return;
  }
  const set = order < 0 ? glyphs.body : order > 0 ? glyphs.block : glyphs.page;
  const as = map.whole[i] === 1 ? theme.kind[kind] : theme.kindPartly[kind];
  cells.put(x, y, set[kind].codePointAt(0)!, as | flags);
}

/** The line that names a zone: its size, what is free, how large a cell is. */
function nameZone(cells: Cells, look: Look, play: Play, part: ZonePart): void {
  const { theme } = look;
  const { machine } = play.run;
  const { y, zone, window } = part;
  const spanned = spannedBy(machine, zone);
  let x = cells.text(0, y, ZONE_NAMES[zone], theme.strong);
  x = cells.text(x + 1, y, pagesSize(spanned, machine.arch.pageBytes), theme.dim);
  x = cells.text(x + 2, y, `${grouped(machine.zone[zone * ZONE_STRIDE + ZONE_FREE])} free`, theme.text);
  const scale = window.perCell === 1 ? 'a cell is a page' : `a cell is ${grouped(window.perCell)} pages`;
  if (x + scale.length + 2 <= cells.width) cells.text(x + 2, y, scale, theme.dim);
}

const pfnText = (pfn: number): string => pfn.toString(16).padStart(5, '0');

/** Which pages are shown of a zone that is looked at closely: for the frame. */
export function shownPages(play: Play, width: number, height: number): string {
  const { machine } = play.run;
  if (play.view.perCell === 0) return '';
  const [{ zone, window }] = mapLayout(machine, width, height, play.view).parts;
  const start = machine.zone[zone * ZONE_STRIDE + ZONE_START];
  const end = Math.min((window.first + window.count) * window.perCell, spannedBy(machine, zone));
  return `pages ${pfnText(start + window.first * window.perCell)} to ${pfnText(start + end - 1)}`;
}

export function memoryMap(model: Model, width: number, height: number): Cells {
  const look = lookOf(model);
  const { glyphs, theme } = look;
  const cells = new Cells(width, height);
  const { play } = model;
  if (!play || height < 2) return cells;
  const { run, view } = play;
  const { left, columns, parts } = mapLayout(run.machine, width, height, view);
  // Standing still, the block that the last operation was about is shown reversed.
  const { lastOp } = run;
  const shown = lastOp !== null && lastOp.pfn >= 0 && !play.playing;
  const touchedPfn = shown ? lastOp.pfn : 0;
  const touchedEnd = shown ? lastOp.pfn + (1 << lastOp.order) : 0;
  const kinds = new Uint8Array(NR_KINDS);
  for (const part of parts) {
    const { perCell } = part.window;
    const map = zoneMapOf(run, play.moves, part.zone, part.window);
    nameZone(cells, look, play, part);
    for (let i = 0; i < map.nrCells; i++) {
      kinds[map.kind[i]] = 1;
      const row = part.y + 1 + Math.floor(i / columns);
      const column = i % columns;
      const cellPfn = map.startPfn + i * perCell;
      if (column === 0 && left > 0) cells.text(0, row, pfnText(cellPfn), theme.dim);
      const touched = cellPfn < touchedEnd && cellPfn + perCell > touchedPfn;
      drawCell(cells, left + column, row, map, i, look, touched ? INVERSE << 18 : 0);
      if (view.inspecting && view.cursor >= cellPfn && view.cursor < cellPfn + perCell) {
        const at = row * width + left + column;
        cells.styles[at] = theme.cursor;
        // The row and the column are marked too, for those who cannot tell the cell by its colour.
        cells.text(left > 0 ? left - 1 : columns, row, left > 0 ? glyphs.right : glyphs.left, theme.accent);
      }
    }
  }
  legend(cells, look, kinds);
  return cells;
}
