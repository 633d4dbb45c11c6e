/**
 * The functions of `mem` for parts that a machine may lack: page cache, slabs, high memory, vmalloc, stacks. As in
 * facade.ts the function below is turned into text and runs in the policy's realm: what it makes closes over typed arrays,
 * checks its arguments and never throws. Of a part that is not there every column is empty.
 */

import type { Missed } from './notes.ts';

/** Columns as the realm's own views; some are replaced as they grow, and then all are bound anew. */
export interface PartColumns {
  vmZone: Int32Array;
  vmCount: Int32Array;
  flags: Uint16Array;
  count: Uint16Array;
  mapping: Uint16Array;
  index: Int32Array;
  pte: Int32Array;
  slabOfPage: Int32Array;
  ctl: Int32Array;
  rows: Int32Array;
  cold: Int32Array;
  ctors: Uint8Array;
  pkmapCount: Int32Array;
  areas: Float64Array;
  cpus: Int32Array;
  tasks: Int32Array;
  stacks: Int32Array;
  process: Float64Array;
  /** FACT_: what the machine keeps outside its columns, copied before each call. */
  facts: Int32Array;
}

/** The newest cache, 0 for none; last_pkmap_nr; the lowest vmalloc area, NIL for none. */
export const FACT_CHAIN = 0;
export const FACT_LAST_PKMAP = 1;
export const FACT_VMLIST = 2;
export const NR_FACTS = 3;

/** What the columns' fields are called in the engine, and where the vmalloc window lies. */
export interface PartNumbers {
  nrPages: number;
  MAX_NR_ZONES: number;
  vmallocStart: number;
  vmallocEnd: number;
  vmallocGuard: number;
  FACT_CHAIN: number;
  FACT_LAST_PKMAP: number;
  FACT_VMLIST: number;
  VZ_SHIFT: number;
  VZ_NR_ACTIVE: number;
  VZ_NR_INACTIVE: number;
  VZ_PAGES_SCANNED: number;
  VC_NR_MAPPED: number;
  VC_NR_DIRTY: number;
  VC_NR_WRITEBACK: number;
  VC_NR_PAGECACHE: number;
  VC_NR_SWAP_PAGES: number;
  C_LIMIT: number;
  C_FREE_OBJECTS: number;
  C_NUM: number;
  C_PARTIAL: number;
  C_FULL: number;
  C_FREE: number;
  C_OBJSIZE: number;
  C_FLAGS: number;
  C_ORDER: number;
  C_NEXT: number;
  C_TEXT: number;
  CFLGS_OFF_SLAB: number;
  S_NEXT: number;
  S_STATE: number;
  S_PFN: number;
  S_CACHE: number;
  A_ADDR: number;
  A_SIZE: number;
  A_NEXT: number;
  CPU_CURRENT: number;
  CPU_STACK: number;
  CPU_HARDIRQS: number;
  CPU_SOFTIRQ: number;
  CPU_STRIDE: number;
  STACK_DEPTH: number;
  STACK_LIMIT: number;
  TASK_OWNER: number;
  TASK_STRIDE: number;
  P_RSS: number;
  P_STRIDE: number;
}

