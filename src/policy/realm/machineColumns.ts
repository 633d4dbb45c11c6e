/** What of a machine a policy's realm is made of: columns, some bound anew as they grow, and numbers. */
import {
  A_ADDR,
  A_NEXT,
  A_SIZE,
  C_FLAGS,
  C_FREE,
  C_FREE_OBJECTS,
  C_FULL,
  C_LIMIT,
  C_NEXT,
  C_NUM,
  C_OBJSIZE,
  C_ORDER,
  C_PARTIAL,
  C_TEXT,
  CFLGS_OFF_SLAB,
  CPU_CURRENT,
  CPU_HARDIRQS,
  CPU_SOFTIRQ,
  CPU_STACK,
  CPU_STRIDE,
  MAX_NR_ZONES,
  MAX_ORDER,
  type Machine,
  NIL,
  P_RSS,
  P_STRIDE,
  PAGE_ALLOCATED,
  PAGE_FREE,
  PAGE_ORDER,
  PAGE_RESERVED,
  PCP_HEAD,
  PCP_SHIFT,
  PCP_TAIL,
  S_CACHE,
  S_NEXT,
  S_PFN,
  S_STATE,
  STACK_DEPTH,
  STACK_LIMIT,
  TASK_OWNER,
  TASK_STRIDE,
  VC_NR_DIRTY,
  VC_NR_MAPPED,
  VC_NR_PAGECACHE,
  VC_NR_SWAP_PAGES,
  VC_NR_WRITEBACK,
  VZ_NR_ACTIVE,
  VZ_NR_INACTIVE,
  VZ_PAGES_SCANNED,
  VZ_SHIFT,
  ZONE_FREE,
  ZONE_HIGH,
  ZONE_LOW,
  ZONE_MIN,
  ZONE_PRESENT,
  ZONE_SPANNED,
  ZONE_START,
  ZONE_STRIDE,
} from '../../engine/index.ts';
import { MEM_KM_TYPES, type MemSizes } from '../fields.ts';
import type { FacadeNumbers } from './facade.ts';
import { FACT_CHAIN, FACT_LAST_PKMAP, FACT_VMLIST, type PartColumns, type PartNumbers } from './partViews.ts';
import { PART_COLUMNS, type RealmNumbers } from './script.ts';

/** Whose memory the policy looks at. */
export interface RealmWorkload {
  /** Task of each tape slot, filled as the tape goes on. */
  slotTask: Uint16Array;
  /** Owner kind of each task. */
  taskOwner: Uint8Array;
}

type Column = Int32Array | Uint16Array | Uint8Array | Float64Array;

/** How columns get into a realm: it makes views of its own over the same memory. */
export interface HostColumns {
  buffers: ArrayBufferLike[];
  offsets: number[];
  lengths: number[];
}

export function handedOver(columns: readonly Column[]): HostColumns {
  return {
    buffers: columns.map(c => c.buffer),
    offsets: columns.map(c => c.byteOffset),
    lengths: columns.map(c => c.length),
  };
}

export function partList(parts: PartColumns): Column[] {
  return PART_COLUMNS.map(([name]) => parts[name]);
}

const NO_INTS = new Int32Array(0);
const NO_BYTES = new Uint8Array(0);
const NO_SHORTS = new Uint16Array(0);
const NO_DOUBLES = new Float64Array(0);

export function hasParts(m: Machine): boolean {
  return m.slab !== null || (m.highmem !== null && m.normalEnd < m.nrPages);
}

/** The columns of what the machine has, empty ones for what it lacks. */
export function partsOf(m: Machine, facts: Int32Array): PartColumns {
  const { vm, fields, slab, highmem, vmalloc, tasks } = m;
  return {
    vmZone: vm?.zone ?? NO_INTS,
    vmCount: vm?.count ?? NO_INTS,
    flags: fields?.flags ?? NO_SHORTS,
    count: fields?.count ?? NO_SHORTS,
    mapping: fields?.mapping ?? NO_SHORTS,
    index: fields?.index ?? NO_INTS,
    pte: fields?.pte ?? NO_INTS,
    slabOfPage: slab?.slabOfPage ?? NO_INTS,
    ctl: slab?.ctl ?? NO_INTS,
    rows: slab?.rows ?? NO_INTS,
    cold: slab?.cold ?? NO_INTS,
    ctors: slab?.ctors ?? NO_BYTES,
    pkmapCount: highmem?.pkmapCount ?? NO_INTS,
    areas: vmalloc?.areas ?? NO_DOUBLES,
    cpus: tasks?.cpus ?? NO_INTS,
    tasks: tasks?.tasks ?? NO_INTS,
    stacks: tasks?.stacks ?? NO_INTS,
    process: vm?.process ?? NO_DOUBLES,
    facts,
  };
}

