/** What policies decide of reclaim: the fate of each page, and at how many free pages kswapd starts and stops. */
import {
  allocPages,
  CTX_MEMALLOC,
  checkMachine,
  checkVmscan,
  GFP_ATOMIC,
  GFP_KERNEL,
  isAsleep,
  KTHREAD_KSWAPD,
  lruAddDrain,
  type Machine,
  NIL,
  PG_active,
  PG_referenced,
  PG_writeback,
  PTE_YOUNG,
  RECLAIM_ACTIVATE,
  RECLAIM_DIRECT,
  RECLAIM_KEEP,
  RECLAIM_KSWAPD,
  RECLAIM_NONE,
  RECLAIM_TAKE,
  REQ_FLAGS,
  REQ_GFP,
  REQ_KSWAPD,
  REQ_LINUX,
  REQ_MAPPED,
  REQ_PASS,
  REQ_PFN,
  REQ_PRIORITY,
  REQ_REFERENCED,
  REQ_TASK,
  REQ_ZONE,
  refillInactiveZone,
  runDue,
  STAT_ALLOCSTALL,
  STAT_KSWAPD_WAKEUPS,
  STAT_PAGEOUTRUN,
  STAT_PGSCAN,
  STAT_PGSTEAL,
  setHooks,
  shrinkCache,
  stateHash,
  type Vm,
  VZ_PREV_PRIORITY,
  ZONE_FREE,
  ZONE_HIGH,
  ZONE_LOW,
  ZONE_PRESENT,
} from '../../../../src/engine/index.ts';
import { deciding } from '../deciding.ts';
import { anonPage, cachePage, lruPages, vmMachine } from './vmMachine.ts';

function shrink(vm: Vm, who: number = RECLAIM_DIRECT): number {
  vm.reclaim = who;
  vm.priority = 7;
  const freed = shrinkCache(vm, 0, 1, GFP_KERNEL, 32, 0);
  vm.reclaim = RECLAIM_NONE;
  checkMachine(vm.pgdat as Machine);
  return freed;
}

/** An anonymous page on the inactive list that its process has used since. */
function inactiveAnon(vm: Vm): number {
  const pfn = anonPage(vm, 1, { young: false });
  lruAddDrain(vm, 0);
  vm.zone[VZ_PREV_PRIORITY] = 0;
  refillInactiveZone(vm, 0, 1, 0, 0);
  vm.pte[vm.pte.length - 1] |= PTE_YOUNG;
  return pfn;
}

/** 20 clean pages, 4 that were used since, 3 dirty ones, 2 that are both. */
function filled(): { m: Machine; vm: Vm } {
  const { m, vm } = vmMachine(16);
  for (let i = 0; i < 20; i++) cachePage(vm, i);
  for (let i = 20; i < 24; i++) cachePage(vm, i, { referenced: true });
  for (let i = 24; i < 27; i++) cachePage(vm, i, { dirty: true });
  for (let i = 27; i < 29; i++) cachePage(vm, i, { dirty: true, referenced: true });
  lruAddDrain(vm, 0);
  return { m, vm };
}

