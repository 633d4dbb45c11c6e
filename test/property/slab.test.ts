/** Random use of the slab allocator: always equal to the plain model, every invariant after every operation. */
import {
  allocPages,
  arrayInfo,
  BUFCTL_END,
  boot,
  cacheChain,
  cacheInfo,
  cacheName,
  cacheReap,
  checkMachine,
  findCache,
  freeListHash,
  freePages,
  kfree,
  kmalloc,
  kmemCacheAlloc,
  kmemCacheCreate,
  kmemCacheDestroy,
  kmemCacheFree,
  kmemCacheShrink,
  MAX_NR_ZONES,
  MAX_ORDER,
  type Machine,
  type MachineConfig,
  NIL,
  objectAt,
  objectPaddr,
  pcpHash,
  SLAB_NO_REAP,
  type SlabAllocator,
  slabLayout,
  slabsOn,
} from '../../src/engine/index.ts';
import { i386, numbers } from '../unit/engine/machines.ts';
import { shrink } from './shrink.ts';
import { type ModelCache, SlabModel } from './slabModel.ts';

type Kind =
  | 'create'
  | 'alloc'
  | 'free'
  | 'kmalloc'
  | 'kfree'
  | 'shrink'
  | 'destroy'
  | 'reap'
  | 'page'
  | 'unpage';

/** `pick` chooses caches, objects and sizes, so that any part of a tape is still a tape. */
interface Step {
  kind: Kind;
  cpu: number;
  ctx: number;
  gfp: number;
  pick: number;
}

const SIZES = [
  4, 20, 32, 52, 100, 128, 200, 256, 320, 508, 512, 700, 1028, 1600, 2048, 3000, 4096, 5000, 9000, 20000,
];
const FLAGS = [0, 0x2000, 0x4000, 0x1000, 0xa000, 0x20000];

/** Shares of the kinds, in percent; what is left is alloc. `greedy` tapes fill the memory. */
function tape(seed: number, length: number, cpus: number, greedy: boolean): Step[] {
  const next = numbers(seed);
  const shares: [Kind, number][] = [
    ['create', 2],
    ['destroy', 1],
    ['shrink', 2],
    ['reap', 4],
    ['page', greedy ? 25 : 1],
    ['unpage', greedy ? 18 : 1],
    ['kmalloc', 18],
    ['kfree', greedy ? 10 : 18],
    ['free', greedy ? 10 : 25],
  ];
  return Array.from({ length }, () => {
    let at = next() % 100;
    const kind = shares.find(([, share]) => (at -= share) < 0)?.[0] ?? 'alloc';
    const gfp = [0xd0, 0xd0, 0x20, 0x10f0, 0x10][next() % 5];
    return { kind, cpu: next() % cpus, ctx: next() % 20 === 0 ? 1 : 0, gfp, pick: next() };
  });
}

/** '' while engine and model are in the same state. */
function difference(s: SlabAllocator, model: SlabModel): string {
  const names = cacheChain(s).map(cache => cacheName(s, cache));
  if (names.join() !== model.chain.map(cache => cache.name).join()) return 'the chains differ';
  for (const expected of model.chain) {
    const ours = seen(s, findCache(s, expected.name));
    const theirs = told(expected, model.online);
    if (ours !== theirs) return `${expected.name}: expected ${theirs}, got ${ours}`;
  }
  for (let z = 0; z < MAX_NR_ZONES; z++) {
    const m = s.pgdat as Machine;
    for (let order = 0; order < MAX_ORDER; order++)
      if (freeListHash(m, z, order) !== freeListHash(model.pages, z, order))
        return `free list ${z}, ${order}`;
    for (let cpu = 0; cpu < m.cpus; cpu++)
      if (pcpHash(m, z, cpu, 0) !== pcpHash(model.pages, z, cpu, 0)) return `hot list ${z}, CPU ${cpu}`;
  }
  return '';
}

