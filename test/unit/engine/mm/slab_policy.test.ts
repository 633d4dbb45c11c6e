/** What policies decide of slabs: geometry, head arrays, which slab, how many go, and whether a cache is needed. */
import {
  arrayInfo,
  boot,
  cacheInfo,
  cacheNumber,
  cacheReap,
  checkMachine,
  GFP_KERNEL,
  type HookName,
  kmemCacheAlloc,
  kmemCacheCreate,
  kmemCacheCreateFor,
  kmemCacheFree,
  type Machine,
  NIL,
  objectPaddr,
  REQ_BYTES,
  REQ_CACHE,
  REQ_FREE,
  REQ_LINUX,
  REQ_OBJECTS,
  SLAB_HWCACHE_ALIGN,
  SLAB_NO_REAP,
  SLAB_RECLAIM_ACCOUNT,
  type SlabAllocator,
  setHooks,
  slabPfn,
  slabsOn,
  slabTotals,
  stateHash,
} from '../../../../src/engine/index.ts';
import { C_FREE_TOUCHED } from '../../../../src/engine/mm/slab_layout.ts';
import { type Deciding, deciding } from '../deciding.ts';
import { i386, numbers } from '../machines.ts';

interface Made {
  m: Machine;
  s: SlabAllocator;
}

function machine(over = {}): Made {
  const m = boot(i386(64, { slab: true, ...over }));
  return { m, s: m.slab! };
}

/** A policy of one hook on the machine. */
function decide({ m }: Made, hook: HookName, answer: () => number): Deciding {
  const h = deciding({ [hook]: answer });
  setHooks(m, h);
  return h;
}

const take = (s: SlabAllocator, cache: number, count: number) =>
  Array.from({ length: count }, () => kmemCacheAlloc(s, cache, GFP_KERNEL, 0, 0));

const slabsOf = (s: SlabAllocator, cache: number) =>
  (['partial', 'full', 'free'] as const).flatMap(list => slabsOn(s, cache, list));

describe('slabOrder', () => {
  /** Bytes of a slab that hold no object. */
  const waste = (s: SlabAllocator, cache: number) => {
    const { order, num, objsize } = cacheInfo(s, cache);
    return (4096 << order) - num * objsize;
  };

  test('a larger slab wastes less of its pages', () => {
    const made = machine();
    const plain = kmemCacheCreate(made.s, 'plain', 1300, 0, 0, 0);
    const asked: number[] = [];
    const h = decide(made, 'slabOrder', () => {
      asked.push(made.m.request[REQ_BYTES], made.m.request[REQ_LINUX]);
      return 3;
    });
    const large = kmemCacheCreate(made.s, 'large', 1300, 0, 0, 0);
    expect(asked).toEqual([1300, cacheInfo(made.s, plain).order]);
    expect(cacheInfo(made.s, large)).toMatchObject({ order: 3, num: 25 });
    expect(waste(made.s, large) / 8).toBeLessThan(
      waste(made.s, plain) / (1 << cacheInfo(made.s, plain).order),
    );
    const objects = take(made.s, large, 60);
    checkMachine(made.m);
    for (const obj of objects) kmemCacheFree(made.s, large, obj, 0);
    expect(h.refused).toEqual([]);
  });

  test.each([
    ['holds no object', 9000, 1, /from 2 to 5/],
    ['holds more than can be counted', 32, 4, /from 0 to 3/],
    ['is larger than any', 1300, 6, /from 0 to 4/],
    ['is below zero', 1300, -3, /from 0 to 4/],
  ])('an order that %s is refused', (_what, bytes, answer, rule) => {
    const plain = machine();
    kmemCacheCreate(plain.s, 'c', bytes, 0, 0, 0);
    const made = machine();
    const h = decide(made, 'slabOrder', () => answer);
    kmemCacheCreate(made.s, 'c', bytes, 0, 0, 0);
    expect(h.refused).toEqual([{ hook: 'slabOrder', answer, rule: expect.stringMatching(rule) as string }]);
    expect(stateHash(made.m)).toBe(stateHash(plain.m));
  });

  test('management moves with the geometry, and every order that is legal works', () => {
    for (let order = 0; order <= 5; order++) {
      const made = machine();
      const h = decide(made, 'slabOrder', () => order);
      const cache = kmemCacheCreate(made.s, 'c', 3000, 0, SLAB_HWCACHE_ALIGN, 0);
      expect(h.refused).toEqual([]);
      expect(cacheInfo(made.s, cache).order).toBe(order);
      const objects = take(made.s, cache, 300);
      checkMachine(made.m);
      for (const obj of objects) kmemCacheFree(made.s, cache, obj, 0);
      checkMachine(made.m);
    }
  });
});

