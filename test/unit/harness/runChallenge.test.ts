import type { ChallengePlan, Prover } from '../../../src/contract/plan.ts';
import type { PolicyLoad, PolicyRun, PolicySource, SandboxFailure } from '../../../src/contract/policy.ts';
import type { Tape } from '../../../src/contract/tape.ts';
import type { PolicySandbox } from '../../../src/harness/policyHost.ts';
import { runProver } from '../../../src/harness/prove.ts';
import { type ChallengeRun, reproduceLine, runChallenge } from '../../../src/harness/runChallenge.ts';
import { alloc, free, goal, hold, plan, task } from '../workload/plans.ts';
import { type Decide, record } from './recorded.ts';

const source: PolicySource = { entry: 'p.ts', files: [{ path: 'p.ts', text: '' }] };
const challenge = plan(
  [
    task('t', { kind: 'poisson', meanGapUs: 10_000 }, [
      alloc('x', 2),
      hold({ kind: 'exponential', mean: 9_000 }),
      free('x'),
    ]),
  ],
  {
    goals: [goal('buddy.splits', 'at_most', 2000)],
    score: [
      { metric: 'cycles', where: { task: -1, zone: -1, order: -1 }, better: 'lower', par: 1e9, gold: 1 },
    ],
  },
);

/** A sandbox in this process: what it fails at is a script of its own. */
class FakeSandbox implements PolicySandbox {
  static started = 0;
  static closed = 0;
  static failures: ('start' | 'load' | 'run' | 'throw' | 'lie')[] = [];
  static decide: Decide = { zonelist: () => -1 };

  static start = async (): Promise<PolicySandbox> => {
    FakeSandbox.started++;
    if (FakeSandbox.failing('start')) throw new Error('no process');
    return new FakeSandbox();
  };

  private static failing(what: string): boolean {
    if (FakeSandbox.failures[0] !== what) return false;
    FakeSandbox.failures.shift();
    return true;
  }

  async load(_: PolicySource, p: ChallengePlan): Promise<PolicyLoad> {
    if (FakeSandbox.failing('load')) throw new Error('pipe broke');
    if (p.title === 'refuse') {
      const diagnostic = {
        code: 'E-POLICY-SYNTAX',
        severity: 'error',
        file: 'p.ts',
        line: 1,
        column: 2,
        length: 1,
        message: 'no',
      } as const;
      return { ok: false, diagnostics: [diagnostic] };
    }
    return { ok: true, info: { hooks: ['zonelist'], tokens: 42, hash: '0123456789abcdef' } };
  }

  async run(p: ChallengePlan, tape: Tape): Promise<PolicyRun | SandboxFailure> {
    if (FakeSandbox.failing('run')) return { reason: 'timeout', message: 'no answer' };
    if (FakeSandbox.failing('throw')) throw new Error('gone');
    const { run } = record(p, tape, FakeSandbox.decide);
    return FakeSandbox.failing('lie') ? { ...run, decisions: run.decisions.slice(1) } : run;
  }

  close(): void {
    FakeSandbox.closed++;
  }
}

beforeEach(() => {
  FakeSandbox.started = 0;
  FakeSandbox.closed = 0;
  FakeSandbox.failures = [];
});

const run = (more: Partial<ChallengeRun> = {}, p = challenge) =>
  runChallenge(p, {
    policy: null,
    challengeName: 'a challenge.yaml',
    policyName: 'none',
    seeds: [1, 2, 3, 4],
    startSandbox: FakeSandbox.start,
    ...more,
  });

async function verdictOf(more: Partial<ChallengeRun> = {}) {
  const outcome = await run(more);
  if (outcome.kind !== 'verdict') throw new Error(outcome.kind);
  return outcome;
}

test('several seeds: worst, lower median and best, and how to see each again', async () => {
  const { verdict, runs } = await verdictOf();
  expect(verdict.seeds.map(seed => seed.seed)).toEqual([1, 2, 3, 4]);
  const cycles = verdict.seeds.map(seed => seed.score[0].value).sort((a, b) => a - b);
  expect(new Set(cycles).size).toBe(4);
  expect(verdict.summary).toEqual([
    { metric: 'cycles', unit: 'cycles', worst: cycles[3], median: cycles[1], best: cycles[0] },
  ]);
  expect(verdict.seeds[2].reproduce).toBe("oomph run 'a challenge.yaml' --policy none --seed 3");
  expect([...runs.values()]).toEqual([null, null, null, null]);
  expect(FakeSandbox.started).toBe(0);
});

test('one lost seed loses the challenge, the fewest stars count', async () => {
  const lost = {
    ...challenge,
    goals: [goal('cycles', 'at_most', (await verdictOf()).verdict.summary[0].median)],
  };
  const outcome = await run({}, lost);
  if (outcome.kind !== 'verdict') throw new Error(outcome.kind);
  expect(outcome.verdict).toMatchObject({ outcome: 'lost', stars: 0 });
  expect(outcome.verdict.seeds.filter(seed => seed.outcome === 'won')).toHaveLength(2);
});

test('a policy is loaded once, run on every seed, and its process closed', async () => {
  const done: number[] = [];
  const { verdict, runs } = await verdictOf({
    policy: source,
    policyName: 'p.ts',
    progress: n => done.push(n),
  });
  expect(verdict.policy).toEqual({
    name: 'p.ts',
    info: { hooks: ['zonelist'], tokens: 42, hash: '0123456789abcdef' },
  });
  expect(runs.get(2)?.run.decisions.length).toBeGreaterThan(100);
  expect([FakeSandbox.started, FakeSandbox.closed]).toEqual([1, 1]);
  expect(done).toEqual([0, 1, 2, 3]);
  expect((await verdictOf()).verdict.seeds.map(seed => seed.stateHash)).toEqual(
    verdict.seeds.map(seed => seed.stateHash),
  );
});

