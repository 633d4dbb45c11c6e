/** What slabs, kmap and vmalloc count, whose pages are whose, and the timers that reap. */
import {
  type ArchName,
  allocPages,
  boot,
  cacheInfo,
  checkMachine,
  DUE_REAP,
  GFP_HIGHUSER,
  GFP_KERNEL,
  KMAP_SLEEP,
  kmalloc,
  kmap,
  kmapAtomic,
  kmemCacheAlloc,
  kmemCacheCreate,
  kmemCacheFree,
  kmemCacheShrink,
  kunmap,
  type Machine,
  type MachineConfig,
  PATH_ORDER,
  PATH_WAIT,
  PG_slab,
  QUEUE_KMAP,
  reapTimer,
  SLEEP_QUEUE,
  SLEEP_UNTIL_US,
  type SlabAllocator,
  STAT_KMAP_ATOMICS,
  STAT_KMAP_FLUSHES,
  STAT_KMAP_WAITS,
  STAT_KMAPS,
  STAT_SLAB_FLUSHES,
  STAT_SLAB_FREED,
  STAT_SLAB_GROWN,
  STAT_SLAB_REAPED,
  STAT_SLAB_REFILLS,
  STAT_VMALLOC_PAGES,
  slabPfn,
  slabsOn,
  startReapTimers,
  TAG_KERNEL_TABLE,
  TAG_SLAB,
  TAG_VMALLOC,
  useFields,
  vfree,
  vmalloc,
} from '../../../../src/engine/index.ts';
import { i386 } from '../machines.ts';

function machine(over: Partial<MachineConfig> = {}): { m: Machine; s: SlabAllocator } {
  const m = boot({ ...i386(64, { slab: true }), ...over });
  return { m, s: m.slab! };
}

test('a refill and a flush count one each, however many objects they move', () => {
  const { m, s } = machine();
  const cache = kmemCacheCreate(s, 'counted', 128, 0, 0, 0);
  m.stat.fill(0);
  const objects = Array.from({ length: 121 }, () => kmemCacheAlloc(s, cache, GFP_KERNEL, 0, 0));
  // A head array that nobody touched takes 16 of the first slab's 30, and then the other 14; each new slab is one more.
  expect(m.stat[STAT_SLAB_REFILLS]).toBe(6);
  for (const obj of objects) kmemCacheFree(s, cache, obj, 0);
  expect(m.stat[STAT_SLAB_FLUSHES]).toBe(1);
  expect([m.stat[STAT_SLAB_GROWN], m.stat[STAT_SLAB_FREED]]).toEqual([5, 0]);
});

test('pages of slabs are marked as such, and their flag follows them', () => {
  const { m, s } = machine();
  const { flags } = useFields(m);
  const cache = kmemCacheCreate(s, 'marked', 3000, 0, 0, 0);
  const pfn = slabPfn(s, kmemCacheAlloc(s, cache, GFP_KERNEL, 0, 0));
  const pages = 1 << cacheInfo(s, cache).order;
  expect(m.tag[pfn]).toBe(TAG_SLAB);
  for (let page = pfn; page < pfn + pages; page++) expect(flags[page] & PG_slab).toBe(PG_slab);
  const other = kmemCacheCreate(s, 'other', 3000, 0, 0, 0);
  const obj = kmemCacheAlloc(s, other, GFP_KERNEL, 0, 0);
  const empty = slabPfn(s, obj);
  kmemCacheFree(s, other, obj, 0);
  expect(kmemCacheShrink(s, other, 0)).toBe(0);
  expect(flags[empty] & PG_slab).toBe(0);
  checkMachine(m);
});

test('vmalloc counts the pages that it maps, and marks them and their tables', () => {
  const { m } = machine();
  const v = m.vmalloc!;
  const addr = vmalloc(v, 5 * 4096, 0, 0);
  expect(m.stat[STAT_VMALLOC_PAGES]).toBe(5);
  expect(Array.from(m.tag).filter(tag => tag === TAG_VMALLOC)).toHaveLength(5);
  expect(Array.from(m.tag).filter(tag => tag === TAG_KERNEL_TABLE)).toHaveLength(1);
  vfree(v, addr, 0);
  expect(vmalloc(v, 0, 0, 0)).toBe(0);
  expect(m.path).toBe(PATH_ORDER);
  expect(vmalloc(v, 4096 * 4096 * 16, 0, 0)).toBe(0);
  expect(m.stat[STAT_VMALLOC_PAGES]).toBe(5);
});

test('kmalloc of more than there is says so, whatever was said before', () => {
  const { m, s } = machine();
  m.outcome = PATH_WAIT;
  expect(kmalloc(s, 131073, GFP_KERNEL, 0, 0)).toBe(-1);
  expect(m.path).toBe(PATH_ORDER);
});

