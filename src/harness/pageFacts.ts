/** Everything that is known of one page of a run: what an inspector shows. */
import type { ChallengePlan } from '../contract/plan.ts';
import * as T from '../contract/tape.ts';
import {
  A_ADDR,
  addressText,
  areaPages,
  C_NUM,
  cacheName,
  cacheOf,
  MAPPING_SWAP,
  MAX_ORDER,
  type Machine,
  MM_PGD,
  MM_STRIDE,
  NIL,
  PAGE_ALLOCATED,
  PAGE_FREE,
  PAGE_ORDER,
  PAGE_PCP,
  PG_active,
  PG_arch_1,
  PG_checked,
  PG_compound,
  PG_direct,
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
  pcpCount,
  pcpOf,
  pcpPage,
  S_CACHE,
  S_PFN,
  S_STATE,
  slabPfn,
  TAG_ANON,
  TAG_KERNEL_TABLE,
  TAG_PAGE_CACHE,
  TAG_PAGE_TABLE,
  TAG_SLAB,
  TAG_STACK,
  TAG_VMALLOC,
  TASK_OWNER,
  TASK_PFN,
  TASK_STRIDE,
  vmAreas,
  ZONE_HIGHMEM,
  ZONE_NAMES,
  zoneOf,
} from '../engine/index.ts';
import type { TapePlayer } from '../workload/player.ts';
import { type CallSite, callSite } from './callSite.ts';
import { pidOf } from './kernelReports.ts';

export type PageState = 'free' | 'per-CPU list' | 'in use' | 'reserved';

export interface PageFacts {
  pfn: number;
  /** Physical address; a double. */
  paddr: number;
  /** Zone index. */
  zone: number;
  /** First page of the block that the page lies in, and the block's order. */
  head: number;
  order: number;
  state: PageState;
  /** Who asked for it: a task, or the part of the kernel; '' for memory that nobody holds. */
  owner: string;
  /** Where its owner asked; null where no step of the workload did. */
  site: CallSite | null;
  /** Event in which it became what it is, and its simulated time; event -1 with time 0: as it was booted, -1: not known. */
  event: number;
  timeUs: number;
  /** Names of page->flags that are set. */
  flags: string[];
  /** page->count. */
  count: number;
  /** What the page holds, in words: a page of a file, objects of a cache, an area; '' where the owner says it all. */
  holds: string;
  /** Where it stands in which list, '' for none. */
  list: string;
}

const FLAG_NAMES: readonly (readonly [number, string])[] = [
  [PG_locked, 'PG_locked'],
  [PG_error, 'PG_error'],
  [PG_referenced, 'PG_referenced'],
  [PG_uptodate, 'PG_uptodate'],
  [PG_dirty, 'PG_dirty'],
  [PG_lru, 'PG_lru'],
  [PG_active, 'PG_active'],
  [PG_slab, 'PG_slab'],
  [PG_checked, 'PG_checked'],
  [PG_arch_1, 'PG_arch_1'],
  [PG_private, 'PG_private'],
  [PG_writeback, 'PG_writeback'],
  [PG_direct, 'PG_direct'],
  [PG_mappedtodisk, 'PG_mappedtodisk'],
  [PG_reclaim, 'PG_reclaim'],
  [PG_compound, 'PG_compound'],
];

/** A list that is longer is not counted to its end. */
const COUNTED = 4096;

/** First page of the block that a page lies in. @returns the page itself where it is in no block */
export function blockHead({ state }: Machine, pfn: number): number {
  for (let order = 0; order < MAX_ORDER; order++) {
    const first = pfn & -(1 << order);
    if (state[first] !== 0) return (state[first] & PAGE_ORDER) >= order ? first : pfn;
  }
  return pfn;
}

