/** Invariants of mm/highmem, walked from scratch. Public: call it at any event. */
import { KernelBug } from '../lib/kernelBug.ts';
import { type Highmem, mappedPageAddress, pkmapAddress } from '../mm/highmem.ts';
import { NIL } from '../mm/page.ts';

/**
 * Throws KernelBug with the first invariant that does not hold:
 * - a slot has a page exactly while its count is not 0, and the page is of high memory
 * - page_address() of that page leads back to the slot, so that no page has two
 * - every slot in the hash of pages has a page, and each stands there once
 * - the cursor is in the pool
 */
export function checkHighmem(h: Highmem): void {
  const { pkmapCount, pkmapPage } = h;
  const { nrPages, normalEnd } = h.pgdat;
  let mapped = 0;
  for (let slot = 0; slot < pkmapCount.length; slot++) {
    const pfn = pkmapPage[slot];
    if (pkmapCount[slot] < 0) throw new KernelBug('pkmap-count', `slot ${slot}: count ${pkmapCount[slot]}`);
    if ((pkmapCount[slot] === 0) !== (pfn === NIL)) {
      throw new KernelBug('pkmap-page', `slot ${slot}: count ${pkmapCount[slot]}, page ${pfn}`, pfn);
    }
    if (pfn === NIL) continue;
    mapped++;
    if (pfn < normalEnd || pfn >= nrPages) {
      throw new KernelBug('pkmap-page', `slot ${slot} maps pfn ${pfn}, which is not high memory`, pfn);
    }
    if (mappedPageAddress(h, pfn) !== pkmapAddress(h, slot)) {
      throw new KernelBug(
        'page-address',
        `pfn ${pfn} is in slot ${slot}, page_address() says otherwise`,
        pfn,
      );
    }
  }
  let hashed = 0;
  for (const first of h.bucket) {
    for (let slot = first; slot !== NIL && hashed <= mapped; slot = h.chain[slot]) hashed++;
  }
  if (hashed !== mapped) {
    throw new KernelBug('page-address', `${mapped} slots have a page, the hash of pages holds ${hashed}`);
  }
  if (h.lastPkmapNr < 0 || h.lastPkmapNr >= pkmapCount.length) {
    throw new KernelBug('pkmap-cursor', `the cursor stands at ${h.lastPkmapNr}`);
  }
}
