/** The tapes of the speed comparison: the same requests as the C program gets, in the same order. */
import {
  allocPages,
  boot,
  FNV_START,
  fnvInt,
  freePages,
  GFP_HIGHUSER,
  GFP_KERNEL,
  type Machine,
} from '../../engine/index.ts';

/**
 * A workload on a machine of its own, freshly booted, written as a caller who cares for speed would:
 * - of many short calls, which the optimiser compiles as functions and not as one loop that is under way
 * - with the two functions and the choice whether to check as constants of a closure. An imported binding is loaded and
 *   checked at every use, and C's direct calls pay nothing for either.
 */
export interface RunningTape {
  /** One pass. Returns alloc+free pairs done. */
  pass(): number;
  /** 32-bit FNV-1a over what the passes handed out, if they were to be checked. */
  readonly checksum: number;
}

export interface BenchTape {
  name: string;
  /** Of the first pass at 1024 MiB, as published with the C program. */
  checksum: string;
  /** Times slower than C at which the kernel's own code would be as fast; 0 where that was not measured. */
  kernelRatio: number;
  /** Counts towards the mean of the page workloads. */
  page: boolean;
  /** @param check feed what is handed out to the checksum */
  start(ramMiB: number, check: boolean): RunningTape;
}

const SEED = 2463534242 | 0;

/** The machine of every tape: flat boot, one CPU, min_free_kbytes 1024. */
export function bootFlat(ramMiB: number): Machine {
  return boot({
    arch: 'i386',
    ramPages: ramMiB * 256,
    cpus: 1,
    boot: 'flat',
    bootmapPfn: 0,
    reserve: [],
    minFreeKbytes: 1024,
    lowerZoneProtection: 0,
  });
}

function immediate(ramMiB: number, check: boolean): RunningTape {
  const m = bootFlat(ramMiB);
  const alloc = allocPages;
  const free = freePages;
  const checking = check;
  let h = FNV_START;
  const steps = (count: number) => {
    for (let i = 0; i < count; i++) {
      const page = alloc(m, GFP_KERNEL, 0, 0, 0);
      if (checking) h = fnvInt(h, page);
      free(m, page, 0, 0, 0);
    }
  };
  return {
    get checksum() {
      return h;
    },
    pass() {
      for (let part = 0; part < 128; part++) steps(4096);
      return 1 << 19;
    },
  };
}

function rounds4096(ramMiB: number, check: boolean): RunningTape {
  const m = bootFlat(ramMiB);
  const alloc = allocPages;
  const free = freePages;
  const checking = check;
  const pages = new Int32Array(4096);
  let h = FNV_START;
  const round = () => {
    for (let i = 0; i < 4096; i++) pages[i] = alloc(m, GFP_KERNEL, 0, 0, 0);
    if (checking) for (let i = 0; i < 4096; i++) h = fnvInt(h, pages[i]);
    for (let i = 0; i < 4096; i++) free(m, pages[i], 0, 0, 0);
  };
  return {
    get checksum() {
      return h;
    },
    pass() {
      for (let n = 0; n < 128; n++) round();
      return 1 << 19;
    },
  };
}

function churn(ramMiB: number, check: boolean): RunningTape {
  const m = bootFlat(ramMiB);
  const alloc = allocPages;
  const free = freePages;
  const checking = check;
  const allSlots = new Int32Array(131072).fill(-1);
  let generator = SEED;
  let h = FNV_START;
  const steps = (count: number) => {
    // Locals: a variable that a closure shares is read from memory every time.
    const slots = allSlots;
    let x = generator | 0;
    for (let i = 0; i < count; i++) {
      x ^= x << 13;
      x ^= x >>> 17;
      x ^= x << 5;
      const slot = (x >>> 0) % 131072;
      const page = slots[slot];
      if (page >= 0) {
        free(m, page, 0, 0, 0);
        slots[slot] = -1;
      } else {
        const got = alloc(m, GFP_KERNEL, 0, 0, 0);
        slots[slot] = got;
        if (checking && got >= 0) h = fnvInt(h, got);
      }
    }
    generator = x;
  };
  return {
    get checksum() {
      return h;
    },
    pass() {
      for (let part = 0; part < 256; part++) steps(4096);
      return 1 << 19;
    },
  };
}

function mixed(ramMiB: number, check: boolean): RunningTape {
  const m = bootFlat(ramMiB);
  const alloc = allocPages;
  const free = freePages;
  const checking = check;
  const nrSlots = Math.floor((2 * ramMiB * 256) / 7);
  /** Block and order of a slot in one number, negative when it is empty. */
  const allSlots = new Int32Array(nrSlots).fill(-1);
  let generator = SEED;
  let h = FNV_START;
  const steps = (count: number) => {
    const slots = allSlots;
    let x = generator | 0;
    for (let i = 0; i < count; i++) {
      x ^= x << 13;
      x ^= x >>> 17;
      x ^= x << 5;
      const slot = (x >>> 0) % nrSlots;
      const used = slots[slot];
      if (used >= 0) {
        free(m, used >> 3, used & 7, 0, 0);
        slots[slot] = -1;
      } else {
        x ^= x << 13;
        x ^= x >>> 17;
        x ^= x << 5;
        const order = Math.min(31 - Math.clz32(x & -x), 5);
        const got = alloc(m, GFP_HIGHUSER, order, 0, 0);
        slots[slot] = (got << 3) | order;
        if (checking && got >= 0) h = fnvInt(h, got);
      }
    }
    generator = x;
  };
  return {
    get checksum() {
      return h;
    },
    pass() {
      for (let part = 0; part < 256; part++) steps(4096);
      return 1 << 19;
    },
  };
}

function order9(ramMiB: number, check: boolean): RunningTape {
  const m = bootFlat(ramMiB);
  const alloc = allocPages;
  const free = freePages;
  const checking = check;
  const blocks = new Int32Array(ramMiB);
  let h = FNV_START;
  const round = () => {
    let n = 0;
    for (;;) {
      const page = alloc(m, GFP_HIGHUSER, 9, 0, 0);
      if (page < 0) break;
      blocks[n++] = page;
    }
    if (checking) for (let i = 0; i < n; i++) h = fnvInt(h, blocks[i]);
    for (let i = 0; i < n; i++) free(m, blocks[i], 9, 0, 0);
    return n;
  };
  return {
    get checksum() {
      return h;
    },
    pass() {
      let pairs = 0;
      for (let n = 0; n < 1024; n++) pairs += round();
      return pairs;
    },
  };
}

export const PAGE_TAPES: readonly BenchTape[] = [
  { name: 'order0_pcp_immediate', checksum: 'dd7c9dc5', kernelRatio: 3.9, page: true, start: immediate },
  { name: 'order0_pcp_4096', checksum: '3a6c5dc5', kernelRatio: 5.5, page: true, start: rounds4096 },
  { name: 'order0_pcp_churn', checksum: '08a8ea39', kernelRatio: 2.4, page: true, start: churn },
  { name: 'mixed_0_5_churn', checksum: '797d8a72', kernelRatio: 1.3, page: true, start: mixed },
  { name: 'order9_fallback', checksum: '3ee855c5', kernelRatio: 0, page: true, start: order9 },
];
