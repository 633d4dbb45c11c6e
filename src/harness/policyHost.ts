import type { Diagnostic } from '../contract/diagnostic.ts';
import type { ChallengePlan } from '../contract/plan.ts';
import type { PolicyInfo, PolicyLoad, PolicyRun, PolicySource, SandboxFailure } from '../contract/policy.ts';
import type { Tape } from '../contract/tape.ts';
import type { SeedVerdict } from '../contract/verdict.ts';
import { RecordMismatch } from './runSeed.ts';

/** One sandboxed process that has one policy loaded at a time; `sandbox/client` is it. */
export interface PolicySandbox {
  load(source: PolicySource, plan: ChallengePlan): Promise<PolicyLoad>;
  run(plan: ChallengePlan, tape: Tape): Promise<PolicyRun | SandboxFailure>;
  /** @param failed  it did not do what it was asked: whoever lends sandboxes lends this one to nobody */
  close(failed?: boolean): void | Promise<void>;
}

export interface JudgedRun {
  run: PolicyRun;
  verdict: SeedVerdict;
}

export type Judge = (run: PolicyRun) => Promise<SeedVerdict>;

/** What a sandbox throws when there is no process to answer carries its reason. */
function failureOf(error: unknown): SandboxFailure {
  if (!(error instanceof Error)) return { reason: 'crashed', message: String(error) };
  const { failure } = error as { failure?: SandboxFailure };
  return failure ?? { reason: 'crashed', message: error.message };
}

/** A sandbox that is started anew, once, when it fails: the host was busy, somebody killed it. */
export class PolicyHost {
  private readonly plan: ChallengePlan;
  private readonly source: PolicySource;
  private readonly start: () => Promise<PolicySandbox>;
  private sandbox: PolicySandbox | null = null;
  /** Of the sandbox at hand. */
  private failed = false;
  private stopped = false;

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
    if ('reason' in loaded && !this.stopped) {
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
    if (!('reason' in first) || this.stopped) return first;
    await this.close();
    const loaded = await this.tryLoad();
    if ('reason' in loaded) return loaded;
    return this.tryRun(tape, judge);
  }

  /** Ends what is going on; nothing is started anew. */
  stop(): Promise<void> {
    this.stopped = true;
    return this.close();
  }

  async close(): Promise<void> {
    const { sandbox } = this;
    this.sandbox = null;
    await sandbox?.close(this.failed || this.stopped);
  }

  private async tryLoad(): Promise<PolicyLoad | SandboxFailure> {
    this.failed = false;
    try {
      this.sandbox = await this.start();
      return await this.sandbox.load(this.source, this.plan);
    } catch (error) {
      this.failed = true;
      return failureOf(error);
    }
  }

  private async tryRun(tape: Tape, judge: Judge): Promise<JudgedRun | SandboxFailure> {
    const result = await this.runOnce(tape, judge);
    if ('reason' in result) this.failed = true;
    return result;
  }

  private async runOnce(tape: Tape, judge: Judge): Promise<JudgedRun | SandboxFailure> {
    let run: PolicyRun | SandboxFailure;
    try {
      run = await this.sandbox!.run(this.plan, tape);
    } catch (error) {
      return failureOf(error);
    }
    if ('reason' in run) return run;
    try {
      return { run, verdict: await judge(run) };
    } catch (error) {
      if (error instanceof RecordMismatch) return { reason: 'protocol', message: error.message };
      throw error;
    }
  }
}