export function partViews(
  columns: PartColumns,
  k: PartNumbers,
  use: (fuel: number) => void,
  missed: Missed,
): { functions: Record<string, unknown>; rebind: (columns: PartColumns) => void } {
  const { freeze } = Object;
  const { nrPages, MAX_NR_ZONES } = k;
  const { C_NUM, C_TEXT, C_NEXT, C_PARTIAL, C_FULL, C_FREE } = k;
  const { S_NEXT, S_STATE, S_PFN, S_CACHE } = k;
  const { A_ADDR, A_SIZE, A_NEXT } = k;
  const NIL = -1;
  let c = columns;

  /** An index below `limit`, or -1. Anything but a number in range is -1. */
  const index = (value: unknown, limit: number): number =>
    typeof value === 'number' && value >= 0 && value < limit ? value | 0 : NIL;

  const ofZone = (value: unknown, field: number, name: string): number => {
    const z = index(value, MAX_NR_ZONES);
    if (z < 0) missed(name, 0, value);
    return z < 0 || c.vmZone.length === 0 ? 0 : c.vmZone[(z << k.VZ_SHIFT) + field];
  };

  const counted = (field: number): number => (c.vmCount.length === 0 ? 0 : c.vmCount[field]);

  const ofPage = (column: Int32Array | Uint16Array, value: unknown, name: string, none = 0): number => {
    const pfn = index(value, nrPages);
    if (pfn < 0) missed(name, none, value);
    return pfn < 0 || column.length === 0 ? 0 : column[pfn];
  };

  /** Where the cache of a number stands in `ctl`, 0 for none. */
  const cacheAt = (value: unknown): number => {
    const number = index(value, 0x10000);
    if (number < 0) return 0;
    let cache = c.facts[k.FACT_CHAIN];
    while (cache > 0 && c.ctl[cache + C_TEXT] !== number) {
      use(1);
      cache = c.ctl[cache + C_NEXT];
    }
    return cache;
  };

  const ofCache = (value: unknown, field: number): number => {
    const cache = cacheAt(value);
    return cache <= 0 ? 0 : c.ctl[cache + field];
  };

  /** Row of the slab that a page belongs to, or -1. */
  const slabAt = (value: unknown): number => {
    const pfn = index(value, c.slabOfPage.length);
    const row = pfn < 0 ? NIL : c.slabOfPage[pfn];
    return row < 0 || c.cold[row + S_CACHE] === 0 ? NIL : row;
  };

  /** Slabs of one list of a cache; with `objects` the objects that are in use in them. */
  const walk = (cache: number, list: number, objects: boolean): number => {
    const head = c.ctl[cache + list];
    let n = 0;
    for (let row = c.rows[head + S_NEXT]; row !== head; row = c.rows[row + S_NEXT]) {
      use(1);
      n += objects ? c.rows[row + S_STATE] & 0xffff : 1;
    }
    return n;
  };

  const walkAll = (value: unknown, objects: boolean): number => {
    const cache = cacheAt(value);
    if (cache <= 0) return 0;
    return walk(cache, C_PARTIAL, objects) + walk(cache, C_FULL, objects) + walk(cache, C_FREE, objects);
  };

  const firstOn = (value: unknown, list: number): number => {
    const cache = cacheAt(value);
    if (cache <= 0) return NIL;
    const head = c.ctl[cache + list];
    const row = c.rows[head + S_NEXT];
    return row === head ? NIL : c.cold[row + S_PFN];
  };

  const nextSlab = (value: unknown, pfn: unknown): number => {
    const cache = cacheAt(value);
    const row = slabAt(pfn);
    if (cache <= 0 || row < 0 || c.cold[row + S_CACHE] !== cache || c.cold[row + S_PFN] !== pfn) return NIL;
    const next = c.rows[row + S_NEXT];
    const { ctl } = c;
    const isHead =
      next === ctl[cache + C_PARTIAL] || next === ctl[cache + C_FULL] || next === ctl[cache + C_FREE];
    return isHead ? NIL : c.cold[next + S_PFN];
  };

  /** Offset of a CPU's fields, or -1. */
  const cpuAt = (value: unknown, name: string, none = 0): number => {
    const cpu = index(value, c.cpus.length / k.CPU_STRIDE);
    if (cpu < 0) missed(name, none, value);
    return cpu < 0 ? NIL : cpu * k.CPU_STRIDE;
  };

  const ofCpu = (value: unknown, field: number, name: string): number => {
    const at = cpuAt(value, name);
    return at < 0 ? 0 : c.cpus[at + field];
  };

  const depthOf = (value: unknown, name: string): number => {
    const at = cpuAt(value, name);
    return at < 0 ? 0 : c.stacks[c.cpus[at + k.CPU_STACK] + k.STACK_DEPTH];
  };

  const functions: Record<string, (a?: unknown, b?: unknown) => number | boolean> = {
    nrActive: z => ofZone(z, k.VZ_NR_ACTIVE, 'nrActive'),
    nrInactive: z => ofZone(z, k.VZ_NR_INACTIVE, 'nrInactive'),
    pagesScanned: z => ofZone(z, k.VZ_PAGES_SCANNED, 'pagesScanned'),
    pageFlags: pfn => ofPage(c.flags, pfn, 'pageFlags'),
    pageCount: pfn => ofPage(c.count, pfn, 'pageCount'),
    pageMapping: pfn => ofPage(c.mapping, pfn, 'pageMapping', NIL) - 1,
    pageIndex: pfn =>
      ofPage(c.mapping, pfn, 'pageIndex', NIL) === 0 ? NIL : ofPage(c.index, pfn, 'pageIndex'),
    isMapped: pfn => ofPage(c.pte, pfn, 'isMapped') !== 0,
    nrDirty: () => counted(k.VC_NR_DIRTY),
    nrWriteback: () => counted(k.VC_NR_WRITEBACK),
    nrPagecache: () => counted(k.VC_NR_PAGECACHE),
    nrMapped: () => counted(k.VC_NR_MAPPED),
    nrSwapPages: () => counted(k.VC_NR_SWAP_PAGES),
    nrCaches: () => {
      let most = NIL;
      for (let cache = c.facts[k.FACT_CHAIN]; cache > 0; cache = c.ctl[cache + C_NEXT]) {
        use(1);
        if (c.ctl[cache + C_TEXT] > most) most = c.ctl[cache + C_TEXT];
      }
      return most + 1;
    },
    cacheSize: n => ofCache(n, k.C_OBJSIZE),
    cacheNum: n => ofCache(n, C_NUM),
    cacheOrder: n => ofCache(n, k.C_ORDER),
    cacheFlags: n => ofCache(n, k.C_FLAGS) & ~k.CFLGS_OFF_SLAB,
    cacheHasCtor: n => {
      const cache = cacheAt(n);
      return cache > 0 && c.ctors[c.ctl[cache + C_TEXT]] === 1;
    },
    cacheLimit: n => ofCache(n, k.C_LIMIT),
    cacheFree: n => ofCache(n, k.C_FREE_OBJECTS),
    cacheSlabs: n => walkAll(n, false),
    cacheObjects: n => walkAll(n, true),
    firstPartial: n => firstOn(n, C_PARTIAL),
    firstFreeSlab: n => firstOn(n, C_FREE),
    nextSlab: (n, pfn) => {
      const next = nextSlab(n, pfn);
      if (next < 0) missed('nextSlab', next, n, pfn);
      return next;
    },
    slabFree: pfn => {
      const row = slabAt(pfn);
      if (row < 0) missed('slabFree', NIL, pfn);
      return row < 0 ? NIL : c.ctl[c.cold[row + S_CACHE] + C_NUM] - (c.rows[row + S_STATE] & 0xffff);
    },
    cacheOf: pfn => {
      const row = slabAt(pfn);
      if (row < 0) missed('cacheOf', NIL, pfn);
      return row < 0 ? NIL : c.ctl[c.cold[row + S_CACHE] + C_TEXT];
    },
    kmapUsed: () => {
      const { pkmapCount } = c;
      let n = 0;
      for (let slot = 0; slot < pkmapCount.length; slot++) {
        if ((slot & 15) === 0) use(1);
        if (pkmapCount[slot] > 1) n++;
      }
      return n;
    },
    lastKmap: () => c.facts[k.FACT_LAST_PKMAP],
    vmallocUsed: () => {
      let bytes = 0;
      for (let area = c.facts[k.FACT_VMLIST]; area >= 0; area = c.areas[area + A_NEXT]) {
        use(1);
        bytes += c.areas[area + A_SIZE];
      }
      return bytes;
    },
    vmallocLargest: () => {
      if (c.areas.length === 0) return 0;
      let from = k.vmallocStart;
      let largest = 0;
      for (let area = c.facts[k.FACT_VMLIST]; area >= 0; area = c.areas[area + A_NEXT]) {
        use(1);
        const begin = c.areas[area + A_ADDR];
        if (begin - from > largest) largest = begin - from;
        from = begin + c.areas[area + A_SIZE];
      }
      if (k.vmallocEnd - from > largest) largest = k.vmallocEnd - from;
      return largest > k.vmallocGuard ? largest - k.vmallocGuard : 0;
    },
    stackDepth: cpu => depthOf(cpu, 'stackDepth'),
    stackRoom: cpu => {
      const at = cpuAt(cpu, 'stackRoom');
      return at < 0 ? 0 : c.stacks[c.cpus[at + k.CPU_STACK] + k.STACK_LIMIT] - depthOf(cpu, 'stackRoom');
    },
    hardirqs: cpu => ofCpu(cpu, k.CPU_HARDIRQS, 'hardirqs'),
    inInterrupt: cpu =>
      ofCpu(cpu, k.CPU_HARDIRQS, 'inInterrupt') !== 0 || ofCpu(cpu, k.CPU_SOFTIRQ, 'inInterrupt') !== 0,
    current: cpu => {
      const at = cpuAt(cpu, 'current', NIL);
      return at < 0 ? NIL : c.cpus[at + k.CPU_CURRENT];
    },
    taskOf: process => {
      const p = index(process, c.tasks.length / k.TASK_STRIDE);
      return p < 0 ? NIL : c.tasks[p * k.TASK_STRIDE + k.TASK_OWNER];
    },
    rss: process => {
      const p = index(process, c.process.length / k.P_STRIDE);
      return p < 0 ? 0 : c.process[p * k.P_STRIDE + k.P_RSS];
    },
  };

  for (const name in functions) freeze(functions[name]);
  return {
    functions,
    rebind: next => {
      c = next;
    },
  };
}
