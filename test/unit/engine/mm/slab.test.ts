/** Caches and their objects. */
import {
  allocPages,
  arrayInfo,
  boot,
  cacheChain,
  cacheInfo,
  cacheName,
  cacheOf,
  cacheReap,
  checkMachine,
  EV_SLAB_DESTROY,
  EV_SLAB_GROW,
  findCache,
  freePages,
  indexInSlab,
  kmemCacheAlloc,
  kmemCacheCreate,
  kmemCacheDestroy,
  kmemCacheFree,
  kmemCacheShrink,
  LOG_KERNEL_BUG,
  LOG_PLACE_SLAB_ALLOC,
  type Machine,
  NIL,
  objectAt,
  objectPaddr,
  objectVaddr,
  PATH_ORDER,
  recordEvents,
  restore,
  SLAB_CACHE_DMA,
  SLAB_CTOR_ATOMIC,
  SLAB_CTOR_CONSTRUCTOR,
  SLAB_HWCACHE_ALIGN,
  SLAB_NO_REAP,
  SLAB_RECLAIM_ACCOUNT,
  type SlabAllocator,
  STAT_KERNEL_BUGS,
  slabPfn,
  slabsOn,
  snapshot,
  stateHash,
} from '../../../../src/engine/index.ts';
import { i386, numbers } from '../machines.ts';

const KERNEL = 0xd0;
const ATOMIC = 0x20;

function machine(over = {}): { m: Machine; s: SlabAllocator } {
  const m = boot(i386(64, { slab: true, ...over }));
  return { m, s: m.slab! };
}

const take = (s: SlabAllocator, cache: number, count: number) =>
  Array.from({ length: count }, () => kmemCacheAlloc(s, cache, KERNEL, 0, 0));

test('the cache of the speed comparison: 30 objects and 160 bytes of management a slab, 3 colours', () => {
  const { s } = machine();
  const cache = kmemCacheCreate(s, 'bench', 128, 0, SLAB_HWCACHE_ALIGN, 0);
  expect(cacheInfo(s, cache)).toMatchObject({
    objsize: 128,
    num: 30,
    mgmt: 160,
    colour: 3,
    colourOff: 32,
    limit: 120,
    batchcount: 60,
    freeLimit: 150,
    shared: 0,
    offSlab: false,
  });
});

test('colours move the objects of each new slab by a line, and wrap', () => {
  const { s } = machine();
  const cache = kmemCacheCreate(s, 'coloured', 128, 0, SLAB_HWCACHE_ALIGN, 0);
  const objects = take(s, cache, 120);
  const offsets = [0, 30, 60, 90].map(i => {
    const first = objects.filter(obj => slabPfn(s, obj) === slabPfn(s, objects[i]));
    return Math.min(...first.map(obj => objectPaddr(s, obj))) % 4096;
  });
  expect([...new Set(offsets)].sort((a, b) => a - b)).toEqual([160, 192, 224]);
});

test('a refill of an array that nobody touched takes 16 objects, later ones a batch', () => {
  const { s } = machine();
  const cache = kmemCacheCreate(s, 'batches', 128, 0, 0, 0);
  take(s, cache, 1);
  expect(arrayInfo(s, cache, 0)!.entries.length).toBe(15);
  take(s, cache, 16);
  expect(arrayInfo(s, cache, 0)!.entries.length).toBe(13 + 30 * 2 - 60);
  checkMachine(s.pgdat as Machine);
});

test('objects come back last in, first out', () => {
  const { s } = machine();
  const cache = kmemCacheCreate(s, 'lifo', 64, 0, 0, 0);
  const [a, b] = take(s, cache, 2);
  kmemCacheFree(s, cache, a, 0);
  kmemCacheFree(s, cache, b, 0);
  expect(take(s, cache, 2)).toEqual([b, a]);
});

test('an object is found by its physical address, and only where one begins', () => {
  const { s } = machine();
  for (const size of [8, 100, 700, 5000, 131072]) {
    const cache = kmemCacheCreate(s, `sized-${size}`, size, 0, 0, 0);
    for (const obj of take(s, cache, 5)) {
      const paddr = objectPaddr(s, obj);
      expect(objectAt(s, paddr)).toBe(obj);
      expect(objectAt(s, paddr + 1)).toBe(NIL);
      expect(objectVaddr(s, obj)).toBe(paddr + 0xc0000000);
      expect(cacheName(s, cacheOf(s, obj))).toBe(`sized-${size}`);
      expect(indexInSlab(obj)).toBeLessThan(cacheInfo(s, cache).num);
    }
  }
  expect(objectAt(s, 0)).toBe(NIL);
  expect(objectAt(s, 1e12)).toBe(NIL);
});

