import {
  __GFP_COLD,
  __GFP_NORETRY,
  allocPages,
  boot,
  CTX_MEMALLOC,
  CTX_REALTIME,
  checkPages,
  drainCpu,
  freePages,
  GFP_ATOMIC,
  GFP_DMA,
  GFP_HIGHUSER,
  GFP_KERNEL,
  KernelBug,
  type Machine,
  NIL,
  nrFree,
  PATH_ATOMIC,
  PATH_FIRST,
  PATH_KSWAPD,
  PATH_NORETRY,
  PATH_ORDER,
  PATH_RETRY,
  pcpCount,
  pcpOf,
  recordEvents,
  restore,
  STAT_KSWAPD_WAKEUPS,
  snapshot,
  stateHash,
  ZONE_FREE,
  ZONE_LOW,
  ZONE_MIN,
  ZONE_STRIDE,
  zoneOf,
} from '../../../../src/engine/index.ts';
import { i386, numbers } from '../machines.ts';

const free = (m: Machine, z: number) => m.zone[z * ZONE_STRIDE + ZONE_FREE];

/** Take blocks until the allocator gives none. */
function exhaust(m: Machine, gfp: number, order: number, ctx = 0): number[] {
  const got = [];
  for (;;) {
    const pfn = allocPages(m, gfp, order, 0, ctx);
    if (pfn === NIL) return got;
    got.push(pfn);
  }
}

describe('allocPages', () => {
  test('gives the newest hot page first, which after boot is the highest', () => {
    const m = boot(i386(64));
    expect(allocPages(m, GFP_KERNEL, 0, 0, 0)).toBe(16383);
    expect(allocPages(m, GFP_KERNEL, 0, 0, 0)).toBe(16382);
    freePages(m, 16383, 0, 0, 0);
    expect(allocPages(m, GFP_KERNEL, 0, 0, 0)).toBe(16383);
    checkPages(m);
  });

  test('keeps the upper half at every split', () => {
    const m = boot(i386(64));
    const page = allocPages(m, GFP_KERNEL, 9, 0, 0);
    const next = allocPages(m, GFP_KERNEL, 9, 0, 0);
    expect(page % 512).toBe(0);
    expect(next % 512).toBe(0);
    checkPages(m);
  });

  test('never leaves the zones that the mask allows', () => {
    const m = boot(i386(1024));
    for (const pfn of exhaust(m, GFP_DMA, 3)) expect(zoneOf(m, pfn)).toBe(0);
    const other = boot(i386(1024));
    for (const pfn of exhaust(other, GFP_KERNEL | __GFP_NORETRY, 10))
      expect(zoneOf(other, pfn)).toBeLessThan(2);
  });

  test('refuses an order that no list has', () => {
    const m = boot(i386(64));
    expect(allocPages(m, GFP_KERNEL, 11, 0, 0)).toBe(NIL);
    expect(m.path).toBe(PATH_ORDER);
  });

  test('says how it ended: first pass, after kswapd, atomic, no retry, for ever', () => {
    const m = boot(i386(16));
    allocPages(m, GFP_KERNEL, 0, 0, 0);
    expect(m.path).toBe(PATH_FIRST);
    expect(m.wakeMask).toBe(0);
    exhaust(m, GFP_KERNEL | __GFP_NORETRY, 4);
    expect(m.path).toBe(PATH_NORETRY);
    expect(m.wakeMask).toBe(1);
    expect(m.stat[STAT_KSWAPD_WAKEUPS]).toBeGreaterThan(0);
    exhaust(m, GFP_KERNEL, 3);
    expect(m.path).toBe(PATH_RETRY);
    expect(allocPages(m, GFP_ATOMIC, 2, 0, 0)).not.toBe(NIL);
    expect(m.path).toBe(PATH_KSWAPD);
    exhaust(m, GFP_ATOMIC, 0);
    expect(m.path).toBe(PATH_ATOMIC);
    checkPages(m);
  });

  test('lets __GFP_HIGH, real time and PF_MEMALLOC each go deeper', () => {
    const low = (gfp: number, ctx: number) => {
      const m = boot(i386(16));
      exhaust(m, gfp, 0, ctx);
      return free(m, 0);
    };
    const plain = low(GFP_KERNEL, 0);
    const high = low(GFP_ATOMIC | GFP_KERNEL, 0);
    const highRealtime = low(GFP_ATOMIC | GFP_KERNEL, CTX_REALTIME);
    const memalloc = low(GFP_KERNEL, CTX_MEMALLOC);
    expect(plain).toBeGreaterThan(high);
    expect(high).toBeGreaterThan(highRealtime);
    expect(highRealtime).toBeGreaterThan(memalloc);
    expect(memalloc).toBe(0);
  });

  test('uses the cold list for cold requests and drains both lists', () => {
    const m = boot(i386(64));
    const cold = allocPages(m, GFP_KERNEL | __GFP_COLD, 0, 0, 0);
    freePages(m, cold, 0, 0, 1);
    expect(pcpCount(m, pcpOf(1, 0, 1))).toBeGreaterThan(0);
    drainCpu(m, 0);
    expect(pcpCount(m, pcpOf(1, 0, 0))).toBe(0);
    expect(pcpCount(m, pcpOf(1, 0, 1))).toBe(0);
    expect(nrFree(m, 1, 10)).toBe(12);
    expect(free(m, 0) + free(m, 1)).toBe(16384);
    checkPages(m);
  });

  test('boots an x86_64 with two zones, high-memory requests served from NORMAL', () => {
    const m = boot({ ...i386(2048), arch: 'x86_64' });
    expect(zoneOf(m, allocPages(m, GFP_HIGHUSER, 0, 0, 0))).toBe(1);
    expect(m.zonelists[2]).toBe(0x12);
    checkPages(m);
  });

  test.each([
    ['no page at all', i386(0)],
    ['more than 4 GiB of i386', i386(4097)],
    ['no CPU', i386(64, { cpus: 0 })],
    ['nine CPUs', i386(64, { cpus: 9 })],
    ['a reserve beyond RAM', i386(64, { reserve: [[16380, 8]] })],
  ])('refuses a machine with %s', (_name, config) => {
    expect(() => boot(config)).toThrow(RangeError);
  });
});

