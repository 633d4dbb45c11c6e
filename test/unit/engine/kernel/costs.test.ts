/** Prices: one table, its overrides, and what they add up to. */
import * as engine from '../../../../src/engine/index.ts';
import { COSTS, compileCosts, costOn, cyclesOf, MAX_COST, NR_STATS } from '../../../../src/engine/index.ts';

const at = (key: string): number => COSTS.findIndex(cost => cost.key === key);

test('every cost has a name of its own, a counter of its own and a price', () => {
  const keys = COSTS.map(cost => cost.key);
  expect(new Set(keys).size).toBe(keys.length);
  expect(new Set(COSTS.map(cost => cost.stat)).size).toBe(COSTS.length);
  const counters = new Set<number>(
    Object.entries(engine).flatMap(([name, value]) => (name.startsWith('STAT_') ? [value as number] : [])),
  );
  for (const { key, stat, cycles } of COSTS) {
    expect(key).toMatch(/^[a-z]+(_[a-z]+)*$/);
    expect(key === 'call' ? stat === -1 : counters.has(stat) && stat < NR_STATS).toBe(true);
    expect(cycles > 0 && cycles <= MAX_COST && Number.isInteger(cycles)).toBe(true);
  }
});

test('the sum charges each counter its own price, and calls theirs', () => {
  const stat = new Float64Array(NR_STATS);
  expect(cyclesOf(stat, 0)).toBe(0);
  expect(cyclesOf(stat, 7)).toBe(420);
  for (const { stat: counter, cycles } of COSTS) {
    if (counter < 0) continue;
    stat.fill(0);
    stat[counter] = 3;
    expect(cyclesOf(stat, 0)).toBe(3 * cycles);
  }
});

test('a challenge overrides prices by name, and nothing else changes', () => {
  const table = compileCosts({ split: 40, call: 0 });
  const usual = compileCosts();
  expect(table[at('split')]).toBe(40);
  expect(table[at('call')]).toBe(0);
  for (let i = 0; i < COSTS.length; i++)
    if (i !== at('split') && i !== at('call')) expect(table[i]).toBe(usual[i]);
  const stat = new Float64Array(NR_STATS);
  stat[engine.STAT_SPLITS] = 10;
  expect(cyclesOf(stat, 100, table)).toBe(400);
});

test('an override of what has no price, or out of bounds, is refused', () => {
  expect(() => compileCosts({ spilt: 40 })).toThrow("there is no cost 'spilt'");
  for (const cycles of [-1, 1.5, Number.NaN, MAX_COST + 1])
    expect(() => compileCosts({ split: cycles })).toThrow(RangeError);
});

test('a page of 8 KiB costs twice as much to clear; an override is for the page as it is', () => {
  const alpha = { pageBytes: 8192, vm: false, dataCache: false };
  expect(compileCosts(undefined, alpha)[at('zero_page')]).toBe(8192);
  expect(compileCosts(undefined, alpha)[at('split')]).toBe(30);
  expect(compileCosts({ zero_page: 100 }, alpha)[at('zero_page')]).toBe(100);
});

test('what is charged in parts is not charged as a whole too', () => {
  const bare = { pageBytes: 4096, vm: false, dataCache: false };
  const [reclaim, zero] = [COSTS[at('reclaim_call')], COSTS[at('zero_page')]];
  expect(costOn(reclaim, { ...bare, vm: true })).toBeLessThan(costOn(reclaim, bare));
  expect(costOn(zero, { ...bare, dataCache: true })).toBeLessThan(costOn(zero, bare));
});