test('an object put back twice is found when it reaches its slab', () => {
  const { s } = machine();
  const cache = kmemCacheCreate(s, 'twice', 64, 0, 0, 0);
  const [obj] = take(s, cache, 1);
  kmemCacheFree(s, cache, obj, 0);
  kmemCacheFree(s, cache, obj, 0);
  expect(() => checkMachine(s.pgdat as Machine)).toThrow('already');
  expect(() => kmemCacheShrink(s, cache, 0)).toThrow("double free detected in cache 'twice'");
});

test('constructors see each object of a new slab once, and know whether they may sleep', () => {
  const { s } = machine();
  const seen: [number, number][] = [];
  const gone: number[] = [];
  const cache = kmemCacheCreate(
    s,
    'built',
    500,
    0,
    0,
    0,
    (_s, _cache, obj, flags) => seen.push([obj, flags]),
    (_s, _cache, obj) => gone.push(obj),
  );
  const { num } = cacheInfo(s, cache);
  const obj = kmemCacheAlloc(s, cache, ATOMIC, 0, 0);
  expect(seen.length).toBe(num);
  expect(new Set(seen.map(([o]) => o)).size).toBe(seen.length);
  expect(seen[0][1]).toBe(SLAB_CTOR_CONSTRUCTOR | SLAB_CTOR_ATOMIC);
  expect(gone).toEqual([]);
  kmemCacheFree(s, cache, obj, 0);
  expect(kmemCacheDestroy(s, cache, 0)).toBe(0);
  expect([...gone].sort()).toEqual(seen.map(([o]) => o).sort());
});

test('a cache with objects in use is not destroyed and comes first in the chain', () => {
  const { s } = machine();
  const first = kmemCacheCreate(s, 'first', 64, 0, 0, 0);
  kmemCacheCreate(s, 'second', 64, 0, 0, 0);
  const [obj] = take(s, first, 1);
  expect(kmemCacheDestroy(s, first, 0)).toBe(1);
  expect(cacheName(s, cacheChain(s)[0])).toBe('first');
  kmemCacheFree(s, first, obj, 0);
  expect(kmemCacheDestroy(s, first, 0)).toBe(0);
  expect(findCache(s, 'first')).toBe(0);
  checkMachine(s.pgdat as Machine);
});

test('creating and destroying leaves no object, page or column behind', () => {
  const { m, s } = machine();
  const cycle = () => {
    for (const size of [20, 300, 600, 4096, 9000]) {
      const cache = kmemCacheCreate(s, `c${size}`, size, 0, 0, 0);
      const objects = take(s, cache, 40);
      for (const obj of objects) kmemCacheFree(s, cache, obj, 0);
      expect(kmemCacheDestroy(s, cache, 0)).toBe(0);
    }
    for (const cache of cacheChain(s)) kmemCacheShrink(s, cache, 0);
  };
  cycle();
  const before = snapshot(m).slab!;
  const slabs = cacheChain(s).map(cache => slabsOn(s, cache, 'free').length);
  for (let i = 0; i < 20; i++) cycle();
  const after = snapshot(m).slab!;
  expect(after.room.words.length).toBe(before.room.words.length);
  expect(after.rows.length).toBe(before.rows.length);
  expect(after.bufctl.length).toBe(before.bufctl.length);
  expect(after.texts.length).toBe(before.texts.length);
  expect(cacheChain(s).map(cache => slabsOn(s, cache, 'free').length)).toEqual(slabs);
  checkMachine(m);
});

test('on SMP objects freed on one CPU reach another through the shared array', () => {
  const { s } = machine({ cpus: 4 });
  const cache = kmemCacheCreate(s, 'passed', 64, 0, 0, 0);
  expect(cacheInfo(s, cache)).toMatchObject({ shared: 8, freeLimit: 5 * 60 + 58 + 1 });
  const objects = take(s, cache, 200);
  for (const obj of objects) kmemCacheFree(s, cache, obj, 3);
  const shared = arrayInfo(s, cache, NIL)!.entries;
  expect(shared.length).toBe(120);
  const last = shared[shared.length - 1];
  expect(kmemCacheAlloc(s, cache, KERNEL, 1, 0)).toBe(last);
  expect(arrayInfo(s, cache, NIL)!.entries.length).toBe(104);
  checkMachine(s.pgdat as Machine);
});

test('one CPU of an SMP build has shared arrays too; a UP build has them with limit 0', () => {
  const smp = machine({ smp: true }).s;
  expect(arrayInfo(smp, findCache(smp, 'size-64'), NIL)!.limit).toBe(480);
  const up = machine().s;
  expect(arrayInfo(up, findCache(up, 'size-64'), NIL)!.limit).toBe(0);
});

