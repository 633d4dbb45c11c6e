/** What an architecture decides about physical memory. One data file an architecture, registered in index.ts. */
export interface Arch {
  readonly name: string;
  readonly pageShift: number;
  /** Zones end (exclusive) at these PFNs: DMA, NORMAL; what lies above NORMAL is high memory. */
  readonly dmaEndPfn: number;
  readonly normalEndPfn: number;
  readonly maxPfn: number;
  /** Why maxPfn is the limit, for the message that refuses more. */
  readonly maxReason: string;
  /** Virtual address of physical address 0, a double. */
  readonly pageOffset: number;
  /** sizeof(struct page), sizeof(wait_queue_head_t), sizeof(long), L1 line: what the boot allocator hands out. */
  readonly structPageBytes: number;
  readonly waitQueueHeadBytes: number;
  readonly longBytes: number;
  readonly l1CacheBytes: number;
  /** The vmalloc window begins at least this far above the direct mapping, at a multiple of it. */
  readonly vmallocOffset: number;
  /** End of the vmalloc window, exclusive, a virtual address. */
  readonly vmallocEnd: number;
}

/**
 * First virtual address of the vmalloc window: a gap of one to two offsets behind the direct mapping.
 *
 * @param lowPages pages of directly mapped memory
 * Source: include/asm-i386/pgtable.h, VMALLOC_START
 */
export function vmallocStart(arch: Arch, lowPages: number): number {
  const end = arch.pageOffset + lowPages * 4096;
  return Math.floor((end + 2 * arch.vmallocOffset - 1) / arch.vmallocOffset) * arch.vmallocOffset;
}
