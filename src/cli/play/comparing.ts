/** The player's run against another of the same seed: as Linux does, as it was before, a policy that comes with oomph, the reference. */
import type { ChallengePlan } from '../../contract/plan.ts';
import type { PolicySource } from '../../contract/policy.ts';
import { comparingRuns } from '../../harness/compare.ts';
import type { PlayedPolicy } from '../../harness/play.ts';
import { runChallenge } from '../../harness/runChallenge.ts';
import { BUILTIN_POLICIES } from '../../policy/builtin.ts';
import type { Opponent, RunComparison } from '../../tui/gameRun.ts';
import { policyNamed } from '../policies.ts';
import { startSandbox } from '../sandbox.ts';
import { compileAside } from './tapes.ts';

/** Decisions by seed; null: Linux's own. */
export type Runs = ReadonlyMap<number, PlayedPolicy | null>;

/** Which of the policies that come with oomph, and whether the reference, may be compared with. */
export function opponentsFor(plan: ChallengePlan, won: boolean): Opponent[] {
  const open = plan.policy.hooks;
  const builtin = BUILTIN_POLICIES.filter(({ hooks, partial }) =>
    partial ? false : hooks.every(hook => open.includes(hook)),
  ).map(({ name }): Opponent => ({ kind: 'policy', name: `builtin:${name}` }));
  const reference: Opponent[] = won && plan.reference !== '' ? [{ kind: 'policy', name: 'reference' }] : [];
  return [{ kind: 'linux', name: 'Linux' }, ...builtin, ...reference];
}

/** A policy's decisions of one seed; a sandbox that fails says so. */
async function playedBy(
  plan: ChallengePlan,
  policy: PolicySource | null,
  name: string,
  seed: number,
  signal: AbortSignal,
): Promise<PlayedPolicy | null> {
  const outcome = await runChallenge(plan, {
    policy,
    challengeName: plan.id,
    policyName: name,
    seeds: [seed],
    startSandbox,
    signal,
    compile: compileAside,
  });
  if (outcome.kind === 'verdict') return outcome.runs.get(seed) ?? null;
  if (outcome.kind === 'aborted') throw new Error('aborted');
  throw new Error(`${name} could not be run`);
}

export interface ComparedWith {
  plan: ChallengePlan;
  challengeFile: string;
  seed: number;
  /** The player's. */
  runs: Runs;
  name: string;
  opponent: Opponent;
  /** Of the run before, where there was one. */
  previous: Runs | null;
  abort: AbortSignal;
}

export async function compareWith(with_: ComparedWith): Promise<RunComparison> {
  const { plan, challengeFile, seed, runs, name, opponent, previous, abort } = with_;
  let other: PlayedPolicy | null = null;
  if (opponent.kind === 'previous') other = previous?.get(seed) ?? null;
  else if (opponent.kind === 'policy') {
    const source = policyNamed(opponent.name, plan, challengeFile);
    other = await playedBy(plan, source, opponent.name, seed, abort);
  }
  const tape = await compileAside(plan, seed);
  const mine = { name, played: runs.get(seed) ?? null };
  const comparing = comparingRuns(plan, seed, tape, mine, { name: opponent.name, played: other });
  for (;;) {
    const { done, value } = comparing.next();
    if (done) return { seed, opponent, comparison: value };
    await new Promise(resolve => setImmediate(resolve));
    if (abort.aborted) throw new Error('aborted');
  }
}
