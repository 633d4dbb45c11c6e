/** What went wrong in a run that has been played, for somebody who was not there: `oomph explain`. Plain data. */
import type { RunPicture } from '../contract/grading.ts';
import type { GoalResult, Outcome, SeedVerdict } from '../contract/verdict.ts';
import {
  __GFP_NOWARN,
  type Machine,
  ZONE_FREE,
  ZONE_NAMES,
  ZONE_SPANNED,
  ZONE_START,
  ZONE_STRIDE,
} from '../engine/index.ts';
import { INCIDENT_FAILURE } from '../workload/incidents.ts';
import { type Cause, explain } from './cause.ts';
import { goalCause as causeOfGoal } from './causeOthers.ts';
import { operationOf } from './causePlaces.ts';
import { failureLine } from './kernelLog.ts';
import { MARK_KINDS, type MarkKind } from './marks.ts';
import { pageKinds } from './pageKinds.ts';
import { cellsOf, pictureAt, type RunSamples, sampleRun } from './picture.ts';
import type { Session } from './session.ts';

/** What is to be explained, where several things went wrong; numbers from 1, in the order of time; of goals that of the file. */
export interface Target {
  kind: 'failure' | 'bug' | 'oom' | 'fault' | 'goal';
  number: number;
}

/** A goal and how far it was from the other outcome. */
export interface GoalMargin extends GoalResult {
  /** What there was to spare, below 0 where the goal was lost; in the goal's unit. */
  margin: number;
  /** The same in thousandths of what was wanted; null where that is nothing. */
  permille: number | null;
}

/** Everything of one kind that happened, by its first time. */
export interface Happening {
  kind: MarkKind;
  times: number;
  event: number;
  timeUs: number;
  /** Of the first: which task, '' for none. */
  task: string;
  /** Which goal, or what the operation was that it happened in. */
  text: string;
}

export interface Moment {
  kind: MarkKind;
  event: number;
  timeUs: number;
}

/** A zone when it went wrong. */
export interface ZoneThen {
  name: string;
  startPfn: number;
  nrPages: number;
  freePages: number;
}

/** The value of a metric at each of the times of a picture. */
export interface Series {
  metric: string;
  unit: string;
  wanted: number;
  values: number[];
}

export interface Explanation {
  seed: number;
  outcome: Outcome;
  nrOps: number;
  lengthUs: number;
  stateHash: string;
  /** What is explained: the kind of it, which of how many; a goal that was held can be explained too. */
  what: { kind: MarkKind; number: number; of: number };
  /** The goal that it lost, as a number in `goals`; -1: none. */
  lostGoal: number;
  cause: Cause;
  /** Where the cause is only what the goal counts: what the goal was made of when it was lost. */
  goalCause: Cause | null;
  /** The kernel's own report; empty where it says nothing. */
  kernelLog: string[];
  /** It was told not to print: __GFP_NOWARN. */
  kernelSilenced: boolean;
  goals: GoalMargin[];
  /** In the order of time. */
  happenings: Happening[];
  /** The first of each kind, ascending by time; `counts` has all. */
  moments: Moment[];
  counts: Partial<Record<MarkKind, number>>;
  zones: ZoneThen[];
  /** The blocks of the cause page by page, one cell a page as PictureZone.cells has them. */
  blockCells: string[];
  picture: RunPicture;
  /** Of the goal that was lost, where it is a number that changes. */
  series: Series | null;
}

/** Why there is nothing of that kind to explain; the message says what there is. */
export class NothingThere extends Error {
  override name = 'NothingThere';
}

/** Moments kept of one kind. */
const MOMENTS = 400;

/**
 * What is explained where nobody says: what lost the goal that was lost first, or the first failure, bug or kill; -1
 * where nothing went wrong.
 *
 * @throws NothingThere
 */
