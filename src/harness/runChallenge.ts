import type { Diagnostic } from '../contract/diagnostic.ts';
import type { ChallengePlan } from '../contract/plan.ts';
import type { PolicyInfo, PolicySource, SandboxFailure } from '../contract/policy.ts';
import type { Tape } from '../contract/tape.ts';
import type { SeedVerdict, Verdict } from '../contract/verdict.ts';
import { compileTape } from '../workload/compile.ts';
import { hostImmediate } from './hostClock.ts';
import type { PlayedPolicy } from './play.ts';
import { PolicyHost, type PolicySandbox } from './policyHost.ts';
import { playSeed, playSession } from './runSeed.ts';
import { summarize } from './score.ts';
import { Session } from './session.ts';

export interface ChallengeRun {
  /** Null: Linux's own behaviour. */
  policy: PolicySource | null;
  /** As the user named them; they make up the command that reproduces a seed. */
  challengeName: string;
  policyName: string;
  /** At least one. */
  seeds: readonly number[];
  startSandbox: () => Promise<PolicySandbox>;
  /** `done` of `total` seeds are finished, and so many hundredths of the next one. */
  progress?: (done: number, total: number, percent: number) => void;
  signal?: AbortSignal;
  /** Leave `runs` empty: of thousands of seeds their decisions would fill the memory. */
  forgetRuns?: boolean;
  /** Keep only the runs that this is true of. */
  keepsRun?: (verdict: SeedVerdict) => boolean;
  /** Keep the run of this seed as a session that has been played to its end. */
  session?: number;
  /** Called for what a policy's run comes to; `judge` replays it. */
  verdictOf?: (seed: number, played: PlayedPolicy, judge: () => Promise<SeedVerdict>) => Promise<SeedVerdict>;
  /** Instead of compileTape(): one that lets others work meanwhile. */
  compile?: (plan: ChallengePlan, seed: number) => Promise<Tape>;
}

export type ChallengeOutcome =
  | { kind: 'verdict'; verdict: Verdict; runs: Map<number, PlayedPolicy | null>; session?: Session }
  /** The policy could not be compiled. */
  | { kind: 'refused'; diagnostics: Diagnostic[] }
  /** The sandbox failed twice in the same place. No verdict follows from that. */
  | { kind: 'failed'; failure: SandboxFailure; seed: number }
  | { kind: 'aborted' };

/**
 * Run a challenge on several seeds, one after the other.
 *
 * @throws RunBug, WorkloadTooLong
 */
export async function runChallenge(plan: ChallengePlan, run: ChallengeRun): Promise<ChallengeOutcome> {
  if (run.seeds.length === 0) throw new RangeError('a run needs at least one seed');
  const host = run.policy === null ? null : new PolicyHost(plan, run.policy, run.startSandbox);
  const abort = (): void => void host?.stop();
  run.signal?.addEventListener('abort', abort);
  try {
    const loaded = await host?.load();
    if (run.signal?.aborted) return { kind: 'aborted' };
    if (loaded?.kind === 'refused' || loaded?.kind === 'failed') return loaded;
    const info = loaded?.info ?? null;
    const seeds: SeedVerdict[] = [];
    const runs = new Map<number, PlayedPolicy | null>();
    let session: Session | undefined;
    for (const seed of run.seeds) {
      const between = async (percent: number): Promise<void> => {
        run.progress?.(seeds.length, run.seeds.length, percent);
        // Lets signals and the terminal in: all that is between is synchronous.
        await new Promise(resolve => hostImmediate(resolve));
        if (run.signal?.aborted) throw new Aborted();
      };
      await between(0);
      const tape = run.compile === undefined ? compileTape(plan, seed) : await run.compile(plan, seed);
      const reproduce = reproduceLine(run.challengeName, run.policyName, seed);
      const judge = (policy: PlayedPolicy | null): Promise<SeedVerdict> => {
        if (run.session !== seed) return playSeed(plan, seed, policy, reproduce, tape, between);
        session = new Session(plan, tape, policy, seed);
        return playSession(session, reproduce, between);
      };
      if (host === null || info === null) {
        seeds.push(await judge(null));
        if (!run.forgetRuns) runs.set(seed, null);
        continue;
      }
      const result = await host.run(tape, recorded => {
        const played = { info, run: recorded };
        return run.verdictOf?.(seed, played, () => judge(played)) ?? judge(played);
      });
      if (run.signal?.aborted) return { kind: 'aborted' };
      if ('reason' in result) return { kind: 'failed', failure: result, seed };
      seeds.push({ ...result.verdict, reproduce });
      if (!run.forgetRuns && (run.keepsRun?.(result.verdict) ?? true)) {
        runs.set(seed, { info, run: result.run });
      }
    }
    return {
      kind: 'verdict',
      verdict: verdictOf(plan, run.policyName, info, seeds),
      runs,
      ...(session && { session }),
    };
  } catch (error) {
    if (error instanceof Aborted) return { kind: 'aborted' };
    throw error;
  } finally {
    run.signal?.removeEventListener('abort', abort);
    await host?.close();
  }
}

/** Somebody does not want the verdict any more. */
class Aborted extends Error {}

export function verdictOf(
  plan: ChallengePlan,
  policyName: string,
  info: PolicyInfo | null,
  seeds: SeedVerdict[],
): Verdict {
  return {
    oomph: 1,
    challenge: plan.id,
    title: plan.title,
    policy: { name: policyName, info },
    outcome: seeds.every(seed => seed.outcome === 'won') ? 'won' : 'lost',
    stars: Math.min(...seeds.map(seed => seed.stars)),
    seeds,
    summary: plan.score.map((axis, i) => ({
      metric: seeds[0].score[i].metric,
      unit: seeds[0].score[i].unit,
      ...summarize(
        seeds.map(seed => seed.score[i].value),
        axis.better,
      ),
    })),
  };
}

export function reproduceLine(challenge: string, policy: string, seed: number): string {
  return `oomph run ${shellWord(challenge)} --policy ${shellWord(policy)} --seed ${seed}`;
}

/** Quoted where a shell would take it apart. */
export function shellWord(word: string): string {
  if (/^[\w@%+=:,./-]+$/.test(word) && !word.startsWith('-')) return word;
  return `'${word.replaceAll("'", `'\\''`)}'`;
}
