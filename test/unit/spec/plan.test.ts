import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Diagnostic } from '../../../src/contract/diagnostic.ts';
import { type ChallengePlan, type StepPlan, USUAL_STARS } from '../../../src/contract/plan.ts';
import { boot, MAX_NR_ZONES, ZONE_PRESENT, ZONE_STRIDE } from '../../../src/engine/index.ts';
import { parseChallenge } from '../../../src/spec/challenge.ts';
import { estimateOps } from '../../../src/spec/estimate.ts';
import { zonePages } from '../../../src/spec/machine.ts';
import { getOrder, orderOfSize } from '../../../src/spec/steps/pages.ts';
import { compileTape } from '../../../src/workload/compile.ts';

const valid = readFileSync(join(__dirname, '../../fixtures/malformed/valid.yaml'), 'utf8');

function read(...changes: [string, string][]): { plan: ChallengePlan | null; diagnostics: Diagnostic[] } {
  let text = valid;
  for (const [from, to] of changes) {
    expect(text).toContain(from);
    text = text.replace(from, to);
  }
  return parseChallenge(new TextEncoder().encode(text), 'x.yaml');
}

function planOf(...changes: [string, string][]): ChallengePlan {
  const { plan, diagnostics } = read(...changes);
  expect(diagnostics).toEqual([]);
  return plan!;
}

const codesOf = (...changes: [string, string][]): string[] => read(...changes).diagnostics.map(d => d.code);
const machineOf = (text: string): ChallengePlan['machine'] =>
  planOf(['arch: i386, ram: 64MiB, cpus: 2', text]).machine;
const stepOf = (text: string): StepPlan =>
  planOf(['alloc_pages: {as: ring, order: 2, gfp: [GFP_ATOMIC, GFP_DMA]}', text]).workload.tasks[0].run[0];

test('the whole plan of a small challenge', () => {
  expect(planOf()).toEqual({
    id: 'zones/the-sound-card',
    title: 'The sound card that starved',
    story: 'A 1995 sound card can only do DMA below 16 MiB.\n',
    machine: {
      arch: 'i386',
      ramPages: 16384,
      cpus: 2,
      boot: 'flat',
      bootmapPfn: 0,
      reserve: [],
      minFreeKbytes: -1,
      lowerZoneProtection: 0,
    },
    workload: {
      lengthUs: 60_000_000,
      tasks: [
        {
          name: 'sb16',
          context: 'hardirq',
          realtime: false,
          memalloc: false,
          owner: 'driver',
          cpu: -1,
          count: 1,
          fromUs: 0,
          untilUs: 60_000_000,
          arrive: { kind: 'poisson', meanGapUs: 50_000 },
          run: [
            {
              kind: 'alloc',
              call: 'alloc_pages',
              as: 'ring',
              order: { kind: 'constant', value: 2 },
              gfp: 0x21,
              onFail: { kind: 'skip' },
              line: 15,
              column: 11,
            },
            { kind: 'hold', us: { kind: 'exponential', mean: 200_000 } },
            { kind: 'free', call: '__free_pages', name: 'ring', cold: false },
          ],
          line: 10,
          column: 7,
        },
        {
          name: 'editor',
          context: 'process',
          realtime: false,
          memalloc: false,
          owner: 'kernel',
          cpu: -1,
          count: 3,
          fromUs: 5_000_000,
          untilUs: 30_000_000,
          arrive: { kind: 'every', gapUs: 50_000, jitterUs: 5000 },
          run: [
            {
              kind: 'alloc',
              call: 'alloc_pages',
              as: 'page',
              order: { kind: 'constant', value: 0 },
              gfp: 0xd0,
              onFail: { kind: 'skip' },
              line: 23,
              column: 11,
            },
            { kind: 'hold', us: { kind: 'uniform', low: 10_000, high: 50_000 } },
            { kind: 'free', call: '__free_pages', name: 'page', cold: false },
          ],
          line: 18,
          column: 7,
        },
      ],
    },
    goals: [
      {
        metric: 'page_alloc.failures',
        where: { task: 0, zone: -1, order: -1 },
        always: false,
        compare: 'at_most',
        value: 0,
        text: 'page_alloc.failures of task sb16, at most 0',
        line: 27,
        column: 5,
      },
    ],
    score: [
      {
        metric: 'cycles',
        where: { task: -1, zone: -1, order: -1 },
        better: 'lower',
        par: 1_900_000,
        gold: 1_500_000,
      },
    ],
    stars: USUAL_STARS,
    form: 'code',
    policy: {
      hooks: ['zonelist'],
      onFault: 'linux',
      fuelPerCall: 10_000,
      fuelPerRun: 200_000_000,
      memoryBytes: 64 << 20,
    },
    seeds: [1, 2, 3],
    hints: [
      'Look at who allocates from zone DMA.',
      'The editor does not need it.',
      'Answer DMA_ONLY to those who ask for it, NORMAL_ONLY to the others.',
    ],
    explanation: '',
    reference: 'reference.ts',
    naive: 'naive.ts',
  });
});

