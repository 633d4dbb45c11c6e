/** CONFIG_DEBUG_SLAB: how caches are laid out, and what is found when memory was used that was not one's own. */
import {
  boot,
  cacheInfo,
  cacheName,
  cacheReap,
  checkMachine,
  findCache,
  GFP_KERNEL,
  isFree,
  kfree,
  kfreeAt,
  kmalloc,
  kmemCacheAlloc,
  kmemCacheCreate,
  kmemCacheFree,
  kmemCacheFreeAt,
  kmemCacheShrink,
  ksize,
  LOG_KERNEL_BUG,
  LOG_PLACE_KFREE,
  LOG_SLAB_BAD_POINTER,
  LOG_SLAB_CORRUPTION,
  LOG_SLAB_DESTROY,
  LOG_SLAB_DOUBLE_FREE,
  LOG_SLAB_MISMATCH,
  LOG_SLAB_RED_ZONE,
  LOG_STALE_USE,
  type Machine,
  type MachineConfig,
  NIL,
  objectAt,
  objectPaddr,
  POINTER_BAD,
  POINTER_OUT_OF_RANGE,
  POINTER_WITHIN,
  RED_ACTIVE,
  RED_INACTIVE,
  REQ_TASK,
  restore,
  SLAB_CTOR_CONSTRUCTOR,
  SLAB_CTOR_VERIFY,
  SLAB_DEBUG_INITIAL,
  SLAB_HWCACHE_ALIGN,
  SLAB_MUST_HWCACHE_ALIGN,
  SLAB_POISON,
  SLAB_RED_ZONE,
  SLAB_STORE_USER,
  type SlabAllocator,
  STALE_FREE,
  STALE_READ,
  STALE_WRITE,
  STAT_KERNEL_BUGS,
  STRAY_BYTE,
  slabLayout,
  snapshot,
  staleTouch,
} from '../../../../src/engine/index.ts';
import { i386, numbers } from '../machines.ts';

const DEBUG = { slab: true, spinlockSleep: false, stackOverflow: false };
const ZONES = SLAB_RED_ZONE | SLAB_STORE_USER;

function machine(over: Partial<MachineConfig> = {}): { m: Machine; s: SlabAllocator } {
  const m = boot(i386(64, { slab: true, debug: DEBUG, ...over }));
  return { m, s: m.slab! };
}

const plain = () => machine({ debug: { ...DEBUG, slab: false } });

/** Lines printed since boot: kind and arguments. */
function printed(m: Machine): number[][] {
  const { kind, args, length } = m.printk;
  return Array.from({ length }, (_, i) => [kind[i], ...args.subarray(4 * i, 4 * i + 4)]);
}

const words = (paddr: number): number => paddr / 4;

describe('layout', () => {
  test.each([
    // 20 bytes, two red zones and a last user are 32: 113 of them with 476 bytes of management fill a page.
    [20, 0, { objsize: 32, num: 113, order: 0, colour: 0, dbghead: 4 }],
    [32, SLAB_HWCACHE_ALIGN, { objsize: 44, num: 84, order: 0, colour: 0, dbghead: 4 }],
    // Off the slab by its size, and then on it because 428 bytes are left.
    [512, SLAB_HWCACHE_ALIGN, { objsize: 524, num: 7, offSlab: false, colour: 11, dbghead: 4 }],
    // Not yet 4096, so three words are added, whatever that costs.
    [4090, 0, { objsize: 4104, num: 3, order: 2, dbghead: 4 }],
    [4096, 0, { objsize: 4096, num: 1, order: 0, dbghead: 0 }],
    [5000, 0, { objsize: 5012, dbghead: 4 }],
    [8190, 0, { objsize: 8192, dbghead: 0 }],
    [100, SLAB_MUST_HWCACHE_ALIGN, { objsize: 100, dbghead: 0 }],
    [100, SLAB_HWCACHE_ALIGN | SLAB_MUST_HWCACHE_ALIGN, { objsize: 128, dbghead: 0 }],
  ])('%i bytes with flags %i', (size, flags, expected) => {
    const layout = slabLayout(machine().s, size, 0, flags);
    expect(layout).toMatchObject({ ...expected, reallen: size });
    expect(layout.flags & (SLAB_POISON | ZONES)).toBe(SLAB_POISON | (expected.dbghead === 0 ? 0 : ZONES));
    expect((layout.flags & SLAB_HWCACHE_ALIGN) !== 0).toBe(
      flags === (flags | SLAB_HWCACHE_ALIGN) && expected.dbghead === 0,
    );
  });

  test('words are those of the architecture', () => {
    const s = boot({ ...i386(64, { slab: true, debug: DEBUG }), arch: 'x86_64' }).slab!;
    expect(slabLayout(s, 20, 0, 0)).toMatchObject({ objsize: 24 + 24, dbghead: 8 });
    expect(slabLayout(s, 8180, 0, 0)).toMatchObject({ objsize: 8184, dbghead: 0 });
  });

  test('descriptors have statistics, head arrays no more than 32 objects', () => {
    const { s } = machine();
    expect(cacheInfo(s, s.cacheCache).objsize).toBe(168);
    expect(cacheInfo(s, findCache(s, 'size-32'))).toMatchObject({ objsize: 44, limit: 32, batchcount: 16 });
    expect(cacheInfo(s, findCache(s, 'size-131072')).limit).toBe(8);
    expect(ksize(s, kmalloc(s, 20, GFP_KERNEL, 0, 0))).toBe(32);
    checkMachine(s.pgdat as Machine);
  });

  test('flags of debugging are known in such a build, and in no other', () => {
    const { s } = machine();
    expect(kmemCacheCreate(s, 'asked', 64, 0, SLAB_POISON | ZONES, 0)).not.toBe(0);
    expect(() => kmemCacheCreate(plain().s, 'asked', 64, 0, SLAB_POISON, 0)).toThrow('flags');
  });

  test('an object starts behind its red zone, and is found by that address', () => {
    const { s } = machine();
    const obj = kmalloc(s, 64, GFP_KERNEL, 0, 0);
    const paddr = objectPaddr(s, obj);
    expect(objectAt(s, paddr)).toBe(obj);
    expect(objectAt(s, paddr - 4)).toBe(NIL);
  });
});

