/** Invariants of mm/filemap, mm/page-writeback and the disk, walked from scratch. Public: call it between two operations. */
import { KernelBug } from '../lib/kernelBug.ts';
import { LIST_DIRTY, LIST_IO, LIST_LOCKED, listHead, SB_DIRTY, SB_IO } from '../mm/filemap.ts';
import {
  congestionOffThreshold,
  congestionOnThreshold,
  DK_BIO_PAGES,
  DK_BUSY,
  DK_CONGESTED,
  DK_COUNT,
  DK_END,
  DK_FIRST,
  DK_PLUGGED,
  READ,
  RQ_HEAD,
  RQ_PAGES,
  RQ_RW,
  RQ_STRIDE,
  requestAt,
  WRITE,
} from '../mm/ll_rw_blk.ts';
import { NIL, PAGE_ALLOCATED, TAG_PAGE_CACHE } from '../mm/page.ts';
import { PG_dirty, PG_locked, PG_lru, PG_uptodate, PG_writeback } from '../mm/page_flags.ts';
import {
  MAPPING_SWAP,
  PAGEVEC_SIZE,
  VC_NR_DIRTY,
  VC_NR_PAGECACHE,
  VC_NR_SWAPCACHE,
  type Vm,
} from '../mm/vm.ts';

function broken(code: string, message: string, pfn = -1): never {
  throw new KernelBug(code, message, pfn);
}

/** `where` of a page: on no list of its file. */
const ON_NONE = 3;

/**
 * Throws KernelBug with the first invariant that does not hold:
 * - the column of cached pages and the fields of pages lead to each other; nrpages and nr_pagecache count them
 * - each list of a file is circular and holds pages of that file, each on one list; the dirty ones are those of dirty_pages
 *   and io_pages, and those under writeback are on some list; nr_dirty counts the dirty ones
 * - an inode is on s_dirty or s_io exactly while it is dirty, and it is while one of its pages is
 * - a page has as many references as there are caches, page tables and pagevecs that hold it
 * - a page is locked exactly while the disk reads it, and under writeback exactly while the disk writes it; an unlocked page
 *   of a file is up to date
 * - requests are counted, linked and no longer than allowed; congestion is between its marks; an idle disk has no work
 */
export function checkFilemap(vm: Vm): void {
  const inRequest = checkDisk(vm);
  checkCached(vm);
  const where = new Uint8Array(vm.pgdat.nrPages).fill(ON_NONE);
  for (let f = 0; f < vm.files.nrFiles; f++) {
    for (const list of [LIST_DIRTY, LIST_IO, LIST_LOCKED]) checkFileList(vm, f, list, where);
  }
  checkInodes(vm);
  checkPages(vm, where, inRequest, pagevecReferences(vm));
}

