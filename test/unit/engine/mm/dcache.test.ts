import {
  allocPages,
  checkMachine,
  dcacheCreate,
  dcacheLookup,
  GFP_KERNEL,
  GFP_NOFS,
  kmemCacheCreate,
  NIL,
  PATH_WAIT,
  SLAB_RECLAIM_ACCOUNT,
  STAT_DCACHE_HITS,
  STAT_DCACHE_MISSES,
  type Vm,
} from '../../../../src/engine/index.ts';
import { vmMachine } from './vmMachine.ts';
import { drive } from './waiting.ts';

function withCache(entries: number): ReturnType<typeof vmMachine> {
  const machine = vmMachine(16);
  const cache = kmemCacheCreate(machine.m.slab!, 'dentry_cache', 120, 0, SLAB_RECLAIM_ACCOUNT, 0);
  expect(dcacheCreate(machine.vm, cache, entries, 2)).toBe(0);
  return machine;
}

const lookup = (vm: Vm, entry: number) => dcacheLookup(vm, 0, entry, 0, 0);
const there = (vm: Vm) => [...vm.dcaches[0].object.keys()].filter(i => vm.dcaches[0].object[i] !== NIL);

describe('a cache with a shrinker', () => {
  test('makes an entry once', () => {
    const { m, vm } = withCache(10);
    const object = lookup(vm, 4);
    expect(object).not.toBe(NIL);
    expect(lookup(vm, 4)).toBe(object);
    expect([m.stat[STAT_DCACHE_HITS], m.stat[STAT_DCACHE_MISSES]]).toEqual([1, 1]);
    expect(vm.shrinkers[0].count(GFP_KERNEL)).toBe(1);
    checkMachine(m);
  });

  test('spares every entry once: those looked up since the last time are given up last', () => {
    const { m, vm } = withCache(10);
    for (let entry = 0; entry < 6; entry++) lookup(vm, entry);
    const { shrink } = vm.shrinkers[0];
    // All are referenced: one round only clears that.
    expect(shrink(6, GFP_KERNEL)).toBe(6);
    lookup(vm, 1);
    lookup(vm, 2);
    expect(shrink(3, GFP_KERNEL)).toBe(5);
    expect(there(vm)).toEqual([1, 2, 3, 4, 5]);
    expect(shrink(3, GFP_KERNEL)).toBe(2);
    expect(there(vm)).toEqual([1, 2]);
    expect(shrink(100, GFP_KERNEL)).toBe(0);
    checkMachine(m);
  });

  test('gives nothing to those who may not enter file systems', () => {
    const { vm } = withCache(10);
    for (let entry = 0; entry < 6; entry++) lookup(vm, entry);
    const { shrink } = vm.shrinkers[0];
    expect(shrink(100, GFP_NOFS)).toBe(6);
    expect(shrink(100, GFP_NOFS)).toBe(6);
    expect(there(vm)).toHaveLength(6);
  });

  test('gets smaller when memory is short, and goes on growing', () => {
    const { m, vm } = withCache(200_000);
    let made = 0;
    for (let entry = 0; entry < 200_000; entry++) {
      if (drive(m, () => lookup(vm, entry)).answer !== NIL) made++;
    }
    expect(made).toBe(200_000);
    expect(there(vm).length).toBeLessThan(200_000);
    expect(there(vm).length).toBeGreaterThan(10_000);
    expect(there(vm)).toContain(199_999);
    checkMachine(m);
  });

  test('an entry that another made during a sleep is not made twice', () => {
    const { m, vm } = withCache(10);
    // Asleep in its allocation: the stage of the request stands in `control`.
    while (allocPages(m, GFP_KERNEL, 0, 0, 0) !== NIL);
    expect(m.path).toBe(PATH_WAIT);
    m.control.fill(0);
    expect(lookup(vm, 3)).toBe(NIL);
    expect(m.path).toBe(PATH_WAIT);
    expect(m.stat[STAT_DCACHE_MISSES]).toBe(1);
    expect(lookup(vm, 3)).toBe(NIL);
    expect(m.stat[STAT_DCACHE_MISSES]).toBe(1);
  });
});