test('it compiles to a tape', () => {
  expect(compileTape(planOf(), 1).nrOps).toBeGreaterThan(2000);
});

test('what may be left out', () => {
  const plan = planOf(
    [valid.slice(valid.indexOf('score:')), ''],
    [valid.slice(valid.indexOf('story:'), valid.indexOf('machine:')), ''],
  );
  expect(plan).toMatchObject({
    story: '',
    score: [],
    hints: [],
    seeds: [1, 2, 3, 4, 5],
    reference: '',
    naive: '',
  });
  expect(plan.policy.hooks).toEqual([]);
});

describe('machine', () => {
  test.each([
    ['arch: x86_64, ram: 64GiB', { arch: 'x86_64', ramPages: 1 << 24 }],
    ['arch: i386, ram: 4GiB', { ramPages: 1 << 20 }],
    ['arch: i386, ram: 1.5GiB, cpus: 8, smp: true', { ramPages: 393216, cpus: 8 }],
    ['arch: i386, ram: 64MiB, cpus: 1, smp: true', { cpus: 1 }],
    [
      'arch: i386, ram: 64MiB, boot: bootmap',
      {
        boot: 'bootmap',
        bootmapPfn: 1280,
        reserve: [
          [0, 1],
          [160, 1120],
        ],
      },
    ],
    [
      'arch: i386, ram: 256MiB, boot: real',
      {
        boot: 'real',
        bootmapPfn: 1280,
        reserve: [
          [0, 1],
          [160, 1120],
        ],
      },
    ],
    [
      'arch: i386, ram: 64MiB, boot: {reserve: [{at: 15MiB, size: 1MiB}]}',
      { boot: 'flat', reserve: [[3840, 256]] },
    ],
    [
      'arch: i386, ram: 64MiB, boot: {kind: real, reserve: [{at: 0B, size: 4KiB}, {at: 1MiB, size: 4MiB}]}',
      {
        boot: 'real',
        bootmapPfn: 1280,
        reserve: [
          [0, 1],
          [256, 1024],
        ],
      },
    ],
    [
      'arch: i386, ram: 64MiB, boot: {kind: bootmap, reserve: [{at: 8MiB, size: 1MiB}], bitmap: 4MiB}',
      { boot: 'bootmap', bootmapPfn: 1024, reserve: [[2048, 256]] },
    ],
    [
      'arch: i386, ram: 64MiB, sysctl: {vm.min_free_kbytes: 0, vm.lower_zone_protection: 10}',
      { minFreeKbytes: 0, lowerZoneProtection: 10 },
    ],
  ])('%s', (text, expected) => {
    const machine = machineOf(text);
    expect(machine).toMatchObject(expected);
    if (machine.ramPages < 1 << 20) expect(() => boot(machine)).not.toThrow();
  });

  test('zones are those that the engine makes', () => {
    for (const [arch, ramPages] of [
      ['i386', 256],
      ['i386', 4096],
      ['i386', 16384],
      ['i386', 262144],
      ['x86_64', 300000],
      ['i386-pae', 1 << 20],
      ['arm', 16384],
      ['ppc32', 16384],
      ['ppc32', 262144],
      ['alpha', 1024],
      ['alpha', 16384],
      ['sparc64', 16384],
    ] as const) {
      const m = boot({
        arch,
        ramPages,
        cpus: 1,
        boot: 'flat',
        bootmapPfn: 0,
        reserve: [],
        minFreeKbytes: -1,
        lowerZoneProtection: 0,
      });
      const present = Array.from({ length: MAX_NR_ZONES }, (_, z) => m.zone[z * ZONE_STRIDE + ZONE_PRESENT]);
      expect(zonePages(arch, ramPages)).toEqual(present);
    }
  });

  test.each(['bootmap', 'real'])('a %s boot of the smallest machines is refused or boots', kind => {
    for (let mib = 1; mib <= 24; mib++) {
      const { plan, diagnostics } = read(['ram: 64MiB, cpus: 2', `ram: ${mib}MiB, boot: ${kind}`]);
      if (plan !== null) expect(() => boot(plan.machine)).not.toThrow();
      else expect(diagnostics.filter(d => d.severity === 'error').map(d => d.code)).toEqual(['E-BOOT']);
      expect(plan !== null).toBe(mib > 5);
    }
  });
});

