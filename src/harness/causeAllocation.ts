/** Why an allocation failed: what its zones had, who holds them, and what pins the blocks that came nearest. */
import type { ChallengePlan } from '../contract/plan.ts';
import { CTX_MEMALLOC, CTX_REALTIME } from '../contract/tape.ts';
import {
  __GFP_HIGH,
  __GFP_WAIT,
  GFP_ZONEMASK,
  MAX_ORDER,
  type Machine,
  NIL,
  nrFree,
  PAGE_ALLOCATED,
  PAGE_FREE,
  PAGE_ORDER,
  PAGE_PCP,
  ZONE_FREE,
  ZONE_HIGH,
  ZONE_LOW,
  ZONE_MIN,
  ZONE_NAMES,
  ZONE_SPANNED,
  ZONE_START,
  ZONE_STRIDE,
} from '../engine/index.ts';
import { type CauseOperation, operationOf, placeOf } from './causePlaces.ts';
import { kindOf, PAGE_KINDS, type PageKind } from './pageKinds.ts';
import type { Play } from './play.ts';
import type { Decision, Provenance } from './provenance.ts';

/** A zone that the mask allows, as it was when the request failed. */
export interface CauseZone {
  name: string;
  freePages: number;
  /** Order of its largest free block, -1 for none. */
  largest: number;
  min: number;
  low: number;
  high: number;
  /** Pages that had to be free for this request in its last pass, the block itself included. */
  need: number;
  /** Free blocks by order. */
  nrFree: number[];
  /** What kept the zone from serving: too few pages free; enough, and no block; the policy did not let it. */
  why: 'pages' | 'fragmentation' | 'policy';
}

/** A block of pages that stands in the way. */
export interface Pin {
  pfn: number;
  order: number;
  kind: PageKind;
  /** '' for the kernel's own. */
  task: string;
  /** What asked for it; null for memory taken before the workload began, or by a thread of the kernel. */
  by: CauseOperation | null;
  /** Event in the course of which it was handed out, -1 before the first; the operation may have begun earlier. */
  event: number;
  ageUs: number;
  /** What the policy answered for it, the answers that differ from Linux's first; none: Linux's own choice. */
  decisions: Decision[];
}

/** An aligned block of the order asked for. */
export interface PinnedBlock {
  zone: string;
  pfn: number;
  pages: number;
  freePages: number;
  /** In per-CPU lists. */
  pcpPages: number;
  /** In use. */
  pinnedPages: number;
  nrPins: number;
  /** The first of them, by address. */
  pins: Pin[];
}

/** Who has the pages of the zones allowed. */
export interface Holder {
  task: string;
  kind: PageKind;
  pages: number;
  blocks: number;
  oldestUs: number;
  youngestUs: number;
}

export interface AllocationCause {
  kind: 'allocation';
  /** Event at which it failed; `by` asked, perhaps earlier. */
  event: number;
  timeUs: number;
  by: CauseOperation;
  task: string;
  order: number;
  gfp: number;
  mayWait: boolean;
  why: 'pages' | 'fragmentation' | 'policy' | 'order';
  /** In the order of the kernel's zonelist. */
  zones: CauseZone[];
  /** What the policy answered to the request itself. */
  decisions: Decision[];
  holders: Holder[];
  /** Holders and their pages that are not listed. */
  otherHolders: { holders: number; pages: number };
  /** Nearest to being free first. */
  blocks: PinnedBlock[];
}

const BLOCKS = 3;
const PINS = 12;
const HOLDERS = 10;

/** A block of the order asked for that is not free: where, and how much of it is in use. */
interface Candidate {
  zone: number;
  pfn: number;
  free: number;
  pcp: number;
  pinned: number;
  /** First PFNs. */
  pins: number[];
}

/** Zones of the kernel's list for a mask, in its order. */
function zonesOf(m: Machine, gfp: number): number[] {
  const zones: number[] = [];
  for (let rest = m.zonelists[gfp & GFP_ZONEMASK]; rest !== 0; rest >>>= 4) zones.push((rest & 15) - 1);
  return zones;
}

/** The aligned blocks of that order that have the fewest pages in use, of the zones that the mask allows. */
export function nearestBlocks(m: Machine, gfp: number, order: number): Candidate[] {
  if (order >= MAX_ORDER) return [];
  const best: Candidate[] = [];
  for (const zone of zonesOf(m, gfp)) nearestIn(m, zone, order, best);
  return best;
}