/** @param pfn 0..nrPages - 1 */
export function pageFacts(plan: ChallengePlan, player: TapePlayer, pfn: number): PageFacts {
  const m = player.machine;
  const head = blockHead(m, pfn);
  const byte = m.state[head];
  const state = stateOf(byte);
  const zone = zoneOf(m, pfn);
  const facts: PageFacts = {
    pfn,
    paddr: pfn * m.arch.pageBytes,
    zone,
    head,
    order: byte & PAGE_ORDER,
    state,
    owner: '',
    site: null,
    event: -1,
    timeUs: -1,
    flags: flagsOf(m, pfn, state, zone),
    count: m.fields === null ? Number(state === 'in use' && pfn === head) : m.fields.count[pfn],
    holds: '',
    list: listOf(m, pfn, head, state, zone),
  };
  if (state === 'reserved') facts.owner = 'the kernel: its image, the memory map, or a hole';
  if (state === 'in use') whose(facts, plan, player);
  const mapped = mappingsOf(m, pfn);
  if (mapped !== '') facts.holds = facts.holds === '' ? mapped : `${facts.holds}; ${mapped}`;
  return facts;
}

function stateOf(byte: number): PageState {
  switch (byte & ~PAGE_ORDER) {
    case PAGE_FREE:
      return 'free';
    case PAGE_PCP:
      return 'per-CPU list';
    case PAGE_ALLOCATED:
      return 'in use';
    default:
      return 'reserved';
  }
}

function flagsOf(m: Machine, pfn: number, state: PageState, zone: number): string[] {
  const flags: string[] = [];
  if (m.fields !== null) {
    const bits = m.fields.flags[pfn];
    for (const [bit, name] of FLAG_NAMES) if ((bits & bit) !== 0) flags.push(name);
  }
  // The one flag that machines without page cache have on pages, and it is kept with the slab there.
  const inSlab = m.slab !== null && pfn < m.slab.slabOfPage.length && m.slab.slabOfPage[pfn] !== NIL;
  if (inSlab && !flags.includes('PG_slab')) flags.push('PG_slab');
  if (state === 'reserved') flags.push('PG_reserved');
  if (zone === ZONE_HIGHMEM) flags.push('PG_highmem');
  return flags;
}

const blocks = (n: number, what: string): string => `${n === 0 ? 'no' : n} ${what}${n === 1 ? '' : 's'}`;

function listOf(m: Machine, pfn: number, head: number, state: PageState, zone: number): string {
  if (state === 'free') {
    const order = m.state[head] & PAGE_ORDER;
    const list = m.sentinelBase + zone * MAX_ORDER + order;
    let before = 0;
    for (let i = m.links[2 * list]; i !== head && i !== list && before < COUNTED; i = m.links[2 * i])
      before++;
    const many = before === COUNTED ? `more than ${COUNTED} blocks` : blocks(before, 'block');
    return `free list of order ${order}, ${many} before it`;
  }
  if (state === 'per-CPU list') {
    for (let cpu = 0; cpu < m.cpus; cpu++) {
      for (let cold = 0; cold < 2; cold++) {
        const list = pcpOf(zone, cpu, cold);
        for (let i = 0; i < pcpCount(m, list); i++) {
          if (pcpPage(m, list, i) === pfn)
            return `${cold === 0 ? 'hot' : 'cold'} list of CPU ${cpu}, ${blocks(i, 'page')} before it`;
        }
      }
    }
  }
  if (m.fields !== null && (m.fields.flags[pfn] & PG_lru) !== 0) {
    const name = (m.fields.flags[pfn] & PG_active) !== 0 ? 'active' : 'inactive';
    return `${name} list of ${ZONE_NAMES[zone]}`;
  }
  return '';
}

