/** A data cache: what it keeps, what CPUs take from each other, and why colouring and hot lists are worth their trouble. */
import {
  __GFP_COLD,
  anonMap,
  anonTouch,
  boot,
  checkMachine,
  DataCache,
  fileRead,
  freePages,
  GFP_KERNEL,
  getZeroedPage,
  invalidateMemory,
  isCached,
  kmemCacheAlloc,
  kmemCacheCreate,
  kmemCacheFree,
  type Machine,
  type MachineConfig,
  machineFault,
  objectPaddr,
  PG_uptodate,
  pageAddress,
  restore,
  runDue,
  STAT_CACHE_HITS,
  STAT_CACHE_MISSES,
  snapshot,
  stateHash,
  TAG_PAGE_CACHE,
  touchMemory,
  virtToPfn,
} from '../../../../src/engine/index.ts';
import { i386, numbers } from '../machines.ts';
import { vmMachine } from './vmMachine.ts';

const KIB = 1024;

function machine(
  dataCache = { bytes: 8 * KIB, lineBytes: 32, ways: 2 },
  over: Partial<MachineConfig> = {},
): Machine {
  return boot(i386(64, { slab: true, dataCache, ...over }));
}

/** [hits, misses] that `what` adds. */
function counted(m: Machine, what: () => void): [number, number] {
  const { stat } = m;
  const [hits, misses] = [stat[STAT_CACHE_HITS], stat[STAT_CACHE_MISSES]];
  what();
  return [stat[STAT_CACHE_HITS] - hits, stat[STAT_CACHE_MISSES] - misses];
}

const BASE = 32 * KIB * KIB;

test('the second touch of a line hits; lines are counted one by one', () => {
  const m = machine();
  expect(counted(m, () => touchMemory(m, 0, BASE, 1, false))).toEqual([0, 1]);
  expect(counted(m, () => touchMemory(m, 0, BASE + 31, 1, true))).toEqual([1, 0]);
  expect(counted(m, () => touchMemory(m, 0, BASE + 31, 2, false))).toEqual([1, 1]);
  expect(counted(m, () => touchMemory(m, 0, BASE + 4096, 4096, false))).toEqual([0, 128]);
  expect(counted(m, () => touchMemory(m, 0, BASE + 4096, 4096, false))).toEqual([128, 0]);
});

test('a set keeps as many lines as it has ways, and gives up the one used longest ago', () => {
  const m = machine();
  const line = (i: number) => BASE + i * 4 * KIB;
  const miss = (i: number) => counted(m, () => touchMemory(m, 0, line(i), 4, false))[1];
  expect([miss(0), miss(1), miss(0), miss(2)]).toEqual([1, 1, 0, 1]);
  expect(isCached(m.dataCache!, 0, line(1), 4)).toBe(false);
  expect([miss(0), miss(1)]).toEqual([0, 1]);
});

test('as a plain model of sets and CPUs says, whatever is touched', () => {
  const m = machine({ bytes: 2 * KIB, lineBytes: 64, ways: 4 }, { cpus: 4 });
  const d = m.dataCache!;
  const next = numbers(7);
  // Most recent first, by CPU and set.
  const sets = Array.from({ length: 4 }, () => Array.from({ length: d.sets }, () => [] as number[]));
  for (const cpu of sets)
    for (const [i, set] of cpu.entries()) {
      for (let way = 0; way < 4; way++) {
        const line = d.lines[(sets.indexOf(cpu) * d.sets + i) * 4 + way];
        if (line !== -1) set.push(line);
      }
    }
  for (let i = 0; i < 20000; i++) {
    const cpu = next() % 4;
    const line = next() % 96;
    const write = next() % 3 === 0;
    const device = next() % 50 === 0;
    const at = line % d.sets;
    if (device) {
      invalidateMemory(m, line * 64, 64);
      for (const other of sets) other[at] = other[at].filter(l => l !== line);
      continue;
    }
    const hit = sets[cpu][at].includes(line);
    expect(counted(m, () => touchMemory(m, cpu, line * 64, 8, write))).toEqual(hit ? [1, 0] : [0, 1]);
    sets[cpu][at] = [line, ...sets[cpu][at].filter(l => l !== line)].slice(0, 4);
    if (write)
      for (const other of sets) if (other !== sets[cpu]) other[at] = other[at].filter(l => l !== line);
    if (i % 1000 === 0) checkMachine(m);
  }
});

