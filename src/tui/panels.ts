/** The panes about parts of the machine, beside the map: those that this machine has, in the order in which a key goes over them. */
import type { Machine } from '../engine/index.ts';
import type { Pane } from './look.ts';
import { presentZones } from './map.ts';
import { buddyinfo } from './panes/buddyinfo.ts';

export interface Panel {
  name: string;
  /** Right in its title line: what it shows, in a few words. */
  note: string;
  pane: Pane;
  has(machine: Machine): boolean;
  /** Rows that it fills, and with fewer than how many it is not worth showing. */
  rows(machine: Machine): number;
  least: number;
}

const PANELS: readonly Panel[] = [
  {
    name: 'buddyinfo',
    note: 'free blocks by order',
    pane: buddyinfo,
    has: () => true,
    rows: machine => presentZones(machine).length + 1,
    least: 2,
  },
];

export const panelsOf = (machine: Machine): readonly Panel[] => PANELS.filter(panel => panel.has(machine));
