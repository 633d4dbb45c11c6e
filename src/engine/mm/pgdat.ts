import type { Arch } from '../arch/index.ts';
import { Agenda } from '../lib/agenda.ts';
import type { Hooks } from '../lib/hooks.ts';
import { BLOCK_HOOKS, CHOSEN_HOOKS, PAGE_HOOKS, REQ_EVENT, REQ_FIELDS, REQ_TASK } from '../lib/hooks.ts';
import { NR_STATS } from '../trace/events.ts';
import { Printk } from '../trace/printk.ts';
import type { EventRing } from '../trace/ring.ts';
import type { DataCache } from './data_cache.ts';
import {
  CTL_PCP,
  CTL_REQUEST,
  MAX_NR_ZONES,
  MAX_ORDER,
  OBSERVED_HOOKS,
  PCP_ALWAYS,
  PCP_CHOSEN,
  PCP_HEAD,
  PCP_HIGH,
  PCP_LOW,
  PCP_NEVER,
  PCP_PAGES,
  PCP_PUT,
  PCP_RING,
  PCP_SHIFT,
  PCP_STRIDE,
  PCP_TAIL,
  PCP_TAKE,
  ZONE_DMA,
  ZONE_FREE,
  ZONE_HIGHMEM,
  ZONE_LOW,
  ZONE_NORMAL,
  ZONE_SHIFT,
  ZONE_STRIDE,
} from './mmzone.ts';
import { NIL, PAGE_RESERVED } from './page.ts';
import type { PageFields } from './page_fields.ts';
import { CONTROL_FIELDS, OUTCOME_WAKE } from './request.ts';
import type { Vm } from './vm.ts';

/**
 * One node of memory: its pages, zones and per-CPU lists as columns. Free functions of page_alloc.ts own the
 * algorithms; a snapshot copies the columns.
 *
 * `declare` because a class field proper is defined as undefined before the constructor assigns it, and then V8 takes it
 * for one that changes: every use would look the column and its type up again.
 */
export class Pgdat {
  declare readonly arch: Arch;
  declare readonly cpus: number;
  /** Page frames of RAM. */
  declare readonly nrPages: number;
  /** First node number of the list heads: head of (zone, order) is `sentinelBase + zone * MAX_ORDER + order`. */
  declare readonly sentinelBase: number;
  /** Zone ends, exclusive. */
  declare readonly dmaEnd: number;
  declare readonly normalEnd: number;
  /** [2i] next, [2i+1] prev; circular through the list heads. Meaningful only for nodes that are in a list. */
  declare readonly links: Int32Array;
  /** page.ts; padded with reserved pages to a multiple of 2^(MAX_ORDER-1), so that a buddy always exists. */
  declare readonly state: Uint8Array;
  /** The same bytes, eight a word. */
  declare readonly stateWords: Float64Array;
  declare readonly ctl: Int32Array;
  /** The caller's number of the block, at its first page while it is allocated; NIL if it gave none. */
  declare readonly tag: Int32Array;
  declare readonly zone: Int32Array;
  declare readonly pcp: Int32Array;
  /** Zonelist for `gfp & GFP_ZONEMASK`: 4 bits a zone, first zone lowest, zone index + 1, 0 ends it. */
  declare readonly zonelists: Int32Array;
  /** Counters, trace/events.ts STAT_. */
  declare readonly stat: Float64Array;
  /** lib/hooks.ts REQ_. */
  declare readonly request: Int32Array;
  /** `request` as it was, while a policy is asked. */
  declare readonly asked: Int32Array;
  /** The clock, and what waits for it. */
  declare readonly agenda: Agenda;
  declare readonly printk: Printk;
  /** request.ts SLEEP_, CONTROL_. */
  declare readonly sleep: Float64Array;
  declare readonly control: Int32Array;
  /** Bit per QUEUE_ that was woken and whose sleepers nobody has looked for yet. */
  woken = 0;
  hooks: Hooks | null = null;
  /** hooks.mask, 0 without: the hooks that the page allocator does not ask look here. */
  hookMask = 0;
  /** Somebody may look at who asks, in `request`. */
  named = false;
  /** Bit per zone in which a policy left free buddies apart: two of them may be free at once. */
  apart = 0;
  /** The rest of struct page, when something needs it: page_fields.ts. */
  fields: PageFields | null = null;
  /** By page: the event in which the engine took it for itself, see tagBlock(). Null where it takes none. */
  born: Int32Array | null = null;
  /** Page cache, anonymous memory and reclaim, where the machine has them. */
  vm: Vm | null = null;
  /** Every CPU's data cache, where the machine has them. */
  dataCache: DataCache | null = null;
  /** hooks.mask, and OBSERVED_TRACE while events are recorded. */
  observed = 0;
  trace: EventRing | null = null;
  lowerZoneProtection = 0;
  minFreeKbytes = 1024;
  /** `path` and `wakeMask` in one. */
  outcome = 0;

