import { cacheChain, cacheInfo, type Machine, slabsOn } from '../../engine/index.ts';
import { sharedOf } from './pages.ts';

/**
 * /proc/slabinfo, version 2.0, byte for byte, of a kernel without slab statistics. Newest cache first.
 *
 * Source: mm/slab.c, s_start(), s_show(). As there, the header says batchcount and then limit, and the lines have them
 *         the other way round.
 */
export function slabinfo(m: Machine): string {
  const slab = m.slab!;
  let text =
    'slabinfo - version: 2.0\n' +
    '# name            <active_objs> <num_objs> <objsize> <objperslab> <pagesperslab>' +
    ' : tunables <batchcount> <limit> <sharedfactor>' +
    ' : slabdata <active_slabs> <num_slabs> <sharedavail>\n';
  for (const cache of cacheChain(slab)) {
    const info = cacheInfo(slab, cache);
    const full = slabsOn(slab, cache, 'full').length;
    const partial = slabsOn(slab, cache, 'partial');
    let active = full * info.num;
    for (const { inuse } of partial) active += inuse;
    const activeSlabs = full + partial.length;
    const slabs = activeSlabs + slabsOn(slab, cache, 'free').length;
    const shared = sharedOf(m, cache);
    text +=
      `${info.name.padEnd(17)} ${pad(active, 6)} ${pad(slabs * info.num, 6)} ${pad(info.objsize, 6)}` +
      ` ${pad(info.num, 4)} ${pad(1 << info.order, 4)}` +
      ` : tunables ${pad(info.limit, 4)} ${pad(info.batchcount, 4)}` +
      ` ${pad(Math.floor(shared.limit / info.batchcount), 4)}` +
      ` : slabdata ${pad(activeSlabs, 6)} ${pad(slabs, 6)} ${pad(shared.avail, 6)}\n`;
  }
  return text;
}

const pad = (value: number, width: number): string => String(value).padStart(width);