describe('steps', () => {
  test.each([
    ['alloc_page: {as: ring, gfp: [GFP_HIGHUSER, __GFP_NORETRY]}', { call: 'alloc_pages', gfp: 0x10d2 }],
    [
      'get_free_pages: {as: ring, order: {uniform: [1, 3]}, gfp: [GFP_ATOMIC]}',
      { call: '__get_free_pages', order: { kind: 'uniform', low: 1, high: 3 } },
    ],
    ['__get_free_pages: {as: ring, gfp: [GFP_ATOMIC]}', { call: '__get_free_pages' }],
    [
      'get_zeroed_page: {as: ring, gfp: [GFP_ATOMIC], on_fail: abandon}',
      { call: 'get_zeroed_page', onFail: { kind: 'abandon' } },
    ],
    [
      'alloc_pages: {as: ring, order: {in_turn: "0*2 3 1"}, gfp: [GFP_ATOMIC]}',
      { order: { kind: 'in_turn', values: [0, 0, 3, 1] } },
    ],
    [
      'alloc_pages: {as: ring, size: {in_turn: "4096 4097*2"}, gfp: [GFP_ATOMIC]}',
      { order: { kind: 'in_turn', values: [0, 1, 1] } },
    ],
    [
      'alloc_pages: {as: ring, order: {choice: {0: 5, 3: 1}}, gfp: [GFP_ATOMIC]}',
      { order: { kind: 'choice', values: [0, 3], cumulative: [5, 6] } },
    ],
    ['alloc_pages: {as: ring, size: 12KiB, gfp: [GFP_ATOMIC]}', { order: { kind: 'constant', value: 2 } }],
    [
      'alloc_pages: {as: ring, gfp: [GFP_ATOMIC], on_fail: {retry: {every: 10ms, times: 3}}}',
      { onFail: { kind: 'retry', gapUs: 10_000, times: 3 } },
    ],
  ])('%s', (text, expected) => {
    // A mask that may sleep in an interrupt is warned of, and made.
    const { plan } = read(
      ['alloc_pages: {as: ring, order: 2, gfp: [GFP_ATOMIC, GFP_DMA]}', text],
      ['context: hardirq', 'context: process'],
    );
    expect(plan!.workload.tasks[0].run[0]).toMatchObject(expected);
  });

  test('an address is freed as an address', () => {
    const [, , free] = planOf(['alloc_pages: {as: ring, order: 2,', '__get_free_pages: {as: ring, order: 2,'])
      .workload.tasks[0].run;
    expect(free).toEqual({ kind: 'free', call: 'free_pages', name: 'ring', cold: false });
    expect(stepOf('alloc_pages: {as: ring, order: 2, gfp: [GFP_ATOMIC]}')).toMatchObject({ gfp: 0x20 });
  });

  test('get_order', () => {
    expect([1, 4096, 4097, 8192, 8193, 12288, 4096 << 10].map(b => getOrder(b, 4096))).toEqual([
      0, 0, 1, 1, 2, 2, 10,
    ]);
  });

  test('a range of sizes weighs each order by the bytes that need it', () => {
    const dist = orderOfSize({ kind: 'uniform', low: 1, high: 4 << 20 }, 4096);
    expect(dist).toMatchObject({ kind: 'choice', values: [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10] });
    const weights = new Array(11).fill(0);
    for (let bytes = 1000; bytes <= 40_000; bytes++) weights[getOrder(bytes, 4096)]++;
    const part = orderOfSize({ kind: 'uniform', low: 1000, high: 40_000 }, 4096);
    if (part.kind !== 'choice') throw new Error(part.kind);
    expect(part.values).toEqual([0, 1, 2, 3, 4]);
    expect(part.cumulative.map((c, i) => c - (part.cumulative[i - 1] ?? 0))).toEqual(
      weights.filter(w => w > 0),
    );
    expect(orderOfSize({ kind: 'choice', values: [1, 4096, 4097], cumulative: [2, 5, 6] }, 4096)).toEqual({
      kind: 'choice',
      values: [0, 1],
      cumulative: [5, 6],
    });
  });

  const body = '- hold: {exponential: 200ms}';
  test('blocks of a repeat are freed behind it, or inside it, but not both', () => {
    const inner = 'repeat: {times: 3, run: [{alloc_page: {as: one, gfp: [GFP_ATOMIC]}}]}';
    expect(codesOf([body, `- ${inner}\n        - free_pages: one`])).toEqual([]);
    expect(codesOf([body, `- ${inner}`])).toEqual([]);
    expect(
      codesOf([body, `- ${inner.replace(']}}]', ']}}, {free_page: one}]')}\n        - free_pages: one`]),
    ).toEqual(['E-BLOCK-FREED']);
    expect(codesOf([body, `- ${inner}\n        - ${inner}`])).toEqual(['E-BLOCK-LIVE']);
    expect(codesOf([body, `- ${inner.replace('as: one', 'as: ring')}`])).toEqual(['E-BLOCK-LIVE']);
  });

  test('a name may be used again once its block is freed', () => {
    expect(
      codesOf([
        '        - free_pages: ring',
        '        - free_pages: ring\n        - alloc_page: {as: ring, gfp: [GFP_ATOMIC]}',
      ]),
    ).toEqual([]);
  });

  test('a block may be kept to the end', () => {
    expect(codesOf(['        - free_pages: ring\n', ''])).toEqual([]);
  });
});

