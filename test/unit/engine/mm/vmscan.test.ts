import {
  __GFP_HIGH,
  __GFP_NORETRY,
  AS_LINUX,
  allocPages,
  CONTROL_STAGE,
  CTX_MEMALLOC,
  checkMachine,
  doneResuming,
  freePages,
  GFP_ATOMIC,
  GFP_KERNEL,
  GFP_NOFS,
  HOOK_ZONELIST,
  KT_ASLEEP,
  KT_STATE,
  kswapdTurn,
  lruAddDrain,
  type Machine,
  NIL,
  P_KILLED,
  PATH_ATOMIC,
  PATH_FIRST,
  PATH_KSWAPD,
  PATH_NORETRY,
  PATH_WAIT,
  QUEUE_CONGESTION,
  restore,
  resumeRequest,
  runDue,
  SLEEP_QUEUE,
  SLEEP_UNTIL_US,
  STAGE_MASK,
  STAGE_REBALANCE,
  STAGE_RECLAIM,
  STAT_ALLOCSTALL,
  STAT_KSWAPD_STEAL,
  STAT_KSWAPD_WAKEUPS,
  STAT_OOM_KILLS,
  STAT_PAGEOUTRUN,
  STAT_PGSTEAL,
  setHooks,
  setShrinker,
  snapshot,
  stateHash,
  type Vm,
  VZ_ALL_UNRECLAIMABLE,
  VZ_PREV_PRIORITY,
  VZ_REFILL_COUNTER,
  VZ_TEMP_PRIORITY,
  vmHash,
  ZONE_FREE,
  ZONE_HIGH,
  ZONE_LOW,
  ZONE_MIN,
  ZONE_SHIFT,
} from '../../../../src/engine/index.ts';
import { anonPage, cachePage, vmMachine } from './vmMachine.ts';

/** Take pages that nobody can reclaim until the zone has so many free; ignores every mark. */
function pinDownTo(m: Machine, z: number, free: number): number[] {
  const pages: number[] = [];
  while (m.zone[(z << ZONE_SHIFT) + ZONE_FREE] > free) {
    const pfn = allocPages(m, GFP_ATOMIC | __GFP_HIGH, 0, 0, CTX_MEMALLOC);
    if (pfn === NIL) break;
    pages.push(pfn);
  }
  return pages;
}

/** The present time is `us`, whatever is due until then is done. */
function goTo(m: Machine, us: number): void {
  const { agenda } = m;
  while (agenda.length > 0 && agenda.next[0] <= us) {
    agenda.takeFirst();
    runDue(m, agenda.kind, agenda.arg);
  }
  agenda.now[0] = us;
}

/** Ask until the request does not sleep any more. Returns its page, and when it slept for how long in which stage. */
function ask(
  m: Machine,
  gfp: number,
  order: number,
  most = 1000,
): { page: number; naps: [stage: number, us: number][] } {
  const naps: [number, number][] = [];
  let page = allocPages(m, gfp, order, 0, 0);
  while (m.path === PATH_WAIT && naps.length < most) {
    const saved = m.control.slice();
    const until = m.sleep[SLEEP_UNTIL_US];
    expect(m.sleep[SLEEP_QUEUE]).toBe(QUEUE_CONGESTION);
    naps.push([saved[CONTROL_STAGE] & STAGE_MASK, until - m.agenda.now[0]]);
    m.control.fill(0);
    goTo(m, until);
    resumeRequest(m, saved);
    page = allocPages(m, gfp, order, 0, 0);
  }
  if (m.path !== PATH_WAIT) {
    expect(m.control.every(word => word === 0)).toBe(true);
    doneResuming(m);
  }
  return { page, naps };
}

const DMA = 0;

/** 16 MiB, all of it ZONE_DMA, with a full page cache of `clean` pages and little else free. */
function full(clean: number, free: number, vmConfig = {}): { m: Machine; vm: Vm } {
  const { m, vm } = vmMachine(16, vmConfig);
  for (let i = 0; i < clean; i++) cachePage(vm, i);
  lruAddDrain(vm, 0);
  pinDownTo(m, DMA, free);
  return { m, vm };
}

