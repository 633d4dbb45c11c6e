/**
 * Pages to and from the swap area.
 * Source: mm/page_io.c of 2.6.0.
 */
import { REQ_EVENT } from '../lib/hooks.ts';
import { EV_SWAP_IN, EV_WRITEPAGE, STAT_PSWPIN, STAT_PSWPOUT } from '../trace/events.ts';
import { bioAddPage, READ, setPageWriteback, submitBio, WRITE } from './ll_rw_blk.ts';
import { OBSERVED_TRACE } from './mmzone.ts';
import { PG_locked, PG_uptodate } from './page_flags.ts';
import { removeExclusiveSwapPage } from './swapfile.ts';
import { MAPPING_SWAP, type Vm } from './vm.ts';

/**
 * Start writing a locked page of the swap cache, which is unlocked then. One that nobody else uses any more leaves the
 * swap cache instead.
 *
 * Source: mm/page_io.c, swap_writepage()
 */
export function swapWritepage(vm: Vm, pfn: number): void {
  const { fields, pgdat: m } = vm;
  const slot = fields.index[pfn];
  if (removeExclusiveSwapPage(vm, pfn)) {
    fields.flags[pfn] &= ~PG_locked;
    return;
  }
  m.stat[STAT_PSWPOUT]++;
  setPageWriteback(vm, pfn);
  fields.flags[pfn] &= ~PG_locked;
  bioAddPage(vm, WRITE, vm.swap.base + slot, pfn);
  submitBio(vm);
  if ((m.observed & OBSERVED_TRACE) !== 0)
    m.trace?.record(m.request[REQ_EVENT], EV_WRITEPAGE, pfn, MAPPING_SWAP, slot);
}

/** Start reading a locked page of the swap cache. Source: mm/page_io.c, swap_readpage() */
export function swapReadpage(vm: Vm, pfn: number): void {
  const { fields, pgdat: m } = vm;
  const slot = fields.index[pfn];
  fields.flags[pfn] &= ~PG_uptodate;
  m.stat[STAT_PSWPIN]++;
  bioAddPage(vm, READ, vm.swap.base + slot, pfn);
  submitBio(vm);
  if ((m.observed & OBSERVED_TRACE) !== 0)
    m.trace?.record(m.request[REQ_EVENT], EV_SWAP_IN, pfn, slot, vm.current);
}
