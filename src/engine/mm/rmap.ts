/**
 * From a page to the page table entry that maps it.
 * Source: mm/rmap.c of 2.6.0.
 *
 * Deviation: a page has one mapping at most, so there are no pte chains: anonymous memory is not shared by fork, and files
 * are read and written but not mapped.
 */
import { PG_direct, PG_dirty, PG_referenced } from './page_flags.ts';
import { swapDuplicate } from './swapfile.ts';
import { P_RSS, P_STRIDE, PTE_DIRTY, PTE_SHIFT, PTE_SWAP, PTE_YOUNG, VC_NR_MAPPED, type Vm } from './vm.ts';

/** Entry `pte` maps the page from now on. Source: mm/rmap.c, page_add_rmap() */
export function pageAddRmap(vm: Vm, pfn: number, pte: number): void {
  vm.fields.pte[pfn] = pte + 1;
  vm.fields.flags[pfn] |= PG_direct;
  vm.count[VC_NR_MAPPED]++;
}

/** No entry maps the page any more. Source: mm/rmap.c, page_remove_rmap() */
export function pageRemoveRmap(vm: Vm, pfn: number): void {
  if (vm.fields.pte[pfn] === 0) return;
  vm.fields.pte[pfn] = 0;
  vm.fields.flags[pfn] &= ~PG_direct;
  vm.count[VC_NR_MAPPED]--;
}

/**
 * How often the page was used since this was last asked: by PG_referenced, and by the accessed bit of its entry. Both are
 * cleared.
 *
 * @returns 0..2
 * Source:  mm/rmap.c, page_referenced()
 */
export function pageReferenced(vm: Vm, pfn: number): number {
  const { flags, pte } = vm.fields;
  let referenced = 0;
  if ((flags[pfn] & PG_referenced) !== 0) {
    flags[pfn] &= ~PG_referenced;
    referenced = 1;
  }
  const entry = pte[pfn] - 1;
  if (entry >= 0 && (vm.pte[entry] & PTE_YOUNG) !== 0) {
    vm.pte[entry] &= ~PTE_YOUNG;
    referenced++;
  }
  return referenced;
}

/**
 * Take a locked page of the swap cache out of the page table that maps it: the entry holds its slot from now on, the
 * entry's dirty bit goes to the page, and the entry's reference is dropped.
 *
 * Invariant: a reference stays, for the caller and the swap cache hold one each
 * Source:    mm/rmap.c, try_to_unmap(), try_to_unmap_one()
 */
export function tryToUnmap(vm: Vm, pfn: number): void {
  const { count, flags, index, pte } = vm.fields;
  const entry = pte[pfn] - 1;
  const old = vm.pte[entry];
  swapDuplicate(vm, index[pfn]);
  vm.pte[entry] = (index[pfn] << PTE_SHIFT) | PTE_SWAP;
  // The swap cache does not count as dirty memory (swap_backing_dev_info), so the flag is all that set_page_dirty() sets.
  if ((old & PTE_DIRTY) !== 0) flags[pfn] |= PG_dirty;
  vm.process[vm.pteProcess[entry] * P_STRIDE + P_RSS]--;
  pageRemoveRmap(vm, pfn);
  count[pfn]--;
}