  constructor(arch: Arch, nrPages: number, cpus: number) {
    const block = 1 << (MAX_ORDER - 1);
    const padded = (nrPages + block - 1) & -block;
    this.arch = arch;
    this.cpus = cpus;
    this.nrPages = nrPages;
    this.sentinelBase = padded;
    this.dmaEnd = Math.min(arch.dmaEndPfn, nrPages);
    this.normalEnd = Math.min(arch.normalEndPfn, nrPages);
    this.links = new Int32Array(2 * (padded + MAX_NR_ZONES * MAX_ORDER));
    this.state = new Uint8Array(padded).fill(PAGE_RESERVED);
    this.stateWords = new Float64Array(this.state.buffer);
    this.tag = new Int32Array(nrPages).fill(NIL);
    this.ctl = new Int32Array(CTL_PCP + MAX_NR_ZONES * cpus * 2 * PCP_STRIDE);
    this.zone = this.ctl.subarray(0, MAX_NR_ZONES * ZONE_STRIDE);
    this.pcp = this.ctl.subarray(CTL_PCP);
    this.zonelists = new Int32Array(4);
    this.stat = new Float64Array(NR_STATS);
    this.request = this.ctl.subarray(CTL_REQUEST, CTL_REQUEST + REQ_FIELDS).fill(NIL);
    this.asked = this.request.slice();
    this.agenda = new Agenda();
    this.printk = new Printk();
    this.sleep = new Float64Array(2);
    this.control = new Int32Array(CONTROL_FIELDS);
  }

  /** How the last allocation ended: PATH_ of request.ts. */
  get path(): number {
    return this.outcome & 0xff;
  }

  /** Bit per zone for which kswapd was really woken by the last allocation. */
  get wakeMask(): number {
    return this.outcome >> OUTCOME_WAKE;
  }
}

/** The kernel prints: `kind` and its arguments are of trace/printk.ts. The operation and its task are those of `request`. */
export function printk(m: Pgdat, kind: number, a: number, b = 0, c = 0, d = 0): void {
  m.printk.add(kind, m.request[REQ_EVENT], m.agenda.now[0], m.request[REQ_TASK], a, b, c, d);
}

/** The engine took a block for itself: `tag` is one of TAG_, and since when is kept. */
export function tagBlock(m: Pgdat, pfn: number, tag: number): void {
  m.tag[pfn] = tag;
  if (m.born !== null) m.born[pfn] = m.request[REQ_EVENT];
}

/** page_zone(): 0 DMA, 1 NORMAL, 2 HIGHMEM. */
export function zoneOf(m: Pgdat, pfn: number): number {
  return pfn < m.dmaEnd ? ZONE_DMA : pfn < m.normalEnd ? ZONE_NORMAL : ZONE_HIGHMEM;
}

/** Where the list of (zone, cpu, hot or cold) starts in `pcp`. */
export function pcpOf(zone: number, cpu: number, cold: number): number {
  return (cpu * 6 + zone * 2 + cold) << PCP_SHIFT;
}

/** Pages in a per-CPU list. */
export function pcpCount(m: { readonly pcp: Int32Array }, list: number): number {
  return m.pcp[list + PCP_TAIL] - m.pcp[list + PCP_HEAD];
}

/** Entry i of a per-CPU list, 0 the newest. */
export function pcpPage(m: { readonly pcp: Int32Array }, list: number, i: number): number {
  return m.pcp[list + PCP_PAGES + ((m.pcp[list + PCP_HEAD] + i) & (PCP_RING - 1))];
}

/** Set TAKE and PUT of one list anew, after its tail, its limits or its zone's side of the low mark changed. */
export function setPcpLimits(m: Pgdat, z: number, list: number): void {
  const { ctl } = m;
  const at = CTL_PCP + list;
  const { observed } = m;
  const above = ctl[(z << ZONE_SHIFT) + ZONE_FREE] > ctl[(z << ZONE_SHIFT) + ZONE_LOW];
  const chosen =
    above && (observed & ~CHOSEN_HOOKS) === 0 ? ctl[at + PCP_TAIL] - ctl[at + PCP_LOW] : PCP_NEVER;
  ctl[at + PCP_CHOSEN] = chosen;
  ctl[at + PCP_TAKE] = observed === 0 ? chosen : PCP_NEVER;
  ctl[at + PCP_PUT] = (observed & ~BLOCK_HOOKS) === 0 ? ctl[at + PCP_TAIL] - ctl[at + PCP_HIGH] : PCP_ALWAYS;
}

/** The zone's free pages crossed its low mark, or the mark moved. */
export function setZoneLimits(m: Pgdat, z: number): void {
  for (let cpu = 0; cpu < m.cpus; cpu++) {
    setPcpLimits(m, z, pcpOf(z, cpu, 0));
    setPcpLimits(m, z, pcpOf(z, cpu, 1));
  }
}

/** Change who watches: of the bits in `mask`, those in `bits` from now on. */
export function setObserved(m: Pgdat, mask: number, bits: number): void {
  m.observed = (m.observed & ~mask) | bits;
  const { hooks } = m;
  m.named =
    (m.observed & ~OBSERVED_HOOKS) !== 0 ||
    (hooks !== null && (hooks.anonymous !== true || (hooks.mask & ~PAGE_HOOKS) !== 0));
  for (let z = 0; z < MAX_NR_ZONES; z++) setZoneLimits(m, z);
}

/** The only way that free_pages changes: by `pages`, more or less. */
export function addFree(m: Pgdat, z: number, pages: number): void {
  const { ctl } = m;
  const before = ctl[(z << ZONE_SHIFT) + ZONE_FREE];
  const low = ctl[(z << ZONE_SHIFT) + ZONE_LOW];
  const after = before + pages;
  ctl[(z << ZONE_SHIFT) + ZONE_FREE] = after;
  // Opposite signs: one of them is above the mark. Comparing two comparisons goes by way of doubles.
  if (((low - before) ^ (low - after)) < 0) setZoneLimits(m, z);
}

/** Blocks on a free list, by walking it. */
export function nrFree(m: Pgdat, zone: number, order: number): number {
  const head = m.sentinelBase + zone * MAX_ORDER + order;
  const { links } = m;
  let n = 0;
  for (let i = links[2 * head]; i !== head; i = links[2 * i]) n++;
  return n;
}
