import {
  addToSwap,
  anonMap,
  anonTouch,
  anonUnmap,
  canShareSwapPage,
  checkMachine,
  deleteFromSwapCache,
  exitMm,
  freeSwapAndCache,
  getSwapPage,
  lruAddDrain,
  NIL,
  NO_SLOT,
  P_RSS,
  P_STRIDE,
  P_TOTAL_VM,
  PATH_WAIT,
  PG_dirty,
  PG_locked,
  PTE_DIRTY,
  PTE_PRESENT,
  PTE_SHIFT,
  PTE_SWAP,
  PTE_YOUNG,
  pageCacheRelease,
  SLEEP_UNTIL_US,
  STAT_ANON_ZEROED,
  STAT_PGFAULT,
  STAT_PGMAJFAULT,
  STAT_PSWPIN,
  STAT_PSWPOUT,
  SW_LOWEST_BIT,
  swapFree,
  TAG_ANON,
  TAG_PAGE_TABLE,
  tryToUnmap,
  VC_NR_MAPPED,
  VC_NR_SWAP_PAGES,
  VC_NR_SWAPCACHE,
  type Vm,
  writepage,
  ZERO_PFN,
} from '../../../../src/engine/index.ts';
import { vmMachine } from './vmMachine.ts';
import { drive, runUntil } from './waiting.ts';

const touch = (vm: Vm, area: number, first: number, nr: number, write: boolean) =>
  anonTouch(vm, area, first, nr, write, 0, 0);
const rss = (vm: Vm, p: number) => vm.process[p * P_STRIDE + P_RSS];
const totalVm = (vm: Vm, p: number) => vm.process[p * P_STRIDE + P_TOTAL_VM];

/** Write a mapped page out to the swap area and take it from memory, as reclaim does. */
function swapOut(vm: Vm, at: number): number {
  lruAddDrain(vm, 0);
  const pfn = vm.pte[at] >> PTE_SHIFT;
  const { flags, count } = vm.fields;
  count[pfn]++;
  flags[pfn] |= PG_locked;
  if (vm.fields.mapping[pfn] === 0) addToSwap(vm, pfn);
  tryToUnmap(vm, pfn);
  flags[pfn] &= ~PG_dirty;
  writepage(vm, pfn);
  count[pfn]--;
  return vm.pte[at] >> PTE_SHIFT;
}

/** Drop a clean page of the swap cache. */
function drop(vm: Vm, slot: number): void {
  const pfn = vm.swap.cache[slot];
  deleteFromSwapCache(vm, pfn);
  swapFree(vm, slot);
  pageCacheRelease(vm, pfn, 0);
}

describe('first touches', () => {
  test('a read maps the zero page, a write takes a page', () => {
    const { m, vm } = vmMachine(16);
    const area = anonMap(vm, 1, 10);
    expect(totalVm(vm, 1)).toBe(10);
    expect(touch(vm, area, 0, 4, false)).toBe(4);
    expect(rss(vm, 1)).toBe(0);
    expect(vm.pte[0] >> PTE_SHIFT).toBe(ZERO_PFN);
    expect(touch(vm, area, 2, 4, true)).toBe(4);
    expect(rss(vm, 1)).toBe(4);
    expect(vm.count[VC_NR_MAPPED]).toBe(4);
    // 4 reads; 2 writes to zero pages, 2 to new ones.
    expect(m.stat[STAT_PGFAULT]).toBe(8);
    expect(m.stat[STAT_ANON_ZEROED]).toBe(4);
    const pfn = vm.pte[3] >> PTE_SHIFT;
    expect(vm.pte[3]).toBe((pfn << PTE_SHIFT) | PTE_PRESENT | PTE_DIRTY | PTE_YOUNG);
    expect(m.tag[pfn]).toBe(TAG_ANON);
    checkMachine(m);
  });

  test('a page that is there is only marked young', () => {
    const { m, vm } = vmMachine(16);
    const area = anonMap(vm, 0, 3);
    touch(vm, area, 0, 3, true);
    vm.pte[1] &= ~PTE_YOUNG;
    expect(touch(vm, area, 0, 3, false)).toBe(3);
    expect(vm.pte[1] & PTE_YOUNG).toBe(PTE_YOUNG);
    expect(m.stat[STAT_PGFAULT]).toBe(3);
  });

  test('a page table for every 4 MiB, and a page directory before the first', () => {
    const { m, vm } = vmMachine(32);
    const tables = () => {
      let n = 0;
      for (let pfn = 0; pfn < m.nrPages; pfn++)
        if (m.tag[pfn] === TAG_PAGE_TABLE && m.state[pfn] === 0x40) n++;
      return n;
    };
    const area = anonMap(vm, 0, 3000);
    expect(tables()).toBe(0);
    touch(vm, area, 0, 1, true);
    expect(tables()).toBe(2);
    touch(vm, area, 1000, 30, true);
    expect(tables()).toBe(3);
    const other = anonMap(vm, 0, 100);
    touch(vm, other, 0, 100, true);
    checkMachine(m);
    anonUnmap(vm, area, 0);
    // The second area lies from page 3000 on, in the third table and a fourth; the first two are gone.
    expect(tables()).toBe(3);
    checkMachine(m);
    exitMm(vm, 0, 0);
    expect(tables()).toBe(0);
    expect(totalVm(vm, 0)).toBe(0);
    checkMachine(m);
  });
});