/** Copy what stands outside the columns. */
export function noteFacts({ slab, highmem, vmalloc }: Machine, facts: Int32Array): void {
  facts[FACT_CHAIN] = slab === null ? 0 : slab.chain;
  facts[FACT_LAST_PKMAP] = highmem === null ? 0 : highmem.lastPkmapNr;
  facts[FACT_VMLIST] = vmalloc === null ? NIL : vmalloc.vmlist;
}

export function numbersOf(machine: Machine, workload: RealmWorkload, state: number): RealmNumbers {
  return {
    facade: facadeNumbers(machine, workload, state),
    parts: partNumbers(machine),
    sizes: sizesOf(machine),
  };
}

function partNumbers({ nrPages, arch, vmalloc }: Machine): PartNumbers {
  return {
    nrPages,
    vmallocStart: vmalloc?.start ?? 0,
    vmallocEnd: vmalloc?.end ?? 0,
    vmallocGuard: 1 << arch.pageShift,
    MAX_NR_ZONES,
    FACT_CHAIN,
    FACT_LAST_PKMAP,
    FACT_VMLIST,
    VZ_SHIFT,
    VZ_NR_ACTIVE,
    VZ_NR_INACTIVE,
    VZ_PAGES_SCANNED,
    VC_NR_MAPPED,
    VC_NR_DIRTY,
    VC_NR_WRITEBACK,
    VC_NR_PAGECACHE,
    VC_NR_SWAP_PAGES,
    C_LIMIT,
    C_FREE_OBJECTS,
    C_NUM,
    C_PARTIAL,
    C_FULL,
    C_FREE,
    C_OBJSIZE,
    C_FLAGS,
    C_ORDER,
    C_NEXT,
    C_TEXT,
    CFLGS_OFF_SLAB,
    S_NEXT,
    S_STATE,
    S_PFN,
    S_CACHE,
    A_ADDR,
    A_SIZE,
    A_NEXT,
    CPU_CURRENT,
    CPU_STACK,
    CPU_HARDIRQS,
    CPU_SOFTIRQ,
    CPU_STRIDE,
    STACK_DEPTH,
    STACK_LIMIT,
    TASK_OWNER,
    TASK_STRIDE,
    P_RSS,
    P_STRIDE,
  };
}

function sizesOf({ nrPages, cpus, lowerZoneProtection, arch }: Machine): MemSizes {
  const types = MEM_KM_TYPES.map(name => [name, arch.kmap?.kmTypes.indexOf(name) ?? NIL]);
  const kmapSlots = arch.kmap?.lastPkmap ?? 0;
  return {
    nrPages,
    pageBytes: arch.pageBytes,
    cpus,
    lowerZoneProtection,
    kmapSlots,
    ...Object.fromEntries(types),
  };
}

function facadeNumbers(machine: Machine, workload: RealmWorkload, state: number): FacadeNumbers {
  return {
    nrPages: machine.nrPages,
    cpus: machine.cpus,
    sentinelBase: machine.sentinelBase,
    dmaEnd: machine.dmaEnd,
    normalEnd: machine.normalEnd,
    nrTasks: workload.taskOwner.length,
    seed: state,
    MAX_ORDER,
    MAX_NR_ZONES,
    ZONE_STRIDE,
    ZONE_FREE,
    ZONE_MIN,
    ZONE_LOW,
    ZONE_HIGH,
    ZONE_START,
    ZONE_SPANNED,
    ZONE_PRESENT,
    PCP_SHIFT,
    PCP_HEAD,
    PCP_TAIL,
    PAGE_FREE,
    PAGE_ALLOCATED,
    PAGE_RESERVED,
    PAGE_ORDER,
  };
}
