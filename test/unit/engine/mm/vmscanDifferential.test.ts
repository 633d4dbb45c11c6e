import {
  __GFP_FS,
  __GFP_IO,
  __GFP_WAIT,
  checkVmscan,
  DK_CONGESTED,
  endPageWriteback,
  lruAddDrain,
  MAPPING_SWAP,
  PAGE_ALLOCATED,
  PG_active,
  PG_dirty,
  PG_locked,
  PG_reclaim,
  PG_referenced,
  PG_writeback,
  PTE_DIRTY,
  PTE_YOUNG,
  RECLAIM_DIRECT,
  RECLAIM_KSWAPD,
  RECLAIM_NONE,
  STAT_PGREFILL,
  STAT_PGSCAN,
  shrinkZone,
  type Vm,
  VZ_PREV_PRIORITY,
  VZ_REFILL_COUNTER,
  WRITE,
} from '../../../../src/engine/index.ts';
import { numbers } from '../machines.ts';
import { anonPage, cachePage, lruPages, vmMachine } from './vmMachine.ts';
import { type ModelPage, ModelZone, type Round } from './vmscanModel.ts';

/** What the engine says of a page, in the model's words. */
function described(vm: Vm, pfn: number): Omit<ModelPage, 'others'> {
  const { flags, mapping, pte } = vm.fields;
  const has = (flag: number) => (flags[pfn] & flag) !== 0;
  const mapped = pte[pfn] !== 0;
  const entry = mapped ? vm.pte[pte[pfn] - 1] : 0;
  return {
    pfn,
    backing: mapping[pfn] === 0 ? 'none' : mapping[pfn] === MAPPING_SWAP ? 'swap' : 'file',
    mapped,
    young: (entry & PTE_YOUNG) !== 0,
    pteDirty: mapped && (entry & PTE_DIRTY) !== 0,
    referenced: has(PG_referenced),
    dirty: has(PG_dirty),
    writeback: has(PG_writeback),
    reclaim: has(PG_reclaim),
    locked: has(PG_locked),
    active: has(PG_active),
  };
}

function modelled({ others: _, ...page }: ModelPage): Omit<ModelPage, 'others'> {
  return { ...page, pteDirty: page.mapped && page.pteDirty };
}

function play(seed: number): void {
  const next = numbers(seed);
  const below = (n: number) => next() % n;
  const often = (percent: number) => below(100) < percent;
  const swapSlots = [0, 40, 1000][below(3)];
  const swappiness = [0, 60, 100][below(3)];
  const { m, vm } = vmMachine(16, { swapPages: swapSlots, swappiness, diskRequests: 100_000 });
  const model = new ModelZone(swapSlots);
  const byPfn = new Map<number, ModelPage>();
  let index = 0;
  for (let i = 0; i < 300; i++) {
    const file = often(50);
    const dirty = file && often(30);
    const young = !file && often(40);
    const referenced = file && often(30);
    const pteDirty = !file && often(60);
    const pfn = file
      ? cachePage(vm, index++, { dirty, referenced })
      : anonPage(vm, below(4), { young, dirty: pteDirty });
    const others = often(8) ? 1 : 0;
    const locked = often(5);
    vm.fields.count[pfn] += others;
    if (locked) vm.fields.flags[pfn] |= PG_locked;
    const page: ModelPage = {
      pfn,
      backing: file ? 'file' : 'none',
      mapped: !file,
      young,
      pteDirty,
      referenced,
      dirty,
      writeback: false,
      reclaim: false,
      locked,
      active: !file,
      others,
    };
    byPfn.set(pfn, page);
    (file ? model.inactive : model.active).unshift(page);
    // One at a time, so that the order does not depend on how pagevecs fill.
    lruAddDrain(vm, 0);
  }
  for (let r = 0; r < 25; r++) {
    for (const page of byPfn.values()) {
      if (page.writeback && often(50)) {
        endPageWriteback(vm, page.pfn);
        model.endWriteback(page);
      }
      if (page.mapped && often(10)) {
        page.young = true;
        vm.pte[vm.fields.pte[page.pfn] - 1] |= PTE_YOUNG;
      }
      if (!page.referenced && often(5)) {
        page.referenced = true;
        vm.fields.flags[page.pfn] |= PG_referenced;
      }
      if (page.locked && often(20)) {
        page.locked = false;
        vm.fields.flags[page.pfn] &= ~PG_locked;
      }
    }
    const round: Round = {
      maxScan: below(200),
      nrPages: 1 + below(60),
      mayIo: often(80),
      mayFs: often(60),
      kswapd: often(30),
      congested: often(30),
      writing: often(20),
      prevPriority: below(13),
      swappiness,
      mappedPercent: below(101),
    };
    const gfp = __GFP_WAIT | (round.mayIo ? __GFP_IO : 0) | (round.mayFs ? __GFP_FS : 0);
    vm.reclaim = round.kswapd ? RECLAIM_KSWAPD : RECLAIM_DIRECT;
    vm.writing = round.writing ? 1 : 0;
    vm.disk.ctl[DK_CONGESTED + WRITE] = round.congested ? 1 : 0;
    vm.zone[VZ_PREV_PRIORITY] = round.prevPriority;
    vm.nrMapped = 0;
    model.nrMapped = 0;
    const nrMapped = Math.ceil((vm.totalMemory * round.mappedPercent) / 100);
    const freed = shrinkZone(vm, 0, round.maxScan, gfp, round.nrPages, nrMapped, 0);
    vm.reclaim = RECLAIM_NONE;
    expect(freed).toBe(model.shrinkZone(round));
    expect(vm.nrMapped).toBe(model.nrMapped);
    expect(vm.zone[VZ_REFILL_COUNTER]).toBe(model.refillCounter);
    expect([m.stat[STAT_PGSCAN], m.stat[STAT_PGREFILL]]).toEqual([model.scanned, model.refilled]);
    expect(lruPages(vm, 0, 1)).toEqual(model.active.map(page => page.pfn));
    expect(lruPages(vm, 0, 0)).toEqual(model.inactive.map(page => page.pfn));
    for (const pfn of model.freed.splice(0)) {
      expect(m.state[pfn]).not.toBe(PAGE_ALLOCATED);
      byPfn.delete(pfn);
    }
    const pages = [...byPfn.values()];
    expect(pages.map(page => described(vm, page.pfn))).toEqual(pages.map(modelled));
    checkVmscan(vm);
  }
  expect(model.scanned).toBeGreaterThan(0);
}

test.each(Array.from({ length: 24 }, (_, i) => i + 1))(
  'shrink_zone() answers as the plain model, seed %i',
  play,
);
