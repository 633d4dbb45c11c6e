/** Invariants of the LRU: mm/swap, mm/vmscan, mm/rmap. Walked from scratch. Public: call it between two operations. */
import { KernelBug } from '../lib/kernelBug.ts';
import { KT_ASLEEP, KT_QUEUE, KT_STATE, KT_WAITING, KTHREAD_FIELDS, NR_KTHREADS } from '../mm/kthread.ts';
import { lruHead } from '../mm/mm_inline.ts';
import { MAX_NR_ZONES } from '../mm/mmzone.ts';
import { PAGE_ALLOCATED } from '../mm/page.ts';
import { LRU_HEADS, LRU_PAGE_LIST } from '../mm/page_fields.ts';
import { PG_active, PG_direct, PG_lru, PG_writeback } from '../mm/page_flags.ts';
import { zoneOf } from '../mm/pgdat.ts';
import { NR_QUEUES } from '../mm/request.ts';
import {
  P_ALIVE,
  P_KILLED,
  P_RSS,
  P_STRIDE,
  PAGEVEC_SIZE,
  PTE_PRESENT,
  PTE_SHIFT,
  RECLAIM_NONE,
  VC_NR_MAPPED,
  VC_NR_WRITEBACK,
  type Vm,
  VZ_NR_ACTIVE,
  VZ_NR_INACTIVE,
  VZ_PREV_PRIORITY,
  VZ_SHIFT,
  VZ_TEMP_PRIORITY,
} from '../mm/vm.ts';

function broken(code: string, message: string, pfn = -1): never {
  throw new KernelBug(code, message, pfn);
}

/**
 * Throws KernelBug with the first invariant that does not hold:
 * - each LRU list is circular, its links agree both ways, its pages are of its zone, handed out, and on no other list
 * - nr_active and nr_inactive are what the lists hold; PG_lru and PG_active say which list a page is on
 * - a page in a pagevec is on no list, and a reference is the pagevec's
 * - the private lists of reclaim are empty, and nobody reclaims
 * - a mapped page and its entry lead to each other; nr_mapped, nr_writeback and every rss are what there is
 * - a zone's counters are in their ranges; a process that was killed and not seen to is in `killed` once
 */
export function checkVmscan(vm: Vm): void {
  if (vm.reclaim !== RECLAIM_NONE) broken('reclaiming', 'between two operations somebody reclaims');
  const seen = new Uint8Array(vm.pgdat.nrPages);
  for (let z = 0; z < MAX_NR_ZONES; z++) checkZone(vm, z, seen);
  for (let head = LRU_PAGE_LIST; head < LRU_HEADS; head++) {
    const at = vm.pgdat.nrPages + head;
    if (vm.fields.lru[2 * at] !== at || vm.fields.lru[2 * at + 1] !== at)
      broken('private-list', `private list ${head} of reclaim holds pages`);
  }
  checkPagevecs(vm);
  checkPages(vm, seen);
  checkRss(vm);
  checkKilled(vm);
  checkKthreads(vm);
}

function checkZone(vm: Vm, z: number, seen: Uint8Array): void {
  const at = z << VZ_SHIFT;
  const active = checkList(vm, z, 1, seen);
  const inactive = checkList(vm, z, 0, seen);
  if (vm.zone[at + VZ_NR_ACTIVE] !== active)
    broken('nr-active', `zone ${z}: nr_active is ${vm.zone[at + VZ_NR_ACTIVE]}, the list holds ${active}`);
  if (vm.zone[at + VZ_NR_INACTIVE] !== inactive)
    broken(
      'nr-inactive',
      `zone ${z}: nr_inactive is ${vm.zone[at + VZ_NR_INACTIVE]}, the list holds ${inactive}`,
    );
  for (const field of [VZ_TEMP_PRIORITY, VZ_PREV_PRIORITY]) {
    if (vm.zone[at + field] < 0 || vm.zone[at + field] > 12)
      broken('priority', `zone ${z}: priority ${vm.zone[at + field]}`);
  }
}

/** Returns the length of the list. */
function checkList(vm: Vm, z: number, active: number, seen: Uint8Array): number {
  const { pgdat: m } = vm;
  const { flags, lru } = vm.fields;
  const head = lruHead(vm, z, active);
  const name = `zone ${z}, ${active === 1 ? 'active' : 'inactive'} list`;
  let before = head;
  let length = 0;
  for (let pfn = lru[2 * head]; pfn !== head; pfn = lru[2 * pfn]) {
    if (pfn < 0 || pfn >= m.nrPages) broken('lru-list', `${name}: node ${pfn}`);
    if (seen[pfn] !== 0) broken('lru-list', `pfn ${pfn} is in two lists or twice in one`, pfn);
    seen[pfn] = 1;
    if (lru[2 * pfn + 1] !== before) broken('lru-list', `pfn ${pfn}: prev does not lead back`, pfn);
    if (zoneOf(m, pfn) !== z) broken('lru-zone', `pfn ${pfn} is on a list of zone ${z}`, pfn);
    if (m.state[pfn] !== PAGE_ALLOCATED) broken('lru-free', `pfn ${pfn}: on the LRU, yet not in use`, pfn);
    if ((flags[pfn] & PG_lru) === 0) broken('lru-flag', `pfn ${pfn}: on the LRU without PG_lru`, pfn);
    if (((flags[pfn] & PG_active) !== 0) !== (active === 1))
      broken('active-flag', `pfn ${pfn}: PG_active and its list disagree`, pfn);
    before = pfn;
    length++;
  }
  if (lru[2 * head + 1] !== before) broken('lru-list', `${name}: the tail does not lead back`);
  return length;
}