/** kmap() and kmap_atomic() of the page. */
function mappingsOf({ highmem, arch }: Machine, pfn: number): string {
  if (highmem === null) return '';
  const found: string[] = [];
  const slot = highmem.pkmapPage.indexOf(pfn);
  if (slot !== NIL) {
    const users = highmem.pkmapCount[slot] - 1;
    found.push(`kmap slot ${slot}, ${users === 1 ? '1 user' : `${users === 0 ? 'no' : users} users`}`);
  }
  for (let at = highmem.atomicPage.indexOf(pfn); at !== NIL; at = highmem.atomicPage.indexOf(pfn, at + 1)) {
    const { kmTypes, kmTypeNr } = arch.kmap!;
    found.push(`${kmTypes[at % kmTypeNr]} of CPU ${Math.floor(at / kmTypeNr)}`);
  }
  return found.join('; ');
}

/** Owner, site, age and contents of a page in use. */
function whose(facts: PageFacts, plan: ChallengePlan, player: TapePlayer): void {
  const { machine: m } = player;
  const tag = m.tag[facts.head];
  if (tag >= 0) {
    askedBy(facts, plan, player, tag);
    return;
  }
  if (tag !== NIL && m.born !== null) {
    facts.event = m.born[facts.head];
    facts.timeUs = player.tape.timeUs[facts.event] ?? 0;
  }
  switch (tag) {
    case TAG_SLAB:
      facts.owner = 'slab allocator';
      facts.holds = slabText(plan, player, facts.pfn);
      break;
    case TAG_STACK: {
      const process = processOfStackPage(m, facts);
      facts.owner = process === NIL ? 'kernel' : processName(plan, player, process);
      facts.holds = 'kernel stack';
      break;
    }
    case TAG_PAGE_CACHE:
      facts.owner = 'page cache';
      facts.holds = contentOf(plan, m, facts.pfn);
      break;
    case TAG_ANON: {
      const { vm, fields } = m;
      const entry = vm === null || fields === null ? NIL : fields.pte[facts.pfn] - 1;
      const swapped = contentOf(plan, m, facts.pfn);
      facts.owner = entry < 0 ? 'swap cache' : processName(plan, player, vm!.pteProcess[entry]);
      facts.holds = `anonymous memory${swapped === '' ? '' : `, ${swapped}`}`;
      break;
    }
    case TAG_VMALLOC:
      inArea(facts, plan, player);
      break;
    case TAG_PAGE_TABLE: {
      const process = processOfTable(m, facts.pfn);
      facts.owner = process === NIL ? 'kernel' : processName(plan, player, process);
      facts.holds = 'page table';
      break;
    }
    case TAG_KERNEL_TABLE:
      facts.owner = 'vmalloc';
      facts.holds = 'page table of the vmalloc window';
      break;
    default:
      facts.owner = 'kernel';
  }
}

function askedBy(facts: PageFacts, plan: ChallengePlan, player: TapePlayer, slot: number): void {
  const row = player.slotRow[slot];
  if (row === undefined || row === NIL) return;
  const { tape } = player;
  facts.owner = plan.workload.tasks[tape.task[row]].name;
  facts.site = callSite(plan, tape.task[row], tape.site[row]);
  facts.event = row;
  facts.timeUs = tape.timeUs[row];
}

/** `page 12 of file log`, by mapping and index; '' of a page that is in no address space. */
function contentOf(plan: ChallengePlan, m: Machine, pfn: number): string {
  if (m.fields === null || m.fields.mapping[pfn] === 0) return '';
  const mapping = m.fields.mapping[pfn];
  const index = m.fields.index[pfn];
  if (mapping === MAPPING_SWAP) return `in slot ${index} of the swap area`;
  return `page ${index} of file ${plan.workload.named?.files[mapping - 1]?.name ?? mapping - 1}`;
}