describe('reclaim', () => {
  test.each([
    ['AS_LINUX', () => -1],
    ['the answer it is told', (m: Machine) => m.request[REQ_LINUX]],
  ])('by %s nothing changes', (_what, answer: (m: Machine) => number) => {
    const plain = filled();
    const asked = filled();
    const h = deciding({ reclaim: () => answer(asked.m) });
    setHooks(asked.m, h);
    for (let i = 0; i < 3; i++) expect(shrink(asked.vm)).toBe(shrink(plain.vm));
    expect(stateHash(asked.m)).toBe(stateHash(plain.m));
    expect(asked.m.stat).toEqual(plain.m.stat);
    expect(h.refused).toEqual([]);
  });

  test('KEEP protects pages: they are looked at, and stay', () => {
    const { m, vm } = filled();
    const pages = lruPages(vm, 0, 0);
    const kept = new Set(pages.filter((_, i) => i % 3 === 0));
    setHooks(m, deciding({ reclaim: () => (kept.has(m.request[REQ_PFN]) ? RECLAIM_KEEP : RECLAIM_TAKE) }));
    for (let i = 0; i < 5; i++) shrink(vm);
    const left = new Set(lruPages(vm, 0, 0));
    for (const pfn of kept) expect(left.has(pfn)).toBe(true);
    // Those that are being written stay as well.
    expect(left.size).toBeLessThanOrEqual(kept.size + 5);
    expect(m.stat[STAT_PGSCAN]).toBeGreaterThan(pages.length);
  });

  test('ACTIVATE puts a page on the active list', () => {
    const { m, vm } = filled();
    const [chosen] = lruPages(vm, 0, 0).slice(-1);
    setHooks(m, deciding({ reclaim: () => (m.request[REQ_PFN] === chosen ? RECLAIM_ACTIVATE : -1) }));
    shrink(vm);
    expect(lruPages(vm, 0, 1)).toEqual([chosen]);
    expect(vm.fields.flags[chosen] & PG_active).toBe(PG_active);
  });

  test('TAKE takes what was used since: a dirty page is written, one in use leaves its process', () => {
    const plain = vmMachine(16);
    const taking = vmMachine(16);
    const told: number[] = [];
    setHooks(taking.m, deciding({ reclaim: () => told.push(taking.m.request[REQ_LINUX]) && RECLAIM_TAKE }));
    for (const { m, vm } of [plain, taking]) {
      const takes = m === taking.m;
      const dirty = cachePage(vm, 1, { dirty: true, referenced: true });
      lruAddDrain(vm, 0);
      shrink(vm);
      expect((vm.fields.flags[dirty] & PG_writeback) !== 0).toBe(takes);
      const mapped = inactiveAnon(vm);
      vm.reclaim = RECLAIM_DIRECT;
      shrinkCache(vm, 0, 1, GFP_KERNEL, 32, 0);
      vm.reclaim = RECLAIM_NONE;
      checkVmscan(vm);
      expect(vm.fields.pte[mapped] === 0).toBe(takes);
      expect(lruPages(vm, 0, 1).includes(mapped)).toBe(!takes);
    }
    expect(told).toEqual([RECLAIM_KEEP, RECLAIM_ACTIVATE]);
  });

  test('tells what the page is, and whose the look is', () => {
    const { m, vm } = vmMachine(16);
    const used = cachePage(vm, 3, { referenced: true });
    lruAddDrain(vm, 0);
    m.request[REQ_TASK] = 4;
    const seen: number[][] = [];
    setHooks(
      m,
      deciding({
        reclaim: () => {
          const { request } = m;
          seen.push(
            [REQ_PFN, REQ_ZONE, REQ_GFP, REQ_PRIORITY, REQ_REFERENCED, REQ_MAPPED, REQ_KSWAPD, REQ_TASK].map(
              field => request[field],
            ),
          );
          expect(request[REQ_FLAGS] & PG_referenced).toBe(0);
          return RECLAIM_KEEP;
        },
      }),
    );
    shrink(vm);
    shrink(vm, RECLAIM_KSWAPD);
    expect(seen).toEqual([
      [used, 0, GFP_KERNEL, 7, 1, 0, 0, 4],
      [used, 0, GFP_KERNEL, 7, 0, 0, 1, NIL],
    ]);
    expect(m.request[REQ_TASK]).toBe(4);
    expect(m.request[REQ_PFN]).toBe(NIL);
  });

  test('another answer is refused', () => {
    const plain = filled();
    const m = filled();
    const h = deciding({ reclaim: () => 3 });
    setHooks(m.m, h);
    shrink(plain.vm);
    shrink(m.vm);
    expect(h.refused[0]).toMatchObject({ hook: 'reclaim', answer: 3 });
    expect(stateHash(m.m)).toBe(stateHash(plain.m));
  });
});