test('reaping empties idle arrays by fifths and gives back slabs every four seconds', () => {
  const { s } = machine();
  const cache = kmemCacheCreate(s, 'idle', 128, 0, 0, 0);
  const kept = kmemCacheCreate(s, 'kept', 128, 0, SLAB_NO_REAP, 0);
  for (const c of [cache, kept]) for (const obj of take(s, c, 150)) kmemCacheFree(s, c, obj, 0);
  const inArray = () => arrayInfo(s, cache, 0)!.entries.length;
  const held = inArray();
  cacheReap(s, 0);
  expect(inArray()).toBe(held);
  cacheReap(s, 0);
  expect(inArray()).toBe(held - 24);
  const slabs = slabsOn(s, cache, 'free').length;
  for (let second = 8; second < 16; second += 2) {
    s.jiffies = second * 1000;
    cacheReap(s, 0);
  }
  expect(slabsOn(s, cache, 'free').length).toBeLessThan(slabs + 4);
  expect(arrayInfo(s, kept, 0)!.entries.length).toBeGreaterThan(inArray());
  checkMachine(s.pgdat as Machine);
});

test('the clock of reaping wraps at 2^32', () => {
  const { s } = machine();
  s.jiffies = 2 ** 32 - 2000;
  const cache = kmemCacheCreate(s, 'late', 128, 0, 0, 0);
  const [obj] = take(s, cache, 1);
  kmemCacheFree(s, cache, obj, 0);
  const slabs = () => slabsOn(s, cache, 'free').length + slabsOn(s, cache, 'partial').length;
  for (let i = 0; i < 40; i++) {
    s.jiffies = (s.jiffies + 2000) % 2 ** 32;
    cacheReap(s, 0);
  }
  expect(slabs()).toBe(0);
});

test('a cache that cannot grow answers NIL and stays whole, off-slab or not', () => {
  const { m, s } = machine({ ramPages: 2048 });
  const on = kmemCacheCreate(s, 'on', 200, 0, SLAB_RECLAIM_ACCOUNT, 0);
  const off = kmemCacheCreate(s, 'off', 2048, 0, 0, 0);
  expect(cacheInfo(s, off).slabpCache).toBe('size-32');
  const objects: [number, number][] = [];
  for (const cache of [off, on]) {
    for (;;) {
      const obj = kmemCacheAlloc(s, cache, ATOMIC, 0, 1);
      if (obj === NIL) break;
      objects.push([cache, obj]);
    }
    checkMachine(m);
  }
  expect(objects.length).toBeGreaterThan(2000);
  expect(kmemCacheAlloc(s, off, KERNEL, 0, 0)).toBe(NIL);
  for (const [cache, obj] of objects) kmemCacheFree(s, cache, obj, 0);
  checkMachine(m);
  expect(kmemCacheShrink(s, on, 0) + kmemCacheShrink(s, off, 0)).toBe(0);
});

test('a slab whose management cannot be had gives its pages back', () => {
  const { m, s } = machine({ ramPages: 2048 });
  const off = kmemCacheCreate(s, 'off', 4096, 0, 0, 0);
  const mgmt = findCache(s, 'size-32');
  const blocks: number[] = [];
  for (let pfn = allocPages(m, ATOMIC, 0, 0, 1); pfn !== NIL; pfn = allocPages(m, ATOMIC, 0, 0, 1))
    blocks.push(pfn);
  while (kmemCacheAlloc(s, mgmt, ATOMIC, 0, 1) !== NIL);
  freePages(m, blocks.pop()!, 0, 0, 0);
  const free = () => stateHash(m);
  expect(kmemCacheAlloc(s, off, ATOMIC, 0, 1)).toBe(NIL);
  checkMachine(m);
  expect(allocPages(m, ATOMIC, 0, 0, 1)).not.toBe(NIL);
  expect(free()).toMatch(/^[0-9a-f]{8}$/);
});

test('a cache whose head arrays could not be had is a NULL pointer to whoever uses it', () => {
  const { m, s } = machine({ ramPages: 2048 });
  const blocks: number[] = [];
  for (let pfn = allocPages(m, ATOMIC, 0, 0, 1); pfn !== NIL; pfn = allocPages(m, ATOMIC, 0, 0, 1))
    blocks.push(pfn);
  const general = findCache(s, 'size-512');
  while (kmemCacheAlloc(s, general, ATOMIC, 0, 1) !== NIL);
  const cache = kmemCacheCreate(s, 'poor', 64, 0, 0, 0);
  expect(() => kmemCacheAlloc(s, cache, KERNEL, 0, 0)).toThrow('NULL pointer');
  expect(() => kmemCacheFree(s, cache, 0, 0)).toThrow('NULL pointer');
  checkMachine(m);
});

test.each([
  ['', 64, 0, 0, 'name'],
  ['small', 3, 0, 0, 'bytes'],
  ['large', 131073, 0, 0, 'bytes'],
  ['offset', 64, 65, 0, 'offset'],
  ['flags', 64, 0, 0x800, 'flags 0x800'],
  ['size-64', 64, 0, 0, 'duplicate'],
])('what the kernel answers with BUG: %s', (name, size, offset, flags, word) => {
  const { s } = machine();
  expect(() => kmemCacheCreate(s, name, size, offset, flags, 0)).toThrow(word);
});

