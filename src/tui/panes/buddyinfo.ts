/** /proc/buddyinfo as a table, with what stands beside it in the zone: free pages, marks, pages in per-CPU lists. */
import {
  MAX_ORDER,
  type Machine,
  pcpCount,
  pcpOf,
  ZONE_FREE,
  ZONE_HIGH,
  ZONE_LOW,
  ZONE_MIN,
  ZONE_NAMES,
  ZONE_STRIDE,
} from '../../engine/index.ts';
import { Cells, type Style } from '../cells.ts';
import { compact, grouped } from '../format.ts';
import { lookOf } from '../look.ts';
import { presentZones, zoneMapOf } from '../map.ts';
import type { Model, Play } from '../model.ts';
import type { Theme } from '../theme.ts';

/** Pages in the per-CPU lists of a zone. */
export function pcpHeld(machine: Machine, zone: number): number {
  let held = 0;
  for (let cpu = 0; cpu < machine.cpus; cpu++) {
    for (let cold = 0; cold < 2; cold++) held += pcpCount(machine, pcpOf(zone, cpu, cold));
  }
  return held;
}

/** Too narrow for a column an order: a zone is a column instead. */
export const isUpright = (width: number): boolean => width < 66;

/** Rows of the table, its heading among them. */
export const buddyinfoRows = (machine: Machine, width: number): number =>
  isUpright(width) ? MAX_ORDER + 4 : presentZones(machine).length + 1;

/** Marks of the zone that are shown beside its free pages, by the room that there is. */
function marksFor(width: number): { names: string[]; marks: number[]; pcp: boolean } {
  if (width >= 100)
    return { names: ['min', 'low', 'high'], marks: [ZONE_MIN, ZONE_LOW, ZONE_HIGH], pcp: true };
  if (width >= 77) return { names: ['min', 'low'], marks: [ZONE_MIN, ZONE_LOW], pcp: true };
  return { names: ['low'], marks: [ZONE_LOW], pcp: false };
}

function freeStyle(machine: Machine, zone: number, theme: Theme): Style {
  const at = zone * ZONE_STRIDE;
  const free = machine.zone[at + ZONE_FREE];
  if (free < machine.zone[at + ZONE_MIN]) return theme.bad;
  return free < machine.zone[at + ZONE_LOW] ? theme.warn : theme.text;
}

/** A zone a column, an order a line. */
function upright(cells: Cells, play: Play, theme: Theme): Cells {
  const { machine } = play.run;
  const zones = presentZones(machine);
  const room = Math.min(12, Math.floor((cells.width - 6) / zones.length));
  const lines = [
    'order',
    'free',
    'low',
    'pcp',
    ...Array.from({ length: MAX_ORDER }, (_, order) => String(order)),
  ];
  lines.forEach((name, y) => {
    cells.text(0, y, y > 3 ? name.padStart(5) : name, theme.dim);
  });
  zones.forEach((zone, n) => {
    const at = zone * ZONE_STRIDE;
    const put = (y: number, text: string, as: Style): void => {
      cells.text(6 + (n + 1) * room - text.length, y, text, as);
    };
    put(0, ZONE_NAMES[zone], theme.strong);
    put(1, grouped(machine.zone[at + ZONE_FREE]), freeStyle(machine, zone, theme));
    put(2, grouped(machine.zone[at + ZONE_LOW]), theme.dim);
    put(3, grouped(pcpHeld(machine, zone)), theme.text);
    const { nrFree } = zoneMapOf(play.run, play.moves, zone, null);
    for (let order = 0; order < MAX_ORDER; order++) {
      put(4 + order, grouped(nrFree[order]), nrFree[order] === 0 ? theme.frame : theme.text);
    }
  });
  return cells;
}

export function buddyinfo(model: Model, width: number, height: number): Cells {
  const { theme } = lookOf(model);
  const cells = new Cells(width, height);
  const { play } = model;
  if (!play) return cells;
  if (isUpright(width)) return upright(cells, play, theme);
  const { machine } = play.run;
  const { names, marks, pcp } = marksFor(width);
  const freeColumns = width >= 100 ? 10 : 8;
  const markColumns = 6;
  const pcpColumns = pcp ? 5 : 0;
  const before = 8 + freeColumns + marks.length * markColumns + pcpColumns;
  const orderColumns = Math.max(4, Math.min(8, Math.floor((width - before) / MAX_ORDER)));
  const right = (x: number, y: number, columns: number, text: string, as: number): number => {
    cells.text(x + columns - text.length, y, text, as);
    return x + columns;
  };

  let x = cells.text(0, 0, 'zone'.padEnd(8), theme.dim);
  x = right(x, 0, freeColumns, 'free', theme.dim);
  for (const name of names) x = right(x, 0, markColumns, name, theme.dim);
  if (pcp) x = right(x, 0, pcpColumns, 'pcp', theme.dim);
  for (let order = 0; order < MAX_ORDER; order++) x = right(x, 0, orderColumns, String(order), theme.dim);

  presentZones(machine).forEach((zone, row) => {
    const y = row + 1;
    const at = zone * ZONE_STRIDE;
    const free = machine.zone[at + ZONE_FREE];
    x = cells.text(0, y, ZONE_NAMES[zone].padEnd(8), theme.strong);
    x = right(x, y, freeColumns, grouped(free), freeStyle(machine, zone, theme));
    for (const mark of marks) {
      x = right(x, y, markColumns, compact(machine.zone[at + mark], markColumns - 1), theme.dim);
    }
    if (pcp) x = right(x, y, pcpColumns, compact(pcpHeld(machine, zone), pcpColumns - 1), theme.text);
    const { nrFree } = zoneMapOf(play.run, play.moves, zone, null);
    for (let order = 0; order < MAX_ORDER; order++) {
      const blocks = nrFree[order];
      const as = blocks === 0 ? theme.frame : theme.text;
      x = right(x, y, orderColumns, compact(blocks, orderColumns - 1), as);
    }
  });
  return cells;
}
