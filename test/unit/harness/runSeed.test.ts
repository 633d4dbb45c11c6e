import type { StepPlan } from '../../../src/contract/plan.ts';
import type { SeedVerdict } from '../../../src/contract/verdict.ts';
import { COSTS, GFP_ATOMIC, GFP_DMA, GFP_KERNEL, KernelBug, REQ_GFP } from '../../../src/engine/index.ts';
import { Play } from '../../../src/harness/play.ts';
import { RunBug } from '../../../src/harness/runBug.ts';
import { RecordMismatch, runSeed } from '../../../src/harness/runSeed.ts';
import { compileTape } from '../../../src/workload/compile.ts';
import { alloc, at, constant, free, goal, hold, plan, repeat, task } from '../workload/plans.ts';
import { record } from './recorded.ts';

/** NORMAL runs out and what follows falls back into ZONE_DMA, until the sound card gets nothing. */
const starved = plan(
  [
    task(
      'sb16',
      { kind: 'poisson', meanGapUs: 50_000 },
      [alloc('ring', 8, { gfp: GFP_ATOMIC | GFP_DMA }), hold(30_000), free('ring')],
      {
        context: 'hardirq',
        fromUs: 5_000_000,
      },
    ),
    task(
      'editor',
      { kind: 'every', gapUs: 1_000, jitterUs: 0 },
      [alloc('text', 0, { gfp: GFP_KERNEL | 0x1000 })],
      {
        untilUs: 8_000_000,
      },
    ),
  ],
  {
    machine: { ...plan([]).machine, ramPages: 4096 + 3072 },
    goals: [
      goal('page_alloc.failures', 'at_most', 0, { where: { task: 0, zone: -1, order: -1 } }),
      goal('zone.free', 'at_least', 1, { always: true }),
    ],
    score: [
      { metric: 'cycles', where: { task: -1, zone: -1, order: -1 }, better: 'lower', par: 1e9, gold: 1e6 },
    ],
  },
);
const tape = compileTape(starved, 1);
const DMA_ONLY = 1;
const NORMAL_ONLY = 2;
const keepOut = {
  zonelist: (request: Int32Array) => ((request[REQ_GFP] & GFP_DMA) !== 0 ? DMA_ONLY : NORMAL_ONLY),
};

test('Linux loses, and says at which allocation', () => {
  const verdict = runSeed(starved, 1, null, 'oomph run x --seed 1');
  expect(verdict).toMatchObject({
    seed: 1,
    outcome: 'lost',
    stars: 0,
    nrFaults: 0,
    reproduce: 'oomph run x --seed 1',
  });
  expect(verdict.goals[0].held).toBe(false);
  expect(verdict.goals[0].value).toBeGreaterThan(10);
  expect(verdict.failures).toHaveLength(5);
  const [first, second] = verdict.failures;
  expect(first.kernelLog[0]).toBe('sb16: page allocation failure. order:8, mode:0x21');
  expect(first.kernelLog[1]).toBe('Mem-info:');
  expect(second.event).toBeGreaterThan(first.event);
  expect(verdict.nrOps).toBe(tape.nrOps);
});

test('nothing is reached by losing, and no tokens without a policy are not few', () => {
  const lost = runSeed(starved, 1, null);
  expect([lost.outcome, lost.score[0].value <= 1e9, lost.score[0].reached]).toEqual(['lost', true, 'none']);
  const where = starved.score[0].where;
  const tokens = { metric: 'policy.tokens', where, better: 'lower', par: 20, gold: 10 } as const;
  const easy = { ...starved, goals: [], score: [starved.score[0], tokens] };
  const won = runSeed(easy, 1, null);
  expect(won.score.map(axis => axis.reached)).toEqual(['par', 'none']);
  expect(won.stars).toBe(1);
});

test('where the cycles went is told where they are what is missing', () => {
  const axis = starved.score[0];
  const at_ = (par: number) =>
    runSeed({ ...starved, goals: [], score: [{ ...axis, par, gold: 1 }] }, 1, null);
  expect(at_(1e9).cyclesSpent).toBeUndefined();
  const { cyclesSpent, metrics } = at_(1);
  expect(cyclesSpent!.map(({ cycles }) => cycles)).toEqual(
    cyclesSpent!.map(({ cycles }) => cycles).sort((a, b) => b - a),
  );
  for (const { name, times, cycles } of cyclesSpent!)
    expect(cycles).toBe(times * COSTS.find(({ key }) => key === name)!.cycles);
  const named = cyclesSpent!.reduce((sum, { cycles }) => sum + cycles, 0);
  expect(cyclesSpent!.length).toBeGreaterThanOrEqual(3);
  expect(cyclesSpent!.length).toBeLessThanOrEqual(6);
  expect(named).toBeLessThanOrEqual(metrics.cycles);
  expect(named / metrics.cycles).toBeGreaterThan(0.9);
  // Lost by something else: the cycles are not what it is about. The challenge's own prices count.
  expect(runSeed(starved, 1, null).cyclesSpent).toBeUndefined();
  const dear = { ...starved, goals: [goal('cycles', 'at_most', 1)], costs: { call: 3_000_000 } };
  const [first] = runSeed(dear, 1, null).cyclesSpent!;
  expect(first.name).toBe('call');
  expect(first.cycles).toBe(first.times * 3_000_000);
});

