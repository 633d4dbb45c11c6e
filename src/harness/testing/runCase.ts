/** A spec on one seed, from its tape to its result. */
import type { Diagnostic } from '../../contract/diagnostic.ts';
import type { ChallengePlan, TestPlan } from '../../contract/plan.ts';
import type { PolicyInfo, PolicySource } from '../../contract/policy.ts';
import type { Tape } from '../../contract/tape.ts';
import type { CaseResult } from '../../contract/testing.ts';
import { compileTape } from '../../workload/compile.ts';
import { explain } from '../cause.ts';
import { hostImmediate, now } from '../hostClock.ts';
import type { PlayedPolicy } from '../play.ts';
import { PolicyHost, type PolicySandbox } from '../policyHost.ts';
import { Session } from '../session.ts';
import { type Judgement, judge, type SnapshotRules } from './judge.ts';
import { type Observed, observe } from './observe.ts';
import type { TestWords } from './words.ts';

export type TestedPlan = ChallengePlan & { test: TestPlan };

/** Everything that one case is made from; it can be sent to a process. */
export interface CaseTask {
  plan: TestedPlan;
  /** Null: Linux decides. */
  policy: PolicySource | null;
  seed: number;
  /** As judge() wants them. */
  stored: Readonly<Record<string, string>> | null;
  snapshot: string;
  rules: SnapshotRules;
  reproduce: string;
}

export type CaseEnd =
  | { kind: 'ran'; result: CaseResult; written: Record<string, string> }
  /** The policy could not be compiled: no seed can be run. */
  | { kind: 'refused'; diagnostics: Diagnostic[] }
  | { kind: 'aborted' };

/** Bytes of a cause; longer ones are cut at the end of a line. */
const MAX_CAUSE = 8000;

/** Runs cases one after the other, and keeps the policy of the last one loaded for the next. */
export class CaseRunner {
  private readonly startSandbox: () => Promise<PolicySandbox>;
  private readonly words: (policy: PolicySource | null, plan: TestedPlan) => TestWords;
  private loaded: { plan: string; host: PolicyHost; info: PolicyInfo } | null = null;
  private readonly signal: AbortSignal;

  constructor(
    startSandbox: () => Promise<PolicySandbox>,
    words: (policy: PolicySource | null, plan: TestedPlan) => TestWords,
    signal: AbortSignal,
  ) {
    this.startSandbox = startSandbox;
    this.words = words;
    this.signal = signal;
    signal.addEventListener('abort', () => void this.loaded?.host.stop());
  }

  /** @throws RunBug, WorkloadTooLong */
  async run(task: CaseTask): Promise<CaseEnd> {
    const started = now();
    const { plan, policy, seed } = task;
    const words = this.words(policy, plan);
    const between = async (): Promise<void> => {
      // Lets signals and messages in: all that is between is synchronous.
      await new Promise(resolve => hostImmediate(resolve));
      if (this.signal.aborted) throw new Aborted();
    };
    try {
      await between();
      const tape = compileTape(plan, seed);
      const seen =
        policy === null
          ? { observed: await observe(plan, tape, seed, null, words, between), played: null }
          : await this.withPolicy(
              policy,
              plan,
              tape,
              played => observe(plan, tape, seed, played, words, between),
              seed,
            );
      if (this.signal.aborted) return { kind: 'aborted' };
      if ('kind' in seen) return seen;
      const durationMs = now() - started;
      if ('failure' in seen)
        return { kind: 'ran', result: errorResult(task, seen.failure, durationMs), written: {} };
      const judgement = judge(plan.test, seen.observed, task.stored, task.snapshot, task.rules, words);
      const result = resultOf(task, seen.observed, judgement, durationMs);
      // What was lost as expected is no reason for another snapshot.
      const needsCause = judgement.checks.some(
        ({ status, kind }) => status === 'failed' && ['outcome', 'metric', 'faults', 'dump'].includes(kind),
      );
      if (needsCause) result.cause = causeOf(plan, tape, seed, seen.played, words);
      return { kind: 'ran', result, written: judgement.written };
    } catch (error) {
      if (error instanceof Aborted) return { kind: 'aborted' };
      throw error;
    } finally {
      // A policy's process that was started meanwhile would outlive us.
      if (this.signal.aborted) await this.close();
    }
  }