test('masks that a slab cannot be grown with are bugs, __GFP_NO_GROW is not', () => {
  const { s } = machine();
  const cache = kmemCacheCreate(s, 'masks', 64, 0, 0, 0);
  const dma = kmemCacheCreate(s, 'masks-dma', 64, 0, SLAB_CACHE_DMA, 0);
  const { printk, stat } = s.pgdat;
  for (const [from, gfp] of [
    [cache, 0xd2],
    [cache, 0xd1],
    [dma, KERNEL],
  ]) {
    expect(kmemCacheAlloc(s, from, gfp, 0, 0)).toBe(NIL);
    expect(s.pgdat.path).toBe(PATH_ORDER);
    expect(printk.kind[printk.length - 1]).toBe(LOG_KERNEL_BUG);
    expect(printk.args[4 * printk.length - 4]).toBe(LOG_PLACE_SLAB_ALLOC);
  }
  expect(printk.length).toBe(3);
  expect(stat[STAT_KERNEL_BUGS]).toBe(3);
  expect(kmemCacheAlloc(s, cache, 0x20d0, 0, 0)).toBe(NIL);
  expect(slabPfn(s, kmemCacheAlloc(s, dma, 0xd1, 0, 0))).toBeLessThan(4096);
});

test('the caches that the allocator stands on cannot be destroyed', () => {
  const { s } = machine();
  for (const name of ['kmem_cache', 'size-32', 'size-4096(DMA)']) {
    expect(() => kmemCacheDestroy(s, findCache(s, name), 0)).toThrow(name);
  }
});

test('growing and giving back are events', () => {
  const { m, s } = machine();
  recordEvents(m, 64);
  const cache = kmemCacheCreate(s, 'watched', 4096, 0, 0, 0);
  kmemCacheFree(s, cache, kmemCacheAlloc(s, cache, KERNEL, 0, 0), 0);
  kmemCacheShrink(s, cache, 0);
  const codes = m.trace!.last(64).map(event => event.code);
  expect(codes.filter(code => code === EV_SLAB_GROW).length).toBe(1);
  expect(codes.filter(code => code === EV_SLAB_DESTROY).length).toBe(1);
});

test('a machine too small for the allocator is refused with the reason', () => {
  expect(() => boot(i386(0, { ramPages: 12, slab: true }))).toThrow(RangeError);
  expect(() => boot(i386(0, { ramPages: 12, slab: true }))).toThrow('too small');
  expect(() => boot(i386(16, { l1: 48 }))).toThrow('L1 line');
});

test('x86_64 has its own struct sizes', () => {
  const m = boot({ ...i386(256, { slab: true }), arch: 'x86_64' });
  const s = m.slab!;
  expect(cacheInfo(s, findCache(s, 'kmem_cache'))).toMatchObject({ objsize: 192 });
  const cache = kmemCacheCreate(s, 'big', 1000, 0, 0, 0);
  const obj = kmemCacheAlloc(s, cache, KERNEL, 0, 0);
  expect(objectVaddr(s, obj)).toBeGreaterThan(2 ** 32);
  expect(objectAt(s, objectPaddr(s, obj))).toBe(obj);
  checkMachine(m);
});

test('a snapshot brings everything back, caches made since included', () => {
  const { m, s } = machine({ cpus: 2 });
  const next = numbers(7);
  const live: [number, number][] = [];
  const play = (steps: number) => {
    for (let i = 0; i < steps; i++) {
      const chain = cacheChain(s).filter(cache => cacheName(s, cache).startsWith('r'));
      if (chain.length < 4) kmemCacheCreate(s, `r${next()}`, 4 + (next() % 5000), 0, 0, 0);
      const cache = chain[next() % Math.max(1, chain.length)];
      if (cache === undefined) continue;
      if (next() % 2 === 0 || live.length === 0)
        live.push([cache, kmemCacheAlloc(s, cache, KERNEL, next() % 2, 0)]);
      else kmemCacheFree(s, ...(live.splice(next() % live.length, 1)[0] as [number, number]), next() % 2);
    }
  };
  play(300);
  const saved = snapshot(m);
  const hash = stateHash(m);
  const kept = live.slice();
  play(600);
  expect(stateHash(m)).not.toBe(hash);
  restore(m, saved);
  expect(stateHash(m)).toBe(hash);
  checkMachine(m);
  for (const [cache, obj] of kept) kmemCacheFree(s, cache, obj, 0);
  checkMachine(m);
  const other = boot(m.config);
  restore(other, saved);
  expect(stateHash(other)).toBe(hash);
  checkMachine(other);
});
