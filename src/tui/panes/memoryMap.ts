/** Physical memory, zone by zone: what lies where. */
import { ZONE_FREE, ZONE_NAMES, ZONE_SPANNED, ZONE_STRIDE } from '../../engine/index.ts';
import { Cells, INVERSE } from '../cells.ts';
import { grouped, pagesSize } from '../format.ts';
import { type Look, lookOf } from '../look.ts';
import {
  fitZones,
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
  presentZones,
  type ZoneMap,
  zoneMapOf,
} from '../map.ts';
import type { Model } from '../model.ts';

/** Columns of the PFN before each row, on screens that have room for it. */
const PFN_COLUMNS = 7;
/** A row is a multiple of so many cells, so that buddies stand under each other. */
const rowStep = (width: number): number => (width >= 96 ? 32 : width >= 48 ? 16 : 8);

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

export function memoryMap(model: Model, width: number, height: number): Cells {
  const look = lookOf(model);
  const { theme } = look;
  const cells = new Cells(width, height);
  const { play } = model;
  if (!play || height < 2) return cells;
  const { machine } = play.run;
  const zones = presentZones(machine);
  const spanned = zones.map(zone => machine.zone[zone * ZONE_STRIDE + ZONE_SPANNED]);
  const widest = width - (width % rowStep(width));
  const labelled = width >= 100 || widest + PFN_COLUMNS <= width;
  const left = labelled ? PFN_COLUMNS : 0;
  const room = width - left;
  const columns = room - (room % rowStep(room));
  const scales = fitZones(spanned, height - 1 - zones.length, columns);
  // Standing still, the block that the last operation was about is shown reversed.
  const { lastOp } = play.run;
  const shown = lastOp !== null && lastOp.pfn >= 0 && !play.playing;
  const touchedPfn = shown ? lastOp.pfn : 0;
  const touchedEnd = shown ? lastOp.pfn + (1 << lastOp.order) : 0;
  const kinds = new Uint8Array(NR_KINDS);
  let y = 1;
  zones.forEach((zone, n) => {
    const perCell = scales[n];
    const map = zoneMapOf(play.run, play.moves, zone, {
      perCell,
      first: 0,
      count: Math.ceil(spanned[n] / perCell),
    });
    const free = machine.zone[zone * ZONE_STRIDE + ZONE_FREE];
    let x = cells.text(0, y, ZONE_NAMES[zone], theme.strong);
    x = cells.text(x + 1, y, pagesSize(spanned[n], machine.arch.pageBytes), theme.dim);
    x = cells.text(x + 2, y, `${grouped(free)} free`, theme.text);
    const scale = perCell === 1 ? 'a cell is a page' : `a cell is ${grouped(perCell)} pages`;
    if (x + scale.length + 2 <= width) cells.text(x + 2, y, scale, theme.dim);
    y++;
    for (let i = 0; i < map.nrCells; i++) {
      kinds[map.kind[i]] = 1;
      const row = y + Math.floor(i / columns);
      const column = i % columns;
      if (column === 0 && labelled) {
        const pfn = (map.startPfn + i * perCell).toString(16).padStart(5, '0');
        cells.text(0, row, pfn, theme.dim);
      }
      const cellPfn = map.startPfn + i * perCell;
      const touched = cellPfn < touchedEnd && cellPfn + perCell > touchedPfn;
      drawCell(cells, left + column, row, map, i, look, touched ? INVERSE << 18 : 0);
    }
    y += Math.ceil(map.nrCells / columns);
  });
  legend(cells, look, kinds);
  return cells;
}
