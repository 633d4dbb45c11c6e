/**
 * The page cache: which pages of which file are in memory, and the lists on which dirty ones wait.
 * Source: mm/filemap.c, include/linux/pagemap.h, include/linux/fs.h (struct address_space, struct inode) of 2.6.0.
 *
 * A file lies on the disk in one piece, file 0 first. `page` is the radix tree of every file in one column.
 *
 * Deviation: radix tree nodes, inodes and buffer heads take no memory, and a file keeps the size that it is declared
 * with. There is no truncate, no mmap of files, no direct I/O.
 */

import { FNV_START, fnvInt } from '../lib/fnv.ts';
import { REQ_EVENT } from '../lib/hooks.ts';
import { EV_PAGE_CACHE_ADD, EV_PAGE_CACHE_REMOVE } from '../trace/events.ts';
import { bioAddPage, READ } from './ll_rw_blk.ts';
import { OBSERVED_TRACE } from './mmzone.ts';
import { NIL, TAG_PAGE_CACHE } from './page.ts';
import { PG_dirty, PG_locked, PG_uptodate } from './page_flags.ts';
import { tagBlock } from './pgdat.ts';
import { lruCacheAdd } from './swap.ts';
import { MAPPING_SWAP, VC_NR_DIRTY, VC_NR_PAGECACHE, type Vm } from './vm.ts';

/** Lists of an address space; a page of the cache that is on none of them is on clean_pages. */
export const LIST_DIRTY = 0;
export const LIST_IO = 1;
export const LIST_LOCKED = 2;
const NR_LISTS = 3;

/** File f has these at `ra[f * RA_STRIDE + RA_…]`. Source: include/linux/fs.h, struct file_ra_state */
export const RA_START = 0;
export const RA_SIZE = 1;
/** RA_OFF: readahead is maximally shrunk. */
export const RA_NEXT_SIZE = 2;
export const RA_PREV_PAGE = 3;
export const RA_AHEAD_START = 4;
export const RA_AHEAD_SIZE = 5;
export const RA_STRIDE = 8;
export const RA_OFF = -1;

/** Lists of inodes: sb->s_dirty, sb->s_io. Nodes of `inodeLinks` behind the files. */
export const SB_DIRTY = 0;
export const SB_IO = 1;

export class Files {
  declare readonly nrFiles: number;
  /** Pages of file f; where it begins in `page` and on the disk; `base[nrFiles]` is the end of the last. */
  declare readonly size: Int32Array;
  declare readonly base: Int32Array;
  /** Page frame of page i of file f at `page[base[f] + i]`, NIL while it is not cached. */
  declare readonly page: Int32Array;
  /** mapping->nrpages */
  declare readonly nrpages: Int32Array;
  /** page->list: [2i] next, [2i+1] prev; the heads of file f at nrPages + 3f + LIST_. A page on no list leads to itself. */
  declare readonly links: Int32Array;
  /** List heads begin here. */
  declare readonly heads: number;
  /** RA_ */
  declare readonly ra: Int32Array;
  /** I_DIRTY_PAGES of each file's inode. */
  declare readonly inodeDirty: Uint8Array;
  /** mapping->dirtied_when, microseconds since boot. */
  declare readonly dirtiedWhen: Float64Array;
  /** inode->i_list, as `links`. */
  declare readonly inodeLinks: Int32Array;

  /** @param filePages pages of each file, at most 65534 files */
  constructor(nrPages: number, filePages: readonly number[]) {
    const nrFiles = filePages.length;
    this.nrFiles = nrFiles;
    this.size = Int32Array.from(filePages);
    this.base = new Int32Array(nrFiles + 1);
    for (let f = 0; f < nrFiles; f++) this.base[f + 1] = this.base[f] + filePages[f];
    this.page = new Int32Array(this.base[nrFiles]).fill(NIL);
    this.nrpages = new Int32Array(nrFiles);
    this.heads = nrPages;
    this.links = selfLinked(nrPages + NR_LISTS * nrFiles);
    this.ra = new Int32Array(nrFiles * RA_STRIDE);
    this.inodeDirty = new Uint8Array(nrFiles);
    this.dirtiedWhen = new Float64Array(nrFiles);
    this.inodeLinks = selfLinked(nrFiles + 2);
  }
}

function selfLinked(nodes: number): Int32Array {
  const links = new Int32Array(2 * nodes);
  for (let i = 0; i < nodes; i++) links[2 * i] = links[2 * i + 1] = i;
  return links;
}

export function listHead(files: Files, file: number, list: number): number {
  return files.heads + NR_LISTS * file + list;
}

export function listEmpty(links: Int32Array, head: number): boolean {
  return links[2 * head] === head;
}