test('constructors run each time an object is handed out, and verify it when it comes back', () => {
  const { s } = machine();
  const calls: number[] = [];
  const ctor = (_s: SlabAllocator, _cache: number, _obj: number, flags: number) => calls.push(flags);
  const dtor = () => calls.push(0);
  const cache = kmemCacheCreate(s, 'built', 64, 0, SLAB_DEBUG_INITIAL, 0, ctor, dtor);
  const obj = kmemCacheAlloc(s, cache, GFP_KERNEL, 0, 0);
  expect(calls).toEqual([SLAB_CTOR_CONSTRUCTOR]);
  kmemCacheFree(s, cache, obj, 0);
  expect(calls.slice(1)).toEqual([SLAB_CTOR_CONSTRUCTOR | SLAB_CTOR_VERIFY, 0]);
  kmemCacheShrink(s, cache, 0);
  expect(calls).toHaveLength(3);
});

test('well-behaved callers never hear of it', () => {
  const { m, s } = machine({ cpus: 2, dataCache: { bytes: 4096, lineBytes: 32, ways: 2 } });
  const next = numbers(11);
  const held: number[] = [];
  for (let i = 0; i < 8000; i++) {
    const cpu = next() % 2;
    if (held.length === 0 || next() % 9 < 5) held.push(kmalloc(s, (next() % 3000) + 1, GFP_KERNEL, cpu, 0));
    else kfree(s, held.splice(next() % held.length, 1)[0], cpu);
    if (i % 500 === 0) {
      cacheReap(s, cpu);
      checkMachine(m);
    }
  }
  for (const obj of held) kfree(s, obj, 0);
  expect(printed(m)).toEqual([]);
  expect(m.stat[STAT_KERNEL_BUGS]).toBe(0);
});

