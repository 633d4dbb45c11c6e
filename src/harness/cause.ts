/**
 * Why something went wrong, as plain data: for the game's cause view, for its text, for `oomph explain`. Making it plays
 * the run again as far as the place.
 */
import type { ChallengePlan } from '../contract/plan.ts';
import { INCIDENT_FAILURE } from '../workload/incidents.ts';
import { type AllocationCause, allocationCause, nearestBlocks, pinsOf } from './causeAllocation.ts';
import {
  type BugCause,
  bugCause,
  type FaultCause,
  type GoalCause,
  goalCause,
  isStackEntry,
  type KillCause,
  killCause,
  type MomentCause,
  processesOf,
  type StackCause,
  stackCause,
  type WindowCause,
  windowCause,
} from './causeOthers.ts';
import { operationOf } from './causePlaces.ts';
import { MARK_KINDS } from './marks.ts';
import { Play } from './play.ts';
import { Provenance } from './provenance.ts';
import type { Session } from './session.ts';

export type Cause =
  | AllocationCause
  | StackCause
  | KillCause
  | BugCause
  | GoalCause
  | FaultCause
  | WindowCause
  | MomentCause;

/** Finds the cause of one mark in as many steps as its user likes. The session stands at the mark afterwards. */
export class Explainer {
  cause: Cause | null = null;
  private readonly session: Session;
  private readonly plan: ChallengePlan;
  private readonly mark: number;
  /** Plays again up to a failed allocation, and what is noted on the way. */
  private again: Play | null = null;
  private known: Provenance | null = null;

  constructor(session: Session, mark: number) {
    this.session = session;
    this.plan = session.plan;
    this.mark = mark;
    const { marks } = session;
    const to = marks.op[mark];
    const { incidents } = session.player;
    const isPages =
      MARK_KINDS[marks.kind[mark]] === 'failure' && incidents.kind[marks.ref[mark]] === INCIDENT_FAILURE;
    if (isPages) this.beginAgain(to);
    else this.cause = this.causeNow(to);
    session.seek(to);
  }

  /** Hundredths that are done. */
  get percent(): number {
    const to = this.session.marks.op[this.mark];
    return this.cause !== null || to === 0 ? 100 : Math.floor((100 * this.again!.player.op) / to);
  }

  /** @returns whether the cause is there */
  step(nrOps: number): boolean {
    const { again, session, mark } = this;
    if (this.cause !== null || again === null) return true;
    const to = session.marks.op[mark];
    again.playUntil(Math.min(to - 1, again.player.op + nrOps));
    if (again.player.op < to - 1) return false;
    this.awaitFailure(again);
    again.playUntil(to);
    if (this.cause === null) throw new Error(`the failure of mark ${mark} did not happen again`);
    this.again = null;
    return true;
  }

  private beginAgain(to: number): void {
    const { session, plan, mark } = this;
    const { incidents } = session.player;
    const ref = session.marks.ref[mark];
    session.seek(to - 1);
    let pins = new Set<number>();
    session.whenFailed(ref, () => {
      pins = pinsOf(nearestBlocks(session.machine, incidents.gfp[ref], incidents.order[ref]));
    });
    session.step(1);
    this.again = new Play(plan, session.tape, session.policy);
    this.known = new Provenance(this.again, pins);
  }

  private awaitFailure(again: Play): void {
    const { session, plan, mark, known } = this;
    const ref = session.marks.ref[mark];
    again.whenFailed(ref, () => {
      this.cause = allocationCause(plan, again, ref, known!, session.slotOwner);
    });
  }

  private causeNow(to: number): Cause {
    const { session, plan, mark } = this;
    const { marks, player } = session;
    const ref = marks.ref[mark];
    const kind = MARK_KINDS[marks.kind[mark]];
    const event = Math.max(0, to - 1);
    session.seek(event);
    const before = session.goals;
    const processes = kind === 'oom' ? processesOf(plan, player) : [];
    session.step(to - event);
    const { printk } = player.machine;
    const ofEntry = kind === 'bug' || kind === 'oom' ? ref : NaN;
    const row = (ofEntry >= 0 ? printk.contexts[ref]?.row : undefined) ?? event;
    const by = operationOf(plan, player, Math.max(0, row));
    const moment = { event, timeUs: marks.timeUs[mark], by };
    switch (kind) {
      case 'goal':
        return goalCause(plan, session.measured, ref, session.goals[ref], before[ref].value, moment);
      case 'oom':
        return killCause(plan, player, ref, moment, processes);
      case 'bug':
        return ref >= 0 && isStackEntry(printk.kind[ref])
          ? stackCause(plan, player, ref, moment)
          : bugCause(plan, player, ref, moment);
      case 'fault': {
        const run = session.policy?.run;
        const fault = run?.faults.find(one => one.event === event) ?? null;
        return { kind, ...moment, fault, nrFaults: run?.nrFaults ?? 0 };
      }
      case 'reclaim':
      case 'flush':
        return { kind, ...moment };
      case 'failure':
        return windowCause(plan, player, {
          ...moment,
          by: operationOf(plan, player, player.incidents.row[ref]),
        });
    }
  }
}

/** All at once. */
export function explain(session: Session, mark: number): Cause {
  const explainer = new Explainer(session, mark);
  while (!explainer.step(Number.MAX_SAFE_INTEGER));
  return explainer.cause!;
}
