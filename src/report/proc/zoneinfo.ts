import {
  MAX_NR_ZONES,
  type Machine,
  PCP_BATCH,
  PCP_HIGH,
  PCP_LOW,
  pcpCount,
  pcpOf,
  VZ_ALL_UNRECLAIMABLE,
  VZ_NR_ACTIVE,
  VZ_NR_INACTIVE,
  VZ_PAGES_SCANNED,
  VZ_PREV_PRIORITY,
  VZ_REFILL_COUNTER,
  VZ_SHIFT,
  VZ_TEMP_PRIORITY,
  ZONE_FREE,
  ZONE_HIGH,
  ZONE_LOW,
  ZONE_MIN,
  ZONE_NAMES,
  ZONE_PRESENT,
  ZONE_SPANNED,
  ZONE_START,
  ZONE_STRIDE,
} from '../../engine/index.ts';

/**
 * The state of each zone as /proc/zoneinfo prints it. 2.6.0 has no such file: the form is that of 2.6.13, less the line
 * about what 2.6.0 does not have (protection), and on a machine without page cache those about reclaim. Beside `scanned`
 * stands refill_counter, the pages that are owed to the active list's turn. As there, a CPU with empty lists is left out.
 *
 * Source: mm/page_alloc.c of 2.6.13, zoneinfo_show()
 */
export function zoneinfo(m: Machine): string {
  let text = '';
  for (let z = 0; z < MAX_NR_ZONES; z++) {
    const field = (f: number): number => m.zone[z * ZONE_STRIDE + f];
    const listed = (f: number): number => m.vm?.zone[(z << VZ_SHIFT) + f] ?? 0;
    if (field(ZONE_PRESENT) === 0) continue;
    text +=
      `Node 0, zone ${ZONE_NAMES[z].padStart(8)}` +
      `\n  pages free     ${field(ZONE_FREE)}` +
      `\n        min      ${field(ZONE_MIN)}` +
      `\n        low      ${field(ZONE_LOW)}` +
      `\n        high     ${field(ZONE_HIGH)}` +
      (m.vm === null
        ? ''
        : `\n        active   ${listed(VZ_NR_ACTIVE)}` +
          `\n        inactive ${listed(VZ_NR_INACTIVE)}` +
          `\n        scanned  ${listed(VZ_PAGES_SCANNED)} (a: ${listed(VZ_REFILL_COUNTER)} i: 0)`) +
      `\n        spanned  ${field(ZONE_SPANNED)}` +
      `\n        present  ${field(ZONE_PRESENT)}` +
      '\n  pagesets';
    for (let cpu = 0; cpu < m.cpus; cpu++) {
      const lists = [pcpOf(z, cpu, 0), pcpOf(z, cpu, 1)];
      if (lists.every(list => pcpCount(m, list) === 0)) continue;
      lists.forEach((list, cold) => {
        text +=
          `\n    cpu: ${cpu} pcp: ${cold}` +
          `\n              count: ${pcpCount(m, list)}` +
          `\n              low:   ${m.pcp[list + PCP_LOW]}` +
          `\n              high:  ${m.pcp[list + PCP_HIGH]}` +
          `\n              batch: ${m.pcp[list + PCP_BATCH]}`;
      });
    }
    if (m.vm !== null) {
      text +=
        `\n  all_unreclaimable: ${listed(VZ_ALL_UNRECLAIMABLE)}` +
        `\n  prev_priority:     ${listed(VZ_PREV_PRIORITY)}` +
        `\n  temp_priority:     ${listed(VZ_TEMP_PRIORITY)}`;
    }
    text += `\n  start_pfn:         ${field(ZONE_START)}\n`;
  }
  return text;
}
