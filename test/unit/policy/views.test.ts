/** What `mem` tells of page cache, slabs, high memory, vmalloc, stacks and processes is what the engine's own columns say. */
import {
  boot,
  cacheChain,
  cacheInfo,
  cacheNumber,
  contextOf,
  enterFunction,
  findCache,
  forkProcess,
  GFP_KERNEL,
  irqEnter,
  kmap,
  kmemCacheAlloc,
  kmemCacheCreate,
  kmemCacheDestroy,
  type Machine,
  type MachineConfig,
  PG_dirty,
  prepareProcesses,
  restore,
  slabsOn,
  snapshot,
  switchTo,
  VC_NR_DIRTY,
  VC_NR_MAPPED,
  VC_NR_PAGECACHE,
  VC_NR_SWAP_PAGES,
  VZ_NR_ACTIVE,
  VZ_NR_INACTIVE,
  VZ_SHIFT,
  vmalloc,
} from '../../../src/engine/index.ts';
import { vmallocSpace } from '../../../src/harness/vmallocSpace.ts';
import { MEM_FUNCTIONS } from '../../../src/policy/fields.ts';
import { PolicyRealm } from '../../../src/policy/realm/realm.ts';
import { anonPage, CONFIG, cachePage } from '../engine/mm/vmMachine.ts';
import { compiled, LIMITS, machine, sourceOf } from './inRealm.ts';

const PAGES: MachineConfig = {
  arch: 'i386',
  ramPages: 8192,
  cpus: 1,
  boot: 'flat',
  bootmapPfn: 0,
  reserve: [],
  minFreeKbytes: -1,
  lowerZoneProtection: 0,
};
const whole = (): Machine =>
  boot({
    ...PAGES,
    ramPages: 0x3a000,
    cpus: 2,
    slab: true,
    stacks: { threadBytes: 8192, irqStacks: false },
    vm: CONFIG,
  });

/** Ask a machine the same again and again: the realm is made once. */
function asking(m: Machine): (...expressions: string[]) => string {
  const realms = new Map<string, PolicyRealm>();
  return (...expressions) => {
    const text = expressions.join(', ');
    const source = sourceOf(
      `export default { zonelist(request, mem) { console.log([${text}]); return 1; } };`,
    );
    const own = { slotTask: new Uint16Array(1), taskOwner: new Uint8Array(1) };
    const realm = realms.get(text) ?? new PolicyRealm(compiled(source), m, own, LIMITS, 1);
    realms.set(text, realm);
    expect(realm.hooks!.zonelist!()).toBe(1);
    const { lines } = realm.consoleLines();
    return lines[lines.length - 1].text.slice(1, -1);
  };
}

test('page cache and reclaim', () => {
  const m = whole();
  const vm = m.vm!;
  prepareProcesses(m, 2);
  const pages = Array.from({ length: 40 }, (_, i) =>
    cachePage(vm, i, { dirty: i % 4 === 0, referenced: i === 1 }),
  );
  const anon = anonPage(vm, 1, { dirty: true });
  const ask = asking(m);
  const z = `mem.zoneOf(${pages[0]})`;
  const zone = pages[0] < m.dmaEnd ? 0 : pages[0] < m.normalEnd ? 1 : 2;
  expect(ask(`mem.nrActive(${z})`, `mem.nrInactive(${z})`, `mem.pagesScanned(${z})`)).toBe(
    `${vm.zone[(zone << VZ_SHIFT) + VZ_NR_ACTIVE]}, ${vm.zone[(zone << VZ_SHIFT) + VZ_NR_INACTIVE]}, 0`,
  );
  expect(vm.zone[(zone << VZ_SHIFT) + VZ_NR_INACTIVE]).toBeGreaterThan(0);
  expect(
    ask('mem.nrDirty()', 'mem.nrWriteback()', 'mem.nrPagecache()', 'mem.nrMapped()', 'mem.nrSwapPages()'),
  ).toBe([10, 0, vm.count[VC_NR_PAGECACHE], vm.count[VC_NR_MAPPED], vm.count[VC_NR_SWAP_PAGES]].join(', '));
  expect(vm.count[VC_NR_DIRTY]).toBe(10);
  expect(vm.count[VC_NR_MAPPED]).toBe(1);
  const [first, second] = pages;
  expect(
    ask(
      `mem.pageFlags(${first}) & mem.PG_dirty`,
      `mem.pageFlags(${second}) & mem.PG_dirty`,
      `mem.pageFlags(${second}) & mem.PG_referenced`,
      `mem.pageCount(${first})`,
      `mem.pageMapping(${first})`,
      `mem.pageIndex(${pages[7]})`,
      `mem.pageMapping(${anon})`,
      `mem.pageIndex(${anon})`,
      `mem.isMapped(${anon})`,
      `mem.isMapped(${first})`,
      'mem.rss(1)',
    ),
  ).toBe(`${PG_dirty}, 0, 4, ${vm.fields.count[first]}, 0, 7, -1, -1, true, false, 1`);
});

