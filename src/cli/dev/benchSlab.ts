/** The slab tapes of the speed comparison: objects of 128 bytes of a fresh cache, in the C program's order. */
import {
  boot,
  FNV_START,
  fnvInt,
  GFP_KERNEL,
  indexInSlab,
  kmemCacheAlloc,
  kmemCacheCreate,
  kmemCacheFree,
  SLAB_HWCACHE_ALIGN,
  type SlabAllocator,
} from '../../engine/index.ts';
import type { BenchTape, RunningTape } from './benchTapes.ts';

const SEED = 2463534242 | 0;

/** A cache on a machine of its own. */
function freshCache(ramMiB: number): { s: SlabAllocator; cache: number } {
  const m = boot({
    arch: 'i386',
    ramPages: ramMiB * 256,
    cpus: 1,
    boot: 'flat',
    bootmapPfn: 0,
    reserve: [],
    minFreeKbytes: 1024,
    lowerZoneProtection: 0,
    slab: true,
  });
  const s = m.slab!;
  return { s, cache: kmemCacheCreate(s, 'bench', 128, 0, SLAB_HWCACHE_ALIGN, 0) };
}

function immediate(ramMiB: number, check: boolean): RunningTape {
  const { s, cache } = freshCache(ramMiB);
  const checking = check;
  const alloc = kmemCacheAlloc;
  const free = kmemCacheFree;
  let h = FNV_START;
  const steps = (count: number) => {
    for (let i = 0; i < count; i++) {
      const obj = alloc(s, cache, GFP_KERNEL, 0, 0);
      if (checking) h = fnvInt(h, indexInSlab(obj));
      free(s, cache, obj, 0);
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
  const { s, cache } = freshCache(ramMiB);
  const checking = check;
  const alloc = kmemCacheAlloc;
  const free = kmemCacheFree;
  const objects = new Int32Array(4096);
  let h = FNV_START;
  const round = () => {
    for (let i = 0; i < 4096; i++) objects[i] = alloc(s, cache, GFP_KERNEL, 0, 0);
    if (checking) for (let i = 0; i < 4096; i++) h = fnvInt(h, indexInSlab(objects[i]));
    for (let i = 0; i < 4096; i++) free(s, cache, objects[i], 0);
  };
  return {
    get checksum() {
      return h;
    },
    pass() {
      for (let i = 0; i < 128; i++) round();
      return 1 << 19;
    },
  };
}

function churn(ramMiB: number, check: boolean): RunningTape {
  const { s, cache } = freshCache(ramMiB);
  const checking = check;
  const alloc = kmemCacheAlloc;
  const free = kmemCacheFree;
  const allSlots = new Int32Array(65536).fill(-1);
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
      const slot = (x >>> 0) % 65536;
      const obj = slots[slot];
      if (obj >= 0) {
        free(s, cache, obj, 0);
        slots[slot] = -1;
      } else {
        const got = alloc(s, cache, GFP_KERNEL, 0, 0);
        slots[slot] = got;
        if (checking && got >= 0) h = fnvInt(h, indexInSlab(got));
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

export const SLAB_TAPES: readonly BenchTape[] = [
  { name: 'slab_128_immediate', checksum: '34dc9dc5', kernelRatio: 2.0, page: false, start: immediate },
  { name: 'slab_128_4096', checksum: 'c5811265', kernelRatio: 2.1, page: false, start: rounds4096 },
  { name: 'slab_128_churn', checksum: '506a8646', kernelRatio: 1.1, page: false, start: churn },
];
