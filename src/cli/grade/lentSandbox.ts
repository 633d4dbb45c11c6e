import type { ChallengePlan } from '../../contract/plan.ts';
import type { PolicyLoad, PolicyRun, PolicySource, SandboxFailure } from '../../contract/policy.ts';
import type { Tape } from '../../contract/tape.ts';
import type { PolicySandbox } from '../../harness/policyHost.ts';

/**
 * One sandbox for one owner's policies after each other: starting a process costs more than most runs in it. Nobody else's
 * policy ever comes into it, and one that failed in any way is not used again.
 */
export class SandboxLender {
  private readonly start: () => Promise<PolicySandbox>;
  private owner = '';
  private sandbox: PolicySandbox | null = null;

  constructor(start: () => Promise<PolicySandbox>) {
    this.start = start;
  }

  /** A sandbox without a policy. Its `close` gives it back. */
  async lend(owner: string): Promise<PolicySandbox> {
    if (owner !== this.owner) await this.close();
    const sandbox = this.sandbox ?? (await this.start());
    this.sandbox = null;
    this.owner = owner;
    return new Lent(sandbox, () => {
      this.sandbox = sandbox;
    });
  }

  async close(): Promise<void> {
    const { sandbox } = this;
    this.sandbox = null;
    await sandbox?.close();
  }
}

class Lent implements PolicySandbox {
  private readonly sandbox: PolicySandbox;
  private readonly giveBack: () => void;

  constructor(sandbox: PolicySandbox, giveBack: () => void) {
    this.sandbox = sandbox;
    this.giveBack = giveBack;
  }

  load(source: PolicySource, plan: ChallengePlan): Promise<PolicyLoad> {
    return this.sandbox.load(source, plan);
  }

  run(plan: ChallengePlan, tape: Tape): Promise<PolicyRun | SandboxFailure> {
    return this.sandbox.run(plan, tape);
  }

  async close(failed = false): Promise<void> {
    if (failed) await this.sandbox.close(failed);
    else this.giveBack();
  }
}
