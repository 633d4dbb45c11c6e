import {
  AS_LINUX,
  allocPages,
  boot,
  checkPages,
  drainCpu,
  FAULT,
  freePages,
  GFP_ATOMIC,
  GFP_DMA,
  GFP_HIGHUSER,
  GFP_KERNEL,
  type HookName,
  type Hooks,
  type Machine,
  NIL,
  nrFree,
  PLACE_TAIL,
  pcpCount,
  pcpOf,
  REQ_COUNT,
  REQ_LINUX,
  REQ_ORDER,
  REQ_PASS,
  REQ_REFILL,
  REQ_ZONE,
  setHooks,
  stateHash,
  ZONE_FREE,
  zoneOf,
} from '../../../../src/engine/index.ts';
import { i386, numbers } from '../machines.ts';

interface Illegal {
  hook: HookName;
  answer: number;
  rule: string;
}

/** Every hook as Linux, but for those given. */
function hooks(over: Partial<Record<HookName, () => number>>, mask = 0x1f): Hooks & { broken: Illegal[] } {
  const broken: Illegal[] = [];
  const linux = () => AS_LINUX;
  return {
    mask,
    zonelist: over.zonelist ?? linux,
    watermark: over.watermark ?? linux,
    block: over.block ?? linux,
    placement: over.placement ?? linux,
    pcp: over.pcp ?? linux,
    decide: () => -1,
    illegal: (hook, answer, rule) => broken.push({ hook, answer, rule }),
    broken,
  };
}

function churn(m: Machine, seed: number, ops: number): void {
  const next = numbers(seed);
  const held: { pfn: number; order: number }[] = [];
  const masks = [GFP_KERNEL, GFP_HIGHUSER, GFP_ATOMIC, GFP_DMA];
  for (let i = 0; i < ops; i++) {
    if (held.length > 0 && next() % 5 < 2) {
      const [{ pfn, order }] = held.splice(next() % held.length, 1);
      freePages(m, pfn, order, next() % m.cpus, order === 0 ? next() & 1 : 0);
    } else {
      const order = Math.min(31 - Math.clz32(next() & 0x7f), 6) < 0 ? 0 : next() % 5;
      const pfn = allocPages(m, masks[next() % 4], order, next() % m.cpus, 0);
      if (pfn !== NIL) held.push({ pfn, order });
    }
  }
}

describe('a policy that leaves everything to Linux', () => {
  test.each([
    ['AS_LINUX', () => () => AS_LINUX],
    ['the answer it is told', (m: Machine) => () => m.request[REQ_LINUX]],
    ['no usable answer', () => () => FAULT],
  ])('by %s changes nothing', (_name, make) => {
    const plain = boot(i386(960, { cpus: 2 }));
    const asked = boot(i386(960, { cpus: 2 }));
    const answer = make(asked);
    const h = hooks({ zonelist: answer, watermark: answer, block: answer, placement: answer, pcp: answer });
    setHooks(asked, h);
    churn(plain, 7, 6000);
    churn(asked, 7, 6000);
    expect(stateHash(asked)).toBe(stateHash(plain));
    expect(h.broken).toEqual([]);
    setHooks(asked, null);
    expect(asked.observed).toBe(0);
  });
});

describe('zonelist', () => {
  test('decides where pages come from', () => {
    const m = boot(i386(64));
    setHooks(m, hooks({ zonelist: () => 0x1 }, 1));
    expect(zoneOf(m, allocPages(m, GFP_KERNEL, 0, 0, 0))).toBe(0);
  });

  test.each([
    ['a zone the request cannot use', GFP_DMA, 0x2],
    ['a zone the machine has not', GFP_HIGHUSER, 0x3],
    ['a zone twice', GFP_KERNEL, 0x22],
    ['a hole', GFP_KERNEL, 0x201],
    ['nothing', GFP_KERNEL, 0],
    ['rubbish', GFP_KERNEL, 0x7fffffff],
  ])('may not name %s', (_name, gfp, answer) => {
    const m = boot(i386(64));
    const plain = boot(i386(64));
    const h = hooks({ zonelist: () => answer }, 1);
    setHooks(m, h);
    expect(allocPages(m, gfp, 1, 0, 0)).toBe(allocPages(plain, gfp, 1, 0, 0));
    expect(h.broken).toEqual([expect.objectContaining({ hook: 'zonelist', answer })]);
  });
});

describe('watermark', () => {
  test('is asked for each zone and pass, and 0 lets a request have the last page', () => {
    const m = boot(i386(16));
    const passes = new Set<number>();
    setHooks(
      m,
      hooks(
        {
          watermark: () => {
            passes.add(m.request[REQ_PASS]);
            return m.zone[ZONE_FREE] > 20 ? m.request[REQ_LINUX] : 0;
          },
        },
        2,
      ),
    );
    while (allocPages(m, GFP_KERNEL, 0, 0, 0) !== NIL);
    expect(m.zone[ZONE_FREE]).toBeGreaterThan(20);
    expect([...passes].sort()).toEqual([1, 2, 3]);
    setHooks(m, hooks({ watermark: () => 0 }, 2));
    while (allocPages(m, GFP_KERNEL, 0, 0, 0) !== NIL);
    expect(m.zone[ZONE_FREE]).toBe(0);
    checkPages(m);
  });

  test('may not be negative', () => {
    const m = boot(i386(16));
    const h = hooks({ watermark: () => -5 }, 2);
    setHooks(m, h);
    expect(allocPages(m, GFP_KERNEL, 3, 0, 0)).not.toBe(NIL);
    expect(h.broken[0].hook).toBe('watermark');
  });
});