function nearestIn(m: Machine, zone: number, order: number, best: Candidate[]): void {
  const { state } = m;
  const size = 1 << order;
  const start = m.zone[zone * ZONE_STRIDE + ZONE_START];
  const end = start + m.zone[zone * ZONE_STRIDE + ZONE_SPANNED];
  for (let from = start; from + size <= end; ) {
    const head = state[from];
    // A block that is larger than what is asked for, and in use, is no nearer than its smallest part.
    const covers =
      (head & PAGE_ALLOCATED) !== 0 && (head & PAGE_ORDER) > order ? 1 << (head & PAGE_ORDER) : size;
    const found: Candidate = { zone, pfn: from, free: 0, pcp: 0, pinned: 0, pins: [] };
    let usable = true;
    for (let pfn = from; pfn < from + size && usable; ) {
      const byte = state[pfn];
      const pages = Math.min(size, 1 << (byte & PAGE_ORDER));
      switch (byte & ~PAGE_ORDER) {
        case PAGE_FREE:
          found.free += pages;
          break;
        case PAGE_PCP:
          found.pcp++;
          break;
        case PAGE_ALLOCATED:
          found.pinned += pages;
          found.pins.push(pfn);
          break;
        default:
          usable = false;
      }
      pfn += pages;
    }
    if (usable && found.pinned + found.pcp > 0) insert(best, found);
    from += covers;
  }
}

function insert(best: Candidate[], found: Candidate): void {
  const isNearer = (a: Candidate, b: Candidate): boolean =>
    a.pinned !== b.pinned ? a.pinned < b.pinned : a.pins.length < b.pins.length;
  if (best.length === BLOCKS && !isNearer(found, best[BLOCKS - 1])) return;
  const at = best.findIndex(other => isNearer(found, other));
  best.splice(at < 0 ? best.length : at, 0, found);
  if (best.length > BLOCKS) best.pop();
}

/** First PFNs of the blocks whose story is told. */
export const pinsOf = (blocks: readonly Candidate[]): Set<number> =>
  new Set(blocks.flatMap(block => block.pins.slice(0, PINS)));

/** To be called while the machine is as the request left it. @param slotOwner of Session */
export function allocationCause(
  plan: ChallengePlan,
  play: Play,
  incident: number,
  known: Provenance,
  slotOwner: Uint8Array,
): AllocationCause {
  const { machine, player } = play;
  const { incidents, tape } = player;
  const row = incidents.row[incident];
  const order = incidents.order[incident];
  const gfp = incidents.gfp[incident];
  const by = operationOf(plan, player, row);
  const decisions = ordered(known.latest());
  const zones = causeZones(machine, gfp, order, tape.ctx[row], decisions);
  const blocks = nearestBlocks(machine, gfp, order).map(found =>
    pinnedBlock(plan, play, known, slotOwner, found, order),
  );
  return {
    kind: 'allocation',
    event: player.event,
    timeUs: incidents.timeUs[incident],
    by,
    task: by.task,
    order,
    gfp,
    mayWait: (gfp & __GFP_WAIT) !== 0,
    why: order >= MAX_ORDER ? 'order' : reasonOf(zones),
    zones,
    decisions,
    ...holdersOf(plan, play, known, slotOwner, zonesOf(machine, gfp)),
    blocks,
  };
}

function reasonOf(zones: readonly CauseZone[]): AllocationCause['why'] {
  for (const why of ['policy', 'fragmentation'] as const)
    if (zones.some(zone => zone.why === why)) return why;
  return 'pages';
}

/** Those that did other than Linux first. */
function ordered(decisions: Decision[]): Decision[] {
  const differs = ({ done, linux }: Decision): number => (done === linux ? 1 : 0);
  return decisions.sort((a, b) => differs(a) - differs(b));
}

/**
 * What each zone had against what the last pass over the zonelist wanted of it.
 *
 * Source: mm/page_alloc.c, the loops of __alloc_pages()
 */
