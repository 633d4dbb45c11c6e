import { LiveTable } from '../../../../src/workload/import/liveTable.ts';
import { Stream } from '../../../../src/workload/stream.ts';

test('agrees with a Map, through growth and deletions', () => {
  const table = new LiveTable();
  const model = new Map<number, [number, number]>();
  const stream = new Stream('live');
  for (let i = 0; i < 30_000; i++) {
    // Few keys, in runs, so that chains are long and holes are filled.
    const key = stream.below(10_000) * 64;
    if (stream.below(3) > 0) {
      table.set(key, i, i / 2);
      model.set(key, [i, i / 2]);
      continue;
    }
    const at = table.at(key);
    expect(at >= 0).toBe(model.has(key));
    if (at >= 0) {
      expect([table.value(at), table.time(at)]).toEqual(model.get(key));
      table.delete(at);
      model.delete(key);
    }
  }
  expect(table.count).toBe(model.size);
  for (const [key, [value]] of model) expect(table.value(table.at(key))).toBe(value);
});

test('full, it follows a share of the keys, and those all the way', () => {
  const table = new LiveTable();
  const most = 800_000;
  for (let key = 1; key <= most; key++) table.set(key * 4096, key | 0, key);
  expect(table.sampling).toBeGreaterThan(0);
  expect(table.count).toBeLessThan(2 ** 20);
  let followed = 0;
  let wrong = 0;
  for (let key = 1; key <= most; key++) {
    const at = table.at(key * 4096);
    if (at >= 0 !== table.follows(key * 4096)) wrong++;
    if (at >= 0) followed++;
  }
  expect(wrong).toBe(0);
  const share = most / 2 ** table.sampling;
  expect(followed).toBeGreaterThan(share * 0.95);
  expect(followed).toBeLessThan(share * 1.05);
});