test('kmap counts pages of high memory only; a full pool lets its caller sleep until a slot has no user', () => {
  const m = boot(i386(1024));
  const h = m.highmem!;
  kmap(h, 100);
  kmapAtomic(h, 100, 3, 0);
  expect([m.stat[STAT_KMAPS], m.stat[STAT_KMAP_ATOMICS]]).toEqual([0, 0]);
  const pages = Array.from({ length: 1024 }, () => allocPages(m, GFP_HIGHUSER, 0, 0, 0));
  kmapAtomic(h, pages[0], 3, 0);
  for (const pfn of pages) expect(kmap(h, pfn)).not.toBe(KMAP_SLEEP);
  expect([m.stat[STAT_KMAPS], m.stat[STAT_KMAP_ATOMICS], m.stat[STAT_KMAP_FLUSHES]]).toEqual([1024, 1, 1]);
  const late = allocPages(m, GFP_HIGHUSER, 0, 0, 0);
  expect(kmap(h, late)).toBe(KMAP_SLEEP);
  expect(m.path).toBe(PATH_WAIT);
  expect([m.sleep[SLEEP_UNTIL_US], m.sleep[SLEEP_QUEUE]]).toEqual([Number.POSITIVE_INFINITY, QUEUE_KMAP]);
  expect([m.stat[STAT_KMAPS], m.stat[STAT_KMAP_WAITS]]).toEqual([1024, 1]);
  kmap(h, pages[7]);
  expect(kunmap(h, pages[7])).toBe(false);
  expect(m.woken).toBe(0);
  expect(kunmap(h, pages[7])).toBe(true);
  expect(m.woken).toBe(1 << QUEUE_KMAP);
  expect(kmap(h, late)).not.toBe(KMAP_SLEEP);
});

/** Every entry of the agenda up to `untilUs`, as [milliseconds, CPU]. */
function reaps(m: Machine, s: SlabAllocator, untilUs: number): [number, number][] {
  const seen: [number, number][] = [];
  while (m.agenda.next[0] <= untilUs) {
    m.agenda.takeFirst();
    expect(m.agenda.kind).toBe(DUE_REAP);
    seen.push([m.agenda.nowUs / 1000, m.agenda.arg]);
    reapTimer(s, m.agenda.arg);
    expect(s.jiffies).toBe(Math.floor((m.agenda.nowUs * m.arch.hz) / 1e6));
  }
  return seen;
}

test('each CPU reaps after a second and some ticks, and then every two seconds and as many ticks as its number', () => {
  const { m, s } = machine({ cpus: 3 });
  startReapTimers(s);
  expect(reaps(m, s, 7.1e6)).toEqual([
    [1000, 0],
    [1003, 1],
    [1006, 2],
    [3000, 0],
    [3004, 1],
    [3008, 2],
    [5000, 0],
    [5005, 1],
    [5010, 2],
    [7000, 0],
    [7006, 1],
    [7012, 2],
  ]);
});

test.each<[ArchName, number]>([
  ['arm', 100],
  ['alpha', 1024],
  ['sparc64', 100],
  ['x86_64', 1000],
  ['ppc32', 100],
])('on %s a second has %i ticks', (arch, hz) => {
  const { m, s } = machine({ arch, cpus: 1 });
  expect(m.arch.hz).toBe(hz);
  startReapTimers(s);
  expect(reaps(m, s, 5.5e6).map(([ms]) => ms)).toEqual([1000, 3000, 5000]);
});

test('a cache that nobody uses gives its slabs back, and they are counted', () => {
  for (const arch of ['i386', 'alpha', 'arm'] as const) {
    const { m, s } = machine({ arch });
    const cache = kmemCacheCreate(s, 'idle', 128, 0, 0, 0);
    startReapTimers(s);
    const objects = Array.from({ length: 400 }, () => kmemCacheAlloc(s, cache, GFP_KERNEL, 0, 0));
    for (const obj of objects) kmemCacheFree(s, cache, obj, 0);
    m.stat.fill(0);
    // A fifth of the head array every two seconds, a fifth of the free limit every four, by the cache's own clock.
    reaps(m, s, 120e6);
    expect(slabsOn(s, cache, 'free')).toEqual([]);
    expect(slabsOn(s, cache, 'partial')).toEqual([]);
    expect(m.stat[STAT_SLAB_REAPED]).toBeGreaterThan(0);
    // Slabs beyond the free limit go as soon as their last object comes back, without being reaped.
    expect(m.stat[STAT_SLAB_REAPED]).toBeLessThan(m.stat[STAT_SLAB_FREED]);
    checkMachine(m);
  }
});