describe('arrivals', () => {
  test.each([
    ['{every: 50ms}', { kind: 'every', gapUs: 50_000, jitterUs: 0 }],
    ['{at: [0s, 1.5s, 59999999us]}', { kind: 'at', timesUs: [0, 1_500_000, 59_999_999] }],
    [
      '{burst: {every: 1s, size: 8}}',
      { kind: 'burst', gapUs: 1_000_000, size: { kind: 'constant', value: 8 }, withinUs: 0 },
    ],
    [
      '{burst: {every: 1s, size: {exponential: 4}, within: 10ms}}',
      { kind: 'burst', gapUs: 1_000_000, size: { kind: 'exponential', mean: 4 }, withinUs: 10_000 },
    ],
  ])('%s', (text, expected) => {
    expect(planOf(['{poisson: 20/s}', text]).workload.tasks[0].arrive).toEqual(expected);
  });

  test.each([
    ['{every: 0s}', ['E-RANGE']],
    ['{every: 25h}', ['E-RANGE']],
    ['{burst: {every: 1s, size: 0}}', ['E-RANGE']],
    ['{burst: {every: 1s, size: 8, within: 2s}}', ['E-RANGE']],
    ['{burst: {size: 8}}', ['E-KEY-MISSING']],
    ['{}', ['E-KEY-MISSING']],
    ['20/s', ['E-TYPE']],
    ['{at: []}', ['E-EMPTY']],
    ['{at: [-1s]}', ['E-QUANTITY-NEGATIVE']],
    ['{posson: 20/s}', ['E-KEY-UNKNOWN']],
  ])('%s: %j', (text, codes) => {
    expect(codesOf(['{poisson: 20/s}', text])).toEqual(codes);
  });
});