describe('areas', () => {
  test('fill holes once the end is reached, and keep apart', () => {
    const { m, vm } = vmMachine(256);
    const first = anonMap(vm, 0, 5);
    const second = anonMap(vm, 0, 6);
    const third = anonMap(vm, 0, 7);
    anonUnmap(vm, second, 0);
    const again = anonMap(vm, 0, 6);
    touch(vm, first, 0, 5, true);
    touch(vm, again, 0, 6, true);
    touch(vm, third, 0, 7, true);
    expect(rss(vm, 0)).toBe(18);
    checkMachine(m);
    anonUnmap(vm, first, 0);
    anonUnmap(vm, third, 0);
    expect(rss(vm, 0)).toBe(6);
    checkMachine(m);
  });

  test('more than could ever be had is refused', () => {
    const { m, vm } = vmMachine(16);
    expect(anonMap(vm, 0, 6000)).toBe(NIL);
    expect(m.path).not.toBe(PATH_WAIT);
    expect(anonMap(vm, 0, 4000)).not.toBe(NIL);
    expect(totalVm(vm, 0)).toBe(4000);
    checkMachine(m);
  });

  test('an address space has an end', () => {
    const { vm } = vmMachine(16, { swapPages: 60000 });
    let areas = 0;
    while (anonMap(vm, 0, 50000) !== NIL) areas++;
    // 2 GiB from TASK_UNMAPPED_BASE to TASK_SIZE.
    expect(areas).toBe(Math.floor((2 * 2 ** 30) / 4096 / 50000));
  });

  test('a process that ends gives everything back', () => {
    const { m, vm } = vmMachine(16);
    const free = () => m.zone[0] + m.zone[8] + m.pcp[3] - m.pcp[0];
    const area = anonMap(vm, 2, 700);
    const before = free();
    touch(vm, area, 0, 700, true);
    swapOut(vm, 5);
    runUntil(m, 100_000);
    exitMm(vm, 2, 0);
    expect(vm.count[VC_NR_SWAP_PAGES]).toBe(1024);
    expect(vm.count[VC_NR_SWAPCACHE]).toBe(0);
    expect(vm.count[VC_NR_MAPPED]).toBe(0);
    expect(Math.abs(free() - before)).toBeLessThan(100);
    checkMachine(m);
    exitMm(vm, 2, 0);
    exitMm(vm, 3, 0);
  });
});

