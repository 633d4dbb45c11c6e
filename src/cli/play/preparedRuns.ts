/** The runs of one preparation, each opened as a session that has been played to its end. */
import type { ChallengePlan } from '../../contract/plan.ts';
import type { PlayedPolicy } from '../../harness/play.ts';
import { playSession } from '../../harness/runSeed.ts';
import { Session } from '../../harness/session.ts';
import { compileTape } from '../../workload/compile.ts';
import { SessionRun } from './sessionRun.ts';
import { compileAside } from './tapes.ts';

/** Sessions kept: the one that is looked at, and the one before it. */
const KEPT = 2;

export class PreparedRuns {
  readonly plan: ChallengePlan;
  /** Decisions by seed; null: Linux's own. */
  readonly runs: ReadonlyMap<number, PlayedPolicy | null>;
  /** Newest last. */
  private readonly sessions = new Map<number, Session>();

  constructor(
    plan: ChallengePlan,
    runs: ReadonlyMap<number, PlayedPolicy | null>,
    session: Session | undefined,
  ) {
    this.plan = plan;
    this.runs = runs;
    if (session !== undefined) this.sessions.set(session.seed, session);
  }

  async ready(seed: number, abort: AbortSignal): Promise<void> {
    if (this.sessions.has(seed)) return;
    const { plan } = this;
    const tape = await compileAside(plan, seed);
    const session = new Session(plan, tape, this.runs.get(seed) ?? null, seed);
    await playSession(session, '', async () => {
      await new Promise(resolve => setImmediate(resolve));
      if (abort.aborted) throw new Error('aborted');
    });
    this.keep(seed, session);
  }

  open(seed: number): SessionRun {
    const { plan } = this;
    const policy = this.runs.get(seed) ?? null;
    let session = this.sessions.get(seed);
    if (session === undefined) {
      session = new Session(plan, compileTape(plan, seed), policy, seed);
      session.seek(session.nrOps);
    }
    this.keep(seed, session);
    session.seek(0);
    return new SessionRun(plan, session.tape, policy, session);
  }

  private keep(seed: number, session: Session): void {
    const { sessions } = this;
    sessions.delete(seed);
    sessions.set(seed, session);
    for (const old of sessions.keys()) if (sessions.size > KEPT) sessions.delete(old);
  }
}
