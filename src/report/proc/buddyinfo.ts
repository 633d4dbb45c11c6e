import {
  MAX_NR_ZONES,
  MAX_ORDER,
  type Machine,
  nrFree,
  ZONE_NAMES,
  ZONE_PRESENT,
  ZONE_STRIDE,
} from '../../engine/index.ts';

/**
 * /proc/buddyinfo, byte for byte: a line for each zone that has pages, each count followed by a space.
 *
 * Source: mm/page_alloc.c, frag_show()
 */
export function buddyinfo(m: Machine): string {
  let text = '';
  for (let z = 0; z < MAX_NR_ZONES; z++) {
    if (m.zone[z * ZONE_STRIDE + ZONE_PRESENT] === 0) continue;
    text += `Node 0, zone ${ZONE_NAMES[z].padStart(8)} `;
    for (let order = 0; order < MAX_ORDER; order++) text += `${String(nrFree(m, z, order)).padStart(6)} `;
    text += '\n';
  }
  return text;
}