test('slabs: every cache by its number, and every slab along its lists', () => {
  const m = whole();
  const s = m.slab!;
  const own = kmemCacheCreate(s, 'conn', 300, 0, 0, 0);
  for (let i = 0; i < 100; i++) kmemCacheAlloc(s, own, GFP_KERNEL, 0, 0);
  const ask = asking(m);
  const numbers = cacheChain(s).map(cache => cacheNumber(s, cache));
  expect(ask('mem.nrCaches()')).toBe(String(Math.max(...numbers) + 1));
  for (const cache of cacheChain(s)) {
    const n = cacheNumber(s, cache);
    const info = cacheInfo(s, cache);
    const [partial, full, free] = (['partial', 'full', 'free'] as const).map(list => slabsOn(s, cache, list));
    const slabs = [...partial, ...full, ...free];
    expect(
      ask(
        ...['Size', 'Num', 'Order', 'Limit', 'Free', 'Slabs', 'Objects'].map(
          view => `mem.cache${view}(${n})`,
        ),
        `mem.firstPartial(${n})`,
        `mem.firstFreeSlab(${n})`,
      ),
    ).toBe(
      [
        info.objsize,
        info.num,
        info.order,
        info.limit,
        info.freeObjects,
        slabs.length,
        slabs.reduce((sum, slab) => sum + slab.inuse, 0),
        partial[0]?.pfn ?? -1,
        free[0]?.pfn ?? -1,
      ].join(', '),
    );
    for (const list of [partial, full, free]) {
      for (const [i, { pfn, inuse }] of list.entries())
        expect(ask(`mem.nextSlab(${n}, ${pfn})`, `mem.slabFree(${pfn})`, `mem.cacheOf(${pfn})`)).toBe(
          [list[i + 1]?.pfn ?? -1, info.num - inuse, n].join(', '),
        );
    }
  }
  const { pfn } = slabsOn(s, own, 'full')[0];
  expect(ask(`mem.nextSlab(0, ${pfn})`, 'mem.slabFree(0)', 'mem.cacheOf(0)', 'mem.cacheSize(999)')).toBe(
    '-1, -1, -1, 0',
  );
});

test('which caches have a constructor, after growth, destruction and a step back', () => {
  const m = whole();
  const s = m.slab!;
  const ctor = (): void => {};
  const create = (name: string, withCtor: boolean): number =>
    kmemCacheCreate(s, name, 64, 0, 0, 0, withCtor ? ctor : null);
  const ask = asking(m);
  const told = (cache: number): string => ask(`mem.cacheHasCtor(${cacheNumber(s, cache)})`);
  const caches = Array.from({ length: 100 }, (_, i) => create(`c${i}`, i % 3 === 0));
  expect(caches.map(told)).toEqual(caches.map((_, i) => String(i % 3 === 0)));
  const saved = snapshot(m);
  const number = cacheNumber(s, caches[0]);
  expect(kmemCacheDestroy(s, caches[0], 0)).toBe(0);
  expect(cacheNumber(s, create('again', false))).toBe(number);
  expect(ask(`mem.cacheHasCtor(${number})`)).toBe('false');
  restore(m, saved);
  expect(ask(`mem.cacheHasCtor(${number})`, 'mem.cacheHasCtor(9999)')).toBe('true, false');
});