describe('swap', () => {
  test('a page that went out is in the swap cache until it is dropped, then read', () => {
    const { m, vm } = vmMachine(16);
    const area = anonMap(vm, 0, 4);
    touch(vm, area, 0, 4, true);
    const slot = swapOut(vm, 2);
    expect(slot).toBe(1);
    expect(vm.pte[2]).toBe((slot << PTE_SHIFT) | PTE_SWAP);
    expect(rss(vm, 0)).toBe(3);
    expect(m.stat[STAT_PSWPOUT]).toBe(1);
    checkMachine(m);
    // Still in memory: a minor fault, though the disk is writing it.
    expect(touch(vm, area, 2, 1, false)).toBe(1);
    expect(m.stat[STAT_PGMAJFAULT]).toBe(0);
    checkMachine(m);
    runUntil(m, 50_000);
    const again = swapOut(vm, 2);
    expect(again).toBe(slot);
  });

  test('what is not in memory is a major fault, and waits for the disk', () => {
    const { m, vm } = vmMachine(16, { filePages: [] });
    const area = anonMap(vm, 0, 40);
    touch(vm, area, 0, 40, true);
    const slots = Array.from({ length: 20 }, (_, i) => swapOut(vm, i));
    expect(slots).toEqual(Array.from({ length: 20 }, (_, i) => i + 1));
    runUntil(m, 1_000_000);
    for (const slot of slots) drop(vm, slot);
    checkMachine(m);
    const faults = m.stat[STAT_PGFAULT];
    expect(touch(vm, area, 9, 1, true)).toBe(0);
    expect(m.path).toBe(PATH_WAIT);
    // Slot 10: its block of eight, 8 to 15, is read in one request.
    expect(m.stat[STAT_PSWPIN]).toBe(8);
    expect(m.sleep[SLEEP_UNTIL_US] - m.agenda.nowUs).toBe(8000 + 1639);
    expect(drive(m, () => touch(vm, area, 9, 1, true)).answer).toBe(1);
    expect(m.stat[STAT_PGMAJFAULT]).toBe(1);
    expect(m.stat[STAT_PGFAULT] - faults).toBe(1);
    // Its neighbours are there now.
    expect(touch(vm, area, 8, 1, false)).toBe(1);
    expect(m.stat[STAT_PGMAJFAULT]).toBe(1);
    checkMachine(m);
    // Of the first block only slots 1 to 7: 0 is the header.
    drive(m, () => touch(vm, area, 0, 1, false));
    expect(m.stat[STAT_PSWPIN]).toBe(15);
    expect(vm.swap.cache[1]).not.toBe(NIL);
    checkMachine(m);
  });

  test('a page that came back for a read becomes writable with another fault', () => {
    const { m, vm } = vmMachine(16);
    const area = anonMap(vm, 0, 2);
    touch(vm, area, 0, 2, true);
    const slot = swapOut(vm, 0);
    runUntil(m, 100_000);
    drop(vm, slot);
    drive(m, () => touch(vm, area, 0, 1, false));
    expect(vm.pte[0] & PTE_DIRTY).toBe(0);
    const pfn = vm.pte[0] >> PTE_SHIFT;
    const faults = m.stat[STAT_PGFAULT];
    touch(vm, area, 0, 1, true);
    expect(m.stat[STAT_PGFAULT] - faults).toBe(1);
    expect(vm.pte[0]).toBe((pfn << PTE_SHIFT) | PTE_PRESENT | PTE_DIRTY | PTE_YOUNG);
    checkMachine(m);
  });

  test('a page that somebody else still holds is copied for a write', () => {
    const { m, vm } = vmMachine(16);
    const area = anonMap(vm, 0, 1);
    touch(vm, area, 0, 1, true);
    const slot = swapOut(vm, 0);
    runUntil(m, 100_000);
    drop(vm, slot);
    drive(m, () => touch(vm, area, 0, 1, false));
    const old = vm.pte[0] >> PTE_SHIFT;
    vm.fields.count[old]++;
    expect(canShareSwapPage(vm, old)).toBe(false);
    touch(vm, area, 0, 1, true);
    const fresh = vm.pte[0] >> PTE_SHIFT;
    expect(fresh).not.toBe(old);
    expect(rss(vm, 0)).toBe(1);
    vm.fields.count[old]--;
    checkMachine(m);
  });

  test('without page-cluster a page that comes back waits in a pagevec, and a write copies it', () => {
    const { m, vm } = vmMachine(16, { pageCluster: 0 });
    const area = anonMap(vm, 0, 1);
    touch(vm, area, 0, 1, true);
    const slot = swapOut(vm, 0);
    runUntil(m, 100_000);
    drop(vm, slot);
    drive(m, () => touch(vm, area, 0, 1, false));
    expect(m.stat[STAT_PSWPIN]).toBe(1);
    const old = vm.pte[0] >> PTE_SHIFT;
    touch(vm, area, 0, 1, true);
    expect(vm.pte[0] >> PTE_SHIFT).not.toBe(old);
    expect(rss(vm, 0)).toBe(1);
    checkMachine(m);
  });

  test('a slot is given up with its page once more than half of the swap space is taken', () => {
    const { m, vm } = vmMachine(16, { swapPages: 8 });
    const area = anonMap(vm, 0, 8);
    touch(vm, area, 0, 8, true);
    for (let i = 0; i < 5; i++) swapOut(vm, i);
    runUntil(m, 100_000);
    expect(vm.count[VC_NR_SWAP_PAGES]).toBe(3);
    touch(vm, area, 0, 1, false);
    expect(vm.count[VC_NR_SWAP_PAGES]).toBe(4);
    touch(vm, area, 1, 1, false);
    expect(vm.count[VC_NR_SWAP_PAGES]).toBe(4);
    checkMachine(m);
  });

  test('unmapping frees slots, and pages of the swap cache that the disk does not have', () => {
    const { m, vm } = vmMachine(16);
    const area = anonMap(vm, 0, 6);
    touch(vm, area, 0, 6, true);
    swapOut(vm, 0);
    runUntil(m, 100_000);
    swapOut(vm, 1);
    anonUnmap(vm, area, 0);
    // The second is still being written: the cache keeps it and its slot.
    expect(vm.count[VC_NR_SWAPCACHE]).toBe(1);
    expect(vm.count[VC_NR_SWAP_PAGES]).toBe(1023);
    checkMachine(m);
  });
});

