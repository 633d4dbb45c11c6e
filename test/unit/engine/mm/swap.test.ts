import {
  activatePage,
  allocPages,
  checkVmscan,
  GFP_HIGHUSER,
  lruAddDrain,
  lruCacheAdd,
  lruCacheAddActive,
  lruCacheDel,
  markPageAccessed,
  PAGE_PCP,
  PG_active,
  PG_dirty,
  PG_locked,
  PG_lru,
  PG_referenced,
  PG_writeback,
  pageCacheRelease,
  REQ_CPU,
  releasePages,
  rotateReclaimablePage,
  STAT_PGACTIVATE,
  STAT_PGROTATED,
  VC_NR_WRITEBACK,
  VZ_NR_ACTIVE,
  VZ_NR_INACTIVE,
} from '../../../../src/engine/index.ts';
import { lruPages, pcpPages, vmMachine } from './vmMachine.ts';

function pages(m: ReturnType<typeof vmMachine>['m'], count: number): number[] {
  return Array.from({ length: count }, () => allocPages(m, GFP_HIGHUSER, 0, 0, 0));
}

describe('pages on their way to the LRU', () => {
  test('wait in the pagevec, each with a reference more, until it has sixteen', () => {
    const { m, vm } = vmMachine(16);
    const all = pages(m, 16);
    for (const pfn of all.slice(0, 15)) lruCacheAdd(vm, pfn);
    expect(lruPages(vm, 0, 0)).toEqual([]);
    expect(vm.fields.count[all[0]]).toBe(2);
    expect(vm.fields.flags[all[0]] & PG_lru).toBe(0);
    checkVmscan(vm);
    lruCacheAdd(vm, all[15]);
    expect(lruPages(vm, 0, 0)).toEqual(all.slice().reverse());
    expect(vm.zone[VZ_NR_INACTIVE]).toBe(16);
    expect(vm.fields.count[all[0]]).toBe(1);
    checkVmscan(vm);
  });

  test('go to the lists of their zones when the CPU drains its pagevecs, inactive ones first', () => {
    const { m, vm } = vmMachine(16, {}, { cpus: 2 });
    const [a, b, c] = pages(m, 3);
    lruCacheAdd(vm, a);
    lruCacheAddActive(vm, b);
    m.request[REQ_CPU] = 1;
    lruCacheAdd(vm, c);
    lruAddDrain(vm, 0);
    expect(lruPages(vm, 0, 0)).toEqual([a]);
    expect(lruPages(vm, 0, 1)).toEqual([b]);
    expect(vm.fields.flags[b] & (PG_lru | PG_active)).toBe(PG_lru | PG_active);
    lruAddDrain(vm, 1);
    expect(lruPages(vm, 0, 0)).toEqual([c, a]);
    expect([vm.zone[VZ_NR_ACTIVE], vm.zone[VZ_NR_INACTIVE]]).toEqual([1, 2]);
    checkVmscan(vm);
  });

  test('are free when the pagevec had the last reference', () => {
    const { m, vm } = vmMachine(16);
    const [a, b] = pages(m, 2);
    lruCacheAdd(vm, a);
    lruCacheAdd(vm, b);
    pageCacheRelease(vm, a, 0);
    expect(m.state[a]).not.toBe(PAGE_PCP);
    lruAddDrain(vm, 0);
    expect(m.state[a]).toBe(PAGE_PCP);
    expect(lruPages(vm, 0, 0)).toEqual([b]);
    checkVmscan(vm);
  });
});

