/**
 * The functions of `mem`, made inside the policy's realm. The function below is turned into text and runs
 * there: it may use its parameters and the language, nothing else. What it makes closes over typed arrays only, checks
 * its arguments, answers with primitives and never throws.
 */

import type { Missed } from './notes.ts';

/** Numbers that the facade needs, and what it is made of. */
export interface FacadeNumbers {
  nrPages: number;
  cpus: number;
  sentinelBase: number;
  dmaEnd: number;
  normalEnd: number;
  nrTasks: number;
  seed: number;
  MAX_ORDER: number;
  MAX_NR_ZONES: number;
  ZONE_STRIDE: number;
  ZONE_FREE: number;
  ZONE_MIN: number;
  ZONE_LOW: number;
  ZONE_HIGH: number;
  ZONE_START: number;
  ZONE_SPANNED: number;
  ZONE_PRESENT: number;
  PCP_SHIFT: number;
  PCP_HEAD: number;
  PCP_TAIL: number;
  PAGE_FREE: number;
  PAGE_ALLOCATED: number;
  PAGE_RESERVED: number;
  PAGE_ORDER: number;
}

/** The machine's columns as the realm's own views, in this order. */
export interface FacadeViews {
  zone: Int32Array;
  links: Int32Array;
  state: Uint8Array;
  tag: Int32Array;
  pcp: Int32Array;
  slotTask: Uint16Array;
  taskOwner: Uint8Array;
}