/** list_del_init(). */
export function listDel(links: Int32Array, node: number): void {
  const next = links[2 * node];
  const prev = links[2 * node + 1];
  links[2 * prev] = next;
  links[2 * next + 1] = prev;
  links[2 * node] = node;
  links[2 * node + 1] = node;
}

/** list_add() of a node that is on no list: it becomes the first. */
export function listAdd(links: Int32Array, head: number, node: number): void {
  const next = links[2 * head];
  links[2 * head] = node;
  links[2 * node] = next;
  links[2 * node + 1] = head;
  links[2 * next + 1] = node;
}

/** list_splice_init(): everything on `from` goes to the front of `to`, in its order. */
export function listSplice(links: Int32Array, from: number, to: number): void {
  if (listEmpty(links, from)) return;
  const first = links[2 * from];
  const last = links[2 * from + 1];
  const after = links[2 * to];
  links[2 * to] = first;
  links[2 * first + 1] = to;
  links[2 * last] = after;
  links[2 * after + 1] = last;
  links[2 * from] = from;
  links[2 * from + 1] = from;
}

/** Page frame of a page of a file, or NIL. Takes no reference. Source: mm/filemap.c, find_get_page() */
export function findPage(vm: Vm, file: number, index: number): number {
  return vm.files.page[vm.files.base[file] + index];
}

/**
 * A new page becomes a page of a file: locked, not up to date, on the inactive list by way of the pagevec. The reference
 * that its allocation gave is the cache's from now on.
 *
 * Source: mm/filemap.c, add_to_page_cache(), add_to_page_cache_lru()
 */
export function addToPageCacheLru(vm: Vm, pfn: number, file: number, index: number): void {
  const { files, fields, pgdat: m } = vm;
  files.page[files.base[file] + index] = pfn;
  files.nrpages[file]++;
  fields.mapping[pfn] = file + 1;
  fields.index[pfn] = index;
  fields.flags[pfn] |= PG_locked;
  vm.count[VC_NR_PAGECACHE]++;
  tagBlock(m, pfn, TAG_PAGE_CACHE);
  if ((m.observed & OBSERVED_TRACE) !== 0)
    m.trace?.record(m.request[REQ_EVENT], EV_PAGE_CACHE_ADD, pfn, file + 1, index);
  lruCacheAdd(vm, pfn);
}

/**
 * A locked page of a file is no longer one. The cache's reference is left to the caller to drop.
 *
 * Source: mm/filemap.c, __remove_from_page_cache()
 */
export function removeFromPageCache(vm: Vm, pfn: number): void {
  const { files, fields, pgdat: m } = vm;
  const file = fields.mapping[pfn] - 1;
  const index = fields.index[pfn];
  files.page[files.base[file] + index] = NIL;
  files.nrpages[file]--;
  listDel(files.links, pfn);
  fields.mapping[pfn] = 0;
  vm.count[VC_NR_PAGECACHE]--;
  if ((m.observed & OBSERVED_TRACE) !== 0)
    m.trace?.record(m.request[REQ_EVENT], EV_PAGE_CACHE_REMOVE, pfn, file + 1, index);
}

/**
 * Start reading one locked page of a file; submitBio() sends it off.
 *
 * Source: fs/mpage.c, mpage_readpage()
 */
export function readPage(vm: Vm, pfn: number): void {
  const { files, fields } = vm;
  bioAddPage(vm, READ, files.base[fields.mapping[pfn] - 1] + fields.index[pfn], pfn);
}

/** Source: mm/filemap.c, unlock_page(), where nobody can be waiting for the page */
export function unlockPage(vm: Vm, pfn: number): void {
  vm.fields.flags[pfn] &= ~PG_locked;
}

/** The page holds what the disk has, or newer. */
export function setPageUptodate(vm: Vm, pfn: number): void {
  vm.fields.flags[pfn] |= PG_uptodate;
}

/**
 * What the page holds is not on the disk. A page of a file goes to the front of its dirty pages, and the inode to those
 * that are to be written.
 *
 * Source: include/linux/mm.h, set_page_dirty(); mm/page-writeback.c, __set_page_dirty_nobuffers()
 */
export function setPageDirty(vm: Vm, pfn: number): void {
  const { files, fields } = vm;
  if ((fields.flags[pfn] & PG_dirty) !== 0) return;
  fields.flags[pfn] |= PG_dirty;
  const mapping = fields.mapping[pfn];
  // The swap cache is memory-backed: it does not count as dirty, and nobody walks its lists.
  if (mapping === 0 || mapping === MAPPING_SWAP) return;
  vm.count[VC_NR_DIRTY]++;
  listDel(files.links, pfn);
  listAdd(files.links, listHead(files, mapping - 1, LIST_DIRTY), pfn);
  markInodeDirty(vm, mapping - 1);
}

