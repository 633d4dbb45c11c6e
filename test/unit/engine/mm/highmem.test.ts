/** Permanent and atomic mappings of high memory. */
import {
  boot,
  checkMachine,
  KM_TYPES,
  KMAP_SLEEP,
  kmap,
  kmapAtomic,
  kunmap,
  kunmapAtomic,
  LOG_KERNEL_BUG,
  LOG_MAPPING_LOST,
  LOG_PLACE_KMAP_ATOMIC,
  type Machine,
  mappedPageAddress,
  NIL,
  restore,
  STAT_KERNEL_BUGS,
  STAT_TLB_FLUSHES,
  snapshot,
  stateHash,
} from '../../../../src/engine/index.ts';
import { i386, numbers } from '../machines.ts';

const HIGH = 229376;

function machine(over = {}): { m: Machine; h: NonNullable<Machine['highmem']> } {
  const m = boot(i386(1024, over));
  return { m, h: m.highmem! };
}

test('low memory is always mapped and takes no slot', () => {
  const { h } = machine();
  expect(kmap(h, 5)).toBe(0xc0005000);
  expect(kunmap(h, 5)).toBe(false);
  expect(mappedPageAddress(h, 5)).toBe(0xc0005000);
  expect(h.lastPkmapNr).toBe(0);
});

test('slots go up from 1; a page that is mapped keeps its slot, unmapped or not', () => {
  const { h } = machine();
  expect(mappedPageAddress(h, HIGH)).toBe(0);
  expect(kmap(h, HIGH)).toBe(0xff801000);
  expect(kmap(h, HIGH + 1024)).toBe(0xff802000);
  expect(kmap(h, HIGH)).toBe(0xff801000);
  expect(kunmap(h, HIGH)).toBe(false);
  expect(kunmap(h, HIGH)).toBe(true);
  expect(mappedPageAddress(h, HIGH)).toBe(0xff801000);
  expect(h.pkmapCount[1]).toBe(1);
  expect(kmap(h, HIGH)).toBe(0xff801000);
  expect(() => kunmap(h, HIGH + 7)).toThrow('not mapped');
});

test('slots come back when the cursor wraps, for one TLB flush', () => {
  const { m, h } = machine();
  for (let i = 0; i < 1023; i++) {
    kmap(h, HIGH + i);
    if (i !== 500) kunmap(h, HIGH + i);
  }
  expect(m.stat[STAT_TLB_FLUSHES]).toBe(0);
  expect(kmap(h, HIGH + 2000)).toBe(0xff800000);
  expect(m.stat[STAT_TLB_FLUSHES]).toBe(1);
  expect(mappedPageAddress(h, HIGH + 3)).toBe(0);
  expect(mappedPageAddress(h, HIGH + 500)).not.toBe(0);
  checkMachine(m);
});

test('the pool full: the task sleeps; a page that is mapped already is still served; after an unmap there is room', () => {
  const { m, h } = machine();
  for (let i = 0; i < 1024; i++) expect(kmap(h, HIGH + i)).not.toBe(KMAP_SLEEP);
  expect(kmap(h, HIGH + 5000)).toBe(KMAP_SLEEP);
  expect(kmap(h, HIGH + 5000)).toBe(KMAP_SLEEP);
  expect(m.stat[STAT_TLB_FLUSHES]).toBe(3);
  expect(kmap(h, HIGH + 77)).toBe(0xff84e000);
  kunmap(h, HIGH + 77);
  expect(kunmap(h, HIGH + 77)).toBe(true);
  expect(kmap(h, HIGH + 5000)).toBe(0xff84e000);
  checkMachine(m);
});

test.each([
  [false, 0, 0, 0xffffd000],
  [false, 0, 13, 0xffff0000],
  [true, 0, 0, 0xffff4000],
  [true, 3, 2, 0xffff4000 - 4096 * (3 * 14 + 2)],
  [true, 7, 13, 0xfff85000],
])('atomic slots: SMP %s, CPU %i, type %i', (smp, cpu, type, address) => {
  const { h } = machine({ smp });
  expect(kmapAtomic(h, HIGH + 9, type, cpu)).toBe(address);
  expect(h.atomicPage.filter(pfn => pfn !== NIL)).toEqual(Int32Array.of(HIGH + 9));
  kunmapAtomic(h, type, cpu);
  expect(h.atomicPage.every(pfn => pfn === NIL)).toBe(true);
  expect(kmapAtomic(h, 9, type, cpu)).toBe(0xc0009000);
  expect(() => kmapAtomic(h, HIGH, KM_TYPES.length, cpu)).toThrow('type 14');
});

test.each([
  ['without CONFIG_DEBUG_HIGHMEM nothing is printed', undefined, [LOG_MAPPING_LOST, HIGH, 3]],
  ['with it there is a BUG()', true, [LOG_KERNEL_BUG, LOG_PLACE_KMAP_ATOMIC, 0]],
])('a type that stands mapped on its CPU is taken: %s', (_, debug, entry) => {
  const { m, h } = machine({
    debug: { slab: false, spinlockSleep: false, stackOverflow: false, ...(debug && { highmem: debug }) },
  });
  kmapAtomic(h, HIGH, 3, 0);
  kmapAtomic(h, HIGH + 1, 4, 0);
  kmapAtomic(h, 9, 3, 0);
  kunmapAtomic(h, 4, 0);
  kmapAtomic(h, HIGH + 1, 4, 0);
  expect([m.stat[STAT_KERNEL_BUGS], m.printk.length]).toEqual([0, 0]);
  kmapAtomic(h, HIGH + 2, 3, 0);
  expect(m.stat[STAT_KERNEL_BUGS]).toBe(1);
  expect([m.printk.kind[0], m.printk.args[0], m.printk.args[1]]).toEqual(entry);
});

test('random mappings, every invariant after each; a snapshot brings them back', () => {
  const { m, h } = machine();
  const next = numbers(5);
  const live: number[] = [];
  const step = () => {
    const pfn = HIGH + (next() % 3000);
    if (next() % 100 < 52 || live.length === 0) {
      if (kmap(h, pfn) !== KMAP_SLEEP) live.push(pfn);
    } else {
      kunmap(h, live.splice(next() % live.length, 1)[0]);
    }
  };
  for (let i = 0; i < 4000; i++) {
    step();
    if (i % 50 === 0) checkMachine(m);
  }
  const saved = snapshot(m);
  const hash = stateHash(m);
  for (let i = 0; i < 500; i++) step();
  expect(stateHash(m)).not.toBe(hash);
  restore(m, saved);
  expect(stateHash(m)).toBe(hash);
  checkMachine(m);
});

test('an architecture without high memory has no kmap', () => {
  expect(boot({ ...i386(64), arch: 'x86_64' }).highmem).toBeNull();
});