describe('freePages', () => {
  test('reports a double free, a wrong order, the inside of a block and a page that does not exist', () => {
    const m = boot(i386(64));
    const block = allocPages(m, GFP_KERNEL, 2, 0, 0);
    expect(() => freePages(m, block, 1, 0, 0)).toThrow(KernelBug);
    expect(() => freePages(m, block + 1, 0, 0, 0)).toThrow(/freed twice/);
    freePages(m, block, 2, 0, 0);
    expect(() => freePages(m, block, 2, 0, 0)).toThrow(KernelBug);
    expect(() => freePages(m, 99999, 0, 0, 0)).toThrow(/does not exist/);
    checkPages(m);
  });

  test('leaves a reserved page alone, as __free_pages does', () => {
    const m = boot(i386(64, { reserve: [[256, 64]] }));
    const before = stateHash(m);
    freePages(m, 256, 0, 0, 0);
    expect(stateHash(m)).toBe(before);
  });

  test('joins buddies up to the largest order', () => {
    const m = boot(i386(64));
    drainCpu(m, 0);
    const blocks = nrFree(m, 1, 10);
    const page = allocPages(m, GFP_KERNEL, 1, 0, 0);
    expect(nrFree(m, 1, 10)).toBe(blocks - 1);
    freePages(m, page, 1, 0, 0);
    expect(nrFree(m, 1, 10)).toBe(blocks);
  });
});

describe('watermarks', () => {
  test('are shared out by the size of low zones and fixed for high memory', () => {
    const m = boot(i386(1024));
    expect(m.zone[ZONE_MIN]).toBe(4);
    expect(m.zone[ZONE_STRIDE + ZONE_MIN]).toBe(251);
    expect(m.zone[2 * ZONE_STRIDE + ZONE_MIN]).toBe(32);
    expect(m.zone[2 * ZONE_STRIDE + ZONE_LOW]).toBe(64);
  });
});

describe('snapshot', () => {
  function churn(m: Machine, held: { pfn: number; order: number }[], next: () => number, ops: number): void {
    for (let i = 0; i < ops; i++) {
      if (held.length > 0 && next() % 2 === 0) {
        const [{ pfn, order }] = held.splice(next() % held.length, 1);
        freePages(m, pfn, order, 0, next() & 1);
      } else {
        const order = next() % 4;
        const pfn = allocPages(m, next() % 3 === 0 ? GFP_HIGHUSER : GFP_KERNEL, order, 0, 0);
        if (pfn !== NIL) held.push({ pfn, order });
      }
    }
  }

  test('takes a run back to where it was, also into another machine', () => {
    const m = boot(i386(32));
    const held: { pfn: number; order: number }[] = [];
    churn(m, held, numbers(1), 2000);
    const middle = snapshot(m);
    const hash = stateHash(m);
    const then = held.map(h => ({ ...h }));
    churn(m, held, numbers(2), 2000);
    const end = stateHash(m);
    expect(end).not.toBe(hash);

    const other = boot(i386(32));
    for (const again of [m, other]) {
      restore(again, middle);
      expect(stateHash(again)).toBe(hash);
      checkPages(again);
      churn(
        again,
        then.map(h => ({ ...h })),
        numbers(2),
        2000,
      );
      expect(stateHash(again)).toBe(end);
    }
  });
});

describe('the event ring', () => {
  test('tells what happened inside, newest last, and changes nothing', () => {
    const quiet = boot(i386(64));
    const watched = boot(i386(64));
    recordEvents(watched, 8);
    for (const m of [quiet, watched]) freePages(m, allocPages(m, GFP_KERNEL, 3, 0, 0), 3, 0, 0);
    expect(stateHash(watched)).toBe(stateHash(quiet));
    const events = watched.trace!.last(8);
    expect(events.map(e => e.code)).toEqual([1, 2]);
    expect(events[0].b).toBe(3);
    recordEvents(watched, 0);
    expect(watched.observed).toBe(0);
  });

  test('counts no try twice: free pages, but no two side by side', () => {
    const stats = [0, 8].map(watching => {
      const m = boot(i386(64));
      recordEvents(m, watching);
      const pages = exhaust(m, GFP_KERNEL, 1, CTX_MEMALLOC);
      for (const pfn of pages) if ((pfn & 2) !== 0) freePages(m, pfn, 1, 0, 0);
      for (const order of [2, 3, 4]) expect(allocPages(m, GFP_KERNEL, order, 0, 0)).toBe(NIL);
      expect(free(m, 1)).toBeGreaterThan(1000);
      return [...m.stat];
    });
    expect(stats[0]).toEqual(stats[1]);
  });

  test('keeps only as many as it holds and wants a power of two', () => {
    const m = boot(i386(64));
    recordEvents(m, 4);
    for (let i = 0; i < 10; i++) freePages(m, allocPages(m, GFP_KERNEL, 1, 0, 0), 1, 0, 0);
    expect(m.trace!.last(100)).toHaveLength(4);
    expect(() => recordEvents(m, 3)).toThrow(RangeError);
  });
});
