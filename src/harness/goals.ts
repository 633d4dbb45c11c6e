import { METRICS } from '../contract/metrics.ts';
import type { ChallengePlan, GoalPlan } from '../contract/plan.ts';
import type { GoalResult } from '../contract/verdict.ts';
import type { Meter } from './measured.ts';
import { type Measured, measure, meterOf, namedFilter, PULSES, unitOf } from './metrics.ts';

export function holds(goal: GoalPlan, value: number): boolean {
  switch (goal.compare) {
    case 'at_most':
      return value <= goal.value;
    case 'at_least':
      return value >= goal.value;
    case 'equals':
      return value === goal.value;
  }
}

/** A total that must stay small: once past its limit, the goal is lost for good. */
const losesForGood = (goal: GoalPlan): boolean =>
  goal.compare === 'at_most' && METRICS[goal.metric].kind === 'total';

/** What a goal that is looked at on the way has been through. */
interface Watch {
  readonly goal: GoalPlan;
  /** Found once: a name among a hundred costs more than most of what it measures. */
  readonly meter: Meter;
  readonly pulse: ((run: Measured) => number) | null;
  /** The pulse at the last look. */
  beat: number;
  worst: number;
  seen: boolean;
  lostAtEvent: number;
  lostAtUs: number;
}

/**
 * The goals of one run. `watch` is called after every operation and looks at the `always` goals, and at totals until
 * they pass their limit; it allocates nothing. The others are measured when asked for.
 */
export class Goals {
  private readonly run: Measured;
  private readonly plan: ChallengePlan;
  private readonly goals: readonly GoalPlan[];
  private readonly watches: Watch[] = [];
  /** Of those that are watched, how many are lost. */
  nrLost = 0;
  /** Their numbers in the plan, in the order in which they were lost. */
  private readonly lost: number[] = [];

  constructor(plan: ChallengePlan, run: Measured) {
    this.plan = plan;
    this.goals = plan.goals;
    this.run = run;
    for (const goal of plan.goals) {
      if (goal.always || losesForGood(goal))
        this.watches.push({
          goal,
          meter: meterOf(goal.metric),
          pulse: PULSES[goal.metric] ?? null,
          beat: -1,
          worst: 0,
          seen: false,
          lostAtEvent: -1,
          lostAtUs: -1,
        });
    }
  }

  get watching(): boolean {
    return this.watches.length > 0;
  }

  watch(): void {
    for (const watch of this.watches) {
      const { goal } = watch;
      // Nothing more to learn of it: the end tells its value.
      if (!goal.always && watch.lostAtEvent >= 0) continue;
      if (watch.pulse !== null) {
        const beat = watch.pulse(this.run);
        if (beat === watch.beat) continue;
        watch.beat = beat;
      }
      const value = watch.meter(this.run, goal.where);
      if (goal.always && (!watch.seen || isWorse(goal, value, watch.worst))) {
        watch.worst = value;
        watch.seen = true;
      }
      if (watch.lostAtEvent < 0 && !holds(goal, value)) {
        watch.lostAtEvent = this.run.player.event;
        watch.lostAtUs = this.run.player.timeUs;
        this.lost[this.nrLost++] = this.goals.indexOf(goal);
      }
    }
  }

  /** Numbers in the plan of the goals lost behind the first `nr` that were. */
  lostSince(nr: number): number[] {
    return this.lost.slice(nr, this.nrLost);
  }

  /** Numbers in the plan of those that only the end decides, and that do not hold now. */
  lostAtEnd(): number[] {
    const results = this.results();
    return this.goals.flatMap((_, i) => (!results[i].held && results[i].lostAtEvent < 0 ? [i] : []));
  }

  /** One result a goal, in the order of the file. */
  results(): GoalResult[] {
    return this.goals.map(goal => {
      const watch = this.watches.find(w => w.goal === goal);
      const now = measure(this.run, goal.metric, goal.where);
      const value = watch?.seen ? watch.worst : now;
      return {
        text: goal.text,
        metric: goal.metric,
        where: namedFilter(this.plan, goal.where),
        compare: goal.compare,
        wanted: goal.value,
        value,
        unit: unitOf(goal.metric),
        held: watch?.seen ? watch.lostAtEvent < 0 : holds(goal, now),
        lostAtEvent: watch?.lostAtEvent ?? -1,
        lostAtUs: watch?.lostAtUs ?? -1,
        line: goal.line,
        column: goal.column,
      };
    });
  }

  save(): Watch[] {
    return this.watches.map(watch => ({ ...watch }));
  }

  load(saved: Watch[]): void {
    for (let i = 0; i < saved.length; i++) Object.assign(this.watches[i], saved[i]);
    // The order stays as it was: a play that goes back loses them again in the same.
    this.nrLost = this.watches.reduce((nr, watch) => (watch.lostAtEvent < 0 ? nr : nr + 1), 0);
  }
}

export type { Watch as GoalWatch };

function isWorse(goal: GoalPlan, value: number, worst: number): boolean {
  switch (goal.compare) {
    case 'at_most':
      return value > worst;
    case 'at_least':
      return value < worst;
    case 'equals':
      return Math.abs(value - goal.value) > Math.abs(worst - goal.value);
  }
}