function seen(s: SlabAllocator, cache: number): string {
  const { desc, colourNext, freeObjects, freeTouched, limit, batchcount, freeLimit } = cacheInfo(s, cache);
  const lists = (['partial', 'full', 'free'] as const).map(list =>
    slabsOn(s, cache, list).map(slab => [slab.pfn, slab.inuse, slab.free === BUFCTL_END ? NIL : slab.free]),
  );
  const heads = [];
  for (let cpu = NIL; cpu < s.onlineCpus; cpu++) {
    const head = arrayInfo(s, cache, cpu);
    heads.push(head && [head.limit, head.touched, [...head.entries].map(obj => objectPaddr(s, obj))]);
  }
  return JSON.stringify([
    desc,
    colourNext,
    freeObjects,
    freeTouched,
    limit,
    batchcount,
    freeLimit,
    lists,
    heads,
  ]);
}

function told(cache: ModelCache, online: number): string {
  const { desc, colourNext, freeObjects, limit, batch, freeLimit } = cache;
  const lists = [cache.partial, cache.full, cache.free].map(list =>
    list.map(slab => [slab.pfn, slab.inuse, slab.freeIndexes[0] ?? NIL]),
  );
  const heads = [cache.shared, ...cache.heads.slice(0, online)].map(
    head => head && [head.limit, head.touched ? 1 : 0, head.entries],
  );
  const touched = cache.freeTouched ? 1 : 0;
  return JSON.stringify([desc, colourNext, freeObjects, touched, limit, batch, freeLimit, lists, heads]);
}

/** Play a tape on engine and model. Returns '' or what broke. */
function fault(config: MachineConfig, steps: readonly Step[], sabotage = false): string {
  const m = boot({ ...config, slab: true });
  const s = m.slab!;
  const { objsize, num, order, colour, colourOff, mgmt } = cacheInfo(s, s.cacheCache);
  const debug = { flags: SLAB_NO_REAP, reallen: objsize, dbghead: 0 };
  const own = { objsize, num, order, colour, colourOff, mgmt, offSlab: false, ...debug };
  const model = new SlabModel(config, (size, offset, flags) => slabLayout(s, size, offset, flags), own);
  const objects: { cache: string; paddr: number }[] = [];
  const memory: number[] = [];
  const pages: number[] = [];
  const custom = () => model.chain.filter(cache => cache.name.startsWith('c'));
  let made = 0;
  const expect = (what: string, theirs: number, ours: number) => {
    if (theirs !== ours) throw new Error(`${what}: expected ${theirs}, got ${ours}`);
  };
  const one = (step: Step) => {
    const { cpu, ctx, gfp, pick } = step;
    const caches = custom();
    const picked = caches[pick % Math.max(1, caches.length)];
    const paddrOf = (obj: number) => (obj === NIL ? NIL : objectPaddr(s, obj));
    if (step.kind === 'create' || picked === undefined) {
      const name = `c${made++}`;
      const size = SIZES[pick % SIZES.length];
      const flags = FLAGS[(pick >>> 8) % FLAGS.length];
      const offset = (pick >>> 16) % 3 === 0 ? Math.min(size, 16) : 0;
      if (made < 200 && m.zone[0] > 200) {
        kmemCacheCreate(s, name, size, offset, flags, 0);
        model.create(name, size, offset, flags);
      }
    } else if (step.kind === 'alloc') {
      const mask = picked.dma ? gfp | 1 : gfp;
      const burst = 1 + (pick % 5 === 0 ? pick % 150 : 0);
      for (let i = 0; i < burst; i++) {
        const paddr = model.alloc(picked, mask, cpu, ctx);
        const ours = kmemCacheAlloc(s, findCache(s, picked.name), mask, cpu, ctx);
        expect(`alloc from ${picked.name}`, paddr, paddrOf(ours));
        if (paddr !== NIL) objects.push({ cache: picked.name, paddr });
      }
    } else if (step.kind === 'free') {
      for (let i = pick % 4 === 0 ? pick % 100 : 0; i >= 0 && objects.length > 0; i--) {
        const [{ cache, paddr }] = objects.splice((pick + i * 7) % objects.length, 1);
        model.free(model.chain.find(c => c.name === cache)!, paddr, cpu);
        kmemCacheFree(s, findCache(s, cache), objectAt(s, paddr), cpu);
      }
    } else if (step.kind === 'kmalloc') {
      const bytes = pick % 7 === 0 ? pick % 140000 : pick % 1100;
      const mask = pick % 11 === 0 ? gfp | 1 : gfp;
      const paddr = model.kmalloc(bytes, mask, cpu, ctx);
      expect(`kmalloc of ${bytes}`, paddr, paddrOf(kmalloc(s, bytes, mask, cpu, ctx)));
      if (paddr !== NIL) memory.push(paddr);
    } else if (step.kind === 'kfree' && memory.length > 0) {
      const [paddr] = memory.splice(pick % memory.length, 1);
      model.kfree(paddr, cpu);
      kfree(s, objectAt(s, paddr), cpu);
    } else if (step.kind === 'shrink') {
      expect(`shrink ${picked.name}`, model.shrink(picked), kmemCacheShrink(s, findCache(s, picked.name), 0));
    } else if (step.kind === 'destroy') {
      const { name } = picked;
      expect(`destroy ${name}`, model.destroy(picked), kmemCacheDestroy(s, findCache(s, name), 0));
    } else if (step.kind === 'reap') {
      s.jiffies += pick % 3000;
      model.jiffies = s.jiffies;
      model.reap(cpu);
      cacheReap(s, cpu);
    } else if (step.kind === 'page') {
      for (let i = pick % 60; i >= 0; i--) {
        const pfn = allocPages(model.pages, gfp, 0, cpu, ctx);
        expect('page', pfn, allocPages(m, gfp, 0, cpu, ctx));
        if (pfn !== NIL) pages.push(pfn);
      }
    } else if (step.kind === 'unpage' && pages.length > 0) {
      const [pfn] = pages.splice(pick % pages.length, 1);
      freePages(model.pages, pfn, 0, cpu, 0);
      freePages(m, pfn, 0, cpu, 0);
    }
    if (sabotage && step.kind === 'kfree' && s.chain !== 0) s.ctl[s.chain + 23]++;
  };
  try {
    let diff = difference(s, model);
    if (diff !== '') return `after boot: ${diff}`;
    for (const [i, step] of steps.entries()) {
      one(step);
      if (!sabotage && i % 8 === 0) checkMachine(m);
      diff = i % 4 === 0 ? difference(s, model) : '';
      if (diff !== '') return diff;
    }
    checkMachine(m);
    return difference(s, model);
  } catch (error) {
    return String(error);
  }
}

