/** Deferred coalescing: buddies that a policy leaves apart, and what brings them together again. */
import {
  AS_LINUX,
  allocPages,
  boot,
  CTX_MEMALLOC,
  checkPages,
  drainCpu,
  freePages,
  GFP_KERNEL,
  type KernelBug,
  type Machine,
  mergeZone,
  NIL,
  nrFree,
  PAGE_FREE,
  REQ_LINUX,
  REQ_ORDER,
  REQ_PFN,
  REQ_ZONE,
  restore,
  STAT_MERGES,
  STAT_SPLITS,
  setHooks,
  snapshot,
  stateHash,
  ZONE_FREE,
} from '../../../../src/engine/index.ts';
import { deciding } from '../deciding.ts';
import { i386, numbers } from '../machines.ts';

/** 12 MiB, all of it in the DMA zone and in blocks as large as they can be. */
function small(): Machine {
  const m = boot(i386(12));
  drainCpu(m, 0);
  m.stat.fill(0);
  return m;
}
const NEVER = (m: Machine) => () => m.request[REQ_ORDER];

/** Blocks of one order come and go. Returns those still held. */
function churn(m: Machine, order: number, ops: number, seed = 5): number[] {
  const next = numbers(seed);
  const held: number[] = [];
  for (let i = 0; i < ops; i++) {
    if (held.length > 40 || (held.length > 0 && next() % 2 === 0)) {
      freePages(m, held.splice(next() % held.length, 1)[0], order, 0, 0);
    } else {
      const pfn = allocPages(m, GFP_KERNEL, order, 0, 0);
      if (pfn !== NIL) held.push(pfn);
    }
  }
  return held;
}

test('a churn of blocks of one order merges and splits less, and order 9 is served all the same', () => {
  const plain = small();
  const lazy = small();
  setHooks(lazy, deciding({ coalesce: NEVER(lazy) }));
  const held = [churn(plain, 2, 4000), churn(lazy, 2, 4000)];
  expect(held[1]).toHaveLength(held[0].length);
  expect(plain.stat[STAT_MERGES]).toBeGreaterThan(100);
  expect(lazy.stat[STAT_MERGES]).toBe(0);
  expect(lazy.stat[STAT_SPLITS]).toBeLessThan(plain.stat[STAT_SPLITS] / 4);
  checkPages(lazy);
  for (const m of [plain, lazy]) {
    for (const pfn of held[m === plain ? 0 : 1]) freePages(m, pfn, 2, 0, 0);
  }
  // Everything is free; what can be had in blocks of order 9 is the same.
  const count = (m: Machine) => {
    let n = 0;
    while (allocPages(m, GFP_KERNEL, 9, 0, CTX_MEMALLOC) !== NIL) n++;
    return n;
  };
  expect(count(lazy)).toBe(count(plain));
  expect(lazy.stat[STAT_MERGES]).toBeGreaterThan(0);
  checkPages(lazy);
});

test('single pages that a list spills are left apart too', () => {
  const m = small();
  setHooks(m, deciding({ coalesce: NEVER(m) }));
  const pages = Array.from({ length: 200 }, () => allocPages(m, GFP_KERNEL, 0, 0, 0));
  for (const pfn of pages) freePages(m, pfn, 0, 0, 0);
  drainCpu(m, 0);
  expect(nrFree(m, 0, 0)).toBeGreaterThan(150);
  checkPages(m);
});

test('the hook is told the block as it came, and may stop between', () => {
  const m = small();
  const seen: number[][] = [];
  const h = deciding({
    coalesce: () => {
      const { request } = m;
      seen.push([request[REQ_ZONE], request[REQ_PFN], request[REQ_ORDER], request[REQ_LINUX]]);
      return 4;
    },
  });
  const at = allocPages(m, GFP_KERNEL, 3, 0, 0);
  setHooks(m, h);
  const before = nrFree(m, 0, 4);
  freePages(m, at, 3, 0, 0);
  expect(seen).toEqual([[0, at, 3, 10]]);
  expect(nrFree(m, 0, 4)).toBe(before + 1);
  expect(h.refused).toEqual([]);
});

