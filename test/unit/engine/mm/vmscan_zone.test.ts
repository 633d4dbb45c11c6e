import {
  activatePage,
  addToSwap,
  checkMachine,
  checkVmscan,
  GFP_KERNEL,
  GFP_NOFS,
  GFP_NOIO,
  lruAddDrain,
  MAPPING_SWAP,
  P_RSS,
  PAGE_PCP,
  PG_active,
  PG_dirty,
  PG_locked,
  PG_reclaim,
  PG_referenced,
  PG_writeback,
  PTE_SHIFT,
  PTE_SWAP,
  PTE_YOUNG,
  RECLAIM_DIRECT,
  RECLAIM_KSWAPD,
  RECLAIM_NONE,
  reclaimsMapped,
  refillInactiveZone,
  STAT_KSWAPD_STEAL,
  STAT_PGACTIVATE,
  STAT_PGDEACTIVATE,
  STAT_PGREFILL,
  STAT_PGSCAN,
  STAT_PGSTEAL,
  shrinkCache,
  shrinkZone,
  VC_NR_WRITEBACK,
  type Vm,
  VZ_NR_ACTIVE,
  VZ_NR_INACTIVE,
  VZ_PAGES_SCANNED,
  VZ_PREV_PRIORITY,
  VZ_REFILL_COUNTER,
} from '../../../../src/engine/index.ts';
import { DK_CONGESTED, WRITE } from '../../../../src/engine/mm/ll_rw_blk.ts';
import { anonPage, cachePage, lruPages, pcpPages, vmMachine } from './vmMachine.ts';

/** Look at one batch of the inactive list, once. */
function shrinkOnce(vm: Vm, gfp: number, who: number = RECLAIM_DIRECT): number {
  vm.reclaim = who;
  vm.nrMapped = 0;
  const freed = shrinkCache(vm, 0, 1, gfp, 32, 0);
  vm.reclaim = RECLAIM_NONE;
  checkVmscan(vm);
  return freed;
}

/** An anonymous page that waits on the inactive list. */
function inactiveAnon(vm: Vm, what: { young?: boolean; dirty?: boolean } = {}): number {
  const pfn = anonPage(vm, 1, what);
  lruAddDrain(vm, 0);
  vm.zone[VZ_PREV_PRIORITY] = 0;
  vm.pte[vm.pte.length - 1] &= ~PTE_YOUNG;
  refillInactiveZone(vm, 0, 1, 0, 0);
  if (what.young === true) vm.pte[vm.pte.length - 1] |= PTE_YOUNG;
  expect(lruPages(vm, 0, 0)).toEqual([pfn]);
  return pfn;
}

describe('shrink_cache()', () => {
  test('takes a batch from the end, frees it cold, and counts one page more than it looked at', () => {
    const { m, vm } = vmMachine(16);
    const pages = Array.from({ length: 40 }, (_, i) => cachePage(vm, i));
    lruAddDrain(vm, 0);
    expect(shrinkOnce(vm, GFP_KERNEL)).toBe(32);
    // The eight newest stay, in their order.
    expect(lruPages(vm, 0, 0)).toEqual(pages.slice(32).reverse());
    expect(vm.zone[VZ_NR_INACTIVE]).toBe(8);
    // 32, but pages that go back to the free lists clear it.
    expect(vm.zone[VZ_PAGES_SCANNED]).toBe(0);
    expect(m.stat[STAT_PGSCAN]).toBe(33);
    expect(m.stat[STAT_PGSTEAL]).toBe(32);
    expect(m.stat[STAT_KSWAPD_STEAL]).toBe(0);
    // Sixteen at a time, each sixteen from its last to its first: the newest of the cold list is the 17th.
    expect(pcpPages(m, 0, 1, 2)).toEqual([pages[16], pages[17]]);
    checkMachine(m);
  });

  test('goes on until enough are free or enough were looked at', () => {
    const { m, vm } = vmMachine(16);
    const kept = Array.from({ length: 64 }, (_, i) => cachePage(vm, i, { dirty: true, referenced: true }));
    lruAddDrain(vm, 0);
    vm.reclaim = RECLAIM_DIRECT;
    // 33 are taken off the 64 twice; then less than 0 are left to look at.
    expect(shrinkCache(vm, 0, 64, GFP_NOFS, 32, 0)).toBe(0);
    vm.reclaim = RECLAIM_NONE;
    expect(m.stat[STAT_PGSCAN]).toBe(66);
    expect(vm.zone[VZ_PAGES_SCANNED]).toBe(64);
    // Each batch went back to the head in its own order: all 64 have come round once.
    expect(lruPages(vm, 0, 0)).toEqual(kept.slice().reverse());
    checkVmscan(vm);
  });

  test('looks at a page again and again when there is no other', () => {
    const { m, vm } = vmMachine(16);
    cachePage(vm, 0);
    lruAddDrain(vm, 0);
    vm.fields.count[lruPages(vm, 0, 0)[0]]++;
    vm.reclaim = RECLAIM_DIRECT;
    shrinkCache(vm, 0, 64, GFP_KERNEL, 32, 0);
    vm.reclaim = RECLAIM_NONE;
    // Each look costs two of the 64.
    expect(m.stat[STAT_PGSCAN]).toBe(64);
    expect(vm.zone[VZ_PAGES_SCANNED]).toBe(32);
  });

  test('stops at an empty list', () => {
    const { m, vm } = vmMachine(16);
    expect(shrinkOnce(vm, GFP_KERNEL)).toBe(0);
    expect(m.stat[STAT_PGSCAN]).toBe(0);
  });
});

