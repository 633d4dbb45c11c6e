/** A sandboxed process that was taken over lies as best it can: marks follow from its decisions alone, played again. */
import type { ChallengeResult, SeedMark } from '../../../../src/contract/grading.ts';
import type { ChallengePlan } from '../../../../src/contract/plan.ts';
import type { PolicyLoad, PolicyRun, PolicySource } from '../../../../src/contract/policy.ts';
import type { Tape } from '../../../../src/contract/tape.ts';
import { type GradeJob, runJob } from '../../../../src/harness/coursework/job.ts';
import { Replays } from '../../../../src/harness/coursework/replays.ts';
import type { PolicySandbox } from '../../../../src/harness/policyHost.ts';
import { compileTape } from '../../../../src/workload/compile.ts';
import { alloc, free, goal, hold, plan, task } from '../../workload/plans.ts';
import { record } from '../recorded.ts';

const POLICY: PolicySource = { entry: 'p.ts', files: [{ path: 'p.ts', text: 'export default {};' }] };

const challenge = plan(
  [
    task('t', { kind: 'poisson', meanGapUs: 10_000 }, [
      alloc('x', 2),
      hold({ kind: 'exponential', mean: 9_000 }),
      free('x'),
    ]),
  ],
  {
    goals: [goal('buddy.splits', 'at_most', 100)],
    score: [
      { metric: 'cycles', where: { task: -1, zone: -1, order: -1 }, better: 'lower', par: 1e9, gold: 1 },
    ],
  },
);

/** What the process says of the policy, and of a run. */
class Sandbox implements PolicySandbox {
  private readonly info: Partial<{ tokens: number; hash: string }>;
  private readonly forge: (run: PolicyRun) => object;

  constructor(forge: (run: PolicyRun) => object, info: Partial<{ tokens: number; hash: string }> = {}) {
    this.forge = forge;
    this.info = info;
  }

  async load(): Promise<PolicyLoad> {
    return { ok: true, info: { hooks: ['zonelist'], tokens: 42, hash: '0123456789abcdef', ...this.info } };
  }

  async run(p: ChallengePlan, tape: Tape): Promise<PolicyRun> {
    // 99 is no zonelist: every decision is a fault, and Linux decides.
    const { run } = record(p, tape, { zonelist: () => 99 });
    return { ...run, ...this.forge(run) };
  }

  close(): void {}
}

function marked(sandbox: PolicySandbox, replays = new Replays()): Promise<ChallengeResult> {
  const job = { key: 'k', owner: 'a', challenge: 0, policy: POLICY, seeds: [1, 2], publicSeeds: 1 };
  return runJob(job satisfies GradeJob, {
    plan: challenge,
    challengeName: 'c',
    startSandbox: async () => sandbox,
    tapeOf: seed => compileTape(challenge, seed),
    replays,
    causeText: () => '',
    warn: error => {
      throw error;
    },
  });
}

async function seedsOf(sandbox: PolicySandbox, replays?: Replays): Promise<SeedMark[]> {
  const result = await marked(sandbox, replays);
  if (result.kind !== 'played') throw new Error(`${result.kind}: ${result.message}`);
  return result.seeds;
}

/** Without the sentence on the first fault, which is the process's own and nobody is marked by. */
const facts = (seeds: SeedMark[]) => seeds.map(({ firstFault: _, ...rest }) => rest);

test('whatever it claims of a run, the marks are those of the honest one', async () => {
  const honest = await seedsOf(new Sandbox(() => ({})));
  expect(honest.map(({ outcome }) => outcome)).toEqual(['lost', 'lost']);
  expect(honest[0].nrFaults).toBeGreaterThan(100);
  const claims = {
    nrFaults: 0,
    faults: [],
    fuelUsed: 0,
    outcome: 'won',
    stars: 3,
    goals: challenge.goals.map(() => ({ held: true, value: 0 })),
    score: [{ metric: 'cycles', value: 1, reached: 'gold' }],
    stateHash: '0000000000000000',
    verdict: { outcome: 'won', stars: 3 },
    seed: 1,
  };
  expect(facts(await seedsOf(new Sandbox(() => claims)))).toEqual(facts(honest));
});

test.each<[string, (run: PolicyRun) => object]>([
  ['fewer decisions', ({ decisions }) => ({ decisions: decisions.slice(0, -1) })],
  ['more decisions', ({ decisions }) => ({ decisions: Int32Array.of(...decisions, -1) })],
  ['none', () => ({ decisions: new Int32Array(0) })],
])('decisions that are not those of the run give no marks: %s', async (_, forge) => {
  expect(await marked(new Sandbox(forge))).toMatchObject({ kind: 'infrastructure' });
});

test('a run that is said to have ended is lost', async () => {
  const early = new Sandbox(({ decisions }) => ({
    decisions: decisions.slice(0, 0),
    end: 'ended',
    nrOps: 0,
    nrFaults: 0,
  }));
  for (const seed of await seedsOf(early)) expect(seed).toMatchObject({ outcome: 'lost', stars: 0 });
});

test("what somebody claimed of the same decisions before is nobody else's", async () => {
  const replays = new Replays();
  const honest = facts(await seedsOf(new Sandbox(() => ({}))));
  const forged = new Sandbox(() => ({ nrFaults: 0, faults: [] }));
  expect(facts(await seedsOf(forged, replays))).toEqual(honest);
  expect(facts(await seedsOf(new Sandbox(() => ({})), replays))).toEqual(honest);
  expect(facts(await seedsOf(forged, replays))).toEqual(honest);
});