test.each([['start'], ['load'], ['run'], ['throw'], ['lie']] as const)(
  'a sandbox that fails once (%s) is started anew',
  async what => {
    FakeSandbox.failures = [what];
    const { verdict } = await verdictOf({ policy: source });
    expect(verdict.seeds).toHaveLength(4);
    expect(FakeSandbox.started).toBe(2);
    expect(FakeSandbox.closed).toBe(what === 'start' ? 1 : 2);
  },
);

test.each([
  [['start', 'start'], -1, 'no process'],
  [['load', 'load'], -1, 'pipe broke'],
  [['run', 'run'], 1, 'no answer'],
  [['throw', 'start'], 1, 'no process'],
  [['lie', 'lie'], 1, expect.stringMatching(/^its decisions ran out before operation/)],
] as const)('one that fails twice (%j) is no verdict', async (failures, seed, message) => {
  FakeSandbox.failures = [...failures];
  const outcome = await run({ policy: source });
  expect(outcome).toMatchObject({ kind: 'failed', seed, failure: { message } });
});

test('a policy that does not compile is refused with its diagnostics', async () => {
  const outcome = await run({ policy: source }, { ...challenge, title: 'refuse' });
  expect(outcome).toMatchObject({ kind: 'refused', diagnostics: [{ code: 'E-POLICY-SYNTAX' }] });
  expect(FakeSandbox.closed).toBe(1);
});

test('an interrupted run stops between two seeds', async () => {
  const controller = new AbortController();
  const outcome = await run({
    policy: source,
    signal: controller.signal,
    progress: n => n === 2 && controller.abort(),
  });
  expect(outcome).toEqual({ kind: 'aborted' });
  expect(FakeSandbox.closed).toBe(1);
});

test('an interrupt is heeded within a long seed too, and while the sandbox is busy', async () => {
  const long = plan([task('t', { kind: 'every', gapUs: 50, jitterUs: 0 }, [alloc('x'), free('x')])]);
  const controller = new AbortController();
  const percents: number[] = [];
  const progress = (_: number, __: number, percent: number): void => {
    percents.push(percent);
    if (percent > 40) controller.abort();
  };
  expect(await run({ progress, signal: controller.signal }, long)).toEqual({ kind: 'aborted' });
  expect(percents).toEqual([0, 8, 16, 24, 32, 40, 49]);

  const busy = new AbortController();
  let closed = (): void => {};
  const startSandbox = async (): Promise<PolicySandbox> => ({
    load: async () => ({ ok: true, info: { hooks: [], tokens: 0, hash: '' } }),
    run: () => {
      setTimeout(() => busy.abort(), 10);
      return new Promise(resolve => {
        closed = () => resolve({ reason: 'killed', message: '' });
      });
    },
    close: () => closed(),
  });
  const outcome = await run({ policy: source, startSandbox, signal: busy.signal }, long);
  expect(outcome).toEqual({ kind: 'aborted' });
});

test('decisions are not kept where nobody wants them', async () => {
  expect((await verdictOf({ policy: source, forgetRuns: true })).runs.size).toBe(0);
});

test('no seeds are no run', async () => {
  await expect(run({ seeds: [] })).rejects.toThrow(RangeError);
});

test('names are quoted where a shell would take them apart', () => {
  expect(reproduceLine('zones/the-sound-card', './my-policy.ts', 7)).toBe(
    'oomph run zones/the-sound-card --policy ./my-policy.ts --seed 7',
  );
  expect(reproduceLine("it's.yaml", '$HOME/p.ts', 7)).toBe(
    `oomph run 'it'\\''s.yaml' --policy '$HOME/p.ts' --seed 7`,
  );
});

describe('what a proof plays', () => {
  const run = (who: Prover, p: ChallengePlan = challenge, policy: PolicySource | null = source) =>
    runProver(p, who, policy, { challengeName: 'c', seeds: [1, 2], startSandbox: FakeSandbox.start });

  test('a policy, seed by seed', async () => {
    const played = await run('reference');
    expect(played).toMatchObject({
      kind: 'ran',
      hooks: ['zonelist'],
      seeds: [
        { seed: 1, stars: 2, nrFaults: 0, fault: '', lost: '' },
        { seed: 2, stars: 2, reproduce: 'oomph run c --policy reference --seed 2' },
      ],
    });
  });

  test('the goal that was lost', async () => {
    const lost = await run('naive', { ...challenge, goals: [goal('cycles', 'at_most', 1)] });
    expect(lost).toMatchObject({
      seeds: [{ stars: 0, lost: expect.stringMatching(/^cycles, at most 1, is \d+$/) }, {}],
    });
  });

  test('Linux without any sandbox, the empty policy with one', async () => {
    const before = FakeSandbox.started;
    expect(await run('linux', challenge, null)).toMatchObject({ kind: 'ran', hooks: [] });
    expect(FakeSandbox.started).toBe(before);
    await run('empty', challenge, null);
    expect(FakeSandbox.started).toBe(before + 1);
  });

  test('nothing where there is no policy, or one that does not compile', async () => {
    expect(await run('reference', challenge, null)).toEqual({ kind: 'missing' });
    expect(await run('naive', { ...challenge, title: 'refuse' })).toEqual({
      kind: 'failed',
      why: 'p.ts:1:2: no',
    });
  });
});
