import { METRIC_NAMES, METRICS, type MetricName } from '../contract/metrics.ts';
import type { MetricFilter } from '../contract/plan.ts';
import type { NamedFilter, SeedVerdict } from '../contract/verdict.ts';
import { stateHash, ZONE_NAMES } from '../engine/index.ts';
import { Explainer } from '../harness/cause.ts';
import { EventLog } from '../harness/eventLog.ts';
import { Play } from '../harness/play.ts';
import { reproduceLine } from '../harness/runChallenge.ts';
import { Session } from '../harness/session.ts';
import { causeText } from '../report/causeText.ts';
import { VIEWS } from '../report/proc/views.ts';
import { compileTape } from '../workload/compile.ts';
import { bad, microseconds, unknownName, whole } from './asking.ts';
import { behindOf } from './behind.ts';
import { guarded } from './failing.ts';
import type { Time, ViewName } from './machineTypes.ts';
import { oneSeed, playedOnce } from './playing.ts';
import type { Challenge, Explanation, LiveGoal, OneSeedOptions, RunSession } from './runTypes.ts';

/**
 * Run one seed, and hand it out as a session that stands at its start: to be stepped, sought in, looked into.
 *
 * @throws OomphError (the promise rejects) as run()
 * @example
 * const session = await play(challenge, { seed: 3 });
 * session.seekTime('12s');
 * session.proc('buddyinfo');
 */
export async function play(challenge: Challenge, options: OneSeedOptions = {}): Promise<RunSession> {
  const seed = oneSeed(challenge, options);
  const { plan } = behindOf(challenge);
  const { played, policyName } = await playedOnce(challenge, { ...options, seed });
  return guarded(() => {
    const session = new Session(plan, compileTape(plan, seed), played, seed);
    return new PlayedSession(challenge, session, policyName);
  });
}

const EXPLAIN_SLICE = 1 << 16;

class PlayedSession implements RunSession {
  readonly challenge: Challenge;
  readonly #session: Session;
  readonly #policyName: string;

  constructor(challenge: Challenge, session: Session, policyName: string) {
    this.challenge = challenge;
    this.#session = session;
    this.#policyName = policyName;
  }

  get seed(): number {
    return this.#session.seed;
  }

  get op(): number {
    return this.#session.op;
  }

  get nrOps(): number {
    return this.#session.nrOps;
  }

  get timeUs(): number {
    return this.#session.timeUs;
  }

  get done(): boolean {
    return this.#session.done;
  }

  get lastOp(): string {
    return this.#session.lastOp;
  }

  step(nrOps = 1): void {
    whole(nrOps, 0, Number.MAX_SAFE_INTEGER, 'a number of operations');
    guarded(() => this.#session.step(nrOps));
  }

  seek(op: number): void {
    whole(op, 0, this.nrOps, 'an operation of this run');
    guarded(() => this.#session.seek(op));
  }

  seekTime(time: Time): void {
    const us = microseconds(time);
    guarded(() => this.#session.seek(this.#session.opsUntil(us)));
  }

  goals(): LiveGoal[] {
    return this.#session.goals.map(({ text, unit, compare, wanted, value, held, lostAtUs }) => ({
      text,
      unit,
      compare,
      wanted,
      value,
      held,
      lostAtUs,
    }));
  }

  failures(): { op: number; timeUs: number; task: string; order: number }[] {
    return this.#session.failures;
  }

  measure(metric: string, where: NamedFilter = {}): number {
    const name = METRIC_NAMES.find(known => known === metric);
    if (name === undefined) throw unknownName('metric', metric, METRIC_NAMES);
    const filter = this.#filter(name, where);
    return guarded(() => this.#session.measure(name, filter));
  }

  proc(name: ViewName): string {
    const view = Object.hasOwn(VIEWS, name) ? VIEWS[name] : undefined;
    if (view === undefined) throw unknownName('view', name, Object.keys(VIEWS));
    const session = this.#session;
    const why = view.absent(session.machine);
    if (why !== '') throw bad(`${this.challenge.id} cannot show ${name}: ${why}`);
    const { tasks, named } = session.plan.workload;
    const names = { tasks: tasks.map(task => task.name), functions: named?.functions ?? [] };
    return guarded(() =>
      // Only one view needs counters that nobody keeps on the way: it is played up to here for them.
      name === 'vmstat'
        ? view.text(session.machine, this.#counted(), names)
        : view.text(session.machine, { pgalloc: 0, pgfree: 0 }, names),
    );
  }

  log(): { timeUs: number; event: number; text: string }[] {
    return guarded(() => this.#session.log);
  }

  hash(): string {
    return stateHash(this.#session.machine);
  }

  verdict(): SeedVerdict {
    const reproduce = reproduceLine(this.challenge.name, this.#policyName, this.seed);
    return guarded(() => this.#session.verdict(reproduce));
  }

  explain(): Explanation | null {
    const session = this.#session;
    const at = this.op;
    return guarded(() => {
      session.seek(this.nrOps);
      const mark = session.tellingMark();
      let told: Explanation | null = null;
      if (mark >= 0) {
        const explainer = new Explainer(session, mark);
        while (!explainer.step(EXPLAIN_SLICE));
        const cause = explainer.cause!;
        const { pageBytes } = session.machine.arch;
        const text = causeText(cause, { file: this.challenge.name, sources: [], pageBytes });
        const data = JSON.parse(JSON.stringify(cause));
        told = { kind: cause.kind, event: cause.event, timeUs: cause.timeUs, text, cause: data };
      }
      session.seek(at);
      return told;
    });
  }

  #counted(): EventLog {
    const session = this.#session;
    const again = new Play(session.plan, session.tape, session.policy);
    const counters = new EventLog(again, null);
    again.playUntil(session.op);
    return counters;
  }

  #filter(metric: MetricName, { task, zone, order }: NamedFilter): MetricFilter {
    const allowed = METRICS[metric].where as readonly string[];
    for (const [name, value] of Object.entries({ task, zone, order }))
      if (value !== undefined && !allowed.includes(name))
        throw bad(
          `${metric} takes no filter ${name}: ${allowed.length > 0 ? `it takes ${allowed.join(', ')}` : 'it takes none'}`,
        );
    const filter: MetricFilter = { task: -1, zone: -1, order: -1 };
    if (task !== undefined) {
      const names = this.#session.plan.workload.tasks.map(({ name }) => name);
      filter.task = names.indexOf(task);
      if (filter.task < 0) throw unknownName('task', task, names);
    }
    if (zone !== undefined) {
      filter.zone = (ZONE_NAMES as readonly string[]).indexOf(zone);
      if (filter.zone < 0) throw unknownName('zone', zone, ZONE_NAMES);
    }
    if (order !== undefined) filter.order = whole(order, 0, 10, 'an order');
    return filter;
  }
}