describe('slabLimit', () => {
  test('1 leaves next to nothing in the head arrays', () => {
    const plain = machine();
    const made = machine();
    const seen: number[] = [];
    const h = decide(made, 'slabLimit', () => seen.push(made.m.request[REQ_LINUX]) && 1);
    for (const each of [plain, made]) {
      const cache = kmemCacheCreate(each.s, 'c', 128, 0, 0, 0);
      const objects = take(each.s, cache, 300);
      for (const obj of objects) kmemCacheFree(each.s, cache, obj, 0);
      const held = arrayInfo(each.s, cache, 0)!.entries.length;
      expect(held).toBe(each === plain ? 120 : 1);
      if (each === made) expect(seen).toEqual([120]);
      checkMachine(each.m);
    }
    expect(h.refused).toEqual([]);
    // Size of what the arrays stand in: 16 bytes and 4 for each object.
    expect(slabTotals(made.s).objectBytes).toBeLessThan(slabTotals(plain.s).objectBytes);
  });

  test.each([0, 121, -9])('%i is refused', answer => {
    const plain = machine();
    const made = machine();
    const h = decide(made, 'slabLimit', () => answer);
    for (const each of [plain, made]) kmemCacheCreate(each.s, 'c', 128, 0, 0, 0);
    expect(h.refused).toEqual([
      { hook: 'slabLimit', answer, rule: 'must be a number of objects from 1 to 120' },
    ]);
    expect(stateHash(made.m)).toBe(stateHash(plain.m));
  });
});