function checkPagevecs(vm: Vm): void {
  const { count, flags } = vm.fields;
  for (let pvec = 0; pvec < vm.pvecNr.length; pvec++) {
    const nr = vm.pvecNr[pvec];
    if (nr < 0 || nr >= PAGEVEC_SIZE) broken('pagevec', `pagevec ${pvec} holds ${nr} pages`);
    for (let i = 0; i < nr; i++) {
      const pfn = vm.pvecPages[pvec * PAGEVEC_SIZE + i];
      if ((flags[pfn] & PG_lru) !== 0) broken('pagevec', `pfn ${pfn}: in a pagevec and on the LRU`, pfn);
      if (count[pfn] < 1) broken('pagevec', `pfn ${pfn}: in a pagevec without a reference`, pfn);
    }
  }
}

function checkPages(vm: Vm, seen: Uint8Array): void {
  const { fields, pgdat: m } = vm;
  const { count, flags, pte } = fields;
  let mapped = 0;
  let writeback = 0;
  for (let pfn = 0; pfn < m.nrPages; pfn++) {
    if ((flags[pfn] & PG_lru) !== 0 && seen[pfn] === 0)
      broken('lru-flag', `pfn ${pfn}: PG_lru, yet on no list`, pfn);
    if ((flags[pfn] & PG_lru) !== 0 && count[pfn] === 0)
      broken('lru-count', `pfn ${pfn}: on the LRU without a reference`, pfn);
    if ((flags[pfn] & PG_writeback) !== 0) writeback++;
    if (((flags[pfn] & PG_direct) !== 0) !== (pte[pfn] !== 0))
      broken('rmap', `pfn ${pfn}: PG_direct and its entry disagree`, pfn);
    if (pte[pfn] === 0) continue;
    mapped++;
    const entry = vm.pte[pte[pfn] - 1];
    if ((entry & PTE_PRESENT) === 0 || entry >> PTE_SHIFT !== pfn)
      broken('rmap', `pfn ${pfn}: its entry ${pte[pfn] - 1} does not map it`, pfn);
  }
  if (vm.count[VC_NR_MAPPED] !== mapped)
    broken('nr-mapped', `nr_mapped is ${vm.count[VC_NR_MAPPED]}, ${mapped} pages are mapped`);
  if (vm.count[VC_NR_WRITEBACK] !== writeback)
    broken('nr-writeback', `nr_writeback is ${vm.count[VC_NR_WRITEBACK]}, of ${writeback} pages`);
}

function checkRss(vm: Vm): void {
  const rss = new Float64Array(vm.nrProcesses);
  for (let i = 0; i < vm.pte.length; i++) {
    // The zero page, which lies behind every page there is, is nobody's memory.
    if ((vm.pte[i] & PTE_PRESENT) === 0 || vm.pte[i] >> PTE_SHIFT >= vm.pgdat.nrPages) continue;
    rss[vm.pteProcess[i]]++;
    if (vm.fields.pte[vm.pte[i] >> PTE_SHIFT] !== i + 1)
      broken('rmap', `entry ${i} maps pfn ${vm.pte[i] >> PTE_SHIFT}, which knows nothing of it`);
  }
  for (let p = 0; p < vm.nrProcesses; p++) {
    if (vm.process[p * P_STRIDE + P_RSS] !== rss[p])
      broken('rss', `process ${p}: rss ${vm.process[p * P_STRIDE + P_RSS]}, ${rss[p]} pages are present`);
  }
}

function checkKilled(vm: Vm): void {
  for (let i = 0; i < vm.killed.length; i++) {
    const p = vm.killed[i];
    if (vm.killed.indexOf(p) !== i) broken('killed', `process ${p} was killed twice`);
    if (vm.process[p * P_STRIDE + P_ALIVE] !== 0 && vm.process[p * P_STRIDE + P_KILLED] === 0)
      broken('killed', `process ${p} is to end, and was never killed`);
  }
}

function checkKthreads(vm: Vm): void {
  for (let at = 0; at < NR_KTHREADS * KTHREAD_FIELDS; at += KTHREAD_FIELDS) {
    const state = vm.kthread[at + KT_STATE];
    if (state < KT_ASLEEP || state > KT_WAITING) broken('kthread', `state ${state} of a kernel thread`);
    const queue = vm.kthread[at + KT_QUEUE];
    if (queue < 0 || queue >= NR_QUEUES) broken('kthread', `a kernel thread waits in queue ${queue}`);
  }
}