export function facade(
  views: FacadeViews,
  k: FacadeNumbers,
  use: (fuel: number) => void,
  missed: Missed,
): Record<string, unknown> {
  const { zone, links, state, tag, pcp, slotTask, taskOwner } = views;
  const { nrPages, cpus, sentinelBase, dmaEnd, normalEnd, nrTasks } = k;
  // Of the view: a number in the script's text would make it another text for each seed.
  const nrSlots = slotTask.length;
  const { MAX_ORDER, MAX_NR_ZONES, ZONE_STRIDE, PCP_SHIFT, PCP_HEAD, PCP_TAIL } = k;
  const { ZONE_FREE, ZONE_MIN, ZONE_LOW, ZONE_HIGH, ZONE_START, ZONE_SPANNED, ZONE_PRESENT } = k;
  const { PAGE_FREE, PAGE_ALLOCATED, PAGE_RESERVED, PAGE_ORDER } = k;
  const { freeze } = Object;
  const NIL = -1;
  let random = k.seed;

  /** An index below `limit`, or -1. Anything but a number in range is -1. */
  const index = (value: unknown, limit: number): number =>
    typeof value === 'number' && value >= 0 && value < limit ? value | 0 : NIL;

  const field = (zoneIndex: unknown, which: number): number => {
    const z = index(zoneIndex, MAX_NR_ZONES);
    return z < 0 ? 0 : zone[z * ZONE_STRIDE + which];
  };

  /** field() in one piece: policies ask for little else so often, and it is fast from the first calls on. */
  const reader =
    (which: number, name: string) =>
    (z: unknown): number => {
      if (typeof z === 'number' && z >= 0 && z < MAX_NR_ZONES) return zone[(z | 0) * ZONE_STRIDE + which];
      missed(name, 0, z);
      return 0;
    };

  /** List head of a free list, -1 for none. */
  const headOf = (zoneIndex: unknown, orderWanted: unknown): number => {
    const z = index(zoneIndex, MAX_NR_ZONES);
    const order = index(orderWanted, MAX_ORDER);
    return z < 0 || order < 0 ? NIL : sentinelBase + z * MAX_ORDER + order;
  };

  const pfnOf = (node: number): number => (node >= 0 && node < nrPages ? node : NIL);

  const zoneOf = (value: unknown): number => {
    const pfn = index(value, nrPages);
    if (pfn < 0) return NIL;
    return pfn < dmaEnd ? 0 : pfn < normalEnd ? 1 : 2;
  };

  /** The free block of (zone, order) that starts at a pfn, or -1. */
  const listed = (zoneIndex: unknown, order: unknown, value: unknown): number => {
    const pfn = index(value, nrPages);
    if (pfn < 0 || headOf(zoneIndex, order) < 0) return NIL;
    return state[pfn] === (PAGE_FREE | (order as number)) && zoneOf(pfn) === zoneIndex ? pfn : NIL;
  };

  const orderIf = (value: unknown, kind: number, name: string): number => {
    const pfn = index(value, nrPages);
    if (pfn < 0) {
      missed(name, NIL, value);
      return NIL;
    }
    const s = state[pfn];
    return (s & ~PAGE_ORDER) === kind ? s & PAGE_ORDER : NIL;
  };

  const blockOf = (value: unknown): number => {
    const pfn = index(value, nrPages);
    if (pfn < 0) return NIL;
    for (let order = 0; order < MAX_ORDER; order++) {
      const first = pfn & -(1 << order);
      const s = state[first];
      const kind = s & ~PAGE_ORDER;
      if (kind === PAGE_FREE || kind === PAGE_ALLOCATED)
        return pfn < first + (1 << (s & PAGE_ORDER)) ? first : NIL;
      if (s !== 0) return NIL;
    }
    return NIL;
  };

  const task = (value: unknown): number => {
    const first = blockOf(value);
    if (first < 0 || (state[first] & ~PAGE_ORDER) !== PAGE_ALLOCATED) return NIL;
    const slot = tag[first];
    return slot >= 0 && slot < nrSlots ? slotTask[slot] : NIL;
  };

  const ownerOfTask = (value: unknown): number => {
    const t = index(value, nrTasks);
    return t < 0 ? NIL : taskOwner[t];
  };

  const zoneBits = (value: unknown, shift: number): number => {
    const z = index(value, MAX_NR_ZONES);
    return z < 0 ? 0 : (z + 1) << shift;
  };

  const functions: Record<string, (a?: unknown, b?: unknown, c?: unknown) => number | boolean> = {
    zonelist: (a, b, c) => {
      const first = zoneBits(a, 0);
      const second = first === 0 || b === undefined ? 0 : zoneBits(b, 4);
      const list = first | second | (second === 0 || c === undefined ? 0 : zoneBits(c, 8));
      if (first === 0 || (second === 0 && b !== undefined) || (list < 256 && c !== undefined))
        missed('zonelist', list, a, b, c);
      return list;
    },
    free: reader(ZONE_FREE, 'free'),
    low: reader(ZONE_LOW, 'low'),
    min: reader(ZONE_MIN, 'min'),
    high: reader(ZONE_HIGH, 'high'),
    present: reader(ZONE_PRESENT, 'present'),
    start: reader(ZONE_START, 'start'),
    spanned: reader(ZONE_SPANNED, 'spanned'),
    zoneOf: pfn => {
      const z = zoneOf(pfn);
      if (z < 0) missed('zoneOf', z, pfn);
      return z;
    },
    nrFree: (z, order) => {
      const head = headOf(z, order);
      if (head < 0) {
        missed('nrFree', 0, z, order);
        return 0;
      }
      let n = 0;
      for (let node = links[2 * head]; pfnOf(node) >= 0; node = links[2 * node]) {
        use(1);
        n++;
      }
      return n;
    },
    firstFree: (z, order) => {
      const head = headOf(z, order);
      if (head < 0) {
        missed('firstFree', NIL, z, order);
        return NIL;
      }
      const first = links[2 * head];
      return first >= 0 && first < nrPages ? first : NIL;
    },
    lastFree: (z, order) => {
      const head = headOf(z, order);
      if (head < 0) missed('lastFree', NIL, z, order);
      return head < 0 ? NIL : pfnOf(links[2 * head + 1]);
    },
    nextFree: (z, order, pfn) => {
      const at = listed(z, order, pfn);
      if (at < 0) missed('nextFree', NIL, z, order, pfn);
      return at < 0 ? NIL : pfnOf(links[2 * at]);
    },
    prevFree: (z, order, pfn) => {
      const at = listed(z, order, pfn);
      if (at < 0) missed('prevFree', NIL, z, order, pfn);
      return at < 0 ? NIL : pfnOf(links[2 * at + 1]);
    },
    lowestFree: (z, orderWanted) => {
      const order = index(orderWanted, MAX_ORDER);
      if (order < 0 || index(z, MAX_NR_ZONES) < 0) {
        missed('lowestFree', NIL, z, orderWanted);
        return NIL;
      }
      const start = field(z, ZONE_START);
      const end = start + field(z, ZONE_SPANNED);
      let pfn = start;
      while (pfn < end && pfn < nrPages) {
        use(1);
        const s = state[pfn];
        const kind = s & ~PAGE_ORDER;
        if (kind === PAGE_FREE && (s & PAGE_ORDER) >= order) return pfn;
        if (kind === PAGE_FREE || kind === PAGE_ALLOCATED) pfn += 1 << (s & PAGE_ORDER);
        else {
          // Reserved, in a per-CPU list, or in the middle of an operation: page by page, eight at most.
          const stop = (pfn | 7) + 1;
          do pfn++;
          while (pfn < stop && state[pfn] === s);
        }
      }
      return NIL;
    },
    freeOrder: pfn => orderIf(pfn, PAGE_FREE, 'freeOrder'),
    allocatedOrder: pfn => orderIf(pfn, PAGE_ALLOCATED, 'allocatedOrder'),
    isReserved: value => {
      const pfn = index(value, nrPages);
      if (pfn < 0) missed('isReserved', 0, value);
      return pfn >= 0 && state[pfn] === PAGE_RESERVED;
    },
    blockOf: pfn => {
      const first = blockOf(pfn);
      if (first < 0) missed('blockOf', first, pfn);
      return first;
    },
    task: pfn => {
      const t = task(pfn);
      if (t < 0) missed('task', t, pfn);
      return t;
    },
    owner: pfn => {
      const owner = ownerOfTask(task(pfn));
      if (owner < 0) missed('owner', owner, pfn);
      return owner;
    },
    ownerOfTask: t => ownerOfTask(t),
    pcpCount: (zoneIndex, cpuIndex, coldList) => {
      const z = index(zoneIndex, MAX_NR_ZONES);
      const cpu = index(cpuIndex, cpus);
      const cold = coldList === 1 || coldList === true ? 1 : 0;
      if (z < 0 || cpu < 0) {
        missed('pcpCount', 0, zoneIndex, cpuIndex, coldList);
        return 0;
      }
      const list = (cpu * 2 * MAX_NR_ZONES + z * 2 + cold) << PCP_SHIFT;
      return pcp[list + PCP_TAIL] - pcp[list + PCP_HEAD];
    },
    random: below => {
      random ^= random << 13;
      random ^= random >>> 17;
      random ^= random << 5;
      return typeof below === 'number' && below >= 1
        ? (random >>> 0) % (below < 0xffffffff ? below >>> 0 : 0xffffffff)
        : 0;
    },
  };

  for (const name in functions) freeze(functions[name]);
  return functions;
}