test('a write takes the line away from the other CPUs, a read does not', () => {
  const m = machine(undefined, { cpus: 2 });
  const touch = (cpu: number, write: boolean) => counted(m, () => touchMemory(m, cpu, BASE, 4, write));
  touch(0, true);
  expect(touch(1, false)).toEqual([0, 1]);
  expect([touch(0, false), touch(1, false)]).toEqual([
    [1, 0],
    [1, 0],
  ]);
  expect(touch(0, true)).toEqual([1, 0]);
  expect(touch(1, false)).toEqual([0, 1]);
});

test('what a device wrote is no longer in the cache', () => {
  const m = machine();
  touchMemory(m, 0, BASE, 64, false);
  invalidateMemory(m, BASE + 32, 32);
  expect(counted(m, () => touchMemory(m, 0, BASE, 64, false))).toEqual([1, 1]);
});

test('a snapshot brings the lines back', () => {
  const m = machine();
  touchMemory(m, 0, BASE, 4, true);
  const then = snapshot(m);
  for (let i = 0; i < 8; i++) touchMemory(m, 0, BASE + i * 4 * KIB, 4, true);
  expect(isCached(m.dataCache!, 0, BASE, 4)).toBe(false);
  restore(m, then);
  expect(isCached(m.dataCache!, 0, BASE, 4)).toBe(true);
  expect(m.stat[STAT_CACHE_MISSES]).toBe(then.stat[STAT_CACHE_MISSES]);
});

test.each([
  [{ bytes: 3000, lineBytes: 32, ways: 2 }, 'powers of two'],
  [{ bytes: 8192, lineBytes: 8, ways: 2 }, '16 to 256'],
  [{ bytes: 8192, lineBytes: 32, ways: 64 }, '1 to 32 ways'],
  [{ bytes: 64, lineBytes: 32, ways: 4 }, 'less than one set'],
  [{ bytes: 0, lineBytes: 32, ways: 1 }, 'powers of two'],
])('a cache that cannot be: %j', (dataCache, reason) => {
  expect(machineFault(i386(64, { dataCache }))).toContain(reason);
});

test('a cache of one set is fully associative, one of one way direct-mapped', () => {
  expect(new DataCache(1, { bytes: 1024, lineBytes: 32, ways: 32 }).sets).toBe(1);
  const m = machine({ bytes: 1024, lineBytes: 32, ways: 1 });
  touchMemory(m, 0, BASE, 4, false);
  touchMemory(m, 0, BASE + 1024, 4, false);
  expect(isCached(m.dataCache!, 0, BASE, 4)).toBe(false);
});

/**
 * Misses of walking over the first lines of 48 objects again and again, in a cache whose sets repeat every 4 KiB.
 *
 * @param offset colour offset asked for: that of the object's size leaves no room for a colour
 */
function walkMisses(offset: number): number {
  const m = machine({ bytes: 16 * KIB, lineBytes: 32, ways: 4 });
  const s = m.slab!;
  const cache = kmemCacheCreate(s, 'walked', 1200, offset, 0, 0);
  const objects = Array.from({ length: 48 }, () => kmemCacheAlloc(s, cache, GFP_KERNEL, 0, 0));
  const walk = () => {
    for (const obj of objects) touchMemory(m, 0, objectPaddr(s, obj), 16, false);
  };
  walk();
  return counted(m, () => {
    for (let i = 0; i < 100; i++) walk();
  })[1];
}

test('colours keep the first lines of objects apart: without them nearly every touch misses', () => {
  const plain = walkMisses(1200);
  const coloured = walkMisses(0);
  expect(plain).toBeGreaterThan(4000);
  expect(coloured).toBeLessThan(plain / 10);
});