describe('kswapd', () => {
  /** 16 MiB in one zone, 1500 clean pages of a file, so many pages free. */
  function full(free: number): { m: Machine; vm: Vm } {
    const { m, vm } = vmMachine(16);
    for (let i = 0; i < 1500; i++) cachePage(vm, i);
    lruAddDrain(vm, 0);
    while (m.zone[ZONE_FREE] > free) allocPages(m, GFP_ATOMIC, 0, 0, CTX_MEMALLOC);
    m.stat.fill(0);
    return { m, vm };
  }

  function turns({ m }: { m: Machine }): void {
    const { agenda } = m;
    for (let i = 0; i < 50 && agenda.length > 0 && agenda.next[0] <= agenda.now[0]; i++) {
      agenda.takeFirst();
      runDue(m, agenda.kind, agenda.arg);
    }
  }

  test('a higher mark wakes it earlier, a higher end lets it go on', () => {
    const plain = full(1000);
    const early = full(1000);
    const seen = new Set<string>();
    const h = deciding({
      kswapd: () => {
        const { request } = early.m;
        seen.add(`${request[REQ_PASS]} ${request[REQ_ZONE]} ${request[REQ_LINUX]}`);
        return request[REQ_PASS] === 1 ? 1200 : 1400;
      },
    });
    setHooks(early.m, h);
    for (const each of [plain, early]) {
      expect(allocPages(each.m, GFP_KERNEL, 0, 0, 0)).not.toBe(NIL);
      turns(each);
      checkMachine(each.m);
    }
    expect(plain.m.stat[STAT_KSWAPD_WAKEUPS]).toBe(0);
    expect(early.m.stat[STAT_KSWAPD_WAKEUPS]).toBe(1);
    expect(early.m.stat[STAT_PAGEOUTRUN]).toBe(1);
    expect(early.m.zone[ZONE_FREE]).toBeGreaterThanOrEqual(1400 - 32);
    expect(isAsleep(early.vm, KTHREAD_KSWAPD)).toBe(true);
    expect([...seen]).toEqual([`1 0 ${early.m.zone[ZONE_LOW]}`, `2 0 ${early.m.zone[ZONE_HIGH]}`]);
    expect(h.refused).toEqual([]);
  });

  test('a mark of 0 leaves all of it to those who ask', () => {
    const plain = full(600);
    const late = full(600);
    setHooks(late.m, deciding({ kswapd: () => 0 }));
    for (const each of [plain, late]) {
      for (let i = 0; i < 600; i++) {
        allocPages(each.m, GFP_KERNEL, 0, 0, 0);
        turns(each);
      }
    }
    expect(plain.m.stat[STAT_PAGEOUTRUN]).toBeGreaterThan(0);
    expect(plain.m.stat[STAT_ALLOCSTALL]).toBe(0);
    expect(late.m.stat[STAT_PAGEOUTRUN]).toBe(0);
    expect(late.m.stat[STAT_ALLOCSTALL]).toBeGreaterThan(0);
    expect(late.m.stat[STAT_PGSTEAL]).toBeGreaterThan(0);
  });

  test.each([-7, 4097])('%i pages are refused', answer => {
    const plain = full(500);
    const made = full(500);
    const h = deciding({ kswapd: () => answer });
    setHooks(made.m, h);
    for (const each of [plain, made]) {
      for (let i = 0; i < 100; i++) {
        allocPages(each.m, GFP_KERNEL, 0, 0, 0);
        turns(each);
      }
    }
    expect(plain.m.stat[STAT_PAGEOUTRUN]).toBeGreaterThan(0);
    expect(h.refused[0]).toEqual({
      hook: 'kswapd',
      answer,
      rule: `must be a number of pages from 0 to ${made.m.zone[ZONE_PRESENT]}, those the zone has`,
    });
    expect(stateHash(made.m)).toBe(stateHash(plain.m));
  });
});