describe('shrink_list(), a page of a file', () => {
  test('goes when it is clean, even just after it was used once', () => {
    const { m, vm } = vmMachine(16);
    const pfn = cachePage(vm, 0, { referenced: true });
    lruAddDrain(vm, 0);
    expect(shrinkOnce(vm, GFP_NOIO)).toBe(1);
    expect(m.state[pfn]).toBe(PAGE_PCP);
    expect(vm.nrMapped).toBe(0);
  });

  test('stays while somebody else has a reference', () => {
    const { vm } = vmMachine(16);
    const pfn = cachePage(vm, 0);
    lruAddDrain(vm, 0);
    vm.fields.count[pfn]++;
    expect(shrinkOnce(vm, GFP_KERNEL)).toBe(0);
    expect(lruPages(vm, 0, 0)).toEqual([pfn]);
    vm.fields.count[pfn]--;
    expect(shrinkOnce(vm, GFP_KERNEL)).toBe(1);
  });

  test('stays locked when it is locked, and stays under writeback', () => {
    const { vm } = vmMachine(16);
    const pfn = cachePage(vm, 0);
    lruAddDrain(vm, 0);
    vm.fields.flags[pfn] |= PG_locked;
    expect(shrinkOnce(vm, GFP_KERNEL)).toBe(0);
    expect(vm.fields.flags[pfn] & PG_locked).toBe(PG_locked);
    vm.fields.flags[pfn] &= ~PG_locked;
    const other = cachePage(vm, 1, { dirty: true });
    lruAddDrain(vm, 0);
    expect(shrinkOnce(vm, GFP_KERNEL)).toBe(1);
    expect(vm.fields.flags[other] & (PG_writeback | PG_dirty | PG_reclaim | PG_locked)).toBe(
      PG_writeback | PG_reclaim,
    );
    expect(shrinkOnce(vm, GFP_KERNEL)).toBe(0);
    expect(vm.fields.flags[other] & PG_locked).toBe(0);
  });

  test('that is dirty is written, unless it was referenced or the caller may not enter the file system', () => {
    const { vm } = vmMachine(16);
    const pfn = cachePage(vm, 0, { dirty: true, referenced: true });
    lruAddDrain(vm, 0);
    shrinkOnce(vm, GFP_NOFS);
    expect(vm.fields.flags[pfn] & (PG_dirty | PG_referenced)).toBe(PG_dirty);
    shrinkOnce(vm, GFP_NOFS);
    expect(vm.fields.flags[pfn] & PG_dirty).toBe(PG_dirty);
    vm.fields.flags[pfn] |= PG_referenced;
    shrinkOnce(vm, GFP_KERNEL);
    expect(vm.fields.flags[pfn] & PG_dirty).toBe(PG_dirty);
    shrinkOnce(vm, GFP_KERNEL);
    expect(vm.fields.flags[pfn] & (PG_dirty | PG_writeback)).toBe(PG_writeback);
  });

  test('is written to a congested disk by kswapd and by who writes that file, by nobody else', () => {
    for (const [who, writing, written] of [
      [RECLAIM_DIRECT, 0, 0],
      [RECLAIM_DIRECT, 1, PG_writeback],
      [RECLAIM_KSWAPD, 0, PG_writeback],
    ]) {
      const { vm } = vmMachine(16);
      const pfn = cachePage(vm, 0, { dirty: true });
      lruAddDrain(vm, 0);
      vm.disk.ctl[DK_CONGESTED + WRITE] = 1;
      vm.writing = writing;
      shrinkOnce(vm, GFP_KERNEL, who);
      expect(vm.fields.flags[pfn] & PG_writeback).toBe(written);
    }
  });
});

