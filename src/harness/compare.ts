/**
 * Two runs of one challenge and seed, side by side: the first operation at which their decisions part, the first after
 * which their memories do, and what came of it. Both are played from their decisions; no policy is needed.
 */
import { METRIC_NAMES, METRICS } from '../contract/metrics.ts';
import type { ChallengePlan } from '../contract/plan.ts';
import { OP_ALLOC, OP_FREE, type Tape } from '../contract/tape.ts';
import type { SeedVerdict } from '../contract/verdict.ts';
import {
  type HookName,
  NIL,
  REQ_EVENT,
  REQ_TASK,
  stateHash,
  ZONE_FREE,
  ZONE_STRIDE,
} from '../engine/index.ts';
import { REQUEST_FIELDS } from '../policy/fields.ts';
import { compileTape } from '../workload/compile.ts';
import { OWNER_CODE } from '../workload/player.ts';
import { type Answer, firstDifferentAnswer, HookLog } from './hookLog.ts';
import { type MapDifference, mapDifferences, pageKinds } from './pageKinds.ts';
import { Play, type PlayedPolicy } from './play.ts';
import { RunBug } from './runBug.ts';
import { RecordMismatch } from './runSeed.ts';

/** Operations between two comparisons of the whole memory. */
const STRIDE = 1024;
/** Operations played in one go where nothing is compared. */
const SLICE = 16_384;

export interface ComparedRun {
  /** As the user named it. */
  name: string;
  played: PlayedPolicy | null;
}

/** An operation of the tape, in words and numbers. */
export interface Operation {
  event: number;
  timeUs: number;
  kind: 'alloc' | 'retry' | 'free' | 'end';
  task: string;
  /** Of the block. */
  order: number;
  gfp: number;
  cpu: number;
}

export interface SideAnswer {
  /** False: this run has no policy for the hook, and did as Linux does. */
  decided: boolean;
  /** As in the record. */
  given: number;
  /** What was done. */
  done: number;
  /** The rule that the answer broke, or ''. */
  rule: string;
}

/** The first question that was answered differently. */
export interface AnswersPart {
  operation: Operation;
  hook: HookName;
  /** The task whose request it was: one that had to wait asks again in the middle of other operations. */
  task: string;
  /** Fields of the hook's request, by name. */
  request: Record<string, number>;
  linux: number;
  a: SideAnswer;
  b: SideAnswer;
}

/** The first operation after which memory is not the same. */
export interface MemoryParts {
  operation: Operation;
  /** First PFN of the block that the operation got, NIL for none; of a free, NIL. */
  a: number;
  b: number;
}

export interface MetricPair {
  metric: string;
  unit: string;
  better: 'lower' | 'higher';
  a: number;
  b: number;
}

export interface MapAt {
  /** `the parting`, `the end`, or the time asked for. */
  when: 'parting' | 'time' | 'end';
  /** Operations played by then. */
  op: number;
  timeUs: number;
  zones: MapDifference[];
  /** At the parting: index in PAGE_KINDS of every page, of both runs. */
  kinds: readonly [Uint8Array, Uint8Array] | null;
}

export interface Comparison {
  nrOps: { a: number; b: number };
  answers: AnswersPart | null;
  memory: MemoryParts | null;
  /** All, those that are the same too. */
  metrics: MetricPair[];
  maps: MapAt[];
  a: SeedVerdict;
  b: SeedVerdict;
}

/**
 * @param timesUs  moments at which memory is compared, besides the parting and the end
 * @throws RunBug; RecordMismatch for decisions that are not those of this challenge and seed
 */
export function compareRuns(
  plan: ChallengePlan,
  seed: number,
  a: ComparedRun,
  b: ComparedRun,
  timesUs: readonly number[] = [],
): Comparison {
  const comparing = comparingRuns(plan, seed, compileTape(plan, seed), a, b, timesUs);
  for (;;) {
    const { done, value } = comparing.next();
    if (done) return value;
  }
}

