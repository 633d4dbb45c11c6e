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
import { Cells } from '../cells.ts';
import { compact, grouped } from '../format.ts';
import { lookOf } from '../look.ts';
import { presentZones, zoneMapOf } from '../map.ts';
import type { Model } from '../model.ts';

/** Pages in the per-CPU lists of a zone. */
export function pcpHeld(machine: Machine, zone: number): number {
  let held = 0;
  for (let cpu = 0; cpu < machine.cpus; cpu++) {
    for (let cold = 0; cold < 2; cold++) held += pcpCount(machine, pcpOf(zone, cpu, cold));
  }
  return held;
}

export function buddyinfo(model: Model, width: number, height: number): Cells {
  const { theme } = lookOf(model);
  const cells = new Cells(width, height);
  const { play } = model;
  if (!play) return cells;
  const { machine } = play.run;
  const wide = width >= 100;
  const freeColumns = wide ? 10 : 8;
  const markColumns = 6;
  const pcpColumns = 5;
  const marks = [ZONE_MIN, ZONE_LOW, ...(wide ? [ZONE_HIGH] : [])];
  const before = 8 + freeColumns + marks.length * markColumns + pcpColumns;
  const orderColumns = Math.max(4, Math.min(8, Math.floor((width - before) / MAX_ORDER)));
  const right = (x: number, y: number, columns: number, text: string, as: number): number => {
    cells.text(x + columns - text.length, y, text, as);
    return x + columns;
  };

  let x = cells.text(0, 0, 'zone'.padEnd(8), theme.dim);
  x = right(x, 0, freeColumns, 'free', theme.dim);
  for (const name of ['min', 'low', 'high'].slice(0, marks.length))
    x = right(x, 0, markColumns, name, theme.dim);
  x = right(x, 0, pcpColumns, 'pcp', theme.dim);
  for (let order = 0; order < MAX_ORDER; order++) x = right(x, 0, orderColumns, String(order), theme.dim);

  presentZones(machine).forEach((zone, row) => {
    const y = row + 1;
    const at = zone * ZONE_STRIDE;
    const free = machine.zone[at + ZONE_FREE];
    const below =
      free < machine.zone[at + ZONE_MIN]
        ? theme.bad
        : free < machine.zone[at + ZONE_LOW]
          ? theme.warn
          : theme.text;
    x = cells.text(0, y, ZONE_NAMES[zone].padEnd(8), theme.strong);
    x = right(x, y, freeColumns, grouped(free), below);
    for (const mark of marks) {
      x = right(x, y, markColumns, compact(machine.zone[at + mark], markColumns - 1), theme.dim);
    }
    x = right(x, y, pcpColumns, compact(pcpHeld(machine, zone), pcpColumns - 1), theme.text);
    const { nrFree } = zoneMapOf(play.run, play.moves, zone, null);
    for (let order = 0; order < MAX_ORDER; order++) {
      const blocks = nrFree[order];
      const as = blocks === 0 ? theme.frame : theme.text;
      x = right(x, y, orderColumns, compact(blocks, orderColumns - 1), as);
    }
  });
  return cells;
}
