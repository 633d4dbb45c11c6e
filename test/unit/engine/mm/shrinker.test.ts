import {
  EV_SHRINK_SLAB,
  kmemCacheAlloc,
  kmemCacheCreate,
  kmemCacheFree,
  kmemCacheShrink,
  nrUsedZonePages,
  recordEvents,
  removeShrinker,
  restore,
  STAT_SLABS_SCANNED,
  setShrinker,
  shrinkSlab,
  snapshot,
  VZ_NR_ACTIVE,
  VZ_NR_INACTIVE,
} from '../../../../src/engine/index.ts';
import { vmMachine } from './vmMachine.ts';

/** A machine with 99 pages on the LRU, as its counters say, and a shrinker that notes what it is asked for. */
function machine(objects: number, seeks = 2) {
  const { m, vm } = vmMachine(16);
  vm.zone[VZ_NR_ACTIVE] = 60;
  vm.zone[VZ_NR_INACTIVE] = 39;
  const asked: number[] = [];
  const shrinker = setShrinker(
    vm,
    seeks,
    () => objects,
    nr => {
      asked.push(nr);
      return objects;
    },
  )!;
  return { m, vm, asked, shrinker };
}

describe('shrink_slab()', () => {
  test('owes the share of the LRU that was scanned, weighted by seeks, and asks for more than a batch only', () => {
    const { m, vm, asked } = machine(100);
    expect(nrUsedZonePages(vm)).toBe(99);
    // 64 * 2 * 100 / 100 = 128 is one batch, and not more than one.
    shrinkSlab(vm, 64, 0xd0);
    expect(asked).toEqual([]);
    expect(vm.shrinkerNr[0]).toBe(128);
    shrinkSlab(vm, 3, 0xd0);
    expect(asked).toEqual([128, 6]);
    expect(vm.shrinkerNr[0]).toBe(0);
    expect(m.stat[STAT_SLABS_SCANNED]).toBe(134);
  });

  test('rounds down, and what was rounded off is lost', () => {
    const { vm, asked } = machine(33, 1);
    for (let i = 0; i < 400; i++) shrinkSlab(vm, 3, 0xd0);
    expect(vm.shrinkerNr[0]).toBe(0);
    expect(asked).toEqual([]);
    shrinkSlab(vm, 4, 0xd0);
    expect(vm.shrinkerNr[0]).toBe(1);
  });

  test('is exact where the product passes 32 bits', () => {
    const { vm, asked } = machine(1_000_003);
    vm.zone[VZ_NR_ACTIVE] = 999_960;
    shrinkSlab(vm, 458_753, 0xd0);
    const owed = Number((458_753n * 2n * 1_000_003n) / 1_000_000n);
    expect(asked.reduce((sum, nr) => sum + nr, 0)).toBe(owed);
    expect(asked.at(-1)).toBe(owed % 128);
  });

  test('asks the newest shrinker first, and those removed no more', () => {
    const { m, vm, asked, shrinker } = machine(1000);
    recordEvents(m, 64);
    const order: string[] = [];
    const second = setShrinker(
      vm,
      2,
      () => 1000,
      () => {
        order.push(`second before ${asked.length}`);
        return 0;
      },
    )!;
    vm.shrinkerNr[1] = 7;
    shrinkSlab(vm, 7, 0xd0);
    expect(order).toEqual(['second before 0', 'second before 0']);
    expect(asked).toEqual([128, 19]);
    expect(m.trace!.last(10).filter(event => event.code === EV_SHRINK_SLAB)).toMatchObject([
      { a: 0, b: 140, c: 0 },
      { a: 1, b: 147, c: 0 },
    ]);
    vm.shrinkerNr[1] = 5;
    removeShrinker(vm, second);
    expect(vm.shrinkerNr[0]).toBe(5);
    shrinkSlab(vm, 1, 0xd0);
    expect(order.length).toBe(2);
    removeShrinker(vm, shrinker);
    expect(() => removeShrinker(vm, shrinker)).toThrow(/never set/);
  });

  test('asks the shrinkers of the machine that was restored, not of the one that was saved', () => {
    const saved = machine(1000);
    const other = machine(1000);
    saved.vm.shrinkerNr[0] = 100;
    restore(other.m, snapshot(saved.m));
    shrinkSlab(other.vm, 2, 0xd0);
    expect(saved.asked).toEqual([]);
    expect(other.asked).toEqual([128, 12]);
  });

  test('counts the pages that slabs give back', () => {
    const { vm } = vmMachine(16);
    const cache = kmemCacheCreate(vm.slab, 'inode', 512, 0, 0, 0);
    const objects = Array.from({ length: 300 }, () => kmemCacheAlloc(vm.slab, cache, 0xd0, 0, 0));
    setShrinker(
      vm,
      2,
      () => objects.length,
      nr => {
        for (let i = 0; i < nr && objects.length > 0; i++) kmemCacheFree(vm.slab, cache, objects.pop()!, 0);
        kmemCacheShrink(vm.slab, cache, 0);
        return objects.length;
      },
    );
    vm.reclaimedSlab = 0;
    shrinkSlab(vm, 1, 0xd0);
    expect(objects).toEqual([]);
    // 300 objects of 512 bytes, 7 or 8 a page.
    expect(vm.reclaimedSlab).toBeGreaterThanOrEqual(300 / 8);
    expect(vm.reclaimedSlab).toBeLessThanOrEqual(Math.ceil(300 / 7));
  });
});