/** @returns whether the page was dirty. Source: mm/page-writeback.c, test_clear_page_dirty() */
export function testClearPageDirty(vm: Vm, pfn: number): boolean {
  const { fields } = vm;
  if ((fields.flags[pfn] & PG_dirty) === 0) return false;
  fields.flags[pfn] &= ~PG_dirty;
  const mapping = fields.mapping[pfn];
  if (mapping !== 0 && mapping !== MAPPING_SWAP) vm.count[VC_NR_DIRTY]--;
  return true;
}

/**
 * Source: fs/fs-writeback.c, __mark_inode_dirty() with I_DIRTY_PAGES
 *
 * Deviation: times of access and change dirty no inode, and no inode is written.
 */
export function markInodeDirty(vm: Vm, file: number): void {
  const { files } = vm;
  if (files.inodeDirty[file] !== 0) return;
  files.inodeDirty[file] = 1;
  moveInode(vm, file, SB_DIRTY, vm.pgdat.agenda.now[0]);
}

/** The inode becomes the first of a list of its file system, dirty since `whenUs`. */
export function moveInode(vm: Vm, file: number, list: number, whenUs: number): void {
  const { files } = vm;
  files.dirtiedWhen[file] = whenUs;
  listDel(files.inodeLinks, file);
  listAdd(files.inodeLinks, files.nrFiles + list, file);
}

export interface FilesSnapshot {
  readonly page: Int32Array;
  readonly nrpages: Int32Array;
  /** Of every list in turn: how many pages, and which, first to last. */
  readonly lists: Int32Array;
  readonly ra: Int32Array;
  readonly inodeDirty: Uint8Array;
  readonly dirtiedWhen: Float64Array;
  readonly inodeLinks: Int32Array;
}

export function snapshotFiles(files: Files): FilesSnapshot {
  return {
    page: files.page.slice(),
    nrpages: files.nrpages.slice(),
    lists: listedPages(files),
    ra: files.ra.slice(),
    inodeDirty: files.inodeDirty.slice(),
    dirtiedWhen: files.dirtiedWhen.slice(),
    inodeLinks: files.inodeLinks.slice(),
  };
}

function listedPages(files: Files): Int32Array {
  const { links, heads } = files;
  const found: number[] = [];
  for (let head = heads; 2 * head < links.length; head++) {
    const at = found.push(0) - 1;
    for (let pfn = links[2 * head]; pfn !== head; pfn = links[2 * pfn]) found.push(pfn);
    found[at] = found.length - at - 1;
  }
  return Int32Array.from(found);
}

function restoreLists(files: Files, lists: Int32Array): void {
  const { links, heads } = files;
  for (let head = heads; 2 * head < links.length; head++) {
    while (!listEmpty(links, head)) listDel(links, links[2 * head]);
  }
  let head = heads;
  for (let at = 0; at < lists.length; at += lists[at] + 1) {
    for (let i = at + lists[at]; i > at; i--) listAdd(links, head, lists[i]);
    head++;
  }
}

/** Only into the files of a machine of the same config. */
export function restoreFiles(files: Files, saved: FilesSnapshot): void {
  files.page.set(saved.page);
  files.nrpages.set(saved.nrpages);
  restoreLists(files, saved.lists);
  files.ra.set(saved.ra);
  files.inodeDirty.set(saved.inodeDirty);
  files.dirtiedWhen.set(saved.dirtiedWhen);
  files.inodeLinks.set(saved.inodeLinks);
}

/** Which pages are cached, the order of every list, readahead, inodes. */
export function filesHash(files: Files, start = FNV_START): number {
  const { links, inodeLinks } = files;
  let h = start;
  for (const pfn of files.page) h = fnvInt(h, pfn);
  for (const field of files.ra) h = fnvInt(h, field);
  for (let f = 0; f < files.nrFiles; f++) {
    h = fnvInt(h, files.inodeDirty[f]);
    if (files.inodeDirty[f] !== 0) h = fnvInt(h, files.dirtiedWhen[f]);
    for (let list = 0; list < NR_LISTS; list++) h = listHash(links, listHead(files, f, list), h);
  }
  h = listHash(inodeLinks, files.nrFiles + SB_DIRTY, h);
  return listHash(inodeLinks, files.nrFiles + SB_IO, h);
}

function listHash(links: Int32Array, head: number, start: number): number {
  let h = fnvInt(start, NIL);
  for (let i = links[2 * head]; i !== head; i = links[2 * i]) h = fnvInt(h, i);
  return h;
}