describe('giving references back', () => {
  test('frees sixteen at a time, the last of each sixteen first, to the list that was asked for', () => {
    const { m, vm } = vmMachine(64);
    const all = pages(m, 20).sort((a, b) => a - b);
    for (const pfn of all) lruCacheAdd(vm, pfn);
    lruAddDrain(vm, 0);
    releasePages(vm, Int32Array.from(all), 0, 20, 1, 0);
    // 19..16 were put after 15..0, so the newest of the cold list is page 16.
    const put = [...all.slice(0, 16).reverse(), ...all.slice(16).reverse()];
    expect(pcpPages(m, 1, 1, 20)).toEqual(put.reverse());
    expect(lruPages(vm, 1, 0)).toEqual([]);
    checkVmscan(vm);
  });

  test('one by one takes a page off the LRU at the last', () => {
    const { m, vm } = vmMachine(16);
    const [a] = pages(m, 1);
    lruCacheAdd(vm, a);
    lruAddDrain(vm, 0);
    vm.fields.count[a]++;
    pageCacheRelease(vm, a, 0);
    expect(lruPages(vm, 0, 0)).toEqual([a]);
    pageCacheRelease(vm, a, 0);
    expect(lruPages(vm, 0, 0)).toEqual([]);
    expect(pcpPages(m, 0, 0, 1)).toEqual([a]);
    expect(vm.fields.flags[a] & PG_lru).toBe(0);
    checkVmscan(vm);
  });

  test('lru_cache_del leaves the page to its owner', () => {
    const { m, vm } = vmMachine(16);
    const [a] = pages(m, 1);
    lruCacheDel(vm, a);
    lruCacheAddActive(vm, a);
    lruAddDrain(vm, 0);
    lruCacheDel(vm, a);
    expect(vm.fields.flags[a] & (PG_lru | PG_active)).toBe(0);
    expect(vm.zone[VZ_NR_ACTIVE]).toBe(0);
    checkVmscan(vm);
  });
});

describe('a page that is used', () => {
  test('is referenced, then active, then active and referenced', () => {
    const { m, vm } = vmMachine(16);
    const [a] = pages(m, 1);
    lruCacheAdd(vm, a);
    markPageAccessed(vm, a);
    markPageAccessed(vm, a);
    // Twice while it waited in the pagevec: referenced, no more.
    expect(vm.fields.flags[a] & (PG_referenced | PG_active)).toBe(PG_referenced);
    lruAddDrain(vm, 0);
    markPageAccessed(vm, a);
    expect(vm.fields.flags[a] & (PG_referenced | PG_active)).toBe(PG_active);
    expect(lruPages(vm, 0, 1)).toEqual([a]);
    markPageAccessed(vm, a);
    markPageAccessed(vm, a);
    expect(vm.fields.flags[a] & (PG_referenced | PG_active)).toBe(PG_active | PG_referenced);
    expect(m.stat[STAT_PGACTIVATE]).toBe(1);
    activatePage(vm, a);
    expect(m.stat[STAT_PGACTIVATE]).toBe(1);
    checkVmscan(vm);
  });
});

describe('a page whose writing has ended', () => {
  test('goes to the tail of the inactive list', () => {
    const { m, vm } = vmMachine(16);
    const [a, b, c] = pages(m, 3);
    for (const pfn of [a, b, c]) lruCacheAdd(vm, pfn);
    lruAddDrain(vm, 0);
    vm.fields.flags[c] |= PG_writeback;
    vm.count[VC_NR_WRITEBACK] = 1;
    expect(rotateReclaimablePage(vm, c)).toBe(true);
    expect(lruPages(vm, 0, 0)).toEqual([b, a, c]);
    expect(vm.count[VC_NR_WRITEBACK]).toBe(0);
    expect(m.stat[STAT_PGROTATED]).toBe(1);
    checkVmscan(vm);
  });

  test.each([
    ['locked', PG_locked],
    ['dirty again', PG_dirty],
    ['active', PG_active],
  ])('stays where it is when it is %s', (_, flag) => {
    const { m, vm } = vmMachine(16);
    const [a, b] = pages(m, 2);
    for (const pfn of [a, b]) lruCacheAdd(vm, pfn);
    lruAddDrain(vm, 0);
    if (flag === PG_active) activatePage(vm, b);
    vm.fields.flags[b] |= flag | PG_writeback;
    vm.count[VC_NR_WRITEBACK] = 1;
    expect(rotateReclaimablePage(vm, b)).toBe(false);
    expect(vm.fields.flags[b] & PG_writeback).toBe(PG_writeback);
    expect(lruPages(vm, 0, 0)[0]).toBe(flag === PG_active ? a : b);
  });
});