describe('goals', () => {
  const goal = '{metric: page_alloc.failures, where: {task: sb16}, at_most: 0}';
  test.each([
    [
      '{metric: zone.free, where: {zone: Normal}, always: true, at_least: 4MiB}',
      1024,
      'zone.free in zone Normal, always at least 4MiB',
    ],
    ['{metric: zone.free, at_least: 64}', 64, 'zone.free, at least 64 pages'],
    [
      '{metric: page_alloc.stall_time, where: {task: editor}, at_most: 5ms}',
      5000,
      'page_alloc.stall_time of task editor, at most 5ms',
    ],
    ['{metric: page_alloc.stall_time, at_most: 5m}', 300_000_000, 'page_alloc.stall_time, at most 5 min'],
    [
      '{metric: page_alloc.served, where: {order: 2}, at_least: 99.5%}',
      995,
      'page_alloc.served, order 2, at least 99.5%',
    ],
    [
      '{metric: buddy.largest_free, where: {zone: DMA}, at_least: 8}',
      8,
      'buddy.largest_free in zone DMA, at least 8',
    ],
    [
      '{metric: page_alloc.failures, where: {task: sb16, order: 2}, equals: 0}',
      0,
      'page_alloc.failures of task sb16, order 2, exactly 0',
    ],
    ['{metric: cycles, at_most: 1.9M}', 1_900_000, 'cycles, at most 1.9M'],
  ])('%s', (text, value, words) => {
    const [first] = planOf([goal, text]).goals;
    expect([first.value, first.text]).toEqual([value, words]);
  });

  test.each([
    ['{metric: zone.free, at_most: 64MiB}', 'E-GOAL-PROVES-NOTHING'],
    ['{metric: zone.free, where: {zone: DMA}, at_most: 16MiB}', 'E-GOAL-PROVES-NOTHING'],
    ['{metric: zone.free, where: {zone: DMA}, at_least: 20MiB}', 'E-GOAL-IMPOSSIBLE'],
    ['{metric: buddy.largest_free, at_least: -1}', 'E-GOAL-PROVES-NOTHING'],
    ['{metric: buddy.largest_free, at_most: 10}', 'E-GOAL-PROVES-NOTHING'],
    ['{metric: buddy.largest_free, at_least: 11}', 'E-RANGE'],
    ['{metric: buddy.blocks_free, where: {order: 10}, at_least: 17}', 'E-GOAL-IMPOSSIBLE'],
    ['{metric: page_alloc.served, at_least: 0%}', 'E-GOAL-PROVES-NOTHING'],
    ['{metric: page_alloc.served, at_most: 100%}', 'E-GOAL-PROVES-NOTHING'],
    ['{metric: page_alloc.stalls, where: {task: sb16}, at_most: 3}', 'E-GOAL-PROVES-NOTHING'],
    ['{metric: page_alloc.stalls, where: {task: sb16}, at_least: 3}', 'E-GOAL-IMPOSSIBLE'],
    ['{metric: page_alloc.fallbacks, where: {task: sb16}, at_most: 3}', 'E-GOAL-PROVES-NOTHING'],
    ['{metric: page_alloc.allocs, where: {task: sb16, order: 0}, at_least: 5}', 'E-GOAL-IMPOSSIBLE'],
    ['{metric: page_alloc.allocs, always: true, equals: 5}', 'E-GOAL-IMPOSSIBLE'],
    ['{metric: page_alloc.stall_time, at_most: 5}', 'E-UNIT-MISSING'],
    ['{metric: vmalloc.used, at_most: 5}', 'E-UNIT-MISSING'],
    ['{metric: vmalloc.used, at_most: 64KiB}', 'E-GOAL-PROVES-NOTHING'],
    ['{metric: page_cache.hit_rate, at_least: 90%}', 'E-GOAL-PROVES-NOTHING'],
    ['{metric: cycles, at_most: 5ms}', 'E-UNIT-UNKNOWN'],
    ['{metric: cycles, at_most: -5}', 'E-QUANTITY-NEGATIVE'],
    ['{metric: cycles, at_most: }', 'E-TYPE'],
    ['{metric: cycles, where: {order: 1}, at_most: 5}', 'E-WHERE-FILTER'],
    ['{metric: cycles, where: {}, at_most: 5}', 'E-EMPTY'],
    ['{metric: page_alloc.failures, where: {order: 11}, at_most: 5}', 'E-RANGE'],
  ])('%s: %s', (text, code) => {
    expect(codesOf([goal, text])).toEqual([code]);
  });

  test('what can fail in the kernel is not called impossible', () => {
    const failing = (mask: string, order: number, extra = ''): string[] =>
      codesOf(
        ['context: hardirq', `context: process${extra}`],
        ['order: 2, gfp: [GFP_ATOMIC, GFP_DMA]', `order: ${order}, gfp: [${mask}]`],
      );
    expect(failing('GFP_KERNEL', 3)).toEqual(['E-GOAL-PROVES-NOTHING']);
    expect(failing('GFP_KERNEL', 4)).toEqual([]);
    expect(failing('GFP_KERNEL, __GFP_NORETRY', 0)).toEqual([]);
    expect(failing('GFP_KERNEL, __GFP_NOFAIL', 4)).toEqual(['E-GOAL-PROVES-NOTHING']);
    expect(failing('GFP_KERNEL', 0, '\n      memalloc: true')).toEqual([]);
  });

  test('what a policy may ask for with another mask is not called impossible', () => {
    const open: [string, string] = ['hooks: [zonelist]', 'hooks: [gfp]'];
    for (const other of [
      '{metric: page_alloc.stalls, where: {task: sb16}, at_most: 3}',
      '{metric: page_alloc.failures, where: {task: editor}, at_most: 0}',
    ]) {
      expect(codesOf([goal, other])).toEqual(['E-GOAL-PROVES-NOTHING']);
      expect(codesOf([goal, other], open)).toEqual([]);
    }
  });
});

