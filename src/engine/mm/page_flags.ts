/** page->flags, as bits of PageFields.flags. Source: include/linux/page-flags.h; the numbers are ours. */
export const PG_locked = 0x0001;
export const PG_error = 0x0002;
export const PG_referenced = 0x0004;
export const PG_uptodate = 0x0008;
export const PG_dirty = 0x0010;
export const PG_lru = 0x0020;
export const PG_active = 0x0040;
export const PG_slab = 0x0080;
export const PG_checked = 0x0100;
export const PG_arch_1 = 0x0200;
export const PG_private = 0x0400;
export const PG_writeback = 0x0800;
export const PG_direct = 0x1000;
export const PG_mappedtodisk = 0x2000;
export const PG_reclaim = 0x4000;
export const PG_compound = 0x8000;
