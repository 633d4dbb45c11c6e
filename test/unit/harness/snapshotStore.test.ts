import { SnapshotStore, unpack } from '../../../src/harness/snapshotStore.ts';

class Columns {
  flags = new Uint16Array(9000);
  count = new Int32Array(5);
}

const big = (change = 0): object => {
  const links = Int32Array.from({ length: 10_000 }, (_, i) => i * 3);
  if (change !== 0) links[7000] = -change;
  const fields = new Columns();
  fields.flags[8999] = 7 + change;
  return {
    links,
    fields,
    times: Float64Array.of(1.5, Number.POSITIVE_INFINITY, Number.NaN),
    lists: [new Uint8Array([1, 2]), [3, 4], null],
    killed: [5, 6],
    outcome: -1,
    debug: null,
    nothing: new Int32Array(0),
  };
};

test('what was packed comes back the same, and as columns of its own', () => {
  const store = new SnapshotStore();
  const value = big();
  const first = unpack<ReturnType<typeof big>>(store.pack(value, null));
  expect(first).toEqual(value);
  const packed = store.pack(value, null);
  const one = unpack<{ links: Int32Array; fields: Columns }>(packed);
  one.links.fill(9);
  expect(unpack(packed)).toEqual(value);
  expect(one.fields).toBeInstanceOf(Columns);
});

test('a chunk that did not change is kept once, and freed with its last user', () => {
  const store = new SnapshotStore();
  const first = store.pack(big(), null);
  const { bytes } = store;
  expect(bytes).toBeGreaterThan(58_000);
  const second = store.pack(big(1), first);
  const grown = store.bytes - bytes;
  expect(grown).toBeLessThanOrEqual(2 * 8192);
  expect(grown).toBeGreaterThan(0);
  expect(unpack(second)).toEqual(big(1));
  store.drop(first);
  expect(store.bytes).toBe(bytes);
  expect(unpack(second)).toEqual(big(1));
  store.drop(second);
  expect(store.bytes).toBe(0);
});

test('columns may grow and shrink from one snapshot to the next', () => {
  const store = new SnapshotStore();
  const first = store.pack({ rows: new Int32Array(3000).fill(1) }, null);
  const longer = { rows: new Int32Array(5000).fill(1) };
  const second = store.pack(longer, first);
  expect(unpack(second)).toEqual(longer);
  const shorter = { rows: new Int32Array(10).fill(1) };
  expect(unpack(store.pack(shorter, second))).toEqual(shorter);
});

test('what closes over a machine stays what it is', () => {
  const shrinker = { object: { links: new Int32Array(4) }, shrink: () => 3 };
  const store = new SnapshotStore();
  const back = unpack<{ shrinkers: unknown[] }>(store.pack({ shrinkers: [shrinker] }, null));
  expect(back.shrinkers[0]).toBe(shrinker);
});
