/** Page cache and reclaim: what is on which list, whether kswapd is awake, what was reclaimed so far. As vmstat tells it, in words. */
import {
  isAsleep,
  KTHREAD_KSWAPD,
  type Machine,
  STAT_KSWAPD_STEAL,
  STAT_OOM_KILLS,
  STAT_PGFAULT,
  STAT_PGMAJFAULT,
  STAT_PGPGIN,
  STAT_PGPGOUT,
  STAT_PGSCAN,
  STAT_PGSTEAL,
  STAT_PSWPIN,
  STAT_PSWPOUT,
  VC_NR_DIRTY,
  VC_NR_MAPPED,
  VC_NR_PAGECACHE,
  VC_NR_SWAP_PAGES,
  VC_NR_SWAPCACHE,
  VC_NR_WRITEBACK,
  VC_TOTAL_SWAP_PAGES,
  type Vm,
  VZ_NR_ACTIVE,
  VZ_NR_INACTIVE,
  VZ_SHIFT,
  ZONE_FREE,
  ZONE_HIGH,
  ZONE_LOW,
  ZONE_NAMES,
  ZONE_STRIDE,
} from '../../engine/index.ts';
import { Cells, type Style } from '../cells.ts';
import { Document, drawDocument } from '../document.ts';
import { grouped } from '../format.ts';
import { lookOf } from '../look.ts';
import { presentZones } from '../map.ts';
import type { Model } from '../model.ts';
import type { Theme } from '../theme.ts';

/** From this width on, what does not fit under each other stands in two columns. */
const SIDE_BY_SIDE = 70;
const LABEL = 10;

interface Fact {
  label: string;
  value: string;
  style: Style;
  /** Where there are two columns: 0 the left one. */
  column: 0 | 1;
}

export function reclaimFacts(machine: Machine, vm: Vm, theme: Theme, wide: boolean): Fact[] {
  const { stat, zone } = machine;
  const { count } = vm;
  const n = grouped;
  const facts: Fact[] = [];
  const fact = (column: 0 | 1, label: string, value: string, style = theme.text): void => {
    facts.push({ label, value, style, column });
  };
  const asleep = isAsleep(vm, KTHREAD_KSWAPD);
  fact(0, 'kswapd', asleep ? 'asleep' : 'awake, reclaiming', asleep ? theme.text : theme.warn);
  for (const z of presentZones(machine)) {
    const active = vm.zone[(z << VZ_SHIFT) + VZ_NR_ACTIVE];
    const inactive = vm.zone[(z << VZ_SHIFT) + VZ_NR_INACTIVE];
    const free = zone[z * ZONE_STRIDE + ZONE_FREE];
    const low = zone[z * ZONE_STRIDE + ZONE_LOW];
    const high = zone[z * ZONE_STRIDE + ZONE_HIGH];
    const below = free < low ? `, below low ${n(low)}` : free < high ? `, below high ${n(high)}` : '';
    const lists = `${n(active)} active, ${n(inactive)} inactive`;
    const value = wide ? `${lists}, ${n(free)} free${below}` : lists;
    fact(0, ZONE_NAMES[z], value, free < low ? theme.warn : theme.text);
  }
  const cached = count[VC_NR_PAGECACHE] - count[VC_NR_SWAPCACHE];
  const unwritten = `${n(count[VC_NR_DIRTY])} dirty, ${n(count[VC_NR_WRITEBACK])} being written`;
  fact(1, 'pages', `${n(cached)} of files, ${unwritten}, ${n(count[VC_NR_MAPPED])} mapped`);
  const direct = stat[STAT_PGSTEAL] - stat[STAT_KSWAPD_STEAL];
  const whom = `${n(stat[STAT_KSWAPD_STEAL])} by kswapd, ${n(direct)} by who asked`;
  fact(1, 'reclaimed', `${n(stat[STAT_PGSTEAL])} of ${n(stat[STAT_PGSCAN])} looked at: ${whom}`);
  const slots = count[VC_TOTAL_SWAP_PAGES];
  if (slots > 0) {
    const used = `${n(slots - count[VC_NR_SWAP_PAGES])} of ${n(slots)} pages`;
    fact(1, 'swap', `${used}; ${n(stat[STAT_PSWPIN])} in, ${n(stat[STAT_PSWPOUT])} out`);
  }
  fact(0, 'disk', `${n(stat[STAT_PGPGIN])} KiB in, ${n(stat[STAT_PGPGOUT])} KiB out`);
  const major = stat[STAT_PGMAJFAULT];
  fact(0, 'faults', `${n(stat[STAT_PGFAULT] - major)} minor, ${n(major)} for the disk`);
  const killed = stat[STAT_OOM_KILLS];
  if (killed > 0) fact(1, 'killed', `${n(killed)} by the OOM killer`, theme.bad);
  return facts;
}

export function reclaim(model: Model, width: number, height: number): Cells {
  const look = lookOf(model);
  const cells = new Cells(width, height);
  const machine = model.play?.run.machine;
  if (!machine || machine.vm === null) return cells;
  const documentOf = (facts: readonly Fact[], columns: number): Document => {
    const text = new Document(columns, look);
    for (const { label, value, style } of facts) {
      text.flow(value, style, { text: label.padEnd(LABEL), style: look.theme.dim });
    }
    return text;
  };
  const whole = documentOf(reclaimFacts(machine, machine.vm, look.theme, true), width);
  if (whole.lines.length <= height || width < SIDE_BY_SIDE) {
    drawDocument(cells, { x: 0, y: 0, width, height }, whole, 0);
    return cells;
  }
  const half = Math.floor((width - 2) / 2);
  const facts = reclaimFacts(machine, machine.vm, look.theme, false);
  for (const column of [0, 1]) {
    const text = documentOf(
      facts.filter(fact => fact.column === column),
      half,
    );
    drawDocument(cells, { x: column * (half + 2), y: 0, width: half, height }, text, 0);
  }
  return cells;
}
