import { TUNABLES } from '../../../src/contract/tunables.ts';
import {
  HOOKS,
  REQ_BATCH,
  REQ_BYTES,
  REQ_COUNT,
  REQ_CTX,
  REQ_FREE,
  REQ_GFP,
  REQ_HIGH,
  REQ_LINUX,
  REQ_LOW,
  REQ_ORDER,
  REQ_PASS,
  REQ_REFILL,
  REQ_ROOM,
  REQ_ZONE,
} from '../../../src/engine/index.ts';
import { policyInfo } from '../../../src/policy/compile/index.ts';
import { tunablesSource } from '../../../src/policy/tunables.ts';
import { call, compiled, machine } from './inRealm.ts';

/** What the policy of some tunables answers to one request. */
function answerTo(values: Record<string, number>, request: Record<number, number>): number {
  const source = tunablesSource('tuned.yaml', new Map(Object.entries(values)));
  const [hook] = compiled(source).info.hooks;
  const m = machine();
  for (const [at, value] of Object.entries(request)) m.request[Number(at)] = value;
  const { answer, fault } = call(source, hook, {}, m);
  expect(fault).toBeNull();
  return answer;
}

test.each(Object.entries(TUNABLES))(
  '%s alone is a policy of its hook and of one token',
  (name, { hook, low, high }) => {
    for (const value of [low, high]) {
      const source = tunablesSource('tuned.yaml', new Map([[name, value]]));
      const { info } = compiled(source);
      expect(info).toMatchObject({ hooks: [hook], tokens: 1 });
      expect(policyInfo(source, [hook])).toEqual(info);
      expect(HOOKS).toContain(hook);
    }
    const hashes = [low, high].map(v => compiled(tunablesSource('a.yaml', new Map([[name, v]]))).info.hash);
    expect(hashes[0]).not.toBe(hashes[1]);
  },
);

test('all together are one policy', () => {
  const all = new Map(Object.entries(TUNABLES).map(([name, { high }]) => [name, high]));
  const { info } = compiled(tunablesSource('tuned.yaml', all));
  expect([...info.hooks].sort()).toEqual([...new Set(Object.values(TUNABLES).map(t => t.hook))].sort());
  expect(info.tokens).toBe(all.size);
});

test('none at all are a policy that decides nothing', () => {
  expect(compiled(tunablesSource('tuned.yaml', new Map())).info).toMatchObject({ hooks: [], tokens: 0 });
});

test('a zone is kept from those that could go elsewhere, and from nobody else', () => {
  const kept = { 'reserve.DMA': 250, 'reserve.Normal': 40 };
  const marks = (gfp: number, zone: number) =>
    answerTo(kept, { [REQ_GFP]: gfp, [REQ_ZONE]: zone, [REQ_LINUX]: 100 });
  expect([marks(0xd0, 1), marks(0xd0, 0), marks(0xd1, 0)]).toEqual([100, 350, 100]);
  // This machine has no high memory: NORMAL is where such requests begin.
  expect([marks(0xd2, 1), marks(0xd2, 0)]).toEqual([100, 350]);
  expect(answerTo({ 'reserve.Normal': 40 }, { [REQ_GFP]: 0xd0, [REQ_ZONE]: 0, [REQ_LINUX]: 7 })).toBe(7);
});

test('per-CPU lists go by what is set, and by their own limits otherwise', () => {
  const list = { [REQ_LOW]: 32, [REQ_HIGH]: 96, [REQ_BATCH]: 16 };
  const refill = (values: Record<string, number>, count: number) =>
    answerTo(values, { ...list, [REQ_REFILL]: 1, [REQ_COUNT]: count });
  const spill = (values: Record<string, number>, count: number) =>
    answerTo(values, { ...list, [REQ_REFILL]: 0, [REQ_COUNT]: count });
  expect([refill({ 'pcp.batch': 4 }, 32), refill({ 'pcp.batch': 4 }, 33)]).toEqual([4, 0]);
  expect([refill({ 'pcp.low': 0 }, 0), refill({ 'pcp.low': 0 }, 1)]).toEqual([16, 0]);
  expect([spill({ 'pcp.high': 12 }, 12), spill({ 'pcp.high': 12 }, 11)]).toEqual([12, 0]);
  expect([spill({ 'pcp.batch': 4 }, 96), spill({ 'pcp.batch': 4 }, 95)]).toEqual([4, 0]);
});

test('the others', () => {
  expect(answerTo({ 'coalesce.order': 3 }, { [REQ_ORDER]: 1 })).toBe(3);
  expect(answerTo({ 'coalesce.order': 3 }, { [REQ_ORDER]: 5 })).toBe(5);
  const kswapd = { [REQ_ZONE]: 1, [REQ_LINUX]: 200 };
  expect(answerTo({ 'kswapd.low': 150 }, { ...kswapd, [REQ_PASS]: 1 })).toBe(300);
  expect(answerTo({ 'kswapd.low': 150 }, { ...kswapd, [REQ_PASS]: 2 })).toBe(200);
  expect(answerTo({ 'kswapd.high': 1000 }, { [REQ_ZONE]: 1, [REQ_LINUX]: 2000, [REQ_PASS]: 2 })).toBe(4096);
  expect(answerTo({ 'slab.limit': 8 }, { [REQ_LINUX]: 54 })).toBe(8);
  expect(answerTo({ 'slab.limit': 80 }, { [REQ_LINUX]: 54 })).toBe(54);
  expect(answerTo({ 'slab.reap': 50 }, { [REQ_FREE]: 7 })).toBe(3);
  // A machine without a vmalloc window: as Linux does.
  expect(answerTo({ 'route.vmalloc_above': 8192 }, { [REQ_BYTES]: 9000, [REQ_CTX]: 0 })).toBe(-1);
  expect(answerTo({ 'frame.kmalloc_above': 256 }, { [REQ_BYTES]: 257 })).toBe(1);
  expect(answerTo({ 'frame.kmalloc_above': 256 }, { [REQ_BYTES]: 256 })).toBe(0);
  expect(answerTo({ 'interrupt.room': 1024 }, { [REQ_ROOM]: 1000 })).toBe(0);
  expect(answerTo({ 'interrupt.room': 1024 }, { [REQ_ROOM]: 1024 })).toBe(1);
});