  async close(): Promise<void> {
    await this.loaded?.host.close();
    this.loaded = null;
  }

  private async withPolicy(
    policy: PolicySource,
    plan: TestedPlan,
    tape: Tape,
    observed: (played: PlayedPolicy) => Promise<Observed>,
    seed: number,
  ): Promise<
    { observed: Observed; played: PlayedPolicy } | { failure: string } | Extract<CaseEnd, { kind: 'refused' }>
  > {
    const host = await this.hostOf(policy, plan);
    if (!('host' in host)) return host;
    let last: { observed: Observed; played: PlayedPolicy } | null = null;
    const ran = await host.host.run(tape, async run => {
      const played = { info: host.info, run };
      last = { observed: await observed(played), played };
      return last.observed.verdict;
    });
    if ('reason' in ran || last === null) {
      const why = 'reason' in ran ? `${ran.reason}: ${ran.message}` : 'no answer';
      return {
        failure: `the policy's process failed twice in seed ${seed} (${why}): try again, and with more free memory`,
      };
    }
    return last;
  }

  private async hostOf(
    policy: PolicySource,
    plan: TestedPlan,
  ): Promise<
    { host: PolicyHost; info: PolicyInfo } | { failure: string } | Extract<CaseEnd, { kind: 'refused' }>
  > {
    const key = JSON.stringify([policy, plan.policy, plan.machine, plan.workload]);
    if (this.loaded?.plan === key) return this.loaded;
    await this.close();
    const host = new PolicyHost(plan, policy, this.startSandbox);
    const loaded = await host.load();
    if (loaded.kind === 'loaded') {
      this.loaded = { plan: key, host, info: loaded.info };
      return this.loaded;
    }
    await host.close();
    if (loaded.kind === 'refused') return loaded;
    const { reason, message } = loaded.failure;
    return {
      failure: `the policy's process failed twice while it was loaded (${reason}: ${message}): try again, and with more free memory`,
    };
  }
}

/** Nobody wants the result any more. */
class Aborted extends Error {}

function resultOf(
  { plan, seed, reproduce }: CaseTask,
  { verdict }: Observed,
  { checks }: Judgement,
  durationMs: number,
): CaseResult {
  const empty = checks.length === 0;
  const failed = checks.some(({ status }) => status === 'failed');
  return {
    seed,
    status: empty ? 'error' : failed ? 'failed' : 'passed',
    message: empty
      ? `seed ${seed} is none of the spec's own, and all it expects are snapshots: add the seed to \`seeds\`, or expect a metric`
      : '',
    checks,
    outcome: plan.goals.length === 0 ? 'none' : verdict.outcome,
    cause: '',
    console: verdict.console.map(({ file, line, text }) => `${file}:${line}: ${text}`).join('\n'),
    nrOps: verdict.nrOps,
    stateHash: verdict.stateHash,
    durationMs,
    reproduce,
  };
}

export function errorResult(
  { seed, reproduce }: Pick<CaseTask, 'seed' | 'reproduce'>,
  message: string,
  durationMs: number,
): CaseResult {
  return {
    seed,
    status: 'error',
    message,
    checks: [],
    outcome: 'none',
    cause: '',
    console: '',
    nrOps: 0,
    stateHash: '',
    durationMs,
    reproduce,
  };
}

/** '' where nothing went wrong that has a cause. */
function causeOf(
  plan: ChallengePlan,
  tape: Tape,
  seed: number,
  played: PlayedPolicy | null,
  words: TestWords,
): string {
  const session = new Session(plan, tape, played, seed);
  session.step(session.nrOps);
  const mark = session.tellingMark();
  if (mark < 0) return '';
  const text = words.cause(explain(session, mark)).trimEnd();
  return text.length <= MAX_CAUSE ? text : `${text.slice(0, text.lastIndexOf('\n', MAX_CAUSE))}\n...`;
}
