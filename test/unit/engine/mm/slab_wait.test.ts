/** Requests that have to sleep for pages: nothing is done twice when they are asked for again. */
import {
  allocPages,
  CONTROL_STAGE,
  CTX_MEMALLOC,
  cacheInfo,
  checkMachine,
  EV_ALLOC,
  EV_FREE,
  findCache,
  freePages,
  GFP_ATOMIC,
  GFP_KERNEL,
  kmalloc,
  kmemCacheAlloc,
  kmemCacheCreate,
  type Machine,
  NIL,
  PATH_WAIT,
  recordEvents,
  SLAB_RECLAIM_ACCOUNT,
  STAT_SLAB_GROWN,
  STAT_SLAB_REFILLS,
  STAT_VMALLOC_PAGES,
  vmAreas,
  vmalloc,
} from '../../../../src/engine/index.ts';
import { vmMachine } from './vmMachine.ts';

/** Takes every page, so that whoever may wait has to. @returns the pages */
function drain(m: Machine): number[] {
  const pages: number[] = [];
  for (;;) {
    const pfn = allocPages(m, GFP_ATOMIC, 0, 0, CTX_MEMALLOC);
    if (pfn === NIL) return pages;
    pages.push(pfn);
  }
}

/** Gives back so many pages, by way of the free lists. */
function give(m: Machine, pages: number[], count: number): void {
  for (const pfn of pages.splice(0, count)) freePages(m, pfn, 0, 0, 0);
}

/** Whether an event of that code and order was recorded since the ring had `since`. */
function hasEvent(m: Machine, since: number, code: number, order: number): boolean {
  const { recorded } = m.trace!;
  return m.trace!.last(recorded - since).some(event => event.code === code && event.b === order);
}

test('a cache that cannot grow now keeps its colour, and its account', () => {
  const { m } = vmMachine(16);
  const s = m.slab!;
  const cache = kmemCacheCreate(s, 'waits', 128, 0, SLAB_RECLAIM_ACCOUNT, 0);
  kmemCacheAlloc(s, cache, GFP_KERNEL, 0, 0);
  const held = [];
  for (let i = 1; i < 30; i++) held.push(kmemCacheAlloc(s, cache, GFP_KERNEL, 0, 0));
  const pages = drain(m);
  const before = { ...cacheInfo(s, cache), reclaimPages: s.reclaimPages };
  m.stat.fill(0);
  for (let again = 0; again < 3; again++) {
    expect(kmemCacheAlloc(s, cache, GFP_KERNEL, 0, 0)).toBe(NIL);
    expect(m.path).toBe(PATH_WAIT);
    expect(m.control[CONTROL_STAGE]).not.toBe(0);
    // Looking in vain at the list of free slabs leaves a trace, as in the kernel.
    expect({ ...cacheInfo(s, cache), reclaimPages: s.reclaimPages, freeTouched: before.freeTouched }).toEqual(
      before,
    );
    expect([m.stat[STAT_SLAB_REFILLS], m.stat[STAT_SLAB_GROWN]]).toEqual([0, 0]);
  }
  give(m, pages, 2000);
  // Reclaim goes down all its priorities, with a wait between two, before anybody looks at free pages again.
  let asked = 1;
  while (kmemCacheAlloc(s, cache, GFP_KERNEL, 0, 0) === NIL && asked < 20) asked++;
  expect(asked).toBeLessThan(20);
  expect(m.control[CONTROL_STAGE]).toBe(0);
  expect(cacheInfo(s, cache).colourNext).toBe((before.colourNext + 1) % before.colour);
  expect(s.reclaimPages).toBe(before.reclaimPages + 1);
  checkMachine(m);
});

test('vmalloc that has to sleep gives everything back, and begins anew', () => {
  const { m } = vmMachine(16);
  const v = m.vmalloc!;
  const pages = drain(m);
  give(m, pages, 300);
  const areas = vmAreas(v).length;
  for (let again = 0; again < 3; again++) {
    expect(vmalloc(v, 2000 * 4096, 0, 0)).toBe(0);
    expect(m.path).toBe(PATH_WAIT);
    expect(m.control[CONTROL_STAGE]).toBe(0);
    expect(vmAreas(v)).toHaveLength(areas);
    checkMachine(m);
  }
  expect(m.stat[STAT_VMALLOC_PAGES]).toBe(0);
  give(m, pages, pages.length);
  expect(vmalloc(v, 2000 * 4096, 0, 0)).not.toBe(0);
  expect(m.stat[STAT_VMALLOC_PAGES]).toBe(2000);
  checkMachine(m);
});

test('a slab whose management has to be waited for gives its pages back, and its colour', () => {
  const { m } = vmMachine(16);
  const s = m.slab!;
  const cache = findCache(s, 'size-131072');
  const pages = drain(m).sort((a, b) => a - b);
  // The cache of its management has nothing left, so that it needs a page too.
  while (kmalloc(s, 32, GFP_ATOMIC, 0, 0) !== NIL);
  recordEvents(m, 65536);
  let seen = 0;
  let got = NIL;
  while (got === NIL && pages.length > 0) {
    give(m, pages, 1);
    m.control.fill(0);
    const events = m.trace!.recorded;
    const before = cacheInfo(s, cache);
    got = kmemCacheAlloc(s, cache, GFP_KERNEL, 0, 0);
    if (got !== NIL || !hasEvent(m, events, EV_ALLOC, 5)) continue;
    seen++;
    expect(hasEvent(m, events, EV_FREE, 5)).toBe(true);
    expect(m.path).toBe(PATH_WAIT);
    expect(m.control[CONTROL_STAGE]).toBe(0);
    expect({ ...cacheInfo(s, cache), freeTouched: before.freeTouched }).toEqual(before);
    checkMachine(m);
  }
  expect(seen).toBeGreaterThan(0);
  expect(got).not.toBe(NIL);
});