describe('freed twice', () => {
  test('is reported at once, and the object is handed out once', () => {
    const { m, s } = machine();
    const paddr = objectPaddr(s, kmalloc(s, 64, GFP_KERNEL, 0, 0));
    expect(kfreeAt(s, paddr, 0)).toBe(true);
    expect(kfreeAt(s, paddr, 0)).toBe(false);
    const cache = findCache(s, 'size-64');
    expect(printed(m)).toEqual([[LOG_SLAB_DOUBLE_FREE, cache, words(paddr), RED_INACTIVE, RED_INACTIVE]]);
    expect(m.stat[STAT_KERNEL_BUGS]).toBe(1);
    checkMachine(m);
    const again = [kmalloc(s, 64, GFP_KERNEL, 0, 0), kmalloc(s, 64, GFP_KERNEL, 0, 0)];
    expect(new Set(again).size).toBe(2);
  });

  test('also by kfree() of the object, and where it has no red zones', () => {
    const { m, s } = machine();
    const obj = kmalloc(s, 4096, GFP_KERNEL, 0, 0);
    const paddr = objectPaddr(s, obj);
    kfree(s, obj, 0);
    kfree(s, obj, 0);
    expect(printed(m)).toEqual([
      [LOG_KERNEL_BUG, LOG_PLACE_KFREE, findCache(s, 'size-4096'), words(paddr), 0],
    ]);
    checkMachine(m);
  });

  test('without debugging nothing is printed', () => {
    const { m, s } = plain();
    const paddr = objectPaddr(s, kmalloc(s, 64, GFP_KERNEL, 0, 0));
    expect([kfreeAt(s, paddr, 0), kfreeAt(s, paddr, 0)]).toEqual([true, false]);
    expect(printed(m)).toEqual([[LOG_STALE_USE, words(paddr), STALE_FREE, 0, 0]]);
    expect(m.stat[STAT_KERNEL_BUGS]).toBe(1);
    checkMachine(m);
  });

  test('when somebody else has it by then, it is theirs that goes, and theirs is the second', () => {
    for (const { m, s } of [machine(), plain()]) {
      const mine = kmalloc(s, 64, GFP_KERNEL, 0, 0);
      const paddr = objectPaddr(s, mine);
      kfree(s, mine, 0);
      expect(kmalloc(s, 64, GFP_KERNEL, 0, 0)).toBe(mine);
      expect(kfreeAt(s, paddr, 0)).toBe(true);
      expect(printed(m)).toEqual([]);
      expect(isFree(s, findCache(s, 'size-64'), mine)).toBe(true);
      expect(kfreeAt(s, paddr, 0)).toBe(false);
      expect(m.stat[STAT_KERNEL_BUGS]).toBe(1);
    }
  });

  test('is known wherever the object waits: head array, shared array, slab', () => {
    const m = boot(i386(64, { slab: true, cpus: 2 }));
    const s = m.slab!;
    const cache = kmemCacheCreate(s, 'waits', 64, 0, 0, 0);
    const objects = Array.from({ length: 3000 }, () => kmemCacheAlloc(s, cache, GFP_KERNEL, 0, 0));
    for (const obj of objects) kmemCacheFree(s, cache, obj, 0);
    for (const obj of objects) {
      if (objectAt(s, objectPaddr(s, obj)) !== obj) continue;
      expect(kmemCacheFreeAt(s, cache, objectPaddr(s, obj), 1)).toBe(false);
    }
    checkMachine(m);
  });
});

describe('touched after it was freed', () => {
  test('a write is found when the object is next handed out, with the one who freed it', () => {
    const { m, s } = machine();
    m.request[REQ_TASK] = 5;
    const obj = kmalloc(s, 64, GFP_KERNEL, 0, 0);
    const paddr = objectPaddr(s, obj);
    kfree(s, obj, 0);
    expect(staleTouch(s, paddr, 8, 4, true)).toBe(true);
    expect(printed(m)).toEqual([]);
    expect(m.stat[STAT_KERNEL_BUGS]).toBe(0);
    m.request[REQ_TASK] = 6;
    expect(kmalloc(s, 64, GFP_KERNEL, 0, 0)).toBe(obj);
    const found = STRAY_BYTE | (6 << 8);
    expect(printed(m)).toEqual([[LOG_SLAB_CORRUPTION, findCache(s, 'size-64'), words(paddr), 8, found]]);
    kfree(s, obj, 0);
    expect(kmalloc(s, 64, GFP_KERNEL, 0, 0)).toBe(obj);
    expect(m.stat[STAT_KERNEL_BUGS]).toBe(1);
  });

  test('of several writes the lowest byte is named', () => {
    const { m, s } = machine();
    const obj = kmalloc(s, 64, GFP_KERNEL, 0, 0);
    const paddr = objectPaddr(s, obj);
    kfree(s, obj, 0);
    for (const offset of [40, 12, 63]) staleTouch(s, paddr, offset, 1, true);
    kmalloc(s, 64, GFP_KERNEL, 0, 0);
    expect(printed(m)[0][3]).toBe(12);
  });

  test('or when its slab goes', () => {
    const { m, s } = machine();
    const cache = kmemCacheCreate(s, 'goes', 64, 0, 0, 0);
    const obj = kmemCacheAlloc(s, cache, GFP_KERNEL, 0, 0);
    const paddr = objectPaddr(s, obj);
    kmemCacheFree(s, cache, obj, 0);
    staleTouch(s, paddr, 0, 1, true);
    staleTouch(s, paddr, -4, 1, true);
    staleTouch(s, paddr, 64, 1, true);
    expect(kmemCacheShrink(s, cache, 0)).toBe(0);
    expect(printed(m)).toEqual([
      [LOG_SLAB_CORRUPTION, cache, words(paddr), 0, STRAY_BYTE],
      [LOG_SLAB_DESTROY, cache, words(paddr), 1, 0],
      [LOG_SLAB_DESTROY, cache, words(paddr), 2, 0],
    ]);
  });

  test('a read is seen by nobody, and neither is any touch without debugging', () => {
    const debugging = machine();
    const without = plain();
    const record = ({ m, s }: { m: Machine; s: SlabAllocator }, write: boolean) => {
      const obj = kmalloc(s, 64, GFP_KERNEL, 0, 0);
      const paddr = objectPaddr(s, obj);
      kfree(s, obj, 0);
      expect(staleTouch(s, paddr, 8, 4, write)).toBe(false);
      expect(printed(m).at(-1)).toEqual([
        LOG_STALE_USE,
        words(paddr + 8),
        write ? STALE_WRITE : STALE_READ,
        0,
        0,
      ]);
      kmalloc(s, 64, GFP_KERNEL, 0, 0);
    };
    record(debugging, false);
    record(without, false);
    record(without, true);
    expect(debugging.m.stat[STAT_KERNEL_BUGS]).toBe(1);
    expect(without.m.stat[STAT_KERNEL_BUGS]).toBe(2);
  });

  test('when somebody else has it by then, their data is overwritten and nothing notices', () => {
    const { m, s } = machine();
    const obj = kmalloc(s, 64, GFP_KERNEL, 0, 0);
    expect(staleTouch(s, objectPaddr(s, obj), 0, 64, true)).toBe(false);
    kfree(s, obj, 0);
    expect(printed(m)).toEqual([[LOG_STALE_USE, words(objectPaddr(s, obj)), STALE_WRITE, 0, 0]]);
  });
});