const machines: [string, MachineConfig, boolean][] = [
  ['64 MiB', i386(64), false],
  ['24 MiB, lines of 64 bytes', i386(24, { l1: 64 }), false],
  ['128 MiB, 4 CPUs', i386(128, { cpus: 4 }), false],
  ['128 MiB, 8 CPUs, lines of 128 bytes', i386(128, { cpus: 8, l1: 128 }), false],
  ['one CPU of an SMP build', i386(64, { smp: true, l1: 128 }), false],
  [
    '64 MiB, 2 CPUs with data caches',
    i386(64, { cpus: 2, dataCache: { bytes: 16384, lineBytes: 32, ways: 4 } }),
    false,
  ],
  ['8 MiB, full', i386(8), true],
  ['12 MiB, 2 CPUs, full', i386(12, { cpus: 2 }), true],
  ['17 MiB, full', i386(17), true],
];

test.each(machines)('%s: equal to the plain model', (_name, config, greedy) => {
  for (let seed = 1; seed <= 3; seed++) {
    const steps = tape(seed * 104729, greedy ? 900 : 400, config.cpus, greedy);
    if (fault(config, steps) !== '') {
      const small = shrink(steps, some => fault(config, some) !== '', 300);
      throw new Error(`${fault(config, small)}\nsmallest tape: ${JSON.stringify(small)}`);
    }
  }
});

test('a difference is found, and its tape shrinks', () => {
  const steps = tape(5, 200, 1, false);
  expect(fault(i386(64), steps)).toBe('');
  expect(fault(i386(64), steps, true)).not.toBe('');
  const small = shrink(steps, some => fault(i386(64), some, true) !== '', 200);
  expect(small.length).toBeLessThan(6);
});