describe('block', () => {
  test('takes exactly the block asked for and lists what is beside it', () => {
    const m = boot(i386(64));
    drainCpu(m, 0);
    const h = hooks({ block: () => 8192 + 24 }, 4);
    setHooks(m, h);
    expect(allocPages(m, GFP_KERNEL, 3, 0, 0)).toBe(8192 + 24);
    expect(h.broken).toEqual([]);
    checkPages(m);
    freePages(m, 8192 + 24, 3, 0, 0);
    expect(nrFree(m, 1, 10)).toBe(12);
  });

  test.each([
    ['outside the zone', 100],
    ['beyond RAM', 999999],
    ['not aligned', 8192 + 3],
    ['below zero', -7],
  ])('may not be %s', (_name, answer) => {
    const m = boot(i386(64));
    const h = hooks({ block: () => answer }, 4);
    setHooks(m, h);
    expect(allocPages(m, GFP_KERNEL, 3, 0, 0)).not.toBe(NIL);
    expect(h.broken).toHaveLength(1);
    checkPages(m);
  });

  test('may not be in use', () => {
    const m = boot(i386(64));
    const taken = allocPages(m, GFP_KERNEL, 3, 0, 0);
    const h = hooks({ block: () => taken }, 4);
    setHooks(m, h);
    expect(allocPages(m, GFP_KERNEL, 3, 0, 0)).not.toBe(taken);
    expect(h.broken[0].rule).toMatch(/free block/);
  });
});

describe('placement', () => {
  test('puts a freed block at the tail, where it is taken last', () => {
    const m = boot(i386(64));
    const at = allocPages(m, GFP_KERNEL, 10, 0, 0);
    setHooks(m, hooks({ placement: () => PLACE_TAIL }, 8));
    freePages(m, at, 10, 0, 0);
    checkPages(m);
    expect(allocPages(m, GFP_KERNEL, 10, 0, 0)).not.toBe(at);
  });

  test('is told the block after merging, in its order', () => {
    const m = boot(i386(64));
    drainCpu(m, 0);
    const page = allocPages(m, GFP_KERNEL, 0, 0, 0);
    const orders: number[] = [];
    setHooks(
      m,
      hooks(
        { placement: () => orders.push(m.request[REQ_ORDER]) && AS_LINUX, pcp: () => m.request[REQ_COUNT] },
        8,
      ),
    );
    freePages(m, page, 0, 0, 0);
    drainCpu(m, 0);
    expect(Math.max(...orders)).toBe(10);
  });

  test('knows two ends', () => {
    const m = boot(i386(64));
    const h = hooks({ placement: () => 2 }, 8);
    const at = allocPages(m, GFP_KERNEL, 4, 0, 0);
    setHooks(m, h);
    freePages(m, at, 4, 0, 0);
    expect(h.broken[0]).toMatchObject({ hook: 'placement', answer: 2 });
  });
});

describe('pcp', () => {
  test('moves as many pages as it says', () => {
    const m = boot(i386(64));
    const list = pcpOf(1, 0, 0);
    const before = pcpCount(m, list);
    setHooks(m, hooks({ pcp: () => (m.request[REQ_REFILL] === 1 ? 10 : 0) }, 16));
    const page = allocPages(m, GFP_KERNEL, 0, 0, 0);
    expect(pcpCount(m, list)).toBe(before + 9);
    freePages(m, page, 0, 0, 0);
    expect(pcpCount(m, list)).toBe(before + 10);
    checkPages(m);
  });

  test('may empty the lists for good, and requests are served all the same', () => {
    const m = boot(i386(64));
    drainCpu(m, 0);
    setHooks(m, hooks({ pcp: () => (m.request[REQ_REFILL] === 1 ? 0 : m.request[REQ_COUNT]) }, 16));
    expect(allocPages(m, GFP_KERNEL, 0, 0, 0)).not.toBe(NIL);
    expect(pcpCount(m, pcpOf(1, 0, 0))).toBe(0);
  });

  test('cannot overfill or overdraw a list', () => {
    const m = boot(i386(64));
    const h = hooks({ pcp: () => 1000 }, 16);
    setHooks(m, h);
    const page = allocPages(m, GFP_KERNEL, 0, 0, 0);
    freePages(m, page, 0, 0, 0);
    expect(h.broken.map(b => b.hook)).toEqual(['pcp', 'pcp']);
    expect(h.broken[0].rule).toMatch(/from 0 to /);
    setHooks(m, hooks({ pcp: () => 0 }, 16));
    const pages = [];
    for (let i = 0; i < 300; i++) pages.push(allocPages(m, GFP_KERNEL, 0, 0, 0));
    for (const pfn of pages) freePages(m, pfn, 0, 0, 0);
    checkPages(m);
  });

  test('is asked about the zone it is about', () => {
    const m = boot(i386(64));
    const zones = new Set<number>();
    setHooks(m, hooks({ pcp: () => zones.add(m.request[REQ_ZONE]) && AS_LINUX }, 16));
    allocPages(m, GFP_DMA, 0, 0, 0);
    allocPages(m, GFP_KERNEL, 0, 0, 0);
    expect([...zones]).toEqual([0, 1]);
  });
});