describe('direct reclaim', () => {
  test('frees 32 pages and is served from them', () => {
    const { m, vm } = full(200, 250);
    const { page, naps } = ask(m, GFP_KERNEL, 0);
    expect(page).not.toBe(NIL);
    // At once, behind kswapd's call: 250 free are under min, 256, and 250 + 32 are over it.
    expect(m.path).toBe(PATH_KSWAPD);
    expect(naps).toEqual([]);
    expect(m.stat[STAT_ALLOCSTALL]).toBe(1);
    expect(m.stat[STAT_PGSTEAL]).toBe(32);
    expect(vm.zone[VZ_PREV_PRIORITY]).toBe(12);
    checkMachine(m);
  });

  test('naps a tenth of a second after each of 13 scans that was not enough, then a fiftieth, and begins anew', () => {
    const { m, vm } = full(0, 100, { swapPages: 0 });
    const { page, naps } = ask(m, GFP_KERNEL, 0, 30);
    expect(page).toBe(NIL);
    expect(naps.slice(0, 14)).toEqual([
      ...Array.from({ length: 13 }, () => [STAGE_RECLAIM, 100_000]),
      [STAGE_REBALANCE, 20_000],
    ]);
    expect(naps.slice(14, 28)).toEqual(naps.slice(0, 14));
    expect(m.stat[STAT_ALLOCSTALL]).toBe(3);
    expect(vm.zone[VZ_TEMP_PRIORITY]).toBeLessThan(12);
  });

  test('ends with NULL for __GFP_NORETRY and for large blocks, which wait for nothing more', () => {
    const { m } = full(0, 100);
    const noRetry = ask(m, GFP_KERNEL | __GFP_NORETRY, 0);
    expect([noRetry.page, m.path, noRetry.naps.length]).toEqual([NIL, PATH_NORETRY, 13]);
    const large = ask(m, GFP_KERNEL, 4);
    expect([large.page, m.path, large.naps.length]).toEqual([NIL, PATH_NORETRY, 13]);
  });

  test('without __GFP_FS scans once, and naps a fiftieth of a second before the next try', () => {
    const { m } = full(0, 100);
    const { naps } = ask(m, GFP_NOFS, 0, 3);
    expect(naps).toEqual(Array.from({ length: 3 }, () => [STAGE_REBALANCE, 20_000]));
    const once = ask(m, GFP_NOFS | __GFP_NORETRY, 0);
    expect([once.page, once.naps.length]).toEqual([NIL, 0]);
  });

  test('goes on where it slept: pages that came free meanwhile are taken behind the next scan', () => {
    const { m } = full(0, 100, { swapPages: 0 });
    expect(allocPages(m, GFP_KERNEL, 0, 0, 0)).toBe(NIL);
    expect(m.path).toBe(PATH_WAIT);
    const saved = m.control.slice();
    m.control.fill(0);
    // Another request in between is another request.
    expect(allocPages(m, GFP_KERNEL | __GFP_NORETRY, 0, 0, CTX_MEMALLOC)).not.toBe(NIL);
    const held = pinDownTo(m, DMA, 0);
    expect(held.length).toBeGreaterThan(50);
    goTo(m, 100_000);
    resumeRequest(m, saved);
    expect(allocPages(m, GFP_KERNEL, 0, 0, 0)).toBe(NIL);
    expect(m.path).toBe(PATH_WAIT);
    expect(m.stat[STAT_ALLOCSTALL]).toBe(1);
  });

  test('keeps to the zonelist that a policy chose before the first nap', () => {
    const { m, vm } = vmMachine(32, { swapPages: 0 });
    pinDownTo(m, 1, 0);
    pinDownTo(m, 0, 60);
    let asked = 0;
    setHooks(m, {
      mask: HOOK_ZONELIST,
      zonelist: () => {
        asked++;
        return 1;
      },
      watermark: () => AS_LINUX,
      block: () => AS_LINUX,
      placement: () => AS_LINUX,
      pcp: () => AS_LINUX,
      decide: () => AS_LINUX,
      illegal: (hook, answer, rule) => {
        throw new Error(`${hook} ${answer} ${rule}`);
      },
    });
    vm.zone[VZ_TEMP_PRIORITY] = 1;
    vm.zone[8 + VZ_TEMP_PRIORITY] = 1;
    expect(ask(m, GFP_KERNEL | __GFP_NORETRY, 0).naps.length).toBe(13);
    expect(asked).toBe(1);
    // Zone Normal is not of that list, so nobody looked at it; what kswapd did begins at 12 again.
    expect(vm.zone[8 + VZ_REFILL_COUNTER]).toBe(12);
    expect(vm.zone[VZ_REFILL_COUNTER]).toBe(12 + 13);
  });

  test('lets slabs pay behind each nap, and counts what they give', () => {
    const { m, vm } = full(0, 100, { swapPages: 0 });
    for (let i = 0; i < 40; i++) cachePage(vm, i, { dirty: true, referenced: true });
    lruAddDrain(vm, 0);
    const calls: [number, number][] = [];
    setShrinker(
      vm,
      2,
      () => 1000,
      (nr, gfp) => {
        calls.push([nr, gfp]);
        return 1000;
      },
    );
    const gfp = GFP_KERNEL;
    allocPages(m, gfp, 0, 0, 0);
    expect(calls).toEqual([]);
    const saved = m.control.slice();
    m.control.fill(0);
    goTo(m, 100_000);
    // That was kswapd.
    calls.length = 0;
    resumeRequest(m, saved);
    allocPages(m, gfp, 0, 0, 0);
    // 64 pages looked for, 2 seeks, 1000 objects over 41 pages: 3121 are owed.
    expect(calls.length).toBe(Math.ceil(3121 / 128));
    expect(calls[0]).toEqual([128, gfp]);
    expect(calls.at(-1)).toEqual([3121 % 128, gfp]);
  });

  test('kills when nothing helps, and the killed one gets what is left', () => {
    const { m, vm } = full(0, 100, { swapPages: 0 });
    anonPage(vm, 2);
    vm.current = 2;
    const { page, naps } = ask(m, GFP_KERNEL, 0);
    // out_of_memory() after each 13 naps and 20 ms: the first of them resets, ten more count.
    expect(m.stat[STAT_OOM_KILLS]).toBe(1);
    expect(vm.killed).toEqual([2]);
    expect(page).not.toBe(NIL);
    expect(naps.length).toBe(11 * 14);
    expect(vm.process[2 * 8 + P_KILLED]).toBe(1);
    vm.current = 1;
    allocPages(m, GFP_KERNEL, 0, 0, 0);
    expect(m.path).toBe(PATH_WAIT);
  });

  test('is not for those who may not wait, and never within itself', () => {
    const { m, vm } = full(0, 50);
    expect(allocPages(m, GFP_ATOMIC, 0, 0, 0)).toBe(NIL);
    expect(m.path).toBe(PATH_ATOMIC);
    expect(m.stat[STAT_ALLOCSTALL]).toBe(0);
    let inner = NIL;
    setShrinker(
      vm,
      2,
      () => 100,
      () => {
        if (inner === NIL) inner = allocPages(m, GFP_KERNEL, 0, 0, 0);
        return 0;
      },
    );
    ask(m, GFP_KERNEL, 4, 3);
    expect(inner).not.toBe(NIL);
    expect(m.stat[STAT_ALLOCSTALL]).toBe(1);
  });
});