test('what is replaced as it grows is seen as it is by then', () => {
  const m = whole();
  const s = m.slab!;
  const cache = kmemCacheCreate(s, 'conn', 900, 0, 0, 0);
  const ask = asking(m);
  const views = () =>
    ask(
      `mem.cacheObjects(${cacheNumber(s, cache)})`,
      'mem.current(0)',
      'mem.taskOf(7)',
      'mem.stackDepth(0)',
      'mem.vmallocUsed()',
      'mem.rss(7)',
    );
  const before = views();
  expect(before).toBe(`0, -1, -1, ${m.tasks!.stacks[0]}, 0, 0`);
  const { ctl, rows } = s;
  const { stacks } = m.tasks!;
  prepareProcesses(m, 8);
  expect(forkProcess(m.tasks!, 7, 3, 0, 0)).toBe(true);
  switchTo(m.tasks!, 0, 7);
  enterFunction(m.tasks!, 0, 1, 400);
  for (let i = 0; i < 200; i++) kmemCacheAlloc(s, cache, GFP_KERNEL, 0, 0);
  for (let i = 0; i < 70; i++) expect(vmalloc(m.vmalloc!, 4096, 0, 0)).toBeGreaterThan(0);
  // Room for a table of that many caches: the words of the allocator move.
  for (let i = 0; i < 400; i++) kmemCacheCreate(s, `c${i}`, 64, 0, 0, 0);
  expect([s.ctl === ctl && s.rows === rows, m.tasks!.stacks === stacks]).toEqual([false, false]);
  const inUse = (['partial', 'full', 'free'] as const).flatMap(list => slabsOn(s, cache, list));
  const row = m.tasks!.cpus[1];
  expect(views()).toBe(
    [inUse.reduce((sum, slab) => sum + slab.inuse, 0), 7, 3, m.tasks!.stacks[row], 70 * 8192, 0].join(', '),
  );
  expect(m.tasks!.stacks[row]).toBeGreaterThanOrEqual(400);
});

test('kmap, vmalloc, stacks and interrupts', () => {
  const m = whole();
  const h = m.highmem!;
  prepareProcesses(m, 2);
  const ask = asking(m);
  for (let i = 0; i < 30; i++) kmap(h, m.normalEnd + i);
  expect(ask('mem.kmapUsed()', 'mem.lastKmap()', 'mem.kmapSlots', 'mem.KM_USER0', 'mem.KM_PTE2')).toBe(
    `30, ${h.lastPkmapNr}, 1024, 3, 9`,
  );
  expect(h.lastPkmapNr).toBe(30);
  vmalloc(m.vmalloc!, 100_000, 0, 0);
  const space = vmallocSpace(m);
  expect(ask('mem.vmallocUsed()', 'mem.vmallocLargest()')).toBe(`${space.used}, ${space.largest - 4096}`);
  const t = m.tasks!;
  forkProcess(t, 0, 5, 1, 0);
  switchTo(t, 1, 0);
  expect(ask('mem.hardirqs(1)', 'mem.inInterrupt(1)', 'mem.current(1)', 'mem.taskOf(0)')).toBe(
    '0, false, 0, 5',
  );
  irqEnter(t, 1, 4, false);
  expect(contextOf(t, 1)).not.toBe(0);
  const row = t.cpus[8 + 1];
  expect(
    ask('mem.hardirqs(1)', 'mem.inInterrupt(1)', 'mem.stackDepth(1)', 'mem.stackRoom(1)', 'mem.hardirqs(0)'),
  ).toBe(`1, true, ${t.stacks[row]}, ${t.stacks[row + 3] - t.stacks[row]}, 0`);
  expect(t.stacks[row]).toBeGreaterThan(0);
});