test('a page that was freed hot is still in the cache when it is handed out again; a cold one is not', () => {
  const m = machine({ bytes: 64 * KIB, lineBytes: 32, ways: 8 });
  const zeroed = (gfp: number) => {
    const page = virtToPfn(m, getZeroedPage(m, gfp, 0, 0));
    freePages(m, page, 0, 0, 0);
  };
  zeroed(GFP_KERNEL);
  expect(counted(m, () => zeroed(GFP_KERNEL))).toEqual([128, 0]);
  expect(counted(m, () => zeroed(GFP_KERNEL | __GFP_COLD))[1]).toBe(128);
});

test('a first touch of anonymous memory clears a page, and what the disk reads is in no cache', () => {
  const dataCache = { bytes: 64 * KIB, lineBytes: 32, ways: 8 };
  const { m, vm } = vmMachine(32, {}, { dataCache });
  const area = anonMap(vm, 0, 2);
  const [, misses] = counted(m, () => anonTouch(vm, area, 0, 2, true, 0, 0));
  expect(misses).toBeGreaterThanOrEqual(256);
  expect(fileRead(vm, 0, 0, 1, 0, 0, 0)).not.toBe(1);
  const pfn = m.tag.indexOf(TAG_PAGE_CACHE);
  touchMemory(m, 0, pfn * 4096, 4096, false);
  expect(isCached(m.dataCache!, 0, pfn * 4096, 4096)).toBe(true);
  while ((vm.fields.flags[pfn] & PG_uptodate) === 0) {
    m.agenda.takeFirst();
    runDue(m, m.agenda.kind, m.agenda.arg);
  }
  expect(isCached(m.dataCache!, 0, pfn * 4096, 32)).toBe(false);
});

test('an object that was freed last comes back with its line in the cache', () => {
  const m = machine({ bytes: 64 * KIB, lineBytes: 32, ways: 8 });
  const s = m.slab!;
  const cache = kmemCacheCreate(s, 'lifo', 256, 0, 0, 0);
  const obj = kmemCacheAlloc(s, cache, GFP_KERNEL, 0, 0);
  kmemCacheFree(s, cache, obj, 0);
  const [hits, misses] = counted(m, () => {
    expect(kmemCacheAlloc(s, cache, GFP_KERNEL, 0, 0)).toBe(obj);
  });
  expect(misses).toBe(0);
  expect(hits).toBeGreaterThanOrEqual(4);
});

test('objects that one CPU takes and another gives back cost misses on both', () => {
  const pingPong = (second: number) => {
    const m = machine({ bytes: 64 * KIB, lineBytes: 32, ways: 8 }, { cpus: 2 });
    const s = m.slab!;
    const cache = kmemCacheCreate(s, 'passed', 64, 0, 0, 0);
    return counted(m, () => {
      for (let i = 0; i < 2000; i++) {
        const obj = kmemCacheAlloc(s, cache, GFP_KERNEL, 0, 0);
        touchMemory(m, second, objectPaddr(s, obj), 32, true);
        kmemCacheFree(s, cache, obj, second);
      }
    })[1];
  };
  expect(pingPong(1)).toBeGreaterThan(10 * pingPong(0));
});

test('a data cache changes nothing but the counters', () => {
  const play = (m: Machine) => {
    const s = m.slab!;
    const next = numbers(3);
    const cache = kmemCacheCreate(s, 'same', 200, 0, 0, 0);
    const held: number[] = [];
    for (let i = 0; i < 5000; i++) {
      if (held.length === 0 || next() % 5 < 3) held.push(kmemCacheAlloc(s, cache, GFP_KERNEL, next() % 2, 0));
      else kmemCacheFree(s, cache, held.splice(next() % held.length, 1)[0], next() % 2);
    }
    expect(pageAddress(m, 1)).toBe(0xc0001000);
    return stateHash(m);
  };
  expect(play(machine(undefined, { cpus: 2 }))).toBe(play(boot(i386(64, { slab: true, cpus: 2 }))));
});
