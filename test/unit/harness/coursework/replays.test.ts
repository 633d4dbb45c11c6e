/** Decisions that were played before are not played again, and nothing else is taken for them. */
import type { ChallengeResult } from '../../../../src/contract/grading.ts';
import type { PolicyRun } from '../../../../src/contract/policy.ts';
import { runJob } from '../../../../src/harness/coursework/job.ts';
import { Replays } from '../../../../src/harness/coursework/replays.ts';
import type { PlayedPolicy } from '../../../../src/harness/play.ts';
import { runSeed } from '../../../../src/harness/runSeed.ts';
import { compileTape } from '../../../../src/workload/compile.ts';
import { alloc, free, goal, hold, plan, task } from '../../workload/plans.ts';
import { record } from '../recorded.ts';

const challenge = plan(
  [
    task('t', { kind: 'poisson', meanGapUs: 10_000 }, [
      alloc('x', 2),
      hold({ kind: 'exponential', mean: 9_000 }),
      free('x'),
    ]),
  ],
  { goals: [goal('buddy.splits', 'at_most', 100)] },
);

function played(answer: number, change: Partial<PolicyRun> = {}): PlayedPolicy {
  const { info, run } = record(challenge, compileTape(challenge, 1), { zonelist: () => answer });
  return { info, run: { ...run, ...change } };
}

const verdict = runSeed(challenge, 1, played(-1));

/** How often one had to be replayed of those given in turn: challenge, seed, run. */
async function replayed(...runs: [number, number, PlayedPolicy][]): Promise<number> {
  const replays = new Replays();
  let times = 0;
  for (const [number, seed, run] of runs) {
    await replays.verdict(number, seed, run, async () => {
      times++;
      return verdict;
    });
  }
  expect(times + replays.nrKnown).toBe(runs.length);
  return times;
}

test('the same decisions are replayed once, any others again', async () => {
  const run = played(-1);
  const changed = run.run.decisions.slice();
  changed[changed.length - 1] = 0;
  expect(await replayed([0, 1, run], [0, 1, played(-1)], [0, 1, run])).toBe(1);
  expect(await replayed([0, 1, run], [0, 2, run])).toBe(2);
  expect(await replayed([0, 1, run], [1, 1, run])).toBe(2);
  expect(await replayed([0, 1, run], [0, 1, { ...run, info: { ...run.info, tokens: 7 } }])).toBe(2);
  expect(await replayed([0, 1, run], [0, 1, { ...run, info: { ...run.info, hooks: ['pcp'] } }])).toBe(2);
  expect(await replayed([0, 1, run], [0, 1, played(-1, { end: 'ended' })])).toBe(2);
  expect(await replayed([0, 1, run], [0, 1, played(-1, { nrOps: 3 })])).toBe(2);
  expect(await replayed([0, 1, run], [0, 1, played(-1, { decisions: changed })])).toBe(2);
});

test('a run with faults is always replayed: they have places in one policy', async () => {
  const faulty = played(99);
  expect(faulty.run.nrFaults).toBeGreaterThan(0);
  expect(await replayed([0, 1, faulty], [0, 1, faulty])).toBe(2);
});

test('a replay that failed is not kept, and the oldest go', async () => {
  const replays = new Replays();
  const run = played(-1);
  const fails = async (): Promise<never> => {
    throw new Error('no');
  };
  await expect(replays.verdict(0, 1, run, fails)).rejects.toThrow('no');
  for (let seed = 1; seed <= 1001; seed++) await replays.verdict(0, seed, run, async () => verdict);
  await expect(replays.verdict(0, 1, run, fails)).rejects.toThrow('no');
  expect(await replays.verdict(0, 1001, run, fails)).toEqual({ ...verdict, console: run.run.console });
});

test('marks and pictures are the same, whoever came before', async () => {
  const marked = async (replays: Replays, name: string): Promise<ChallengeResult> => {
    const policy = { entry: 'p.ts', files: [{ path: 'p.ts', text: `// ${name}` }] };
    const sandbox = {
      load: async () => ({ ok: true as const, info: { ...played(-1).info, hash: name } }),
      run: async (p: typeof challenge, tape: ReturnType<typeof compileTape>) => ({
        ...record(p, tape, { zonelist: () => -1 }).run,
      }),
      close: () => {},
    };
    return runJob(
      { key: name, owner: name, challenge: 0, policy, seeds: [1, 2, 3], publicSeeds: 2 },
      {
        plan: challenge,
        challengeName: 'c',
        startSandbox: async () => sandbox,
        tapeOf: seed => compileTape(challenge, seed),
        replays,
        causeText: cause => `${name}: ${JSON.stringify(cause)}`,
        warn: error => {
          throw error;
        },
      },
    );
  };
  const shared = new Replays();
  await marked(shared, 'mary');
  const second = await marked(shared, 'second');
  expect(shared.nrKnown).toBe(3);
  expect(second).toEqual(await marked(new Replays(), 'second'));
  expect(JSON.stringify(second)).toContain('second: ');
  expect(JSON.stringify(second)).not.toContain('mary');
});