describe('slots', () => {
  test('go one after another, then to the first 256 that are free together, then to the lowest', () => {
    const { vm } = vmMachine(16, { swapPages: 600 });
    const { swap } = vm;
    for (let slot = 1; slot <= 256; slot++) expect(getSwapPage(vm)).toBe(slot);
    // A hole below: the next cluster is 256 together, behind.
    swapFree(vm, 100);
    expect(getSwapPage(vm)).toBe(257);
    for (let slot = 258; slot <= 514; slot++) expect(getSwapPage(vm)).toBe(slot);
    // No 256 together are left.
    expect(getSwapPage(vm)).toBe(100);
    expect(getSwapPage(vm)).toBe(515);
    swapFree(vm, 3);
    expect(getSwapPage(vm)).toBe(516);
    while (vm.count[VC_NR_SWAP_PAGES] > 1) getSwapPage(vm);
    expect(getSwapPage(vm)).toBe(3);
    expect(getSwapPage(vm)).toBe(NO_SLOT);
    expect(swap.ctl[SW_LOWEST_BIT]).toBe(4);
    swapFree(vm, 77);
    expect(getSwapPage(vm)).toBe(77);
  });

  test('freeing a slot that is free is a bug', () => {
    const { vm } = vmMachine(16);
    expect(() => swapFree(vm, 5)).toThrow('Unused swap offset entry');
    expect(() => swapFree(vm, 0)).toThrow('Bad swap offset entry');
    expect(() => freeSwapAndCache(vm, 5000, 0)).toThrow('Bad swap offset entry');
  });
});

describe('more memory than there is', () => {
  test('goes to the swap area and comes back', () => {
    const { m, vm } = vmMachine(16, { swapPages: 8192 });
    const area = anonMap(vm, 0, 5000);
    expect(drive(m, () => touch(vm, area, 0, 5000, true)).answer).toBe(5000);
    expect(m.stat[STAT_PSWPOUT]).toBeGreaterThan(1000);
    checkMachine(m);
    expect(drive(m, () => touch(vm, area, 0, 5000, false)).answer).toBe(5000);
    expect(m.stat[STAT_PGMAJFAULT]).toBeGreaterThan(100);
    checkMachine(m);
    exitMm(vm, 0, 0);
    runUntil(m, m.agenda.nowUs + 60_000_000);
    checkMachine(m);
    expect(vm.count[VC_NR_MAPPED]).toBe(0);
  });
});
