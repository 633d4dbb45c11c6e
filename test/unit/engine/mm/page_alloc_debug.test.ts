/** Pages given back by who may not. */
import {
  allocPages,
  badFreePages,
  boot,
  checkMachine,
  freePages,
  GFP_HIGHUSER,
  GFP_KERNEL,
  LOG_BAD_FREE,
  LOG_KERNEL_BUG,
  LOG_PLACE_PAGE_ALLOC,
  LOG_STALE_USE,
  type Machine,
  NIL,
  PAGE_ALLOCATED,
  STALE_FREE_ORDER,
  STAT_KERNEL_BUGS,
  stateHash,
  useFields,
  ZONE_FREE,
  ZONE_NORMAL,
  ZONE_SHIFT,
} from '../../../../src/engine/index.ts';
import { i386 } from '../machines.ts';

const machine = () => boot(i386(64, { reserve: [[0, 1]] }));

function printed(m: Machine): number[][] {
  const { kind, args, length } = m.printk;
  return Array.from({ length }, (_, i) => [kind[i], ...args.subarray(4 * i, 4 * i + 3)]);
}

const free = (m: Machine) => m.zone[(ZONE_NORMAL << ZONE_SHIFT) + ZONE_FREE];

test.each([0, 3])('a block of order %i freed twice has no reference to drop', order => {
  const m = machine();
  const pfn = allocPages(m, GFP_KERNEL, order, 0, 0);
  expect(badFreePages(m, pfn, order, 0)).toBe(true);
  const state = m.state[pfn];
  const before = stateHash(m);
  expect(badFreePages(m, pfn, order, 0)).toBe(false);
  expect(printed(m)).toEqual([[LOG_BAD_FREE, pfn, order, state]]);
  expect(m.stat[STAT_KERNEL_BUGS]).toBe(1);
  expect(stateHash(m)).toBe(before);
  checkMachine(m);
});

test('pages within a block have no reference either', () => {
  const m = machine();
  const pfn = allocPages(m, GFP_KERNEL, 2, 0, 0);
  expect(badFreePages(m, pfn + 1, 0, 0)).toBe(false);
  expect(printed(m)).toEqual([[LOG_BAD_FREE, pfn + 1, 0, 0]]);
  freePages(m, pfn, 2, 0, 0);
});

test('when somebody else has the pages by then, nothing can tell', () => {
  const m = machine();
  const pfn = allocPages(m, GFP_KERNEL, 1, 0, 0);
  freePages(m, pfn, 1, 0, 0);
  expect(allocPages(m, GFP_KERNEL, 1, 0, 0)).toBe(pfn);
  expect(badFreePages(m, pfn, 1, 0)).toBe(true);
  expect(printed(m)).toEqual([]);
});

test.each([false, true])(
  'freed with a smaller order the rest is lost for good; every field in use: %s',
  fields => {
    const m = machine();
    if (fields) useFields(m);
    const pfn = allocPages(m, GFP_KERNEL, 4, 0, 0);
    const before = free(m);
    expect(badFreePages(m, pfn, 1, 0)).toBe(true);
    expect(printed(m)).toEqual([[LOG_STALE_USE, pfn, STALE_FREE_ORDER, 1]]);
    expect(free(m)).toBe(before + 2);
    for (const [page, order] of [
      [pfn + 2, 1],
      [pfn + 4, 2],
      [pfn + 8, 3],
    ]) {
      expect(m.state[page]).toBe(PAGE_ALLOCATED | order);
      expect(m.tag[page]).toBe(NIL);
    }
    checkMachine(m);
    expect(m.stat[STAT_KERNEL_BUGS]).toBe(1);
  },
);

test('freed with a larger order: its own pages go, and nothing is said', () => {
  const m = machine();
  const pages = Array.from({ length: 8 }, () => allocPages(m, GFP_KERNEL, 1, 0, 0));
  const pfn = pages.find(page => page % 8 === 0)!;
  const before = free(m);
  expect(badFreePages(m, pfn, 3, 0)).toBe(true);
  expect(printed(m)).toEqual([[LOG_STALE_USE, pfn, STALE_FREE_ORDER, 3]]);
  expect(free(m)).toBe(before + 2);
  checkMachine(m);
});

test('a larger order that cannot start there is a BUG(), and the pages stay', () => {
  const m = machine();
  const pages = [0, 1].map(() => allocPages(m, GFP_KERNEL, 1, 0, 0));
  const odd = pages.find(pfn => pfn % 4 !== 0)!;
  expect(badFreePages(m, odd, 3, 0)).toBe(false);
  expect(printed(m)).toEqual([[LOG_KERNEL_BUG, LOG_PLACE_PAGE_ALLOC, 0, 0]]);
  expect(m.state[odd]).toBe(PAGE_ALLOCATED | 1);
  checkMachine(m);
});

test('blocks are counted from the start of their zone', () => {
  const m = boot({ ...i386(1024), lowPages: 229001 });
  const pages = [0, 1, 2, 3].map(() => allocPages(m, GFP_HIGHUSER, 0, 0, 0));
  for (const pfn of pages) {
    expect(pfn).toBeGreaterThanOrEqual(229001);
    expect(badFreePages(m, pfn, 1, 0)).toBe(pfn % 2 === 1);
  }
  expect(new Set(pages.map(pfn => pfn % 2)).size).toBe(2);
});

test('reserved pages are left alone, and pages that are not there are a BUG()', () => {
  const m = machine();
  expect(badFreePages(m, 0, 0, 0)).toBe(false);
  expect(printed(m)).toEqual([]);
  expect(badFreePages(m, m.nrPages, 0, 0)).toBe(false);
  expect(badFreePages(m, -1, 0, 0)).toBe(false);
  expect(printed(m).map(([kind]) => kind)).toEqual([LOG_KERNEL_BUG, LOG_KERNEL_BUG]);
});