/** The cache, and whose objects. */
function slabText(plan: ChallengePlan, player: TapePlayer, pfn: number): string {
  const { slab } = player.machine;
  const row = slab === null ? NIL : slab.slabOfPage[pfn];
  if (slab === null || row === NIL) return 'a slab';
  const cache = slab.cold[row + S_CACHE];
  const inuse = slab.rows[row + S_STATE] & 0xffff;
  const text = `slab of cache ${cacheName(slab, cache)}, ${inuse} of ${slab.ctl[cache + C_NUM]} objects in use`;
  const { tape, slotPfn, slotRow } = player;
  const first = slab.cold[row + S_PFN];
  const held = new Map<number, number>();
  for (let slot = 0; slot < slotPfn.length; slot++) {
    const value = slotPfn[slot];
    if (value < 0) continue;
    const asked = slotRow[slot];
    if (!isObject(player, asked, slot)) continue;
    if (cacheOf(slab, value) !== cache || slabPfn(slab, value) !== first) continue;
    held.set(tape.task[asked], (held.get(tape.task[asked]) ?? 0) + 1);
  }
  if (held.size === 0) return text;
  const owners = [...held].map(([task, n]) => `${plan.workload.tasks[task].name} ${n}`);
  const others = inuse - [...held.values()].reduce((sum, n) => sum + n, 0);
  // Handed out by the slab, and waiting in an array or the kernel's own.
  if (others > 0) owners.push(`in CPU arrays or the kernel's ${others}`);
  return `${text}: ${owners.join(', ')}`;
}

/** What the slot got is an object of a slab. */
function isObject({ tape, operations }: TapePlayer, row: number, slot: number): boolean {
  const op = tape.op[row] === T.OP_RETRY ? tape.b[row] : tape.op[row];
  if (op === T.OP_BUFFER) return operations.answers.freeOf(slot) === T.OP_KFREE;
  return op === T.OP_KMALLOC || op === T.OP_CACHE_ALLOC || op === T.OP_CALL;
}

function processOfStackPage({ tasks }: Machine, { head, order }: PageFacts): number {
  if (tasks === null) return NIL;
  for (let process = 0; process < tasks.nrProcesses; process++) {
    const pfn = tasks.tasks[process * TASK_STRIDE + TASK_PFN];
    if (pfn >= head && pfn < head + (1 << order)) return process;
  }
  return NIL;
}

function processOfTable({ vm }: Machine, pfn: number): number {
  if (vm === null) return NIL;
  const { anon } = vm;
  const table = anon.tablePfn.indexOf(pfn);
  if (table >= 0) return vm.pteProcess[table << anon.ptrsShift];
  for (let process = 0; process < anon.nrProcesses; process++) {
    if (anon.mm[process * MM_STRIDE + MM_PGD] === pfn) return process;
  }
  return NIL;
}

/** `editor (pid 12)`, as the kernel numbers them. */
function processName(plan: ChallengePlan, { machine, tape }: TapePlayer, process: number): string {
  const { tasks } = machine;
  let task = tasks === null ? NIL : tasks.tasks[process * TASK_STRIDE + TASK_OWNER];
  if (task === NIL && process < tape.nrDaemons) {
    const row = tape.daemon.indexOf(process);
    if (row >= 0) task = tape.task[row];
  }
  const pid = `pid ${pidOf(process)}`;
  const name = plan.workload.tasks[task]?.name;
  return name === undefined ? pid : `${name} (${pid})`;
}

/** A page of an area of vmalloc: which one, and who asked for it. */
function inArea(facts: PageFacts, plan: ChallengePlan, player: TapePlayer): void {
  const { vmalloc, arch } = player.machine;
  facts.owner = 'vmalloc';
  if (vmalloc === null) return;
  for (const row of vmAreas(vmalloc)) {
    const pages = areaPages(vmalloc, row);
    const at = pages.indexOf(facts.pfn);
    if (at < 0) continue;
    const address = vmalloc.areas[row + A_ADDR];
    const slot = player.slotPfn.indexOf(address | 0);
    if (slot >= 0) askedBy(facts, plan, player, slot);
    facts.holds = `page ${at + 1} of ${pages.length} of the vmalloc area at ${addressText(arch, address)}`;
    return;
  }
}
