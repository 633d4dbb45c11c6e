import { addressText, type Machine, NIL, pkmapAddress } from '../../engine/index.ts';

/**
 * Which pages of high memory are mapped. No kernel has such a file; the form is oomph's own: a slot of the pool a line
 * with its address, page and users (0: nobody's, and still in some TLB), then the atomic slots of each CPU.
 */
export function kmapView(m: Machine): string {
  const h = m.highmem!;
  const { layout } = h;
  let text = '';
  let used = 0;
  for (let slot = 0; slot < h.pkmapCount.length; slot++) {
    const count = h.pkmapCount[slot];
    if (count === 0) continue;
    used++;
    text += `${addressText(m.arch, pkmapAddress(h, slot))} slot=${slot} pfn=${h.pkmapPage[slot]} users=${count - 1}\n`;
  }
  for (let index = 0; index < h.atomicPage.length; index++) {
    if (h.atomicPage[index] === NIL) continue;
    const address = layout.fixaddrTop + layout.fixmapStep * (layout.fixKmapBegin + index);
    const cpu = Math.floor(index / layout.kmTypeNr);
    const type = layout.kmTypes[index % layout.kmTypeNr];
    text += `${addressText(m.arch, address)} cpu=${cpu} type=${type} pfn=${h.atomicPage[index]}\n`;
  }
  return `kmap pool: ${used} of ${h.pkmapCount.length} slots, last_pkmap_nr ${h.lastPkmapNr}\n${text}`;
}