/** The same in pieces of some milliseconds; yields the operations played. */
export function* comparingRuns(
  plan: ChallengePlan,
  seed: number,
  tape: Tape,
  a: ComparedRun,
  b: ComparedRun,
  timesUs: readonly number[] = [],
): Generator<number, Comparison, void> {
  const pair = new Pair(plan, tape, seed, a, b);
  const slotOwner = ownersOf(plan, tape);
  const maps: MapAt[] = [];
  const moments = [...timesUs].sort((x, y) => x - y).map(us => ({ us, op: operationsUntil(tape, us) }));
  const mapAt = (when: MapAt['when'], timeUs: number, plays: Pair): void => {
    const kinds = [plays.a, plays.b].map(play => pageKinds(play.machine, slotOwner));
    maps.push({
      when,
      op: plays.op,
      timeUs,
      zones: mapDifferences(plays.a.machine, kinds[0], kinds[1]),
      kinds: when === 'parting' ? [kinds[0], kinds[1]] : null,
    });
  };

  let answers: AnswersPart | null = null;
  let seenAt = -1;
  let same = 0;
  const logs = [new HookLog(pair.a), new HookLog(pair.b)];
  while (true) {
    while (moments.length > 0 && moments[0].op <= pair.op) mapAt('time', moments.shift()!.us, pair);
    if (pair.done) break;
    if (pair.op % STRIDE === 0) yield pair.op;
    if (answers === null) for (const log of logs) log.clear();
    pair.step();
    if (answers === null && seenAt < 0) {
      const different = firstDifferentAnswer(logs[0], logs[1]);
      if (different !== null) {
        answers = answersPart(plan, pair, different.a, different.b);
        for (const log of logs) log.stop();
      }
    }
    if (seenAt >= 0) continue;
    const whole = pair.op % STRIDE === 0 || pair.done;
    if (pair.showsDifference() || (whole && !pair.sameMemory())) seenAt = pair.op;
    else if (whole) same = pair.op;
  }
  pair.checkFit();
  let memory: MemoryParts | null = null;
  if (seenAt >= 0) {
    const again = new Pair(plan, tape, seed, a, b);
    while (again.op + SLICE < same) {
      again.playTo(again.op + SLICE);
      yield pair.op;
    }
    again.playTo(same);
    do again.step();
    while (again.op < seenAt && again.sameMemory());
    memory = { operation: operationAt(plan, tape, again.op - 1), ...again.pfns() };
    mapAt('parting', again.a.player.timeUs, again);
    maps.unshift(maps.pop()!);
  }
  mapAt('end', plan.workload.lengthUs, pair);
  const verdicts = { a: pair.a.verdict(seed, ''), b: pair.b.verdict(seed, '') };
  return {
    nrOps: { a: pair.a.player.op, b: pair.b.player.op },
    answers,
    memory,
    metrics: metricPairs(verdicts.a, verdicts.b),
    maps,
    ...verdicts,
  };
}

/** Two plays of one tape in step. One that a fault ended stays where it ended. */
class Pair {
  readonly a: Play;
  readonly b: Play;
  readonly tape: Tape;
  op = 0;
  private readonly seed: number;
  private readonly names: string[];

  constructor(plan: ChallengePlan, tape: Tape, seed: number, a: ComparedRun, b: ComparedRun) {
    this.tape = tape;
    this.seed = seed;
    this.names = [a.name, b.name];
    this.a = new Play(plan, tape, a.played);
    this.b = new Play(plan, tape, b.played);
  }

  get done(): boolean {
    return this.op >= Math.max(this.a.nrOps, this.b.nrOps);
  }

  step(): void {
    this.playTo(this.op + 1);
  }

  playTo(op: number): void {
    for (const play of [this.a, this.b]) {
      try {
        play.playUntil(op);
      } catch (error) {
        throw new RunBug(this.seed, play.player.op, error);
      }
    }
    this.op = op;
  }