test.each([
  ['less than the block has', 2],
  ['more than there is', 11],
])('an order that is %s is refused', (_what, answer) => {
  const plain = small();
  const m = small();
  const h = deciding({ coalesce: () => answer });
  for (const each of [plain, m]) {
    const at = allocPages(each, GFP_KERNEL, 3, 0, 0);
    if (each === m) setHooks(m, h);
    freePages(each, at, 3, 0, 0);
  }
  expect(h.refused).toEqual([
    { hook: 'coalesce', answer, rule: 'must be an order from 3, that of the block, to 10' },
  ]);
  expect(stateHash(m)).toBe(stateHash(plain));
});

test('joining a zone gives what would have been, block for block', () => {
  const plain = small();
  const lazy = small();
  const next = numbers(3);
  setHooks(lazy, deciding({ coalesce: () => (next() % 3 === 0 ? AS_LINUX : lazy.request[REQ_ORDER]) }));
  const take = (m: Machine, order: number) => allocPages(m, GFP_KERNEL, order, 0, 0);
  const orders = [0, 3, 1, 0, 2, 4, 0, 1];
  const held = Array.from({ length: 300 }, (_, i) => ({
    order: orders[i % 8],
    plain: take(plain, orders[i % 8]),
    lazy: take(lazy, orders[i % 8]),
  }));
  held.forEach((block, i) => {
    if (i % 5 === 0) return;
    freePages(plain, block.plain, block.order, 0, 0);
    freePages(lazy, block.lazy, block.order, 0, 0);
  });
  for (const m of [plain, lazy]) drainCpu(m, 0);
  expect(lazy.apart).toBe(1);
  const free = lazy.zone[ZONE_FREE];
  mergeZone(lazy, 0);
  expect(lazy.zone[ZONE_FREE]).toBe(free);
  expect(lazy.apart).toBe(0);
  checkPages(lazy);
  for (let order = 0; order < 11; order++) {
    expect(`${order}: ${nrFree(lazy, 0, order)}`).toBe(`${order}: ${nrFree(plain, 0, order)}`);
  }
});

test('a snapshot among buddies left apart goes on as the machine does', () => {
  const m = small();
  setHooks(m, deciding({ coalesce: NEVER(m) }));
  const held = churn(m, 1, 2000);
  expect(m.apart).toBe(1);
  const saved = snapshot(m);
  const goOn = () => {
    for (const pfn of held) freePages(m, pfn, 1, 0, 0);
    const got: number[] = [];
    for (let i = 0; i < 8; i++) got.push(allocPages(m, GFP_KERNEL, 9, 0, CTX_MEMALLOC));
    checkPages(m);
    return `${got} ${m.stat[STAT_MERGES]} ${stateHash(m)}`;
  };
  const first = goOn();
  expect(m.apart).toBe(0);
  restore(m, saved);
  expect(m.apart).toBe(1);
  expect(goOn()).toBe(first);
  // In a machine of its own, which never had the policy.
  const other = small();
  restore(other, saved);
  expect(other.apart).toBe(1);
  checkPages(other);
  for (const pfn of held) freePages(other, pfn, 1, 0, 0);
  expect(allocPages(other, GFP_KERNEL, 9, 0, CTX_MEMALLOC)).not.toBe(NIL);
});

test('the checker sees free buddies where no policy left any', () => {
  const m = small();
  const at = allocPages(m, GFP_KERNEL, 3, 0, 0);
  setHooks(m, deciding({ coalesce: NEVER(m) }));
  freePages(m, at, 3, 0, 0);
  expect(m.state[at ^ 8]).toBe(PAGE_FREE | 3);
  checkPages(m);
  m.apart = 0;
  expect(() => checkPages(m)).toThrow(expect.objectContaining({ code: 'buddies' }) as KernelBug);
});