/** @returns of each page 1 + RQ_RW of the request that it is in, 0 for none */
function checkDisk(vm: Vm): Uint8Array {
  const { disk, pgdat: m } = vm;
  const { ctl, requests, next } = disk;
  const inRequest = new Uint8Array(m.nrPages);
  const counts = [0, 0];
  if (ctl[DK_BIO_PAGES] !== 0) broken('bio', `${ctl[DK_BIO_PAGES]} pages of a bio were never submitted`);
  for (let n = ctl[DK_FIRST]; n < ctl[DK_END]; n++) {
    const at = requestAt(disk, n);
    const rw = requests[at + RQ_RW];
    counts[rw]++;
    if (requests[at + RQ_PAGES] < 1 || requests[at + RQ_PAGES] > disk.maxPages)
      broken('request', `request ${n} has ${requests[at + RQ_PAGES]} pages`);
    let pfn = requests[at + RQ_HEAD];
    for (let i = 0; i < requests[at + RQ_PAGES]; i++) {
      if (pfn < 0 || pfn >= m.nrPages) broken('request', `request ${n}: page frame ${pfn}`);
      if (inRequest[pfn] !== 0) broken('request', `pfn ${pfn} is in two requests or twice in one`, pfn);
      if (disk.requestOf[pfn] !== n) broken('request', `pfn ${pfn} does not lead to its request ${n}`, pfn);
      inRequest[pfn] = 1 + rw;
      pfn = next[pfn];
    }
    if (pfn !== NIL) broken('request', `request ${n}: its pages do not end`);
  }
  for (const rw of [READ, WRITE]) {
    const count = ctl[DK_COUNT + rw];
    if (count !== counts[rw])
      broken('request-count', `${count} requests are counted, the queue has ${counts[rw]}`);
    const congested = ctl[DK_CONGESTED + rw] !== 0;
    if (congested ? count < congestionOffThreshold(disk) : count >= congestionOnThreshold(disk))
      broken('congestion', `${count} requests, and the queue is ${congested ? '' : 'not '}congested`);
  }
  const waiting = ctl[DK_END] - ctl[DK_FIRST];
  if ((ctl[DK_BUSY] !== 0) !== (waiting > 0 && ctl[DK_PLUGGED] === 0))
    broken('disk-idle', `${waiting} requests, and the disk is ${ctl[DK_BUSY] === 0 ? 'idle' : 'busy'}`);
  if (disk.requests.length !== disk.capacity * RQ_STRIDE) broken('request', 'the queue has another capacity');
  return inRequest;
}

function checkCached(vm: Vm): void {
  const { files, fields, pgdat: m } = vm;
  let total = 0;
  for (let f = 0; f < files.nrFiles; f++) {
    let cached = 0;
    for (let i = 0; i < files.size[f]; i++) {
      const pfn = files.page[files.base[f] + i];
      if (pfn === NIL) continue;
      cached++;
      if (pfn < 0 || pfn >= m.nrPages || m.state[pfn] !== PAGE_ALLOCATED)
        broken('page-cache', `page ${i} of file ${f}: page frame ${pfn} is not in use`, pfn);
      if (fields.mapping[pfn] !== f + 1 || fields.index[pfn] !== i)
        broken('page-cache', `pfn ${pfn} is not page ${i} of file ${f}, which leads to it`, pfn);
    }
    if (cached !== files.nrpages[f])
      broken('nrpages', `file ${f}: nrpages is ${files.nrpages[f]}, ${cached} are cached`);
    total += cached;
  }
  total += vm.count[VC_NR_SWAPCACHE];
  if (vm.count[VC_NR_PAGECACHE] !== total)
    broken('nr-pagecache', `nr_pagecache is ${vm.count[VC_NR_PAGECACHE]}, of ${total} pages`);
}

function checkFileList(vm: Vm, file: number, list: number, where: Uint8Array): void {
  const { links } = vm.files;
  const head = listHead(vm.files, file, list);
  let before = head;
  for (let pfn = links[2 * head]; pfn !== head; pfn = links[2 * pfn]) {
    if (pfn < 0 || pfn >= vm.pgdat.nrPages) broken('file-list', `file ${file}, list ${list}: node ${pfn}`);
    if (where[pfn] !== ON_NONE) broken('file-list', `pfn ${pfn} is in two lists or twice in one`, pfn);
    if (links[2 * pfn + 1] !== before) broken('file-list', `pfn ${pfn}: prev does not lead back`, pfn);
    if (vm.fields.mapping[pfn] !== file + 1)
      broken('file-list', `pfn ${pfn} is on a list of file ${file}, and no page of it`, pfn);
    where[pfn] = list;
    before = pfn;
  }
  if (links[2 * head + 1] !== before)
    broken('file-list', `file ${file}, list ${list}: the tail does not lead back`);
}

