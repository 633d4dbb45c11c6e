import { MACHINE_METRICS } from '../../../src/contract/machineMetrics.ts';
import { METRIC_NAMES, type MetricName } from '../../../src/contract/metrics.ts';
import type { ChallengePlan, MetricFilter } from '../../../src/contract/plan.ts';
import { boot, COSTS, drainCpu, GFP_ATOMIC, GFP_DMA, STAT_PAGES_ZEROED } from '../../../src/engine/index.ts';
import { type Measured, measure, measureAll, metricText, NO_FILTER } from '../../../src/harness/metrics.ts';
import { compileTape } from '../../../src/workload/compile.ts';
import { TapePlayer } from '../../../src/workload/player.ts';
import { alloc, at, free, hold, plan, repeat, task } from '../workload/plans.ts';

function played(p: ChallengePlan, nrOps = Infinity): Measured {
  const machine = boot(p.machine);
  const tape = compileTape(p, 1);
  const player = new TapePlayer(p, machine, tape);
  player.playUntil(Math.min(nrOps, tape.nrOps));
  return { machine, player, policy: { nrFaults: 3, tokens: 17 } };
}

const where = (filter: Partial<MetricFilter>): MetricFilter => ({ ...NO_FILTER, ...filter });

/** 32 MiB: a DMA zone and a NORMAL zone of 4096 pages each. */
const machine = { ...plan([]).machine, ramPages: 8192 };

test('every metric is an integer on a machine that has done nothing', () => {
  const all = measureAll(played(plan([], { machine })));
  expect(Object.keys(all)).toEqual(METRIC_NAMES);
  const idle = Object.keys(MACHINE_METRICS).map(name => [name, name.endsWith('hit_rate') ? 1000 : 0]);
  expect(all).toMatchObject(Object.fromEntries(idle));
  for (const name of Object.keys(MACHINE_METRICS)) delete all[name];
  expect(all).toMatchInlineSnapshot(`
{
  "buddy.blocks_free": 8180,
  "buddy.largest_free": 10,
  "buddy.merges": 0,
  "buddy.splits": 0,
  "buddy.unusable": 123,
  "cycles": 0,
  "kernel.bugs": 0,
  "page_alloc.allocs": 0,
  "page_alloc.failures": 0,
  "page_alloc.fallbacks": 0,
  "page_alloc.kswapd_wakeups": 0,
  "page_alloc.served": 1000,
  "page_alloc.stall_time": 0,
  "page_alloc.stalls": 0,
  "pcp.held": 12,
  "pcp.moved": 0,
  "policy.faults": 3,
  "policy.tokens": 17,
  "zone.free": 8180,
  "zone.used": 0,
}
`);
});

describe('demand', () => {
  const run = played(
    plan(
      [
        task('a', at(0), [repeat(10, alloc('x', 1)), alloc('big', 10, { gfp: GFP_ATOMIC | GFP_DMA })]),
        task('b', at(1), [repeat(6, alloc('y', 10, { gfp: GFP_ATOMIC })), alloc('z')]),
      ],
      { machine },
    ),
  );
  const value = (metric: MetricName, filter: Partial<MetricFilter> = {}) =>
    measure(run, metric, where(filter));

  test('is counted by task and by order', () => {
    expect(value('page_alloc.allocs')).toBe(10 + 1 + 5 + 1);
    expect(value('page_alloc.allocs', { task: 0 })).toBe(11);
    expect(value('page_alloc.allocs', { order: 1 })).toBe(10);
    expect(value('page_alloc.allocs', { task: 1, order: 10 })).toBe(5);
    expect(value('page_alloc.allocs', { task: 1, order: 1 })).toBe(0);
    expect(value('page_alloc.failures')).toBe(1);
    expect(value('page_alloc.failures', { task: 0 })).toBe(0);
    expect(value('page_alloc.failures', { task: 1, order: 10 })).toBe(1);
  });

  test('served is per thousand, rounded down, and 1000 where nothing was asked', () => {
    expect(value('page_alloc.served')).toBe(Math.floor((17 * 1000) / 18));
    expect(value('page_alloc.served', { task: 0 })).toBe(1000);
    expect(value('page_alloc.served', { order: 10 })).toBe(Math.floor((6 * 1000) / 7));
    expect(value('page_alloc.served', { order: 7 })).toBe(1000);
  });

  test('used pages are by task and zone', () => {
    expect(value('zone.used')).toBe(20 + 1024 + 5 * 1024 + 1);
    expect(value('zone.used', { task: 0 })).toBe(20 + 1024);
    expect(value('zone.used', { task: 0, zone: 0 })).toBe(1024);
    expect(value('zone.used', { zone: 0 }) + value('zone.used', { zone: 1 })).toBe(value('zone.used'));
    expect(value('page_alloc.fallbacks', { task: 1 })).toBe(value('zone.used', { task: 1, zone: 0 }) / 1024);
  });

  test('kswapd wakeups are by zone', () => {
    expect(value('page_alloc.kswapd_wakeups')).toBe(
      value('page_alloc.kswapd_wakeups', { zone: 0 }) + value('page_alloc.kswapd_wakeups', { zone: 1 }),
    );
  });

  test('what the policy brings along is passed on', () => {
    expect(value('policy.faults')).toBe(3);
    expect(value('policy.tokens')).toBe(17);
  });
});

