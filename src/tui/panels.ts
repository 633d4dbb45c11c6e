/** The panes about parts of the machine, beside the map: those that this machine has, in the order in which a key goes over them. */
import type { Machine } from '../engine/index.ts';
import type { GameRun } from './gameRun.ts';
import type { Pane } from './look.ts';
import { presentZones } from './map.ts';
import { buddyinfo, buddyinfoRows, isUpright } from './panes/buddyinfo.ts';
import { reclaim } from './panes/reclaim.ts';
import { slabs } from './panes/slabs.ts';
import { hasSpaces, spaces } from './panes/spaces.ts';
import { stacks } from './panes/stacks.ts';

export interface Panel {
  name: string;
  /** Right in its title line: what it shows, in a few words. */
  note: string;
  pane: Pane;
  has(machine: Machine): boolean;
  /** Rows that it fills, and with fewer than how many it is not worth showing. */
  rows(machine: Machine, width: number): number;
  least(width: number): number;
  /** Metrics that are followed here: how their names begin. */
  metrics: readonly string[];
  /** For the help: what is to be seen there. */
  about: string;
}

const PANELS: readonly Panel[] = [
  {
    name: 'buddyinfo',
    note: 'free blocks by order',
    pane: buddyinfo,
    has: () => true,
    rows: buddyinfoRows,
    least: width => (isUpright(width) ? 15 : 2),
    metrics: [],
    about:
      'buddyinfo: free blocks of each zone by order, with its free pages, its watermarks, and pages in per-CPU lists (pcp).',
  },
  {
    name: 'slabs',
    note: 'caches by pages',
    pane: slabs,
    has: machine => machine.slab !== null,
    rows: () => 10,
    least: () => 4,
    metrics: ['slab.', 'dcache.'],
    about: 'slabs: caches by pages. Slabs are full, partial (some objects in use) or empty.',
  },
  {
    name: 'addresses',
    note: 'of vmalloc and kmap',
    pane: spaces,
    has: hasSpaces,
    rows: () => 10,
    least: () => 5,
    metrics: ['vmalloc.', 'kmap.', 'tlb.'],
    about:
      'addresses: areas in the window of vmalloc, each with a guard page behind it; slots of kmap, those without a user unflushed until the search comes round; slots of kmap_atomic.',
  },
  {
    name: 'stacks',
    note: 'kernel stack of each CPU',
    pane: stacks,
    has: machine => machine.tasks !== null,
    rows: machine => 3 * machine.cpus + 1,
    least: () => 3,
    metrics: ['stack.', 'irq.', 'softirq.', 'sched.'],
    about:
      'stacks: what each CPU runs, how much of its kernel stack is left, and the calls on it, the innermost first.',
  },
  {
    name: 'reclaim',
    note: 'page cache, kswapd, swap',
    pane: reclaim,
    has: machine => machine.vm !== null,
    rows: machine => 12 + presentZones(machine).length,
    least: () => 6,
    metrics: ['reclaim.', 'vm.', 'page_cache.', 'swap.', 'faults.', 'disk.', 'oom.', 'file.'],
    about: 'reclaim: pages on the active and inactive lists, dirty ones, kswapd, swap and faults.',
  },
];

export const panelsOf = (machine: Machine): readonly Panel[] => PANELS.filter(panel => panel.has(machine));

/** The pane that a run begins with: that of its first goal. */
export function firstPanel({ machine, goals }: GameRun): number {
  const metric = goals[0]?.text ?? '';
  const found = panelsOf(machine).findIndex(({ metrics }) => metrics.some(start => metric.startsWith(start)));
  return Math.max(0, found);
}