export function markOf(session: Session, target: Target | null): number {
  const { marks, plan } = session;
  if (target === null) {
    const telling = session.tellingMark();
    if (session.policy?.run.end !== 'ended') return telling;
    // A fault that ended the run is what lost it, and every goal that only the end decides.
    const isEarlier = telling >= 0 && marks.op[telling] < session.nrOps;
    return isEarlier ? telling : (marksOf(session, 'fault').at(-1) ?? telling);
  }
  const { kind, number } = target;
  if (kind === 'goal') {
    if (number > plan.goals.length)
      throw new NothingThere(`the challenge has ${countOf(plan.goals.length, 'goal')}`);
    const at = marksOf(session, 'goal').find(mark => marks.ref[mark] === number - 1);
    return at === undefined ? -1 : session.tellingOfGoal(at);
  }
  const all = marksOf(session, kind);
  if (number <= all.length) return all[number - 1];
  const word = {
    failure: 'failed allocation',
    bug: 'bug',
    oom: 'killed process',
    fault: 'fault of the policy',
  }[kind];
  throw new NothingThere(
    `there ${all.length === 1 ? 'is' : 'are'} ${countOf(all.length, word)} on seed ${session.seed}`,
  );
}

const countOf = (n: number, word: string): string =>
  `${n === 0 ? 'no' : n} ${n === 1 ? word : (MANY[word] ?? `${word}s`)}`;
const MANY: Record<string, string> = {
  'killed process': 'killed processes',
  'fault of the policy': 'faults of the policy',
};

function marksOf({ marks }: Session, kind: MarkKind): number[] {
  const code = MARK_KINDS.indexOf(kind);
  return [...Array(marks.length).keys()].filter(mark => marks.kind[mark] === code);
}

/** @param session played to its end; it stands somewhere else afterwards @throws NothingThere */
export function explanation(session: Session, verdict: SeedVerdict, target: Target | null): Explanation {
  const { plan, marks } = session;
  const mark = markOf(session, target);
  const goal = lostGoalOf(session, target, mark);
  const heldGoal = mark < 0 && target?.kind === 'goal' ? target.number - 1 : -1;
  if (mark < 0 && heldGoal < 0) throw new NothingThere('nothing went wrong');
  const cause = mark < 0 ? heldCause(session, heldGoal) : explain(session, mark);
  const isCounted = cause.kind === 'reclaim' || cause.kind === 'flush';
  const goalMark = isCounted ? marksOf(session, 'goal').find(at => marks.ref[at] === goal) : undefined;
  const goalCause = goalMark === undefined ? null : explain(session, goalMark);
  const kind = mark < 0 ? 'goal' : MARK_KINDS[marks.kind[mark]];
  const all = marksOf(session, kind);
  const number = kind === 'goal' ? (mark < 0 ? heldGoal : marks.ref[mark]) : all.indexOf(mark);
  const of = kind === 'goal' ? plan.goals.length : all.length;
  const told = goal >= 0 ? goal : heldGoal;
  const { samples, values } = sampled(session, cause, told);
  const { kernelLog, kernelSilenced, zones, blockCells } = report(session, mark, cause);
  return {
    seed: session.seed,
    outcome: verdict.outcome,
    nrOps: session.nrOps,
    lengthUs: session.lengthUs,
    stateHash: verdict.stateHash,
    what: { kind, number: number + 1, of },
    lostGoal: goal,
    cause,
    goalCause,
    kernelLog,
    kernelSilenced,
    goals: verdict.goals.map(withMargin),
    ...whatHappened(session),
    zones,
    blockCells,
    picture: pictureAt(session, samples, mark, ''),
    series:
      told < 0
        ? null
        : {
            metric: verdict.goals[told].text,
            unit: verdict.goals[told].unit,
            wanted: plan.goals[told].value,
            values,
          },
  };
}

/** The goal that the mark lost, or that was asked about and lost; -1 for none. */
function lostGoalOf(session: Session, target: Target | null, mark: number): number {
  const { marks } = session;
  if (mark < 0) return -1;
  if (target?.kind === 'goal') return target.number - 1;
  if (MARK_KINDS[marks.kind[mark]] === 'goal') return marks.ref[mark];
  const goals = marksOf(session, 'goal');
  const lost = goals.find(at => session.tellingOfGoal(at) === mark);
  return lost === undefined ? -1 : marks.ref[lost];
}

function heldCause(session: Session, goal: number): Cause {
  const { plan, player } = session;
  session.seek(session.nrOps);
  const event = session.nrOps;
  const by = operationOf(plan, player, player.tape.nrOps);
  const live = session.goals[goal];
  return causeOfGoal(plan, session.measured, goal, live, live.value, { event, timeUs: session.timeUs, by });
}

function sampled(session: Session, cause: Cause, goal: number): { samples: RunSamples; values: number[] } {
  const values: number[] = [];
  const of = session.plan.goals[goal];
  const look = of === undefined ? undefined : () => void values.push(session.measure(of.metric, of.where));
  return { samples: sampleRun(session, cause.kind === 'allocation' ? cause.order : 0, look), values };
}