describe('written beyond its end', () => {
  test('the red zone tells when it is freed', () => {
    const { m, s } = machine();
    const obj = kmalloc(s, 64, GFP_KERNEL, 0, 0);
    const paddr = objectPaddr(s, obj);
    expect(staleTouch(s, paddr, 64, 1, true)).toBe(true);
    kfree(s, obj, 0);
    const spoilt = (RED_ACTIVE & ~0xff) | STRAY_BYTE;
    expect(printed(m)).toEqual([
      [LOG_SLAB_DOUBLE_FREE, findCache(s, 'size-64'), words(paddr), RED_ACTIVE, spoilt],
    ]);
    expect(kmalloc(s, 64, GFP_KERNEL, 0, 0)).toBe(obj);
    expect(m.stat[STAT_KERNEL_BUGS]).toBe(1);
  });

  test('a write before it hits the first red zone; a long one reaches the next object too', () => {
    const { m, s } = machine();
    const cache = kmemCacheCreate(s, 'row', 64, 0, 0, 0);
    const [one, two] = [0, 1].map(() => kmemCacheAlloc(s, cache, GFP_KERNEL, 0, 0)).sort((a, b) => a - b);
    const size = cacheInfo(s, cache).objsize;
    expect(objectPaddr(s, two) - objectPaddr(s, one)).toBe(size);
    expect(staleTouch(s, objectPaddr(s, two), -1, 1, true)).toBe(true);
    expect(staleTouch(s, objectPaddr(s, one), 64, 4, true)).toBe(true);
    kmemCacheFree(s, cache, two, 0);
    kmemCacheFree(s, cache, one, 0);
    const highest = (RED_ACTIVE & 0xffffff) | (STRAY_BYTE << 24);
    const all = STRAY_BYTE * 0x1010101;
    expect(printed(m)).toEqual([
      [LOG_SLAB_DOUBLE_FREE, cache, words(objectPaddr(s, two)), highest, RED_ACTIVE],
      [LOG_SLAB_DOUBLE_FREE, cache, words(objectPaddr(s, one)), RED_ACTIVE, all],
    ]);
  });

  test('of a free object the red zone tells when it is handed out', () => {
    const { m, s } = machine();
    const obj = kmalloc(s, 64, GFP_KERNEL, 0, 0);
    const paddr = objectPaddr(s, obj);
    kfree(s, obj, 0);
    staleTouch(s, paddr, 64, 4, true);
    kmalloc(s, 64, GFP_KERNEL, 0, 0);
    expect(printed(m).map(([kind]) => kind)).toEqual([LOG_SLAB_RED_ZONE]);
  });

  test("what rounding adds is nobody's, and nothing tells", () => {
    const { m, s } = machine();
    const obj = kmalloc(s, 20, GFP_KERNEL, 0, 0);
    expect(staleTouch(s, objectPaddr(s, obj), 20, 8, true)).toBe(false);
    kfree(s, obj, 0);
    expect(printed(m).map(([kind]) => kind)).toEqual([LOG_STALE_USE]);
  });

  test('across the end of a page, into whatever lies there', () => {
    const { m, s } = machine();
    const obj = kmalloc(s, 8192, GFP_KERNEL, 0, 0);
    const paddr = objectPaddr(s, obj);
    kfree(s, obj, 0);
    expect(staleTouch(s, paddr, 4090, 12, true)).toBe(true);
    expect(kmalloc(s, 8192, GFP_KERNEL, 0, 0)).toBe(obj);
    expect(printed(m)).toEqual([
      [LOG_SLAB_CORRUPTION, findCache(s, 'size-8192'), words(paddr), 4090, STRAY_BYTE],
    ]);
  });
});

