/**
 * The rest of struct page, for runs that need more than the allocator: 26 bytes a page beside the allocator's 13.
 * Source: include/linux/mm.h, struct page; include/linux/page-flags.h; mm/page_alloc.c, prep_new_page(),
 * free_pages_check(), bad_page().
 *
 * `list` is the links of the allocator. `virtual` is pageAddress(). Of the flags, PG_reserved is a state of its own,
 * PG_highmem follows from the zone and PG_nosave from being the kernel's image, so 16 are left.
 */

import { REQ_EVENT } from '../lib/hooks.ts';
import { EV_BAD_PAGE, STAT_BAD_PAGES } from '../trace/events.ts';
import { LOG_BAD_PAGE } from '../trace/printk.ts';
import { OBSERVED_FIELDS, OBSERVED_TRACE } from './mmzone.ts';
import { NIL } from './page.ts';
import {
  PG_active,
  PG_arch_1,
  PG_checked,
  PG_dirty,
  PG_error,
  PG_locked,
  PG_lru,
  PG_mappedtodisk,
  PG_private,
  PG_reclaim,
  PG_referenced,
  PG_slab,
  PG_uptodate,
  PG_writeback,
} from './page_flags.ts';
import { type Pgdat, printk, setObserved } from './pgdat.ts';

/**
 * List heads in `lru`, counted from behind the last page: of zone z, 2z the inactive list and 2z + 1 the active one; then
 * the private lists of reclaim, empty between two operations.
 */
export const LRU_PAGE_LIST = 6;
export const LRU_RET_PAGES = 7;
export const LRU_L_HOLD = 8;
export const LRU_L_INACTIVE = 9;
export const LRU_L_ACTIVE = 10;
export const LRU_HEADS = 11;

export class PageFields {
  /** PG_ bits of page_flags.ts. */
  readonly flags: Uint16Array;
  /** page->count: references. */
  readonly count: Uint16Array;
  /** Number of the address space, 0 for none. */
  readonly mapping: Uint16Array;
  /** Offset within the mapping, in pages. */
  readonly index: Int32Array;
  /** [2i] next, [2i+1] prev on an active or inactive list; behind the pages the heads, LRU_. Circular. */
  readonly lru: Int32Array;
  /** pte.chain or pte.direct: number of the first mapping, 0 for none. */
  readonly pte: Int32Array;
  readonly private: Int32Array;

  constructor(nrPages: number) {
    this.flags = new Uint16Array(nrPages);
    this.count = new Uint16Array(nrPages);
    this.mapping = new Uint16Array(nrPages);
    this.index = new Int32Array(nrPages);
    this.lru = new Int32Array(2 * (nrPages + LRU_HEADS));
    this.pte = new Int32Array(nrPages);
    this.private = new Int32Array(nrPages);
    for (let head = nrPages; head < nrPages + LRU_HEADS; head++) {
      this.lru[2 * head] = head;
      this.lru[2 * head + 1] = head;
    }
  }
}

/** @param copy columns to overwrite, of as many pages */
export function copyFields(from: PageFields, copy = new PageFields(from.flags.length)): PageFields {
  copy.flags.set(from.flags);
  copy.count.set(from.count);
  copy.mapping.set(from.mapping);
  copy.index.set(from.index);
  copy.lru.set(from.lru);
  copy.pte.set(from.pte);
  copy.private.set(from.private);
  return copy;
}

const NOT_WHEN_FREED = PG_lru | PG_private | PG_locked | PG_active | PG_reclaim | PG_slab | PG_writeback;
const NOT_WHEN_NEW = PG_private | PG_locked | PG_lru | PG_active | PG_dirty | PG_reclaim | PG_writeback;
const CLEARED_WHEN_NEW = PG_uptodate | PG_error | PG_referenced | PG_arch_1 | PG_checked | PG_mappedtodisk;
const CLEARED_WHEN_BAD = NOT_WHEN_FREED | PG_dirty;

/**
 * Give every page of a machine its fields. Pages that are allocated already get a count of 1.
 *
 * Call it before anything holds more than one reference.
 */
export function useFields(m: Pgdat): PageFields {
  if (m.fields !== null) return m.fields;
  const fields = new PageFields(m.nrPages);
  for (let pfn = 0; pfn < m.nrPages; pfn++) if ((m.state[pfn] & 0x40) !== 0) fields.count[pfn] = 1;
  m.fields = fields;
  setObserved(m, OBSERVED_FIELDS, OBSERVED_FIELDS);
  return fields;
}

/** One more reference. Source: include/linux/mm.h, get_page() */
export function getPage(m: Pgdat, pfn: number): void {
  m.fields!.count[pfn]++;
}

/**
 * A block leaves the allocator: its first page is checked, cleaned and gets its first reference.
 *
 * Source: mm/page_alloc.c, prep_new_page()
 */
export function prepNewPage(m: Pgdat, pfn: number): void {
  const fields = m.fields!;
  if (fields.mapping[pfn] !== 0 || fields.pte[pfn] !== 0 || (fields.flags[pfn] & NOT_WHEN_NEW) !== 0) {
    badPage(m, pfn);
  }
  fields.flags[pfn] &= ~CLEARED_WHEN_NEW;
  fields.private[pfn] = 0;
  fields.count[pfn] = 1;
  // Nobody's, until whoever asked for it says what it is.
  m.tag[pfn] = NIL;
}

/** Drop a reference. Returns true when it was the last. Source: include/linux/mm.h, put_page_testzero() */
export function putPageTestzero(m: Pgdat, pfn: number): boolean {
  return --m.fields!.count[pfn] === 0;
}

/**
 * Every page of a block on its way back must be nobody's; one that is not is reported and mended, as the kernel does.
 *
 * Source: mm/page_alloc.c, free_pages_check()
 */
export function freePagesCheck(m: Pgdat, pfn: number, order: number): void {
  const fields = m.fields!;
  for (let i = pfn, end = pfn + (1 << order); i < end; i++) {
    if (
      fields.mapping[i] !== 0 ||
      fields.pte[i] !== 0 ||
      fields.count[i] !== 0 ||
      (fields.flags[i] & NOT_WHEN_FREED) !== 0
    ) {
      badPage(m, i);
    }
    fields.flags[i] &= ~PG_dirty;
  }
}

/** Source: mm/page_alloc.c, bad_page(): it prints, mends and goes on. */
function badPage(m: Pgdat, pfn: number): void {
  const fields = m.fields!;
  m.stat[STAT_BAD_PAGES]++;
  printk(m, LOG_BAD_PAGE, pfn, fields.flags[pfn], fields.mapping[pfn], fields.count[pfn]);
  if ((m.observed & OBSERVED_TRACE) !== 0) {
    m.trace?.record(m.request[REQ_EVENT], EV_BAD_PAGE, pfn, fields.flags[pfn], fields.count[pfn]);
  }
  fields.flags[pfn] &= ~CLEARED_WHEN_BAD;
  fields.count[pfn] = 0;
  fields.mapping[pfn] = 0;
  fields.pte[pfn] = 0;
}