describe('shrink_list(), a page of anonymous memory', () => {
  test('is unmapped, written to swap and freed when that is done', () => {
    const { m, vm } = vmMachine(16);
    const pfn = inactiveAnon(vm);
    expect(shrinkOnce(vm, GFP_KERNEL)).toBe(0);
    expect(vm.nrMapped).toBe(1);
    const slot = vm.fields.index[pfn];
    expect(vm.fields.mapping[pfn]).toBe(MAPPING_SWAP);
    expect(vm.pte[0]).toBe((slot << PTE_SHIFT) | PTE_SWAP);
    expect(vm.swap.map[slot]).toBe(2);
    expect(vm.process[8 + P_RSS]).toBe(0);
    expect(vm.fields.flags[pfn] & (PG_writeback | PG_reclaim)).toBe(PG_writeback | PG_reclaim);
    // The disk is done: the page is clean, at the end of the list, and the next look frees it.
    vm.fields.flags[pfn] &= ~(PG_writeback | PG_reclaim);
    vm.count[VC_NR_WRITEBACK]--;
    expect(shrinkOnce(vm, GFP_NOIO)).toBe(1);
    expect(m.state[pfn]).toBe(PAGE_PCP);
    expect(vm.swap.map[slot]).toBe(1);
  });

  test('that was used is active again', () => {
    const { m, vm } = vmMachine(16);
    const pfn = inactiveAnon(vm, { young: true });
    shrinkOnce(vm, GFP_KERNEL);
    expect(lruPages(vm, 0, 1)).toEqual([pfn]);
    expect(vm.pte[0] & PTE_YOUNG).toBe(0);
    expect(m.stat[STAT_PGACTIVATE]).toBe(1);
  });

  test('is unmapped with GFP_NOFS and left dirty; the next with GFP_NOFS writes it; GFP_NOIO never does', () => {
    const { vm } = vmMachine(16);
    const pfn = inactiveAnon(vm);
    shrinkOnce(vm, GFP_NOFS);
    expect(vm.fields.mapping[pfn]).toBe(MAPPING_SWAP);
    expect(vm.fields.pte[pfn]).toBe(0);
    expect(vm.fields.flags[pfn] & (PG_dirty | PG_writeback)).toBe(PG_dirty);
    shrinkOnce(vm, GFP_NOIO);
    expect(vm.fields.flags[pfn] & (PG_dirty | PG_writeback)).toBe(PG_dirty);
    shrinkOnce(vm, GFP_NOFS);
    expect(vm.fields.flags[pfn] & (PG_dirty | PG_writeback)).toBe(PG_writeback);
  });

  test('is active again when there is no swap space', () => {
    const { vm } = vmMachine(16, { swapPages: 1 });
    const first = inactiveAnon(vm);
    expect(addToSwap(vm, first)).toBe(true);
    vm.fields.flags[first] |= PG_locked;
    const second = anonPage(vm, 1);
    lruAddDrain(vm, 0);
    refillInactiveZone(vm, 0, 1, 0, 0);
    shrinkOnce(vm, GFP_KERNEL);
    expect(lruPages(vm, 0, 1)).toEqual([second]);
    expect(vm.fields.flags[second] & (PG_active | PG_locked)).toBe(PG_active);
  });

  test('in the swap cache that was read again is in use', () => {
    const { vm } = vmMachine(16);
    const pfn = inactiveAnon(vm);
    shrinkOnce(vm, GFP_NOFS);
    vm.fields.flags[pfn] |= PG_referenced;
    shrinkOnce(vm, GFP_KERNEL);
    expect(lruPages(vm, 0, 1)).toEqual([pfn]);
  });
});

