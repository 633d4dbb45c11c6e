import type { GoalResult, ScoreResult, SeedVerdict, Verdict } from '../../../src/contract/verdict.ts';

export function goalResult(more: Partial<GoalResult> = {}): GoalResult {
  return {
    text: 'page_alloc.failures of task sb16, at most 0',
    metric: 'page_alloc.failures',
    where: { task: 'sb16' },
    compare: 'at_most',
    wanted: 0,
    value: 0,
    unit: 'count',
    held: true,
    lostAtEvent: -1,
    lostAtUs: -1,
    line: 12,
    column: 5,
    ...more,
  };
}

export function scoreResult(value: number, more: Partial<ScoreResult> = {}): ScoreResult {
  const reached = value <= 1_500_000 ? 'gold' : value <= 1_900_000 ? 'par' : 'none';
  return {
    metric: 'cycles',
    where: {},
    unit: 'cycles',
    better: 'lower',
    value,
    par: 1_900_000,
    gold: 1_500_000,
    reached,
    ...more,
  };
}

export function seedVerdict(seed: number, more: Partial<SeedVerdict> = {}): SeedVerdict {
  return {
    seed,
    outcome: 'won',
    stars: 2,
    goals: [goalResult()],
    score: [scoreResult(1_812_340 + seed)],
    metrics: { 'page_alloc.failures': 0, cycles: 1_812_340 + seed },
    faults: [],
    nrFaults: 0,
    console: [],
    failures: [],
    nrOps: 1234,
    stateHash: '0badcafe',
    reproduce: `oomph run zones/the-sound-card --policy mine.ts --seed ${seed}`,
    ...more,
  };
}

export function lostSeed(seed: number): SeedVerdict {
  return seedVerdict(seed, {
    outcome: 'lost',
    stars: 0,
    goals: [
      goalResult({ value: 3, held: false }),
      goalResult({
        text: 'zone.free, always at least 100 pages',
        metric: 'zone.free',
        where: {},
        compare: 'at_least',
        unit: 'pages',
        wanted: 100,
        value: 7,
        held: false,
        lostAtEvent: 8213,
        lostAtUs: 14_512_000,
      }),
    ],
    metrics: { 'page_alloc.failures': 3 },
    failures: [
      {
        event: 8213,
        timeUs: 14_512_000,
        task: 'sb16',
        order: 2,
        gfp: 0x21,
        zones: [{ name: 'DMA', freePages: 80, largestBlock: 2 }],
        kernelLog: [
          'sb16: page allocation failure. order:2, mode:0x21',
          'Mem-info:',
          'DMA per-cpu:',
          '',
          'DMA: empty',
        ],
      },
    ],
  });
}

export function verdict(seeds: SeedVerdict[], more: Partial<Verdict> = {}): Verdict {
  const values = seeds.map(seed => seed.score[0].value);
  return {
    oomph: 1,
    challenge: 'zones/the-sound-card',
    title: 'The sound card that starved',
    policy: { name: 'mine.ts', info: { hooks: ['zonelist'], tokens: 23, hash: '0123456789abcdef' } },
    outcome: seeds.every(seed => seed.outcome === 'won') ? 'won' : 'lost',
    stars: Math.min(...seeds.map(seed => seed.stars)),
    seeds,
    summary: [
      {
        metric: 'cycles',
        unit: 'cycles',
        worst: Math.max(...values),
        median: values[0],
        best: Math.min(...values),
      },
    ],
    ...more,
  };
}

/** Of a run of 2,000,000 cycles. */
export const SPENT = [
  { name: 'split', what: 'cutting a block in two', times: 40_000, cycles: 1_200_000 },
  {
    name: 'slab_reap',
    what: 'finding a slab that the reap timer gives back, under the cache lock with interrupts off',
    times: 2000,
    cycles: 500_000,
  },
  { name: 'call', what: 'entering and leaving', times: 1, cycles: 60 },
];

const BY = { task: 'eth0', step: 1, call: 'kmalloc as skb', line: 39 };

/** Of a kernel with a bug that it reports, and one that it does not notice. */
export const BUGGY = {
  kernelReport: { event: 3, timeUs: 2_000_000, lines: ['bad: scheduling while atomic!'], by: BY },
  silentSleeps: [{ ...BY, event: 5130, timeUs: 4_080_000, times: 160, locked: true }],
};