test('a machine of pages only has every view, and nothing to see', () => {
  const ask = asking(machine());
  const nothing = (value: string, ...views: string[]) =>
    expect(ask(...views.map(view => `mem.${view}`))).toBe(views.map(() => value).join(', '));
  nothing('0', 'nrActive(1)', 'nrInactive(0)', 'pagesScanned(1)', 'pageFlags(5)', 'pageCount(5)');
  nothing('0', 'nrDirty()', 'nrWriteback()', 'nrPagecache()', 'nrMapped()', 'nrSwapPages()', 'nrCaches()');
  nothing(
    '0',
    'cacheSize(0)',
    'cacheNum(0)',
    'cacheOrder(0)',
    'cacheFlags(0)',
    'cacheLimit(0)',
    'cacheFree(0)',
  );
  nothing(
    '0',
    'cacheSlabs(0)',
    'cacheObjects(0)',
    'kmapUsed()',
    'lastKmap()',
    'vmallocUsed()',
    'vmallocLargest()',
  );
  nothing('0', 'stackDepth(0)', 'stackRoom(0)', 'hardirqs(0)', 'rss(0)');
  nothing('-1', 'pageMapping(5)', 'pageIndex(5)', 'firstPartial(0)', 'firstFreeSlab(0)', 'nextSlab(0, 5)');
  nothing('-1', 'slabFree(5)', 'cacheOf(5)', 'current(0)', 'taskOf(0)');
  nothing('false', 'isMapped(5)', 'inInterrupt(0)', 'cacheHasCtor(0)');
});

test('no view throws, whatever it is asked, and each answers with a number or a truth value', () => {
  const garbage = [
    '',
    'undefined',
    'NaN',
    '-1',
    '-0',
    '0.5',
    '1e99',
    '-2147483648',
    '4294967296',
    'null',
    '{}',
    '[]',
    'text',
    'true',
    '() => 1',
    'mem',
    '{ valueof: 1 }',
  ];
  for (const m of [machine(), whole()]) {
    const calls = MEM_FUNCTIONS.flatMap(name =>
      garbage.flatMap(a => [
        `mem.${name}(${a})`,
        ...(a === '' ? [] : [`mem.${name}(1, ${a})`, `mem.${name}(1, 2, ${a})`]),
      ]),
    );
    for (let at = 0; at < calls.length; at += 100) {
      const part = calls.slice(at, at + 100);
      const source = sourceOf(
        `export default { zonelist(request, given) {\nconst text = '1', mem = given;\n${part
          .map(
            c =>
              `{ const v = ${c}; if (typeof v !== 'number' && typeof v !== 'boolean') console.log(${JSON.stringify(c)}); }`,
          )
          .join('\n')}\nreturn 1; } };`,
      );
      const own = { slotTask: new Uint16Array(1), taskOwner: new Uint8Array(1) };
      const realm = new PolicyRealm(compiled(source), m, own, LIMITS, 1);
      expect(realm.hooks!.zonelist!()).toBe(1);
      const { lines } = realm.consoleLines();
      expect(lines.filter(line => !/: (there is no|its \w+ is no number)/.test(line.text))).toEqual([]);
    }
  }
});

test('walking costs fuel', () => {
  const m = whole();
  const s = m.slab!;
  const cache = findCache(s, 'size-32');
  for (let i = 0; i < 4000; i++) kmemCacheAlloc(s, cache, GFP_KERNEL, 0, 0);
  const fuelOf = (view: string): number => {
    const source = sourceOf(`export default { zonelist(request, mem) { ${view}; return 1; } };`);
    const own = { slotTask: new Uint16Array(1), taskOwner: new Uint8Array(1) };
    const realm = new PolicyRealm(compiled(source), m, own, LIMITS, 1);
    realm.hooks!.zonelist!();
    return realm.fuelUsed;
  };
  const n = cacheNumber(s, cache);
  const slabs = (['partial', 'full', 'free'] as const).flatMap(list => slabsOn(s, cache, list)).length;
  expect(slabs).toBeGreaterThan(30);
  expect(fuelOf(`mem.cacheSlabs(${n})`) - fuelOf(`mem.cacheSize(${n})`)).toBe(slabs);
  expect(fuelOf('mem.kmapUsed()') - fuelOf('mem.lastKmap()')).toBe(1024 / 16);
});
