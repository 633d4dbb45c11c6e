/** The vmalloc window. */
import {
  A_ADDR,
  A_SIZE,
  allocPages,
  areaPages,
  boot,
  checkMachine,
  findCache,
  freeVmArea,
  getVmArea,
  kmemCacheAlloc,
  type Machine,
  NIL,
  restore,
  STAT_TLB_FLUSHES,
  snapshot,
  stateHash,
  VM_ALLOC,
  VM_IOREMAP,
  type Vmalloc,
  vfree,
  vmAreas,
  vmalloc,
  vmalloc32,
  vmallocToPfn,
  ZONE_FREE,
  ZONE_STRIDE,
} from '../../../../src/engine/index.ts';
import { i386, numbers } from '../machines.ts';

const MIB = 1 << 20;

function machine(ramMiB: number): { m: Machine; v: Vmalloc } {
  const m = boot(i386(ramMiB, { slab: true }));
  return { m, v: m.vmalloc! };
}

const addresses = (v: Vmalloc) => vmAreas(v).map(row => v.areas[row + A_ADDR]);

test.each([
  [16, 0xc1800000],
  [64, 0xc4800000],
  [256, 0xd0800000],
  [896, 0xf8800000],
  [1024, 0xf8800000],
])('with %i MiB the window begins at %i', (ramMiB, start) => {
  const { v } = machine(ramMiB);
  expect(v.start).toBe(start);
  expect(v.end).toBe(0xff7fe000);
  expect(vmalloc(v, 1, 0, 0)).toBe(start);
});

test('first fit, a guard page behind each area, holes filled again', () => {
  const { m, v } = machine(256);
  const a = vmalloc(v, 4096, 0, 0);
  const b = vmalloc(v, 3 * 4096 - 5, 0, 0);
  const c = getVmArea(v, 8192, VM_IOREMAP, 0, 0);
  expect([b - a, c - b]).toEqual([8192, 4 * 4096]);
  vfree(v, b, 0);
  expect(vmalloc(v, 4 * 4096, 0, 0)).toBe(c + 3 * 4096);
  expect(vmalloc(v, 2 * 4096, 0, 0)).toBe(b);
  expect(addresses(v)).toEqual([...addresses(v)].sort((x, y) => x - y));
  expect(freeVmArea(v, c, 0)).toBe(true);
  expect(freeVmArea(v, c, 0)).toBe(false);
  checkMachine(m);
});

test('pages come from high memory first, with vmalloc_32 from low memory', () => {
  const { m, v } = machine(1024);
  const high = vmalloc(v, 8 * 4096, 0, 0);
  expect(vmallocToPfn(v, high)).toBeGreaterThanOrEqual(m.normalEnd);
  const low = vmalloc32(v, 8 * 4096, 0, 0);
  expect(vmallocToPfn(v, low + 4096)).toBeLessThan(m.normalEnd);
  expect(vmallocToPfn(v, low + 8 * 4096)).toBe(NIL);
});

test('page tables stay, one for each 4 MiB that was ever mapped', () => {
  const { m, v } = machine(256);
  const tables = () => v.pgd.filter(pfn => pfn >= 0).length;
  vfree(v, vmalloc(v, 5 * MIB, 0, 0), 0);
  expect(tables()).toBe(2);
  vfree(v, vmalloc(v, 9 * MIB, 0, 0), 0);
  expect(tables()).toBe(3);
  const reserved = getVmArea(v, 40 * MIB, VM_IOREMAP, 0, 0);
  expect(tables()).toBe(3);
  freeVmArea(v, reserved, 0);
  checkMachine(m);
});

test('each area that goes is a TLB flush, one that was never mapped too', () => {
  const { m, v } = machine(256);
  const a = vmalloc(v, 4096, 0, 0);
  const b = getVmArea(v, 4096, VM_IOREMAP, 0, 0);
  expect(m.stat[STAT_TLB_FLUSHES]).toBe(0);
  vfree(v, a, 0);
  freeVmArea(v, b, 0);
  expect(m.stat[STAT_TLB_FLUSHES]).toBe(2);
});

test('sizes that cannot be', () => {
  const { m, v } = machine(64);
  expect(vmalloc(v, 0, 0, 0)).toBe(0);
  expect(vmalloc(v, 64 * MIB + 1, 0, 0)).toBe(0);
  expect(getVmArea(v, 2 ** 32 - 4096, VM_ALLOC, 0, 0)).toBe(0);
  expect(vmAreas(v)).toEqual([]);
  checkMachine(m);
});

test('more pages than a page-pointer array can name fail: the array is a kmalloc of at most 128 KiB', () => {
  const { m, v } = machine(512);
  expect(vmalloc(v, 128 * MIB + 1, 0, 0)).toBe(0);
  expect(vmAreas(v)).toEqual([]);
  const whole = vmalloc(v, 128 * MIB, 0, 0);
  expect(whole).toBe(v.start);
  vfree(v, whole, 0);
  checkMachine(m);
});