function checkInodes(vm: Vm): void {
  const { files } = vm;
  const { inodeLinks, nrFiles } = files;
  const listed = new Uint8Array(nrFiles);
  for (const list of [SB_DIRTY, SB_IO]) {
    const head = nrFiles + list;
    let before = head;
    for (let f = inodeLinks[2 * head]; f !== head; f = inodeLinks[2 * f]) {
      if (f < 0 || f >= nrFiles || listed[f] !== 0)
        broken('inode-list', `inode ${f} does not belong where it is`);
      if (inodeLinks[2 * f + 1] !== before) broken('inode-list', `inode ${f}: prev does not lead back`);
      listed[f] = 1;
      before = f;
    }
    if (inodeLinks[2 * head + 1] !== before) broken('inode-list', 'the tail of a list does not lead back');
  }
  for (let f = 0; f < nrFiles; f++) {
    if (listed[f] !== files.inodeDirty[f])
      broken('inode-dirty', `inode ${f}: I_DIRTY_PAGES and its list disagree`);
  }
}

/** References that pagevecs hold, by page. */
export function pagevecReferences(vm: Vm): Uint8Array {
  const references = new Uint8Array(vm.pgdat.nrPages);
  for (let pvec = 0; pvec < vm.pvecNr.length; pvec++) {
    for (let i = 0; i < vm.pvecNr[pvec]; i++) references[vm.pvecPages[pvec * PAGEVEC_SIZE + i]]++;
  }
  return references;
}

function checkPages(vm: Vm, where: Uint8Array, inRequest: Uint8Array, inPagevec: Uint8Array): void {
  const { files, fields, pgdat: m } = vm;
  const { flags, count, mapping, pte } = fields;
  let dirty = 0;
  for (let pfn = 0; pfn < m.nrPages; pfn++) {
    const f = flags[pfn];
    const file = mapping[pfn] === MAPPING_SWAP ? NIL : mapping[pfn] - 1;
    const owners = (mapping[pfn] === 0 ? 0 : 1) + (pte[pfn] === 0 ? 0 : 1) + inPagevec[pfn];
    if (((f & PG_lru) !== 0 || owners !== 0) && count[pfn] !== owners)
      broken('references', `pfn ${pfn}: count is ${count[pfn]}, and ${owners} hold it`, pfn);
    if (m.tag[pfn] === TAG_PAGE_CACHE && m.state[pfn] === PAGE_ALLOCATED && owners === 0)
      broken('lost-page', `pfn ${pfn} was taken for a file, and no file has it`, pfn);
    if (((f & PG_locked) !== 0) !== (inRequest[pfn] === 1 + READ))
      broken('locked', `pfn ${pfn}: PG_locked and what the disk reads disagree`, pfn);
    if (((f & PG_writeback) !== 0) !== (inRequest[pfn] === 1 + WRITE))
      broken('writeback', `pfn ${pfn}: PG_writeback and what the disk writes disagree`, pfn);
    if (file < 0) {
      if (where[pfn] !== ON_NONE) broken('file-list', `pfn ${pfn} is on a list, and of no file`, pfn);
      continue;
    }
    if (file >= files.nrFiles || files.page[files.base[file] + fields.index[pfn]] !== pfn)
      broken('page-cache', `pfn ${pfn} says it is of file ${file}, which knows nothing of it`, pfn);
    if ((f & (PG_locked | PG_uptodate)) === 0)
      broken('uptodate', `pfn ${pfn}: neither up to date nor being read`, pfn);
    if ((f & PG_dirty) !== 0) {
      dirty++;
      if (files.inodeDirty[file] === 0) broken('inode-dirty', `pfn ${pfn} is dirty, its inode is not`, pfn);
    }
    if (((f & PG_dirty) !== 0) !== (where[pfn] === LIST_DIRTY || where[pfn] === LIST_IO))
      broken('dirty-list', `pfn ${pfn}: PG_dirty and its list disagree`, pfn);
    if ((f & PG_writeback) !== 0 && where[pfn] === ON_NONE)
      broken('writeback-list', `pfn ${pfn} is being written, and on no list`, pfn);
  }
  if (vm.count[VC_NR_DIRTY] !== dirty)
    broken('nr-dirty', `nr_dirty is ${vm.count[VC_NR_DIRTY]}, of ${dirty} pages`);
}