describe('slabPick', () => {
  /** A cache with head arrays of one object, so that each request goes to the slabs. */
  function tight(made: Made, bytes: number): number {
    decide(made, 'slabLimit', () => 1);
    const cache = kmemCacheCreate(made.s, 'c', bytes, 0, 0, 0);
    setHooks(made.m, null);
    return cache;
  }

  /** 100 objects scattered over 20 slabs; then 4000 times two go and two come. @returns slabs in use then */
  function scatter({ m, s }: Made, cache: number): number {
    const next = numbers(11);
    const left = take(s, cache, 20 * cacheInfo(s, cache).num);
    const swap = (i: number) => kmemCacheFree(s, cache, left.splice(i, 1)[0], 0);
    while (left.length > 100) swap(next() % left.length);
    // Two at a time: the second that goes is the head array's, and the first that comes.
    for (let round = 0; round < 4000; round++) {
      swap(next() % left.length);
      swap(next() % left.length);
      left.push(...take(s, cache, 2));
    }
    checkMachine(m);
    return slabsOn(s, cache, 'partial').length + slabsOn(s, cache, 'full').length;
  }

  test('the fullest slab first leaves more slabs empty', () => {
    const plain = machine();
    const made = machine();
    const caches = [tight(plain, 256), tight(made, 256)];
    const h = decide(made, 'slabPick', () => {
      let best = made.m.request[REQ_LINUX];
      let most = -1;
      for (const slab of slabsOn(made.s, caches[1], 'partial')) {
        if (slab.inuse <= most) continue;
        most = slab.inuse;
        best = slab.pfn;
      }
      return best;
    });
    const linux = scatter(plain, caches[0]);
    const picked = scatter(made, caches[1]);
    expect(picked).toBeLessThan(linux);
    // 15 objects a slab: seven slabs are as few as hold 100.
    expect(picked).toBeLessThan(10);
    expect(h.refused).toEqual([]);
  });

  /** Two slabs partly in use, a full one, and an empty head array. */
  function prepared(): Made & { cache: number } {
    const made = machine();
    const { s } = made;
    const cache = tight(made, 1300);
    const objects = take(s, cache, 9);
    kmemCacheFree(s, cache, objects[0], 0);
    kmemCacheFree(s, cache, objects[3], 0);
    kmemCacheFree(s, cache, objects[4], 0);
    take(s, cache, arrayInfo(s, cache, 0)!.entries.length);
    expect(slabsOn(s, cache, 'partial')).toHaveLength(2);
    expect(slabsOn(s, cache, 'full')).toHaveLength(1);
    return { ...made, cache };
  }

  test('is told whose objects and how many, and takes from the slab it names', () => {
    const made = prepared();
    const { m, s, cache } = made;
    const [first, last] = slabsOn(s, cache, 'partial');
    const seen: number[][] = [];
    decide(made, 'slabPick', () => {
      seen.push([m.request[REQ_CACHE], m.request[REQ_BYTES], m.request[REQ_OBJECTS], m.request[REQ_LINUX]]);
      return last.pfn;
    });
    expect(slabPfn(s, kmemCacheAlloc(s, cache, GFP_KERNEL, 0, 0))).toBe(last.pfn);
    expect(seen).toEqual([[cacheNumber(s, cache), 1300, 1, first.pfn]]);
    checkMachine(m);
  });

  test('a free slab may be taken while there are partial ones', () => {
    const made = machine();
    const { m, s } = made;
    const cache = tight(made, 1300);
    const objects = take(s, cache, 9);
    for (const obj of objects.slice(0, 5)) kmemCacheFree(s, cache, obj, 0);
    take(s, cache, 1);
    expect(slabsOn(s, cache, 'partial').length).toBeGreaterThan(0);
    const [free] = slabsOn(s, cache, 'free');
    s.ctl[cache + C_FREE_TOUCHED] = 0;
    const h = decide(made, 'slabPick', () => free.pfn);
    expect(slabPfn(s, kmemCacheAlloc(s, cache, GFP_KERNEL, 0, 0))).toBe(free.pfn);
    expect(cacheInfo(s, cache).freeTouched).toBe(1);
    expect(h.refused).toEqual([]);
    checkMachine(m);
  });

  test.each([
    ['a page of no slab', () => 5],
    ['a page beyond memory', () => 1 << 28],
    ['a number below zero', () => -2],
    ['a slab of another cache', ({ s }: Made) => slabsOf(s, s.cacheCache)[0].pfn],
    ['a full slab', ({ s }: Made, cache: number) => slabsOn(s, cache, 'full')[0].pfn],
    ['a page of no first object', ({ s }: Made, cache: number) => slabsOn(s, cache, 'partial')[0].pfn + 9999],
  ])('%s is refused', (_what, answer: (made: Made, cache: number) => number) => {
    const plain = prepared();
    const made = prepared();
    const h = decide(made, 'slabPick', () => answer(made, made.cache));
    for (const { s, cache } of [plain, made]) take(s, cache, 1);
    expect(h.refused).toHaveLength(1);
    expect(h.refused[0]).toMatchObject({
      hook: 'slabPick',
      rule: expect.stringMatching(/^must be/) as string,
    });
    expect(stateHash(made.m)).toBe(stateHash(plain.m));
  });
});

describe('slabReap', () => {
  function emptied(): Made & { cache: number } {
    const made = machine();
    const cache = kmemCacheCreate(made.s, 'c', 1000, 0, 0, 0);
    const objects = take(made.s, cache, 120);
    for (const obj of objects) kmemCacheFree(made.s, cache, obj, 0);
    return { ...made, cache };
  }

  /** So many seconds later. */
  function reapAt({ s }: Made, seconds: number): void {
    s.jiffies = seconds * 1000;
    cacheReap(s, 0);
  }

  test('all free slabs may go at once, or none ever', () => {
    const plain = emptied();
    const all = emptied();
    const none = emptied();
    const asked: number[][] = [];
    decide(all, 'slabReap', () => {
      const { request } = all.m;
      if (request[REQ_CACHE] === cacheNumber(all.s, all.cache))
        asked.push([request[REQ_BYTES], request[REQ_FREE], request[REQ_LINUX]]);
      return request[REQ_FREE];
    });
    decide(none, 'slabReap', () => 0);
    const free = (each: typeof plain) => slabsOn(each.s, each.cache, 'free').length;
    const before = free(plain);
    expect(before).toBeGreaterThan(3);
    for (const each of [plain, all, none]) {
      reapAt(each, 10);
      reapAt(each, 20);
      checkMachine(each.m);
    }
    // What the head array held went back to slabs in between, and emptied more of them.
    expect(free(all)).toBe(0);
    expect(free(none)).toBeGreaterThanOrEqual(before);
    expect(free(plain)).toBeGreaterThan(0);
    expect(free(plain)).toBeLessThan(free(none));
    expect(asked[0]).toEqual([1000, before, 0]);
  });

  test('more than there are is refused', () => {
    const plain = emptied();
    const made = emptied();
    const h = decide(made, 'slabReap', () => made.m.request[REQ_FREE] + 1);
    for (const each of [plain, made]) {
      reapAt(each, 10);
      reapAt(each, 20);
    }
    expect(h.refused[0]).toMatchObject({
      hook: 'slabReap',
      rule: expect.stringMatching(/from 0 to/) as string,
    });
    expect(stateHash(made.m)).toBe(stateHash(plain.m));
  });
});

