/**
 * struct page, as columns. The allocator alone needs the links (8 bytes a page), the state byte and the tag.
 *
 * The state byte stands for what 2.6.0 keeps in page->count, page->flags and the buddy bitmaps:
 * - `PAGE_FREE | order`      first page of a block on a free list of that order
 * - `PAGE_PCP`               alone in a per-CPU list
 * - `PAGE_ALLOCATED | order` first page of a block that was handed out (count 1)
 * - `PAGE_RESERVED`          PG_reserved: kernel image, holes, mem_map
 * - 0                        inside a larger block, free or allocated (count 0)
 * Bit 7 is never set, so that eight states read as one double are zero exactly when all are.
 */
export const PAGE_FREE = 0x10;
export const PAGE_PCP = 0x20;
export const PAGE_ALLOCATED = 0x40;
export const PAGE_RESERVED = 0x30;
/** Low bits: the order. */
export const PAGE_ORDER = 0x0f;

export const NIL = -1;

/** `tag` of blocks that no caller numbered: what they are, for maps and causes. */
export const TAG_SLAB = -2;
export const TAG_STACK = -3;
export const TAG_PAGE_CACHE = -4;
export const TAG_ANON = -5;
export const TAG_VMALLOC = -6;
export const TAG_PAGE_TABLE = -7;
/** A page table of the kernel itself: vmalloc keeps it for good. */
export const TAG_KERNEL_TABLE = -8;