test('the window is full: no address', () => {
  const { m, v } = machine(1024);
  const room = v.end - v.start;
  const first = getVmArea(v, 4096, VM_IOREMAP, 0, 0);
  expect(getVmArea(v, room - 8192, VM_IOREMAP, 0, 0)).toBe(0);
  const rest = getVmArea(v, room - 3 * 4096, VM_IOREMAP, 0, 0);
  expect(rest).toBe(v.start + 8192);
  expect(vmalloc(v, 4096, 0, 0)).toBe(0);
  expect(freeVmArea(v, first, 0)).toBe(true);
  expect(vmalloc(v, 4096, 0, 0)).toBe(v.start);
  checkMachine(m);
});

test('as in the kernel, nothing looks at the end of the window while it is empty, and addresses wrap', () => {
  const { m, v } = machine(1024);
  const area = getVmArea(v, 200 * MIB, VM_IOREMAP, 0, 0);
  expect(area).toBe(v.start);
  expect(v.areas[vmAreas(v)[0] + A_SIZE]).toBe(200 * MIB + 4096);
  expect(getVmArea(v, 4096, VM_IOREMAP, 0, 0)).toBe((v.start + 200 * MIB + 4096) % 2 ** 32);
  expect(() => checkMachine(m)).toThrow('begins before the one below it ends');
});

test('memory that runs out in the middle comes back whole', () => {
  const { m, v } = machine(64);
  const free = () => [0, 1].map(z => m.zone[z * ZONE_STRIDE + ZONE_FREE]);
  vfree(v, vmalloc(v, 40 * MIB, 0, 0), 0);
  const before = free();
  expect(vmalloc(v, 64 * MIB, 0, 0)).toBe(0);
  expect(vmAreas(v)).toEqual([]);
  const after = free();
  for (let z = 0; z < 2; z++) expect(Math.abs(after[z] - before[z])).toBeLessThan(30);
  checkMachine(m);
});

test('page tables that cannot be had fail the whole', () => {
  const { m, v } = machine(64);
  const keep = vmalloc(v, 4096, 0, 0);
  const far = getVmArea(v, 4 * MIB - 3 * 4096, VM_IOREMAP, 0, 0);
  const small = findCache(m.slab!, 'size-32');
  for (let i = 0; i < 8; i++) kmemCacheAlloc(m.slab!, small, 0xd0, 0, 0);
  let pfn = 0;
  let left = NIL;
  while (pfn !== NIL) {
    left = pfn;
    pfn = allocPages(m, 0xd0, 0, 0, 0);
  }
  expect(left).not.toBe(NIL);
  expect(vmalloc(v, 4096, 0, 0)).toBe(0);
  expect(addresses(v)).toEqual([keep, far]);
  checkMachine(m);
});

test('vfree of what no area begins at is refused', () => {
  const { v } = machine(64);
  const area = vmalloc(v, 8192, 0, 0);
  expect(vfree(v, 0, 0)).toBe(true);
  expect(vfree(v, area + 1, 0)).toBe(false);
  expect(vfree(v, area + 4096, 0)).toBe(false);
  expect(vfree(v, area, 0)).toBe(true);
  expect(vfree(v, area, 0)).toBe(false);
});

test('random areas, every invariant after each; a snapshot brings them back', () => {
  const { m, v } = machine(128);
  const next = numbers(11);
  const live: number[] = [];
  const step = () => {
    if (next() % 2 === 0 || live.length === 0) {
      const bytes = 1 + (next() % (next() % 8 === 0 ? 6 * MIB : 20000));
      const area =
        next() % 4 === 0 ? getVmArea(v, (bytes | 4095) + 1, VM_IOREMAP, 0, 0) : vmalloc(v, bytes, 0, 0);
      if (area !== 0) live.push(area);
    } else {
      expect(vfree(v, live.splice(next() % live.length, 1)[0], 0)).toBe(true);
    }
  };
  for (let i = 0; i < 150; i++) {
    step();
    checkMachine(m);
  }
  const saved = snapshot(m);
  const hash = stateHash(m);
  const areas = vmAreas(v).map(row => [v.areas[row + A_ADDR], ...areaPages(v, row)]);
  const kept = live.slice();
  for (let i = 0; i < 100; i++) step();
  restore(m, saved);
  expect(stateHash(m)).toBe(hash);
  expect(vmAreas(v).map(row => [v.areas[row + A_ADDR], ...areaPages(v, row)])).toEqual(areas);
  for (const area of kept) vfree(v, area, 0);
  expect(vmAreas(v)).toEqual([]);
  checkMachine(m);
});

test('without slab there is no vmalloc, nor where the window is not modelled', () => {
  expect(boot(i386(64)).vmalloc).toBeNull();
  expect(boot({ ...i386(64, { slab: true }), arch: 'x86_64' }).vmalloc).toBeNull();
});
