/** Invariants of mm/buddy, mm/pcp and mm/mmzone, walked from scratch. Public: call it at any event. */
import { BLOCK_HOOKS, CHOSEN_HOOKS } from '../lib/hooks.ts';
import { KernelBug } from '../lib/kernelBug.ts';
import {
  MAX_NR_ZONES,
  MAX_ORDER,
  PCP_ALWAYS,
  PCP_CHOSEN,
  PCP_HIGH,
  PCP_LOW,
  PCP_NEVER,
  PCP_PUT,
  PCP_RING,
  PCP_TAIL,
  PCP_TAKE,
  ZONE_FREE,
  ZONE_HIGH,
  ZONE_LOW,
  ZONE_MIN,
  ZONE_SPANNED,
  ZONE_START,
  ZONE_STRIDE,
} from '../mm/mmzone.ts';
import { PAGE_ALLOCATED, PAGE_FREE, PAGE_ORDER, PAGE_PCP, PAGE_RESERVED } from '../mm/page.ts';
import { type Pgdat, pcpCount, pcpOf, pcpPage, zoneOf } from '../mm/pgdat.ts';

function broken(code: string, message: string, pfn = -1): never {
  throw new KernelBug(code, message, pfn);
}

/**
 * Throws KernelBug with the first invariant that does not hold:
 * - each free list is circular, its links agree both ways, its blocks are aligned, in their zone, of its order
 * - no two buddies are free, unless a policy left some apart in the zone
 * - free_pages of a zone is the sum of its free blocks; marks are ordered
 * - each per-CPU list holds single pages of its zone, each once; the limits of its short ways follow from it
 * - every page belongs to exactly one block: free, per-CPU, allocated or reserved
 */
export function checkPages(m: Pgdat): void {
  const seen = new Uint8Array(m.sentinelBase);
  for (let z = 0; z < MAX_NR_ZONES; z++) {
    checkZone(m, z);
    let free = 0;
    for (let order = 0; order < MAX_ORDER; order++) free += checkFreeList(m, z, order, seen) << order;
    if (free !== m.zone[z * ZONE_STRIDE + ZONE_FREE]) {
      broken(
        'free-pages',
        `zone ${z}: free_pages is ${m.zone[z * ZONE_STRIDE + ZONE_FREE]}, its lists hold ${free}`,
      );
    }
    for (let cpu = 0; cpu < m.cpus; cpu++)
      for (let cold = 0; cold < 2; cold++) checkPcp(m, z, cpu, cold, seen);
  }
  checkCover(m, seen);
}

function checkZone(m: Pgdat, z: number): void {
  const at = z * ZONE_STRIDE;
  if (m.zone[at + ZONE_MIN] > m.zone[at + ZONE_LOW] || m.zone[at + ZONE_LOW] > m.zone[at + ZONE_HIGH]) {
    broken('watermarks', `zone ${z}: min <= low <= high does not hold`);
  }
}

function checkFreeList(m: Pgdat, z: number, order: number, seen: Uint8Array): number {
  const head = m.sentinelBase + z * MAX_ORDER + order;
  const { links } = m;
  const joined = (m.apart & (1 << z)) === 0;
  let blocks = 0;
  let before = head;
  for (let page = links[2 * head]; page !== head; page = links[2 * page]) {
    if (page < 0 || page >= m.nrPages)
      broken('free-list', `zone ${z}, order ${order}: node ${page} in the list`);
    if (seen[page] !== 0) broken('free-list', `pfn ${page} is in two lists or twice in one`, page);
    seen[page] = 1;
    if (links[2 * page + 1] !== before) broken('free-list', `pfn ${page}: prev does not lead back`, page);
    if (zoneOf(m, page) !== z) broken('zone', `pfn ${page} is on a list of zone ${z}`, page);
    if ((page & ((1 << order) - 1)) !== 0)
      broken('alignment', `pfn ${page} on the list of order ${order}`, page);
    if (m.state[page] !== (PAGE_FREE | order))
      broken('state', `pfn ${page}: on a free list, state says otherwise`, page);
    if (order < MAX_ORDER - 1 && joined && m.state[page ^ (1 << order)] === (PAGE_FREE | order))
      broken('buddies', `pfn ${page}: its buddy of order ${order} is free too`, page);
    before = page;
    blocks++;
  }
  if (links[2 * head + 1] !== before)
    broken('free-list', `zone ${z}, order ${order}: the tail does not lead back`);
  return blocks;
}

function checkPcp(m: Pgdat, z: number, cpu: number, cold: number, seen: Uint8Array): void {
  const list = pcpOf(z, cpu, cold);
  const count = pcpCount(m, list);
  if (count < 0 || count >= PCP_RING) broken('pcp', `zone ${z}, cpu ${cpu}: count ${count}`);
  const { zone, pcp } = m;
  const above = zone[z * ZONE_STRIDE + ZONE_FREE] > zone[z * ZONE_STRIDE + ZONE_LOW];
  const limit = above ? pcp[list + PCP_TAIL] - pcp[list + PCP_LOW] : PCP_NEVER;
  const take = m.observed === 0 ? limit : PCP_NEVER;
  const chosen = (m.observed & ~CHOSEN_HOOKS) === 0 ? limit : PCP_NEVER;
  const put = (m.observed & ~BLOCK_HOOKS) === 0 ? pcp[list + PCP_TAIL] - pcp[list + PCP_HIGH] : PCP_ALWAYS;
  if (pcp[list + PCP_TAKE] !== take || pcp[list + PCP_CHOSEN] !== chosen || pcp[list + PCP_PUT] !== put) {
    broken('limits', `zone ${z}, cpu ${cpu}: the limits of the short ways do not follow from the list`);
  }
  for (let i = 0; i < count; i++) {
    const page = pcpPage(m, list, i);
    if (page < 0 || page >= m.nrPages || zoneOf(m, page) !== z)
      broken('pcp', `pfn ${page} in a list of zone ${z}`, page);
    if (seen[page] !== 0) broken('pcp', `pfn ${page} is in two lists or twice in one`, page);
    seen[page] = 1;
    if (m.state[page] !== PAGE_PCP)
      broken('state', `pfn ${page}: in a per-CPU list, state says otherwise`, page);
  }
}

function checkCover(m: Pgdat, seen: Uint8Array): void {
  const { state } = m;
  for (let z = 0; z < MAX_NR_ZONES; z++) {
    const start = m.zone[z * ZONE_STRIDE + ZONE_START];
    const end = start + m.zone[z * ZONE_STRIDE + ZONE_SPANNED];
    for (let page = start; page < end; ) {
      const s = state[page];
      const listed = seen[page] !== 0;
      const free = (s & ~PAGE_ORDER) === PAGE_FREE;
      const allocated = (s & ~PAGE_ORDER) === PAGE_ALLOCATED;
      if (s === PAGE_RESERVED) {
        page++;
        continue;
      }
      if ((free || s === PAGE_PCP) !== listed)
        broken('cover', `pfn ${page}: state ${s} and the lists disagree`, page);
      if (!free && !allocated && s !== PAGE_PCP)
        broken('cover', `pfn ${page}: state ${s} belongs to no block`, page);
      const size = s === PAGE_PCP ? 1 : 1 << (s & PAGE_ORDER);
      if ((page & (size - 1)) !== 0 || page + size > end)
        broken('alignment', `pfn ${page}: a block of ${size} pages`, page);
      for (let i = page + 1; i < page + size; i++) {
        if (state[i] !== 0)
          broken('cover', `pfn ${i}: inside the block at ${page}, yet state ${state[i]}`, i);
      }
      page += size;
    }
  }
}