describe('free memory', () => {
  const empty = played(plan([], { machine }));
  drainCpu(empty.machine, 0);
  const value = (run: Measured, metric: MetricName, filter: Partial<MetricFilter> = {}) =>
    measure(run, metric, where(filter));

  test('of an empty machine lies in blocks of order 10', () => {
    expect(value(empty, 'pcp.held')).toBe(0);
    expect(value(empty, 'zone.free')).toBe(8192);
    expect(value(empty, 'zone.free', { zone: 1 })).toBe(4096);
    expect(value(empty, 'zone.free', { zone: 2 })).toBe(0);
    expect(value(empty, 'buddy.largest_free')).toBe(10);
    expect(value(empty, 'buddy.largest_free', { zone: 2 })).toBe(-1);
    expect(value(empty, 'buddy.blocks_free', { order: 10 })).toBe(8);
    expect(value(empty, 'buddy.blocks_free', { order: 9, zone: 0 })).toBe(8);
    expect(value(empty, 'buddy.blocks_free')).toBe(8192);
    expect(value(empty, 'buddy.unusable')).toBe(0);
  });

  test('in which every other page is taken is of no use to anybody', () => {
    const comb = played(
      plan([task('comb', at(0), [repeat(3000, alloc('p'), alloc('hole'), free('hole')), hold(1)])], {
        machine,
      }),
    );
    const { zone } = { zone: 1 };
    const free1 = value(comb, 'zone.free', { zone });
    const blocks = value(comb, 'buddy.blocks_free', { zone, order: 5 });
    expect(value(comb, 'buddy.unusable', { zone, order: 5 })).toBe(
      Math.floor(((free1 - 32 * blocks) * 1000) / free1),
    );
    expect(value(comb, 'pcp.held')).toBeGreaterThan(0);
    expect(value(comb, 'pcp.held')).toBe(
      value(comb, 'pcp.held', { zone: 0 }) + value(comb, 'pcp.held', { zone: 1 }),
    );
  });

  test('nothing free is wholly unusable', () => {
    expect(value(empty, 'buddy.unusable', { zone: 2 })).toBe(1000);
  });
});

test('cycles are the sum of the cost table', () => {
  const run = played(
    plan([
      task('a', at(0), [repeat(50, alloc('x', 2), alloc('z', 0, { call: 'get_zeroed_page' })), free('x')]),
    ]),
  );
  const { stat } = run.machine;
  let sum = 0;
  for (const cost of COSTS) sum += cost.cycles * (cost.stat < 0 ? run.player.tape.nrOps : stat[cost.stat]);
  expect(measure(run, 'cycles')).toBe(sum);
  expect(stat[STAT_PAGES_ZEROED]).toBe(50);
});

test('a metric is named with its filters', () => {
  const p = plan([task('sb16', at(0), [])]);
  expect(metricText(p, 'page_alloc.failures', NO_FILTER)).toBe('page_alloc.failures');
  expect(metricText(p, 'page_alloc.failures', where({ task: 0 }))).toBe('page_alloc.failures of task sb16');
  expect(metricText(p, 'buddy.unusable', where({ zone: 0, order: 9 }))).toBe(
    'buddy.unusable in zone DMA, order 9',
  );
});
