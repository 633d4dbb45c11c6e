import { type BlockRequest, definePolicy, type Mem } from 'oomph';

/** Page blocks of 2^8 pages, 1 MiB. Each belongs to the kernel once it was turned over to it, and never again to others. */
const PAGE_BLOCK = 8;
const ofKernel = new Set<number>();

/** The smallest free block that lies in the kernel's page blocks, or outside them. */
function find(request: BlockRequest, mem: Mem, inKernelBlock: boolean): number {
  const { zone } = request;
  for (let order = request.order; order < mem.MAX_ORDER; order++) {
    for (let pfn = mem.firstFree(zone, order); pfn >= 0; pfn = mem.nextFree(zone, order, pfn)) {
      // As Linux does, hand out the upper end.
      if (ofKernel.has(pfn >> PAGE_BLOCK) === inKernelBlock) return pfn + (1 << order) - (1 << request.order);
    }
  }
  return mem.AS_LINUX;
}

export default definePolicy({
  block(request, mem) {
    const staysWhereItIs = request.owner === mem.KERNEL;
    const own = find(request, mem, staysWhereItIs);
    if (own >= 0 || !staysWhereItIs) return own;
    // The kernel's page blocks are full. Take a new one where the largest free block is, so that the next two hundred
    // stacks find room beside this one: the smallest would be a gap among the pages of processes.
    for (let order = mem.MAX_ORDER - 1; order >= request.order; order--) {
      const pfn = mem.firstFree(request.zone, order);
      if (pfn < 0) continue;
      ofKernel.add(pfn >> PAGE_BLOCK);
      return pfn;
    }
    return mem.AS_LINUX;
  },
});
