import type { Diagnostic } from '../contract/diagnostic.ts';
import type { ChallengePlan } from '../contract/plan.ts';
import type { PolicyInfo, PolicyLoad, PolicyRun, PolicySource, SandboxFailure } from '../contract/policy.ts';
import type { Tape } from '../contract/tape.ts';
import type { SeedVerdict, Verdict } from '../contract/verdict.ts';
import { compileTape } from '../workload/compile.ts';
import type { PlayedPolicy } from './play.ts';
import { RecordMismatch, runSeed } from './runSeed.ts';
import { summarize } from './score.ts';

/** One sandboxed process that has loaded at most one policy; `sandbox/client` is it. */
export interface PolicySandbox {
  load(source: PolicySource, plan: ChallengePlan): Promise<PolicyLoad>;
  run(plan: ChallengePlan, tape: Tape): Promise<PolicyRun | SandboxFailure>;
  close(): void | Promise<void>;
}

export interface ChallengeRun {
  /** Null: Linux's own behaviour. */
  policy: PolicySource | null;
  /** As the user named them; they make up the command that reproduces a seed. */
  challengeName: string;
  policyName: string;
  /** At least one. */
  seeds: readonly number[];
  startSandbox: () => Promise<PolicySandbox>;
  /** Called before each seed, `done` of `total` being finished. */
  progress?: (done: number, total: number) => void;
  signal?: AbortSignal;
}

export type ChallengeOutcome =
  | { kind: 'verdict'; verdict: Verdict; runs: Map<number, PlayedPolicy | null> }
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
  try {
    const loaded = await host?.load();
    if (loaded?.kind === 'refused' || loaded?.kind === 'failed') return loaded;
    const info = loaded?.info ?? null;
    const seeds: SeedVerdict[] = [];
    const runs = new Map<number, PlayedPolicy | null>();
    for (const seed of run.seeds) {
      run.progress?.(seeds.length, run.seeds.length);
      // Lets signals and the terminal in: everything between two seeds is synchronous without a policy.
      await new Promise(resolve => setImmediate(resolve));
      if (run.signal?.aborted) return { kind: 'aborted' };
      const tape = compileTape(plan, seed);
      const reproduce = reproduceLine(run.challengeName, run.policyName, seed);
      if (host === null || info === null) {
        runs.set(seed, null);
        seeds.push(runSeed(plan, seed, null, reproduce, tape));
        continue;
      }
      const result = await host.run(tape, recorded =>
        runSeed(plan, seed, { info, run: recorded }, reproduce, tape),
      );
      if ('reason' in result) return { kind: 'failed', failure: result, seed };
      runs.set(seed, { info, run: result.run });
      seeds.push(result.verdict);
    }
    return { kind: 'verdict', verdict: verdictOf(plan, run.policyName, info, seeds), runs };
  } finally {
    await host?.close();
  }
}

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
function shellWord(word: string): string {
  if (/^[\w@%+=:,./-]+$/.test(word) && !word.startsWith('-')) return word;
  return `'${word.replaceAll("'", `'\\''`)}'`;
}

interface JudgedRun {
  run: PolicyRun;
  verdict: SeedVerdict;
}

type Judge = (run: PolicyRun) => SeedVerdict;

/** A sandbox that is started anew, once, when it fails: the host was busy, somebody killed it. */
class PolicyHost {
  private readonly plan: ChallengePlan;
  private readonly source: PolicySource;
  private readonly start: () => Promise<PolicySandbox>;
  private sandbox: PolicySandbox | null = null;

  constructor(plan: ChallengePlan, source: PolicySource, start: () => Promise<PolicySandbox>) {
    this.plan = plan;
    this.source = source;
    this.start = start;
  }

  async load(): Promise<
    | { kind: 'loaded'; info: PolicyInfo }
    | { kind: 'refused'; diagnostics: Diagnostic[] }
    | { kind: 'failed'; failure: SandboxFailure; seed: number }
  > {
    let loaded = await this.tryLoad();
    if ('reason' in loaded) {
      await this.close();
      loaded = await this.tryLoad();
    }
    if ('reason' in loaded) return { kind: 'failed', failure: loaded, seed: -1 };
    if (!loaded.ok) return { kind: 'refused', diagnostics: loaded.diagnostics };
    return { kind: 'loaded', info: loaded.info };
  }

  /** @param judge  replays what was recorded; a record that does not fit counts as a failure of the sandbox */
  async run(tape: Tape, judge: Judge): Promise<JudgedRun | SandboxFailure> {
    const first = await this.tryRun(tape, judge);
    if (!('reason' in first)) return first;
    await this.close();
    const loaded = await this.tryLoad();
    if ('reason' in loaded) return loaded;
    return this.tryRun(tape, judge);
  }

  async close(): Promise<void> {
    const { sandbox } = this;
    this.sandbox = null;
    await sandbox?.close();
  }

  private async tryLoad(): Promise<PolicyLoad | SandboxFailure> {
    try {
      this.sandbox = await this.start();
      return await this.sandbox.load(this.source, this.plan);
    } catch (error) {
      return { reason: 'crashed', message: String(error instanceof Error ? error.message : error) };
    }
  }

  private async tryRun(tape: Tape, judge: Judge): Promise<JudgedRun | SandboxFailure> {
    let run: PolicyRun | SandboxFailure;
    try {
      run = await this.sandbox!.run(this.plan, tape);
    } catch (error) {
      return { reason: 'crashed', message: String(error instanceof Error ? error.message : error) };
    }
    if ('reason' in run) return run;
    try {
      return { run, verdict: judge(run) };
    } catch (error) {
      if (error instanceof RecordMismatch) return { reason: 'protocol', message: error.message };
      throw error;
    }
  }
}