export function causeZones(
  m: Machine,
  gfp: number,
  order: number,
  ctx: number,
  decisions: readonly Decision[],
): CauseZone[] {
  const mayWait = (gfp & __GFP_WAIT) !== 0;
  const list = decisions.find(({ hook }) => hook === 'zonelist')?.done;
  const open = list === undefined ? null : unpackZones(list);
  let shift = !mayWait && (gfp & __GFP_HIGH) !== 0 ? 2 : 0;
  if (!mayWait && (ctx & CTX_REALTIME) !== 0) shift++;
  let min = 1 << order;
  return zonesOf(m, gfp).map(zone => {
    const field = (f: number): number => m.zone[zone * ZONE_STRIDE + f];
    const mark = field(ZONE_MIN) >> shift;
    min += mark;
    const usual = mayWait || min <= field(ZONE_HIGH) ? min : field(ZONE_HIGH);
    // A mark may ask for less than the block itself has: pages_high is enough where nobody may wait.
    const linux = (ctx & CTX_MEMALLOC) !== 0 ? 1 << order : Math.max(usual, 1 << order);
    min += mark * m.lowerZoneProtection;
    const asked = decisions.filter(({ hook, request }) => hook === 'watermark' && request['zone'] === zone);
    const need = asked.length > 0 ? Math.max(asked[asked.length - 1].done, 1 << order) : linux;
    const free = Array.from({ length: MAX_ORDER }, (_, o) => nrFree(m, zone, o));
    const freePages = field(ZONE_FREE);
    const largest = free.findLastIndex(blocks => blocks > 0);
    const hasBlock = largest >= order;
    const closed = open !== null && !open.includes(zone);
    let why: CauseZone['why'] = freePages >= need ? 'fragmentation' : 'pages';
    if (hasBlock && freePages >= linux && (closed || need > linux)) why = 'policy';
    else if (closed) why = freePages >= linux ? 'fragmentation' : 'pages';
    return {
      name: ZONE_NAMES[zone],
      freePages,
      largest,
      min: field(ZONE_MIN),
      low: field(ZONE_LOW),
      high: field(ZONE_HIGH),
      need,
      nrFree: free,
      why,
    };
  });
}

function unpackZones(list: number): number[] {
  const zones: number[] = [];
  for (let rest = list; rest > 0; rest >>>= 4) zones.push((rest & 15) - 1);
  return zones;
}

function pinnedBlock(
  plan: ChallengePlan,
  play: Play,
  known: Provenance,
  slotOwner: Uint8Array,
  found: Candidate,
  order: number,
): PinnedBlock {
  return {
    zone: ZONE_NAMES[found.zone],
    pfn: found.pfn,
    pages: 1 << order,
    freePages: found.free,
    pcpPages: found.pcp,
    pinnedPages: found.pinned,
    nrPins: found.pins.length,
    pins: found.pins.slice(0, PINS).map(pfn => pinAt(plan, play, known, slotOwner, pfn)),
  };
}

function pinAt(
  plan: ChallengePlan,
  { machine, player }: Play,
  known: Provenance,
  slotOwner: Uint8Array,
  pfn: number,
): Pin {
  const state = machine.state[pfn];
  const row = known.row[pfn];
  const by = row === NIL ? null : operationOf(plan, player, row);
  const place = by === null ? null : placeOf(plan, known.task[pfn], known.site[pfn]);
  return {
    pfn,
    order: state & PAGE_ORDER,
    kind: PAGE_KINDS[kindOf(machine, pfn, state, slotOwner)],
    task: plan.workload.tasks[known.task[pfn]]?.name ?? '',
    by: by === null ? null : { ...by, ...place },
    event: known.event[pfn],
    ageUs: player.timeUs - known.timeUs[pfn],
    decisions: ordered(known.decisions.get(pfn) ?? []),
  };
}

function holdersOf(
  plan: ChallengePlan,
  { machine, player }: Play,
  known: Provenance,
  slotOwner: Uint8Array,
  zones: readonly number[],
): Pick<AllocationCause, 'holders' | 'otherHolders'> {
  const { state } = machine;
  const all = new Map<string, Holder>();
  for (const zone of zones) {
    const start = machine.zone[zone * ZONE_STRIDE + ZONE_START];
    const end = start + machine.zone[zone * ZONE_STRIDE + ZONE_SPANNED];
    for (let pfn = start; pfn < end; ) {
      const byte = state[pfn];
      const pages = 1 << (byte & PAGE_ORDER);
      if ((byte & ~PAGE_ORDER) === PAGE_ALLOCATED) {
        const kind = PAGE_KINDS[kindOf(machine, pfn, byte, slotOwner)];
        const task = plan.workload.tasks[known.task[pfn]]?.name ?? '';
        const ageUs = player.timeUs - known.timeUs[pfn];
        const key = `${kind} ${task}`;
        let holder = all.get(key);
        if (holder === undefined) {
          holder = { task, kind, pages: 0, blocks: 0, oldestUs: 0, youngestUs: Number.POSITIVE_INFINITY };
          all.set(key, holder);
        }
        holder.pages += pages;
        holder.blocks++;
        holder.oldestUs = Math.max(holder.oldestUs, ageUs);
        holder.youngestUs = Math.min(holder.youngestUs, ageUs);
      }
      pfn += pages;
    }
  }
  const holders = [...all.values()].sort((a, b) => b.pages - a.pages);
  const others = holders.slice(HOLDERS);
  return {
    holders: holders.slice(0, HOLDERS),
    otherHolders: { holders: others.length, pages: others.reduce((sum, { pages }) => sum + pages, 0) },
  };
}