export function withMargin(goal: GoalResult): GoalMargin {
  const { compare, wanted, value } = goal;
  const margin =
    compare === 'at_most'
      ? wanted - value
      : compare === 'at_least'
        ? value - wanted
        : -Math.abs(value - wanted);
  return { ...goal, margin, permille: wanted === 0 ? null : Math.floor((1000 * margin) / Math.abs(wanted)) };
}

/** Of the goals that were held the one that came nearest to being lost, by its number; -1 without goals. */
export function narrowest(goals: readonly GoalMargin[]): number {
  let best = -1;
  for (const [i, { held, permille }] of goals.entries()) {
    if (!held) continue;
    const least = best < 0 ? null : goals[best].permille;
    if (best < 0 || (permille !== null && (least === null || permille < least))) best = i;
  }
  return best;
}

function zonesOf({ zone: columns }: Machine): ZoneThen[] {
  const of = (zone: number, field: number): number => columns[zone * ZONE_STRIDE + field];
  return ZONE_NAMES.map((name, zone) => ({
    name,
    startPfn: of(zone, ZONE_START),
    nrPages: of(zone, ZONE_SPANNED),
    freePages: of(zone, ZONE_FREE),
  })).filter(({ nrPages }) => nrPages > 0);
}

/** What the kernel printed of it, and how the zones were then. */
function report(
  session: Session,
  mark: number,
  cause: Cause,
): Pick<Explanation, 'kernelLog' | 'kernelSilenced' | 'zones' | 'blockCells'> {
  const { marks, machine, player } = session;
  session.seek(mark < 0 ? session.nrOps : marks.op[mark]);
  if (cause.kind !== 'allocation') {
    const kernelLog = 'report' in cause && (cause.kind !== 'bug' || cause.noticed) ? cause.report : [];
    return { kernelLog, kernelSilenced: false, zones: zonesOf(machine), blockCells: [] };
  }
  let kernelLog: string[] = [];
  let zones: ZoneThen[] = [];
  let blockCells: string[] = [];
  const incident = marks.ref[mark];
  session.seek(marks.op[mark] - 1);
  session.whenFailed(incident, () => {
    kernelLog = [failureLine(cause.task, cause.order, cause.gfp), ...session.memInfo()];
    zones = zonesOf(machine);
    const kinds = pageKinds(machine, session.slotOwner);
    blockCells = cause.blocks.map(({ pfn, pages }) => cellsOf(kinds.subarray(pfn, pfn + pages), 1));
  });
  session.step(1);
  if (player.incidents.kind[incident] !== INCIDENT_FAILURE)
    throw new Error(`incident ${incident} is no failure`);
  return { kernelLog, kernelSilenced: (cause.gfp & __GFP_NOWARN) !== 0, zones, blockCells };
}

function whatHappened(session: Session): Pick<Explanation, 'happenings' | 'moments' | 'counts'> {
  const { marks, plan, player, tape } = session;
  session.seek(session.nrOps);
  const moments: Moment[] = [];
  const counts: Partial<Record<MarkKind, number>> = {};
  const happenings = new Map<string, Happening>();
  for (let mark = 0; mark < marks.length; mark++) {
    const kind = MARK_KINDS[marks.kind[mark]];
    const ref = marks.ref[mark];
    const event = Math.max(0, marks.op[mark] - 1);
    const timeUs = marks.timeUs[mark];
    const count = (counts[kind] = (counts[kind] ?? 0) + 1);
    if (count <= MOMENTS) moments.push({ kind, event, timeUs });
    const row = kind === 'failure' ? player.incidents.row[ref] : event;
    const isOfTask = kind !== 'goal' && row < tape.nrOps;
    const task = isOfTask ? plan.workload.tasks[tape.task[row]].name : '';
    const key = kind === 'goal' ? `goal ${ref}` : kind === 'failure' ? `failure ${task}` : kind;
    const known = happenings.get(key);
    if (known !== undefined) known.times++;
    else {
      const text =
        kind === 'goal' ? plan.goals[ref].text : isOfTask ? operationOf(plan, player, row).text : '';
      happenings.set(key, { kind, times: 1, event, timeUs, task, text });
    }
  }
  return { happenings: [...happenings.values()], moments, counts };
}