describe('slabMerge', () => {
  const create = ({ s }: Made, name: string, size: number, flags = 0, ctor: (() => void) | null = null) =>
    kmemCacheCreateFor(s, name, size, 0, flags, 0, ctor);

  test('caches that share one need fewer pages', () => {
    const plain = machine();
    const made = machine();
    let host = NIL;
    const h = decide(made, 'slabMerge', () => host);
    for (const each of [plain, made]) {
      const first = create(each, 'first', 200);
      if (each === made) host = cacheNumber(each.s, first);
      const before = slabTotals(each.s).pages;
      for (let i = 0; i < 12; i++) take(each.s, create(each, `c${i}`, 196), 3);
      const pages = slabTotals(each.s).pages - before;
      if (each === plain) expect(pages).toBeGreaterThan(12);
      else expect(pages).toBeLessThan(5);
      checkMachine(each.m);
    }
    expect(h.refused).toEqual([]);
  });

  test.each([
    ['there is no such cache', () => 777, /number of a cache/],
    ['it is the cache of caches', () => 0, /number of a cache/],
    [
      'its objects are too small',
      (s: SlabAllocator) => cacheNumber(s, kmemCacheCreate(s, 'x', 96, 0, 0, 0)),
      /at least 200/,
    ],
    [
      'its flags are others',
      (s: SlabAllocator) => cacheNumber(s, kmemCacheCreate(s, 'x', 400, 0, SLAB_NO_REAP, 0)),
      /flags/,
    ],
    [
      'it has a constructor',
      (s: SlabAllocator) =>
        cacheNumber(
          s,
          kmemCacheCreate(s, 'x', 400, 0, SLAB_RECLAIM_ACCOUNT, 0, () => {}),
        ),
      /constructor/,
    ],
  ])('is refused where %s', (_what, other: (s: SlabAllocator) => number, rule) => {
    const made = machine();
    const number = other(made.s);
    const h = decide(made, 'slabMerge', () => number);
    const flags = rule.source === 'constructor' ? SLAB_RECLAIM_ACCOUNT : 0;
    const cache = create(made, 'new', 200, flags);
    expect(cacheInfo(made.s, cache).name).toBe('new');
    expect(h.refused).toEqual([
      { hook: 'slabMerge', answer: number, rule: expect.stringMatching(rule) as string },
    ]);
  });

  test('a cache with a constructor is not asked about', () => {
    const made = machine();
    decide(made, 'slabMerge', () => {
      throw new Error('asked');
    });
    expect(
      cacheInfo(
        made.s,
        create(made, 'new', 200, 0, () => {}),
      ).name,
    ).toBe('new');
  });

  test('in a debugging build room between red zones counts, and lines of the cache do not', () => {
    const made = machine({ debug: { slab: true, spinlockSleep: false, stackOverflow: false } });
    const host = create(made, 'host', 200);
    const h = decide(made, 'slabMerge', () => cacheNumber(made.s, host));
    expect(create(made, 'same', 200, SLAB_HWCACHE_ALIGN)).toBe(host);
    expect(create(made, 'larger', 204)).not.toBe(host);
    expect(h.refused).toHaveLength(1);
    for (const obj of take(made.s, host, 50)) expect(objectPaddr(made.s, obj)).toBeGreaterThan(0);
    checkMachine(made.m);
  });
});