  /** What can be seen without looking at all of memory. */
  showsDifference(): boolean {
    const { a, b } = this;
    const pfns = this.pfns();
    if (pfns.a !== pfns.b || a.machine.outcome !== b.machine.outcome) return true;
    for (let at = ZONE_FREE; at < a.machine.zone.length; at += ZONE_STRIDE) {
      if (a.machine.zone[at] !== b.machine.zone[at]) return true;
    }
    return false;
  }

  sameMemory(): boolean {
    return !this.showsDifference() && stateHash(this.a.machine) === stateHash(this.b.machine);
  }

  /** What the last operation got. */
  pfns(): { a: number; b: number } {
    const slot = this.tape.slot[this.op - 1];
    return { a: this.a.player.slotPfn[slot] ?? NIL, b: this.b.player.slotPfn[slot] ?? NIL };
  }

  checkFit(): void {
    for (const [i, play] of [this.a, this.b].entries()) {
      if (play.mismatch !== '') throw new RecordMismatch(`${this.names[i]}: ${play.mismatch}`);
    }
  }
}

function answersPart(plan: ChallengePlan, pair: Pair, a: Answer | null, b: Answer | null): AnswersPart {
  const { hook, request, linux } = (a ?? b)!;
  const side = (answer: Answer | null): SideAnswer =>
    answer === null
      ? { decided: false, given: linux, done: linux, rule: '' }
      : { decided: true, given: answer.given, done: answer.done, rule: answer.rule };
  return {
    operation: operationAt(plan, pair.tape, Math.min(request[REQ_EVENT], pair.op - 1)),
    hook,
    task: plan.workload.tasks[request[REQ_TASK]]?.name ?? '',
    request: requestOf(hook, request),
    linux,
    a: side(a),
    b: side(b),
  };
}

/** Fields that say what was asked, in the words of a policy. */
export function requestOf(hook: HookName, request: Int32Array): Record<string, number> {
  const { linux: _, ...fields } = REQUEST_FIELDS[hook];
  return Object.fromEntries(Object.entries(fields).map(([name, at]) => [name, request[at]]));
}

function operationAt(plan: ChallengePlan, tape: Tape, row: number): Operation {
  const op = tape.op[row];
  // A free says nothing of the block: the row that asked for it does.
  let asked = row;
  if (op === OP_FREE) asked = Math.max(0, tape.slot.subarray(0, row).lastIndexOf(tape.slot[row]));
  return {
    event: row,
    timeUs: tape.timeUs[row],
    kind: op === OP_FREE ? 'free' : op === OP_ALLOC ? 'alloc' : 'retry',
    task: plan.workload.tasks[tape.task[row]].name,
    order: tape.order[asked],
    gfp: tape.gfp[asked],
    cpu: tape.cpu[row],
  };
}

/** Every metric, then those of goals and score that count only part of one. */
function metricPairs(a: SeedVerdict, b: SeedVerdict): MetricPair[] {
  const pairs: MetricPair[] = METRIC_NAMES.map(metric => {
    const { unit, better } = METRICS[metric];
    return { metric, unit, better, a: a.metrics[metric], b: b.metrics[metric] };
  });
  const known = new Set<string>(METRIC_NAMES);
  a.score.forEach(({ metric, unit, better, value }, i) => {
    if (known.has(metric)) return;
    known.add(metric);
    pairs.push({ metric, unit, better, a: value, b: b.score[i].value });
  });
  return pairs;
}

function ownersOf(plan: ChallengePlan, tape: Tape): Uint8Array {
  const byTask = plan.workload.tasks.map(task => OWNER_CODE[task.owner]);
  const owners = new Uint8Array(tape.nrSlots);
  for (let row = 0; row < tape.nrOps; row++) owners[tape.slot[row]] = byTask[tape.task[row]];
  return owners;
}

function operationsUntil(tape: Tape, us: number): number {
  let low = 0;
  let high = tape.nrOps;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (tape.timeUs[middle] <= us) low = middle + 1;
    else high = middle;
  }
  return low;
}
