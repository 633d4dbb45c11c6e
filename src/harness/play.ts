import { hookMask } from '../contract/hooks.ts';
import type { ChallengePlan } from '../contract/plan.ts';
import type { PolicyInfo, PolicyRun } from '../contract/policy.ts';
import type { Tape } from '../contract/tape.ts';
import type { FailureReport, GoalResult, Outcome, ScoreResult, SeedVerdict } from '../contract/verdict.ts';
import { boot, compileCosts, keepContexts, type Machine, setHooks, stateHash } from '../engine/index.ts';
import { TapePlayer } from '../workload/player.ts';
import { cyclesSpent } from './cyclesSpent.ts';
import { type ReplayHooks, replayHooks } from './decisions.ts';
import { deepestStack } from './deepestStack.ts';
import { Goals } from './goals.ts';
import { silentSleeps } from './kernelCulprits.ts';
import { failureLine, firstReport } from './kernelLog.ts';
import { MarkWatch } from './marks.ts';
import { type Measured, measure, measureAll, metricText, namedFilter, unitOf } from './metrics.ts';
import { reached, stars } from './score.ts';
import { allowedZones, captureFreeAreas, type FreeAreas, showFreeAreas } from './showMem.ts';

/** Failed allocations that a verdict describes in full: so many, and the first of each task. */
export const FAILURES_REPORTED = 5;

/** A policy's run in the sandbox and what is known of the policy. */
export interface PlayedPolicy {
  info: PolicyInfo;
  run: PolicyRun;
}

/**
 * One seed being played in a clean machine and judged as it goes: without a policy as Linux does, with one by the
 * decisions it took.
 */
/** Lost, or won and not at par, for what it cost. */
function missesByCycles(
  outcome: Outcome,
  goals: readonly GoalResult[],
  score: readonly ScoreResult[],
): boolean {
  if (goals.some(({ metric, held }) => metric === 'cycles' && !held)) return true;
  return outcome === 'won' && score.some(({ metric, reached }) => metric === 'cycles' && reached === 'none');
}

export class Play {
  readonly plan: ChallengePlan;
  readonly machine: Machine;
  readonly player: TapePlayer;
  readonly goals: Goals;
  readonly run: Measured;
  readonly policy: PlayedPolicy | null;
  readonly hooks: ReplayHooks | null;
  /** Operations of this play: fewer than the tape's when a fault of the policy ended its run. */
  readonly nrOps: number;
  /** Null until somebody wants to know. */
  marks: MarkWatch | null = null;
  private awaited: { incident: number; look: () => void } | null = null;
  private readonly reportedTasks = new Set<number>();
  private readonly failures: { incident: number; areas: FreeAreas }[] = [];

  constructor(plan: ChallengePlan, tape: Tape, policy: PlayedPolicy | null) {
    this.plan = plan;
    this.policy = policy;
    this.machine = boot(plan.machine);
    this.hooks = policy === null ? null : replayHooks(hookMask(policy.info.hooks), policy.run.decisions);
    setHooks(this.machine, this.hooks);
    this.player = new TapePlayer(plan, this.machine, tape);
    this.nrOps = this.ended ? Math.min(policy!.run.nrOps, tape.nrOps) : tape.nrOps;
    const { machine, player, hooks } = this;
    const policyMeasured = {
      // Counted by the replay: what the sandboxed process says of itself is not believed.
      get nrFaults(): number {
        return hooks?.nrFaults ?? 0;
      },
      tokens: policy?.info.tokens ?? 0,
    };
    const { vm, dataCache } = machine.config;
    const basis = {
      pageBytes: machine.arch.pageBytes,
      vm: vm !== undefined,
      dataCache: dataCache !== undefined,
    };
    this.run = { machine, player, policy: policyMeasured, costs: compileCosts(plan.costs, basis) };
    if (machine.tasks !== null) keepContexts(machine.tasks);
    this.goals = new Goals(plan, this.run);
    this.player.onFailure = () => this.failed();
    if (this.goals.watching) {
      this.goals.watch();
      this.player.afterOp = () => this.goals.watch();
    }
  }

  /** From now on note what is worth stopping at. */
  keepMarks(): MarkWatch {
    const { player, goals, run } = this;
    const marks = new MarkWatch(player, goals, () => run.policy.nrFaults);
    this.marks = marks;
    player.afterOp = goals.watching
      ? () => {
          goals.watch();
          marks.look();
        }
      : () => marks.look();
    return marks;
  }

  /** A fault of the policy ended the run; it is lost, and what follows on the tape was not played. */
  get ended(): boolean {
    return this.policy?.run.end === 'ended';
  }