describe('kswapd', () => {
  test('is woken once at the low mark, and frees until every zone has its high mark', () => {
    const { m, vm } = full(1000, 520);
    const low = m.zone[ZONE_LOW];
    const high = m.zone[ZONE_HIGH];
    expect([m.zone[ZONE_MIN], low, high]).toEqual([256, 512, 768]);
    const pages: number[] = [];
    while (m.stat[STAT_KSWAPD_WAKEUPS] === 0) pages.push(allocPages(m, GFP_KERNEL, 0, 0, 0));
    expect(m.zone[ZONE_FREE]).toBeLessThanOrEqual(low);
    expect(m.wakeMask).toBe(1);
    // It is awake: the next request at the mark wakes nobody.
    pages.push(allocPages(m, GFP_KERNEL, 0, 0, 0));
    expect(m.stat[STAT_KSWAPD_WAKEUPS]).toBe(1);
    expect(m.wakeMask).toBe(0);
    goTo(m, 0);
    expect(m.zone[ZONE_FREE]).toBeGreaterThanOrEqual(high);
    // Two pages may wait in the cold list.
    expect(m.zone[ZONE_FREE]).toBeLessThanOrEqual(high + 34);
    expect(m.stat[STAT_KSWAPD_STEAL]).toBe(m.stat[STAT_PGSTEAL]);
    expect(m.stat[STAT_PAGEOUTRUN]).toBe(1);
    expect(vm.kthread[KT_STATE]).toBe(KT_ASLEEP);
    expect(allocPages(m, GFP_KERNEL, 0, 0, 0)).not.toBe(NIL);
    expect(m.path).toBe(PATH_FIRST);
    checkMachine(m);
  });

  test('leaves a zone alone that has its high mark', () => {
    const { m, vm } = vmMachine(64);
    for (let i = 0; i < 3000; i++) cachePage(vm, i);
    lruAddDrain(vm, 0);
    const high = (z: number) => m.zone[(z << ZONE_SHIFT) + ZONE_HIGH];
    const free = (z: number) => m.zone[(z << ZONE_SHIFT) + ZONE_FREE];
    // What the pinning took of the lower zone comes back.
    for (const pfn of pinDownTo(m, 1, high(1) / 3)) if (pfn < m.dmaEnd) freePages(m, pfn, 0, 0, 0);
    expect(free(0)).toBeGreaterThan(high(0));
    vm.zone[VZ_TEMP_PRIORITY] = 5;
    allocPages(m, GFP_KERNEL, 0, 0, 0);
    goTo(m, 0);
    expect(free(1)).toBeGreaterThanOrEqual(high(1));
    // Round 12 frees what is missing, but a few of those pages stay in the cold list: round 11 frees as many.
    expect([vm.zone[VZ_PREV_PRIORITY], vm.zone[8 + VZ_PREV_PRIORITY]]).toEqual([12, 11]);
    expect(m.stat[STAT_PGSTEAL]).toBeGreaterThanOrEqual(Math.floor((high(1) * 2) / 3));
    expect(vm.zone[VZ_REFILL_COUNTER]).toBe(0);
    expect(vm.zone[8 + VZ_REFILL_COUNTER]).toBe(2);
    checkMachine(m);
  });

  test('gives a zone up when it was scanned twice for nothing, until a page of it comes back', () => {
    const { m, vm } = full(3000, 400);
    for (let pfn = 0; pfn < m.nrPages; pfn++) if (vm.fields.mapping[pfn] !== 0) vm.fields.count[pfn]++;
    for (let i = 0; i < 40 && vm.zone[VZ_ALL_UNRECLAIMABLE] === 0; i++) {
      const saved = m.stat[STAT_PAGEOUTRUN];
      allocPages(m, GFP_ATOMIC | __GFP_HIGH, 0, 0, 0);
      goTo(m, m.agenda.now[0] + 10);
      expect(m.stat[STAT_PAGEOUTRUN]).toBe(saved + 1);
    }
    expect(vm.zone[VZ_ALL_UNRECLAIMABLE]).toBe(1);
    expect(m.stat[STAT_PGSTEAL]).toBe(0);
    const block = allocPages(m, GFP_ATOMIC | __GFP_HIGH, 1, 0, 0);
    freePages(m, block, 1, 0, 0);
    expect(vm.zone[VZ_ALL_UNRECLAIMABLE]).toBe(0);
    for (let pfn = 0; pfn < m.nrPages; pfn++) if (vm.fields.mapping[pfn] !== 0) vm.fields.count[pfn]--;
    checkMachine(m);
  });

  test('waits while the queue of the disk is full, and goes on when a request is done', () => {
    const { m, vm } = vmMachine(64, { diskRequests: 4, filePages: [20000] });
    // Every third page: no two can be one request.
    for (let i = 0; i < 4000; i++) cachePage(vm, 3 * i, { dirty: true });
    lruAddDrain(vm, 0);
    pinDownTo(m, 1, 100);
    pinDownTo(m, 0, 5);
    allocPages(m, GFP_ATOMIC, 0, 0, 0);
    goTo(m, 0);
    expect(vm.kthread[KT_STATE]).not.toBe(KT_ASLEEP);
    expect(m.stat[STAT_PAGEOUTRUN]).toBe(1);
    for (let i = 0; i < 100 && vm.kthread[KT_STATE] !== KT_ASLEEP; i++) goTo(m, m.agenda.now[0] + 10_000_000);
    expect(vm.kthread[KT_STATE]).toBe(KT_ASLEEP);
    expect(m.stat[STAT_PAGEOUTRUN]).toBe(1);
    checkMachine(m);
  });

  test('ignores a turn that a later one has overtaken', () => {
    const { m, vm } = full(100, 400);
    allocPages(m, GFP_KERNEL, 0, 0, 0);
    goTo(m, 0);
    const runs = m.stat[STAT_PAGEOUTRUN];
    kswapdTurn(vm, 0);
    kswapdTurn(vm, 1 << 4);
    expect(m.stat[STAT_PAGEOUTRUN]).toBe(runs);
  });
});

describe('a snapshot in the middle of reclaim', () => {
  test('goes on as the machine it was taken from', () => {
    const one = full(0, 300);
    for (let i = 0; i < 40; i++) cachePage(one.vm, i, { dirty: true, referenced: true });
    for (let i = 0; i < 20; i++) anonPage(one.vm, 1, { young: i % 2 === 0 });
    pinDownTo(one.m, DMA, 200);
    expect(allocPages(one.m, GFP_KERNEL, 0, 0, 0)).toBe(NIL);
    expect(one.m.path).toBe(PATH_WAIT);
    const saved = snapshot(one.m);
    const other = vmMachine(16);
    restore(other.m, saved);
    checkMachine(other.m);
    expect(vmHash(other.vm)).toBe(vmHash(one.vm));
    for (const { m } of [one, other]) {
      goTo(m, 100_000);
      allocPages(m, GFP_KERNEL, 0, 0, 0);
    }
    expect(vmHash(other.vm)).toBe(vmHash(one.vm));
    expect(stateHash(other.m)).toBe(stateHash(one.m));
    expect(vmHash(one.vm)).not.toBe(vmHash(vmMachine(16).vm));
  });
});