test('the Mem-info of a failure is of its own moment', () => {
  const verdict = runSeed(starved, 1, null);
  const [first, , , , last] = verdict.failures;
  const free = (log: string[]) => log.find(line => line.startsWith('DMA free:'));
  expect(free(first.kernelLog)).not.toBe(free(last.kernelLog));
  expect(first.zones.map(zone => zone.name)).toEqual(['DMA']);
  expect(first.zones[0].largestBlock).toBeLessThan(2 ** first.order);
  for (const { zones, kernelLog } of [first, last]) {
    for (const { name, freePages } of zones)
      expect(kernelLog.join('\n')).toContain(`${name} free:${freePages * 4}kB `);
  }
});

test('a policy wins by its recorded decisions alone', () => {
  const policy = record(starved, tape, keepOut);
  const verdict = runSeed(starved, 1, policy);
  expect(verdict.outcome).toBe('won');
  expect(verdict.stars).toBe(2);
  expect(verdict.metrics['policy.tokens']).toBe(42);
  expect(verdict.metrics['page_alloc.failures']).toBeGreaterThan(0);
  expect(runSeed(starved, 1, policy)).toEqual(verdict);
});

test('no policy and one that always answers as Linux end in the same state', () => {
  const asLinux = record(starved, tape, {
    zonelist: () => -1,
    watermark: () => -1,
    block: () => -1,
    placement: () => -1,
    pcp: () => -1,
  });
  const { stateHash, metrics } = runSeed(starved, 1, asLinux);
  const linux = runSeed(starved, 1, null);
  expect(stateHash).toBe(linux.stateHash);
  expect({ ...metrics, 'policy.tokens': 0 }).toEqual(linux.metrics);
});

test('a run that a fault ended is lost, whatever its goals say, and played no further', () => {
  const policy = record(starved, tape, keepOut, 100);
  expect(policy.run.end).toBe('ended');
  const verdict = runSeed(starved, 1, policy);
  expect(verdict.goals.every(g => g.held)).toBe(true);
  expect(verdict).toMatchObject({ outcome: 'lost', stars: 0, nrOps: policy.run.nrOps });
});

test('decisions of another run are no verdict', () => {
  const { info, run } = record(starved, tape, keepOut);
  const short = { info, run: { ...run, decisions: run.decisions.slice(0, -1) } };
  expect(() => runSeed(starved, 1, short)).toThrow(RecordMismatch);
  const long = { info, run: { ...run, decisions: Int32Array.from([...run.decisions, -1]) } };
  expect(() => runSeed(starved, 1, long)).toThrow('1 of its decisions were not asked for');
});

test('faults are counted by the replay, and end a run that says otherwise', () => {
  const wrong = {
    zonelist: (request: Int32Array) => ((request[REQ_GFP] & GFP_DMA) !== 0 ? 0x111 : NORMAL_ONLY),
  };
  const policy = record(starved, tape, wrong);
  const silent = { info: policy.info, run: { ...policy.run, nrFaults: 0 } };
  const verdict = runSeed(starved, 1, silent);
  expect(verdict.nrFaults).toBe(policy.run.nrFaults);
  expect(verdict.nrFaults).toBeGreaterThan(10);
  expect(verdict.outcome).toBe('won');
  const strict = { ...starved, policy: { ...starved.policy, onFault: 'end' as const } };
  expect(runSeed(strict, 1, silent).outcome).toBe('lost');
});

test('an engine that breaks is a RunBug with seed and event', () => {
  const break_ = jest.spyOn(Play.prototype, 'playUntil').mockImplementation(function (this: Play) {
    this.player.op = 17;
    throw new KernelBug('double-free', 'freeing pfn 12 twice');
  });
  try {
    expect(() => runSeed(starved, 3, null)).toThrow(RunBug);
    expect(() => runSeed(starved, 3, null)).toThrow('KernelBug: freeing pfn 12 twice (seed 3, event 17)');
  } finally {
    break_.mockRestore();
  }
});

/** Buffers of so many bytes until there are none; and what the report says of the first that failed. */
function buffers(bytes: number, times: number, ramPages: number): SeedVerdict {
  const { machine } = plan([]);
  const step: StepPlan = {
    kind: 'buffer',
    as: 'b',
    bytes: constant(bytes),
    gfp: GFP_KERNEL,
    onFail: { kind: 'skip' },
  };
  return runSeed(
    plan([task('grabber', at(1000), [repeat(times, step)])], {
      machine: { ...machine, ramPages, slab: true },
    }),
    1,
    null,
  );
}

test('an object that there was no page for: the block that was missing, and none that Linux alone never named', () => {
  const verdict = buffers(40_000, 200, 2048);
  expect(verdict.metrics['slab.failures']).toBeGreaterThan(0);
  expect(verdict.metrics['page_alloc.failures']).toBe(0);
  expect(verdict.failures[0]).toMatchObject({ task: 'grabber', order: 4, gfp: GFP_KERNEL });
  expect(verdict.failures[0].kernelLog[0]).toBe('grabber: page allocation failure. order:4, mode:0xd0');
});

test('vmalloc without addresses is no lack of pages', () => {
  const verdict = buffers(40 << 20, 1, 8192);
  expect(verdict.metrics['vmalloc.failures']).toBeGreaterThan(0);
  expect(verdict.failures).toEqual([]);
});
