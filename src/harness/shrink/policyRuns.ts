/** One policy on many challenges that differ little, or many that differ little on one: loaded once for each list of hooks that they open. */
import type { Diagnostic } from '../../contract/diagnostic.ts';
import type { ChallengePlan } from '../../contract/plan.ts';
import type { PolicyInfo, PolicySource, SandboxFailure } from '../../contract/policy.ts';
import type { Tape } from '../../contract/tape.ts';
import type { PlayedPolicy } from '../play.ts';
import type { PolicySandbox } from '../policyHost.ts';

/** The sandbox failed twice in the same place. */
export class PolicyLost extends Error {
  override name = 'PolicyLost';
}

export class PolicyRuns {
  /** Why it could not be compiled for the plan that was asked for last; empty where it could. */
  refused: Diagnostic[] = [];
  private source: PolicySource;
  private readonly start: () => Promise<PolicySandbox>;
  private loaded: { key: string; info: PolicyInfo } | null = null;
  private readonly hopeless = new Set<string>();
  private sandbox: PolicySandbox | null = null;
  private stopped = false;

  constructor(source: PolicySource, start: () => Promise<PolicySandbox>) {
    this.source = source;
    this.start = start;
  }

  /**
   * @returns null where the policy does not compile for what the plan opens
   * @throws PolicyLost
   */
  async run(plan: ChallengePlan, tape: Tape): Promise<PlayedPolicy | null> {
    let failure: SandboxFailure = { reason: 'crashed', message: '' };
    for (let times = 0; times < 2 && !this.stopped; times++) {
      try {
        const loaded = await this.loadedFor(plan);
        if (loaded === null) return null;
        const run = await this.sandbox?.run(plan, tape);
        if (run === undefined) return null;
        if (!('reason' in run)) return { info: loaded.info, run };
        failure = run;
      } catch (error) {
        const { failure: known } = error as { failure?: SandboxFailure };
        if (known === undefined) throw error;
        failure = known;
      }
      await this.close();
    }
    if (this.stopped) return null;
    throw new PolicyLost(`${failure.reason}: ${failure.message}`);
  }

  /** Ends what is going on. */
  stop(): void {
    this.stopped = true;
    void this.close();
  }

  async close(): Promise<void> {
    const { sandbox } = this;
    this.loaded = null;
    this.sandbox = null;
    await sandbox?.close();
  }

  /** From now on runs are of that one. */
  use(source: PolicySource): void {
    this.source = source;
    this.loaded = null;
    this.hopeless.clear();
  }

  private async loadedFor(plan: ChallengePlan): Promise<{ info: PolicyInfo } | null> {
    const key = JSON.stringify(plan.policy);
    if (this.hopeless.has(key)) return null;
    if (this.loaded?.key === key) return this.loaded;
    this.loaded = null;
    this.sandbox ??= await this.start();
    const load = await this.sandbox.load(this.source, plan);
    if (!load.ok) {
      this.refused = load.diagnostics;
      this.hopeless.add(key);
      return null;
    }
    this.loaded = { key, info: load.info };
    return this.loaded;
  }
}