describe('given back to the wrong place', () => {
  test('an address in no slab', () => {
    const { m, s } = machine();
    expect(kfreeAt(s, 4096 * 3000, 0)).toBe(false);
    expect(kfreeAt(s, 2 ** 31, 0)).toBe(false);
    expect(kfreeAt(s, objectPaddr(s, kmalloc(s, 64, GFP_KERNEL, 0, 0)) + 8, 0)).toBe(false);
    expect(printed(m).map(([kind, , what]) => [kind, what])).toEqual([
      [LOG_SLAB_BAD_POINTER, POINTER_BAD],
      [LOG_SLAB_BAD_POINTER, POINTER_OUT_OF_RANGE],
      [LOG_SLAB_BAD_POINTER, POINTER_WITHIN],
    ]);
    expect(m.stat[STAT_KERNEL_BUGS]).toBe(3);
  });

  test('an object of another cache', () => {
    const { m, s } = machine();
    const one = kmemCacheCreate(s, 'one', 64, 0, 0, 0);
    const other = kmemCacheCreate(s, 'other', 64, 0, 0, 0);
    const paddr = objectPaddr(s, kmemCacheAlloc(s, one, GFP_KERNEL, 0, 0));
    expect(kmemCacheFreeAt(s, other, paddr, 0)).toBe(false);
    expect(printed(m)).toEqual([[LOG_SLAB_MISMATCH, one, words(paddr), other, 0]]);
    expect(cacheName(s, one)).toBe('one');
    expect(kmemCacheFreeAt(s, one, paddr, 0)).toBe(true);
    checkMachine(m);
  });

  test('without debugging all of it is silent', () => {
    const { m, s } = plain();
    const one = kmemCacheCreate(s, 'one', 64, 0, 0, 0);
    const other = kmemCacheCreate(s, 'other', 64, 0, 0, 0);
    const paddr = objectPaddr(s, kmemCacheAlloc(s, one, GFP_KERNEL, 0, 0));
    for (const wrong of [
      kmemCacheFreeAt(s, other, paddr, 0),
      kfreeAt(s, paddr + 8, 0),
      kfreeAt(s, 4096 * 3000, 0),
      kmemCacheFreeAt(s, one, 4096 * 3000, 0),
    ])
      expect(wrong).toBe(false);
    expect(printed(m).map(([kind]) => kind)).toEqual([
      LOG_STALE_USE,
      LOG_STALE_USE,
      LOG_STALE_USE,
      LOG_STALE_USE,
    ]);
    expect(m.stat[STAT_KERNEL_BUGS]).toBe(4);
    checkMachine(m);
  });
});

test('the wrong zone is a BUG() at each request, not only at one that lets the cache grow', () => {
  const { m, s } = machine();
  const cache = findCache(s, 'size-64');
  kfree(s, kmalloc(s, 64, GFP_KERNEL, 0, 0), 0);
  expect(kmemCacheAlloc(s, cache, GFP_KERNEL | 1, 0, 0)).toBe(NIL);
  expect(printed(m).map(([kind]) => kind)).toEqual([LOG_KERNEL_BUG]);
});

test('a snapshot brings back what was overwritten', () => {
  const { m, s } = machine();
  const obj = kmalloc(s, 64, GFP_KERNEL, 0, 0);
  kfree(s, obj, 0);
  staleTouch(s, objectPaddr(s, obj), 3, 1, true);
  const then = snapshot(m);
  for (let round = 0; round < 2; round++) {
    restore(m, then);
    expect(printed(m)).toEqual([]);
    expect(kmalloc(s, 64, GFP_KERNEL, 0, 0)).toBe(obj);
    expect(printed(m).map(([kind, , , offset]) => [kind, offset])).toEqual([[LOG_SLAB_CORRUPTION, 3]]);
  }
});