describe('refill_inactive_zone()', () => {
  test('moves unmapped pages from the end of the active list, oldest first', () => {
    const { m, vm } = vmMachine(16);
    const pages = [0, 1, 2, 3].map(i => cachePage(vm, i, { referenced: true }));
    lruAddDrain(vm, 0);
    for (const pfn of pages) activatePage(vm, pfn);
    refillInactiveZone(vm, 0, 3, 0, 0);
    expect(lruPages(vm, 0, 1)).toEqual([pages[3]]);
    expect(lruPages(vm, 0, 0)).toEqual([pages[2], pages[1], pages[0]]);
    // That they were referenced matters to nobody here, and stays.
    expect(vm.fields.flags[pages[0]] & (PG_active | PG_referenced)).toBe(PG_referenced);
    expect([m.stat[STAT_PGREFILL], m.stat[STAT_PGDEACTIVATE]]).toEqual([3, 3]);
    expect([vm.zone[VZ_NR_ACTIVE], vm.zone[VZ_NR_INACTIVE]]).toEqual([1, 3]);
    expect(vm.fields.count[pages[0]]).toBe(1);
    checkVmscan(vm);
  });

  test('leaves mapped pages until memory is tight, and those in use always', () => {
    const { vm } = vmMachine(16);
    const used = anonPage(vm, 0, { young: true });
    const idle = anonPage(vm, 0);
    lruAddDrain(vm, 0);
    vm.zone[VZ_PREV_PRIORITY] = 12;
    refillInactiveZone(vm, 0, 2, 0, 0);
    // Rotated, and the accessed bit is gone.
    expect(lruPages(vm, 0, 1)).toEqual([idle, used]);
    expect(vm.pte[0] & PTE_YOUNG).toBe(0);
    vm.pte[0] |= PTE_YOUNG;
    refillInactiveZone(vm, 0, 2, Math.ceil(vm.totalMemory * 0.8), 0);
    expect(lruPages(vm, 0, 1)).toEqual([used]);
    expect(lruPages(vm, 0, 0)).toEqual([idle]);
    checkVmscan(vm);
  });

  test('leaves anonymous pages where they are while there is no swap space at all', () => {
    const { vm } = vmMachine(16, { swapPages: 0 });
    const pfn = anonPage(vm, 0);
    lruAddDrain(vm, 0);
    refillInactiveZone(vm, 0, 8, vm.totalMemory, 0);
    expect(lruPages(vm, 0, 1)).toEqual([pfn]);
  });

  test.each([
    // prev_priority, % mapped, swappiness, answer
    [0, 0, 0, true],
    [12, 0, 60, false],
    [12, 79, 60, false],
    [12, 80, 60, true],
    [1, 0, 50, true],
    [1, 0, 49, false],
    [2, 30, 60, true],
    [2, 29, 60, false],
    [12, 0, 100, true],
    [12, 100, 0, false],
  ])(
    'at prev_priority %i, %i%% mapped, swappiness %i: mapped pages go: %s',
    (priority, mapped, swappiness, goes) => {
      const { vm } = vmMachine(16, { swappiness });
      vm.zone[VZ_PREV_PRIORITY] = priority;
      expect(reclaimsMapped(vm, 0, Math.ceil((vm.totalMemory * mapped) / 100))).toBe(goes);
    },
  );

  test('thinks memory very tight until the first reclaim has ended: a zone is born with prev_priority 0', () => {
    const { vm } = vmMachine(16);
    expect(reclaimsMapped(vm, 0, 0)).toBe(true);
  });
});

describe('shrink_zone()', () => {
  test('lets the active list pay by its share of the inactive list, from more than 32 owed and at most 128', () => {
    const { m, vm } = vmMachine(32);
    for (let i = 0; i < 900; i++) cachePage(vm, i);
    lruAddDrain(vm, 0);
    // The oldest two thirds of zone Normal become active.
    const { length } = lruPages(vm, 1, 0);
    for (const pfn of lruPages(vm, 1, 0).slice(length - 600)) activatePage(vm, pfn);
    const before = lruPages(vm, 1, 0).length;
    expect(vm.zone[8 + VZ_NR_ACTIVE]).toBe(600);
    const share = (32 * 600) / ((before | 1) * 2);
    vm.reclaim = RECLAIM_DIRECT;
    shrinkZone(vm, 1, 64, GFP_KERNEL, 32, 0, 0);
    vm.reclaim = RECLAIM_NONE;
    const owed = Math.floor(share) + 1;
    expect(owed).toBeLessThanOrEqual(128);
    expect(m.stat[STAT_PGREFILL]).toBe(owed > 32 ? owed : 0);
    expect(vm.zone[8 + VZ_REFILL_COUNTER]).toBe(owed > 32 ? 0 : owed);
    vm.zone[8 + VZ_REFILL_COUNTER] = 1000;
    m.stat[STAT_PGREFILL] = 0;
    shrinkZone(vm, 1, 64, GFP_KERNEL, 32, 0, 0);
    expect(m.stat[STAT_PGREFILL]).toBe(128);
    expect(vm.zone[8 + VZ_REFILL_COUNTER]).toBeGreaterThan(1000 - 128);
    checkMachine(m);
  });
});