  /** Why the recorded decisions cannot be those of this run, once it is played; '' where they fit. */
  get mismatch(): string {
    const { hooks } = this;
    if (hooks === null) return '';
    if (hooks.exhausted) return `its decisions ran out before operation ${this.player.op}`;
    return hooks.left > 0 ? `${hooks.left} of its decisions were not asked for` : '';
  }

  playUntil(op: number): void {
    const { player, nrOps } = this;
    player.playUntil(Math.min(op, nrOps));
    if (player.op < nrOps || this.ended || player.finished) return;
    player.finish();
    // What still waited was charged for its wait.
    if (this.goals.watching) this.goals.watch();
    this.marks?.look();
    this.marks?.finish();
  }

  score(): ScoreResult[] {
    const { plan, policy, run } = this;
    return plan.score.map(axis => {
      const value = measure(run, axis.metric, axis.where);
      return {
        metric: metricText(plan, axis.metric, axis.where),
        where: namedFilter(plan, axis.where),
        unit: unitOf(axis.metric),
        better: axis.better,
        value,
        par: axis.par,
        gold: axis.gold,
        // Linux alone has no tokens that could be few.
        reached: policy === null && axis.metric === 'policy.tokens' ? 'none' : reached(axis, value),
      };
    });
  }

  /** The verdict as things stand; of the whole run once all operations are played. */
  verdict(seed: number, reproduce: string): SeedVerdict {
    const { plan, policy, run, player } = this;
    const goals = this.goals.results();
    const ended = this.ended || (plan.policy.onFault === 'end' && run.policy.nrFaults > 0);
    const outcome = !ended && goals.every(goal => goal.held) ? 'won' : 'lost';
    const score = this.score();
    if (outcome === 'lost') for (const axis of score) axis.reached = 'none';
    return {
      seed,
      outcome,
      stars: stars(outcome, score),
      goals,
      score,
      metrics: measureAll(run),
      faults: policy?.run.faults ?? [],
      nrFaults: run.policy.nrFaults,
      console: policy?.run.console ?? [],
      failures: this.failures.map(({ incident, areas }) => this.failureReport(incident, areas)),
      ...this.kernelTroubles(),
      ...(missesByCycles(outcome, goals, score) ? { cyclesSpent: cyclesSpent(run) } : {}),
      nrOps: player.op,
      stateHash: stateHash(this.machine),
      reproduce,
    };
  }

  private kernelTroubles(): Pick<SeedVerdict, 'kernelReport' | 'silentSleeps' | 'stackTrace'> {
    const { plan, player, machine, run } = this;
    const kernelReport = firstReport(plan, player);
    const sleeps = silentSleeps(plan, player);
    const overflowed = measure(run, 'stack.headroom') < 0;
    return {
      ...(kernelReport === null ? {} : { kernelReport }),
      ...(sleeps.length === 0 ? {} : { silentSleeps: sleeps }),
      ...(overflowed ? { stackTrace: deepestStack(machine, plan.workload.named?.functions ?? []) } : {}),
    };
  }

  /** Once, when the failure of that number happens: the machine is as the kernel would report it then. */
  whenFailed(incident: number, look: () => void): void {
    this.awaited = { incident, look };
  }

  private failed(): void {
    this.captureFailure();
    const { awaited } = this;
    if (awaited === null || this.player.incidents.length - 1 !== awaited.incident) return;
    this.awaited = null;
    awaited.look();
  }

  private captureFailure(): void {
    const { incidents, tape } = this.player;
    const { failures } = this;
    const incident = incidents.length - 1;
    // Played again after a seek back, a failure is the same as it was.
    if (failures.length > 0 && failures[failures.length - 1].incident >= incident) return;
    const task = tape.task[incidents.row[incident]];
    if (failures.length >= FAILURES_REPORTED && this.reportedTasks.has(task)) return;
    this.reportedTasks.add(task);
    failures.push({ incident, areas: captureFreeAreas(this.machine) });
  }

  private failureReport(incident: number, areas: FreeAreas): FailureReport {
    const { tape, incidents } = this.player;
    const event = incidents.row[incident];
    const task = this.plan.workload.tasks[tape.task[event]].name;
    const order = incidents.order[incident];
    const gfp = incidents.gfp[incident];
    const kernelLog = [failureLine(task, order, gfp), ...showFreeAreas(this.machine, areas)];
    const zones = allowedZones(this.machine, gfp, areas);
    return { event, timeUs: incidents.timeUs[incident], task, order, gfp, zones, kernelLog };
  }
}
