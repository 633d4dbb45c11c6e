/** Each invariant of the slab allocator, broken by hand, is found. */
import {
  boot,
  cacheReap,
  checkSlab,
  kmemCacheAlloc,
  kmemCacheCreate,
  kmemCacheFree,
  kmemCacheShrink,
} from '../../../../src/engine/index.ts';
import {
  AC_ENTRIES,
  AC_LIMIT,
  AC_OBJECT,
  AC_STATE,
  C_ARRAY,
  C_DESC,
  C_FREE,
  C_FREE_OBJECTS,
  C_FULL,
  C_PARTIAL,
  C_SHARED,
  S_BUFCTL,
  S_CACHE,
  S_MGMT,
  S_NEXT,
  S_PFN,
  S_PREV,
  S_STATE,
} from '../../../../src/engine/mm/slab_layout.ts';
import type { SlabAllocator } from '../../../../src/engine/mm/slab_state.ts';
import { i386 } from '../machines.ts';

interface Scene {
  s: SlabAllocator;
  /** On-slab, with a partial slab, and objects in the arrays of both CPUs. */
  cache: number;
  row: number;
  /** Off-slab, with a full slab. */
  off: number;
  offRow: number;
}

function scene(): Scene {
  const s = boot(i386(64, { slab: true, cpus: 2 })).slab!;
  const cache = kmemCacheCreate(s, 'on', 128, 0, 0, 0);
  const off = kmemCacheCreate(s, 'off', 1024, 0, 0, 0);
  const objects = Array.from({ length: 100 }, () => kmemCacheAlloc(s, cache, 0xd0, 0, 0));
  for (const obj of objects.slice(0, 45)) kmemCacheFree(s, cache, obj, 0);
  kmemCacheShrink(s, cache, 0);
  for (const obj of objects.slice(90)) kmemCacheFree(s, cache, obj, 1);
  // An array that was not touched since the last reap takes 16 objects only, and leaves a slab partial.
  cacheReap(s, 0);
  kmemCacheAlloc(s, cache, 0xd0, 0, 0);
  for (let i = 0; i < 70; i++) kmemCacheAlloc(s, off, 0xd0, 0, 0);
  const first = (of: number, list: number) => s.rows[s.ctl[of + list] + S_NEXT];
  const found = { s, cache, row: first(cache, C_PARTIAL), off, offRow: first(off, C_FULL) };
  checkSlab(s);
  for (const row of [found.row, found.offRow]) expect(s.cold[row + S_CACHE]).not.toBe(0);
  return found;
}

const BROKEN: [string, string, (scene: Scene) => void][] = [
  ['slab-list', 'a link that leads nowhere', ({ s, row }) => void (s.rows[row + S_NEXT] = s.rows.length)],
  ['slab-list', 'a link that does not lead back', ({ s, row }) => void (s.rows[row + S_PREV] = row)],
  ['slab-list', 'a slab that is its own next', ({ s, row }) => void (s.rows[row + S_NEXT] = row)],
  [
    'slab-list',
    'a tail that does not lead back',
    ({ s, cache }) => void (s.rows[s.ctl[cache + C_FREE] + S_PREV] = s.ctl[cache + C_PARTIAL]),
  ],
  ['slab-list', 'a full slab on the partial list', ({ s, cache }) => swapLists(s, cache, C_PARTIAL, C_FULL)],
  ['slab-cache', 'a slab of another cache', ({ s, row, off }) => void (s.cold[row + S_CACHE] = off)],
  ['bufctl', 'objects in use miscounted', ({ s, row }) => void s.rows[row + S_STATE]++],
  [
    'bufctl',
    'a free list without an end',
    ({ s, row }) => {
      const free = s.rows[row + S_STATE] >>> 16;
      s.bufctl[s.rows[row + S_BUFCTL] + free] = free;
    },
  ],
  [
    'bufctl',
    'an index that no object has',
    ({ s, row }) => void (s.bufctl[s.rows[row + S_BUFCTL] + (s.rows[row + S_STATE] >>> 16)] = 900),
  ],
  ['bufctl', 'a mark lost', ({ s, offRow }) => void (s.bufctl[s.rows[offRow + S_BUFCTL]] = 5)],
  ['free-objects', 'free objects miscounted', ({ s, cache }) => void s.ctl[cache + C_FREE_OBJECTS]++],
  [
    'head-array',
    'more than the limit',
    ({ s, cache }) => void (s.ctl[s.ctl[cache + C_ARRAY] + AC_LIMIT] = 1),
  ],
  ['head-array', 'an object of another cache', ({ s, cache, off }) => swapEntries(s, cache, off)],
  [
    'head-array',
    'an object that is free in its slab',
    ({ s, cache, row }) => {
      const free = s.rows[row + S_STATE] >>> 16;
      s.ctl[s.ctl[cache + C_ARRAY + 1] + AC_ENTRIES] = (row << 8) | free;
    },
  ],
  [
    'double-free',
    'an object in two arrays',
    ({ s, cache }) => {
      const ac = s.ctl[cache + C_ARRAY + 1] + AC_ENTRIES;
      s.ctl[ac] = s.ctl[ac + 1];
    },
  ],
  [
    'slab-page',
    'a page that is not allocated',
    ({ s, row }) => void (s.pgdat.state[s.cold[row + S_PFN]] = 0),
  ],
  [
    'slab-page',
    'a page that leads to another slab',
    ({ s, row, offRow }) => void (s.slabOfPage[s.cold[row + S_PFN]] = offRow),
  ],
  ['slab-page', 'a page that leads to a slab of the past', ({ s, row }) => void (s.slabOfPage[10] = row)],
  ['slab-object', 'a descriptor that is free', ({ s, cache }) => freeIt(s, s.ctl[cache + C_DESC])],
  [
    'slab-object',
    'a head array that is free',
    ({ s, cache }) => freeIt(s, s.ctl[s.ctl[cache + C_ARRAY] + AC_OBJECT]),
  ],
  [
    'slab-object',
    'a shared array that is free',
    ({ s, cache }) => freeIt(s, s.ctl[s.ctl[cache + C_SHARED] + AC_OBJECT]),
  ],
  ['slab-object', 'management that is free', ({ s, offRow }) => freeIt(s, s.cold[offRow + S_MGMT])],
  ['slab-object', 'management lost', ({ s, offRow }) => void (s.cold[offRow + S_MGMT] = -1)],
];

function swapLists(s: SlabAllocator, cache: number, a: number, b: number): void {
  [s.ctl[cache + a], s.ctl[cache + b]] = [s.ctl[cache + b], s.ctl[cache + a]];
}

function swapEntries(s: SlabAllocator, a: number, b: number): void {
  const one = s.ctl[a + C_ARRAY + 1] + AC_ENTRIES;
  const other = s.ctl[b + C_ARRAY] + AC_ENTRIES;
  [s.ctl[one], s.ctl[other]] = [s.ctl[other], s.ctl[one]];
}

/** Put an object that the allocator stands on into its cache's head array, as a stray kfree would. */
function freeIt(s: SlabAllocator, obj: number): void {
  const cache = s.cold[((obj >> 10) << 2) + S_CACHE];
  const ac = s.ctl[cache + C_ARRAY];
  s.ctl[ac + AC_ENTRIES + (s.ctl[ac + AC_STATE] >> 1)] = obj;
  s.ctl[ac + AC_STATE] += 2;
}

test.each(BROKEN)('%s: %s', (code, _what, breakIt) => {
  const found = scene();
  breakIt(found);
  expect(() => checkSlab(found.s)).toThrow(expect.objectContaining({ name: 'KernelBug', code }) as Error);
});