describe('the length of the tape', () => {
  test.each([
    ['plain', [] as [string, string][]],
    ['bursts', [['{poisson: 20/s}', '{burst: {every: 1s, size: {uniform: [10, 30]}, within: 1s}}']]],
    [
      'repeats',
      [
        [
          '- hold: {exponential: 200ms}',
          '- repeat: {times: {uniform: [1, 9]}, run: [{alloc_page: {as: p, gfp: [GFP_ATOMIC]}}, {hold: 1ms}]}\n        - free_pages: p',
        ],
      ],
    ],
    [
      'retries',
      [
        ['GFP_DMA]}', 'GFP_DMA], on_fail: {retry: {every: 30ms, times: 20}}}'],
        ['{exponential: 200ms}', '190ms'],
      ],
    ],
    ['copies', [['count: 3', 'count: 300']]],
    ['held beyond the end', [['{exponential: 200ms}', '2h']]],
  ])('is estimated within a tenth: %s', (_, changes) => {
    const plan = planOf(...(changes as [string, string][]));
    const estimate = plan.workload.tasks.reduce((sum, t) => sum + estimateOps(t, plan.workload.lengthUs), 0);
    let real = 0;
    for (let seed = 1; seed <= 3; seed++) real += compileTape(plan, seed).nrOps / 3;
    expect(estimate / real).toBeGreaterThan(0.9);
    expect(estimate / real).toBeLessThan(1.1);
  });
});

describe('recorded lists', () => {
  const arrive = (text: string): [string, string] => ['arrive: {poisson: 20/s}', `arrive: ${text}`];

  test('gaps are the times of runs, as differences', () => {
    expect(planOf(arrive('{gaps: "0 250 40*3"}')).workload.tasks[0].arrive).toEqual({
      kind: 'at',
      timesUs: [0, 250, 290, 330, 370],
    });
  });

  test.each([
    ['{gaps: "0 x"}', 'E-FORMAT'],
    ['{gaps: "1*0"}', 'E-FORMAT'],
    ['{gaps: " "}', 'E-EMPTY'],
    ['{gaps: [1, 2]}', 'E-TYPE'],
    ['{gaps: "1*1000000 1"}', 'E-LENGTH'],
    ['{gaps: "999999999"}', 'E-ARRIVAL-OUTSIDE'],
  ])('%s is %s', (text, code) => {
    expect(codesOf(arrive(text))).toEqual([code]);
  });

  test('an order beyond the last is refused wherever it stands', () => {
    expect(
      codesOf([
        'alloc_pages: {as: ring, order: 2, gfp: [GFP_ATOMIC, GFP_DMA]}',
        'alloc_pages: {as: ring, order: {in_turn: "0*9 11"}, gfp: [GFP_ATOMIC, GFP_DMA]}',
      ]),
    ).toEqual(['E-ORDER']);
  });
});
