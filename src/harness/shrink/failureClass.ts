/**
 * In which way a run fails: docs/shrink.md says it in words. Two runs fail in the same way when the same goal or
 * expectation is lost on the same side, by the same kind of trouble.
 */
import { METRICS, type MetricName } from '../../contract/metrics.ts';
import type { ChallengePlan, Comparison, GoalPlan, MetricFilter } from '../../contract/plan.ts';
import type { PolicyFault } from '../../contract/policy.ts';
import type { Tape } from '../../contract/tape.ts';
import {
  GFP_KERNEL,
  GFP_ZONEMASK,
  LOG_ATOMIC_SLEEP,
  LOG_BAD_FREE,
  LOG_BAD_PAGE,
  LOG_BAD_VFREE,
  LOG_DEADLOCK,
  LOG_EXIT_ATOMIC,
  LOG_FORK_FAILED,
  LOG_KERNEL_BUG,
  LOG_MAPPING_LOST,
  LOG_OOM_KILL,
  LOG_OOPS,
  LOG_PANIC,
  LOG_SCHED_ATOMIC,
  LOG_SLAB_BAD_POINTER,
  LOG_SLAB_CORRUPTION,
  LOG_SLAB_DESTROY,
  LOG_SLAB_DOUBLE_FREE,
  LOG_SLAB_MISMATCH,
  LOG_SLAB_RED_ZONE,
  LOG_SLEEP_INVALID,
  LOG_STACK_CORRUPTION,
  LOG_STACK_OVERFLOW,
  LOG_STALE_USE,
} from '../../engine/index.ts';
import { INCIDENT_REFUSED } from '../../workload/incidents.ts';
import { causeZones } from '../causeAllocation.ts';
import { MARK_KINDS } from '../marks.ts';
import { measure } from '../metrics.ts';
import { opsUntil } from '../opsUntil.ts';
import { Play, type PlayedPolicy } from '../play.ts';
import { lostBy, tellingOf } from '../telling.ts';

/** Something that must hold and does not. */
export interface Failure {
  /** `goal page_alloc.failures of task sb16, at most 0`; what is kept of the file with it. */
  what: string;
  kind: 'goal' | 'expect' | 'end';
  /** Its number among the goals or the expectations of the plan. */
  index: number;
  /** `an allocation of order 2 from DMA for sb16`; '' where nothing but the value tells. */
  trouble: string;
  side: 'too much' | 'too little' | '';
  value: number;
  /** A total that grows with the work: too little of it is no failure where there is less to do. */
  needsWork: boolean;
  /** When it was lost, -1: only the end decides. */
  lostAtUs: number;
}

const BUGS: Readonly<Record<number, string>> = {
  [LOG_SLEEP_INVALID]: 'sleeping function called from invalid context',
  [LOG_SCHED_ATOMIC]: 'scheduling while atomic',
  [LOG_BAD_PAGE]: 'bad page state',
  [LOG_BAD_FREE]: 'pages freed that are not so held',
  [LOG_SLAB_DOUBLE_FREE]: 'slab error at a free: double free, or memory outside object overwritten',
  [LOG_SLAB_CORRUPTION]: 'slab corruption',
  [LOG_KERNEL_BUG]: 'kernel BUG',
  [LOG_OOPS]: 'oops',
  [LOG_STACK_OVERFLOW]: 'stack overflow reported',
  [LOG_BAD_VFREE]: 'bad vfree',
  [LOG_FORK_FAILED]: 'fork failed',
  [LOG_PANIC]: 'kernel panic',
  [LOG_STALE_USE]: 'memory used by who has no right to it',
  [LOG_STACK_CORRUPTION]: 'kernel stack overflowed',
  [LOG_ATOMIC_SLEEP]: 'sleeping where one may not, unnoticed',
  [LOG_DEADLOCK]: 'deadlock',
  [LOG_EXIT_ATOMIC]: 'exited with preempt_count',
  [LOG_SLAB_RED_ZONE]: 'slab error at an allocation: double free, or memory outside object overwritten',
  [LOG_SLAB_DESTROY]: 'slab error: object overwritten after free',
  [LOG_SLAB_BAD_POINTER]: 'kfree of a bad pointer',
  [LOG_SLAB_MISMATCH]: 'object freed to another cache',
  [LOG_MAPPING_LOST]: 'atomic mapping lost',
};

interface Bound {
  what: string;
  kind: Failure['kind'];
  index: number;
  metric: MetricName;
  where: MetricFilter;
  value: number;
  side: Failure['side'];
  lostAtUs: number;
}

/**
 * Play a run to its end and name every way in which it fails, the first lost first.
 *
 * @param only  of one goal or expectation alone
 * @throws whatever the engine throws
 */
export function failuresOf(
  plan: ChallengePlan,
  tape: Tape,
  policy: PlayedPolicy | null,
  only = '',
): Failure[] {
  const play = new Play(plan, tape, policy);
  const isDead = !hasPage(play);
  const { marks } = play.keepMarks();
  const bounds = expectedBounds(plan, play, tape);
  play.playUntil(play.nrOps);
  const { incidents } = play.player;
  const results = play.goals.results();
  const failures: Failure[] = [];
  const goalKind = MARK_KINDS.indexOf('goal');
  const goals = results.flatMap((result, i) => {
    if (result.held || (only !== '' && only !== `goal ${plan.goals[i].text}`)) return [];
    const mark = [...Array(marks.length).keys()].find(
      at => marks.kind[at] === goalKind && marks.ref[at] === i,
    );
    return [{ i, result, op: mark === undefined ? -1 : marks.op[mark] }];
  });
  goals.sort((a, b) => a.op - b.op);
  const troubleOf = (by: Pick<GoalPlan, 'metric' | 'where'>, op: number): string => {
    const mark = tellingOf(by, tape, incidents, marks, op);
    return mark < 0 ? '' : troubleText(plan, play, mark) + (isDead ? ', on a machine without memory' : '');
  };
  for (const { i, result, op } of goals) {
    const goal = plan.goals[i];
    const { value, lostAtUs } = result;
    failures.push({
      what: `goal ${goal.text}`,
      kind: 'goal',
      index: i,
      // Lost before anything was done: of another kind than the same loss later.
      trouble: op < 0 && lostAtUs >= 0 ? 'before the workload begins' : troubleOf(goal, op),
      side: sideOf(goal.compare, value, goal.value),
      value,
      needsWork: needsWork(goal.metric, goal.compare, value < goal.value),
      lostAtUs,
    });
  }
  for (const { what, kind, index, metric, where, value, side, lostAtUs } of bounds()) {
    const by = { metric, where };
    const trouble = troubleOf(by, play.nrOps);
    const first = tellingOf(by, tape, incidents, marks, play.nrOps);
    failures.push({
      what,
      kind,
      index,
      trouble,
      side,
      value,
      needsWork: needsWork(metric, 'equals', side === 'too little'),
      // Of what is only looked at in the end: when it began.
      lostAtUs: lostAtUs < 0 && first >= 0 && side === 'too much' ? marks.timeUs[first] : lostAtUs,
    });
  }
  const faults = faultFailures(plan, play);
  return [...failures, ...faults];
}

function sideOf(compare: Comparison, value: number, wanted: number): Failure['side'] {
  if (compare === 'at_most') return 'too much';
  if (compare === 'at_least') return 'too little';
  return value > wanted ? 'too much' : 'too little';
}

function needsWork(metric: MetricName, compare: Comparison, isTooLittle: boolean): boolean {
  return (
    compare !== 'at_most' && isTooLittle && METRICS[metric].kind === 'total' && lostBy({ metric }) === null
  );
}

/** Of a spec: its expectations on metrics, some of which look at a time on the way. @returns those that do not hold */
function expectedBounds(plan: ChallengePlan, play: Play, tape: Tape): () => Bound[] {
  const expected = (plan.test?.expect ?? []).flatMap((one, index) =>
    one.kind === 'metric'
      ? [{ one, index, op: one.atUs === null ? Infinity : opsUntil(tape, play.nrOps, one.atUs) }]
      : [],
  );
  const values = new Map<number, number>();
  for (const { one, index, op } of [...expected].sort((a, b) => a.op - b.op)) {
    if (op === Infinity) continue;
    play.playUntil(op);
    values.set(index, measure(play.run, one.metric, one.where));
  }
  return () =>
    expected.flatMap(({ one, index }) => {
      const { metric, where, least, most, text, atUs } = one;
      const value = values.get(index) ?? measure(play.run, metric, where);
      const side =
        most !== null && value > most ? 'too much' : least !== null && value < least ? 'too little' : '';
      if (side === '') return [];
      return [
        { what: `expect ${text}`, kind: 'expect', index, metric, where, value, side, lostAtUs: atUs ?? -1 },
      ];
    });
}

/** Faults that ended the run without a goal being lost, and those that a spec does not expect. */
function faultFailures(plan: ChallengePlan, play: Play): Failure[] {
  const { policy } = play;
  const { nrFaults } = play.run.policy;
  const fault = policy?.run.faults[0];
  if (nrFaults === 0) return [];
  const trouble = faultText(fault);
  const common = {
    trouble,
    side: '' as const,
    value: nrFaults,
    needsWork: false,
    lostAtUs: fault?.timeUs ?? -1,
  };
  const found: Failure[] = [];
  plan.test?.expect.forEach((one, index) => {
    if (one.kind === 'faults' && one.nr < nrFaults)
      found.push({ what: `expect ${one.text}`, kind: 'expect', index, ...common });
  });
  if (play.ended)
    found.push({ what: 'a fault of the policy ends the run', kind: 'end', index: -1, ...common });
  return found;
}

function troubleText(plan: ChallengePlan, play: Play, mark: number): string {
  const { marks } = play.marks!;
  const { incidents, tape, machine } = play.player;
  const ref = marks.ref[mark];
  const kind = MARK_KINDS[marks.kind[mark]];
  switch (kind) {
    case 'failure': {
      const task = plan.workload.tasks[tape.task[incidents.row[ref]]].name;
      if (incidents.kind[ref] === INCIDENT_REFUSED) return `vmalloc without addresses for ${task}`;
      const order = incidents.order[ref];
      const from = MASKS[incidents.gfp[ref] & GFP_ZONEMASK];
      return `an allocation of order ${order} from ${from} for ${task}: ${whyFailed(plan, play, mark)}`;
    }
    case 'bug':
      return ref < 0 ? BUGS[LOG_SLEEP_INVALID] : (BUGS[machine.printk.kind[ref]] ?? 'a bug of the kernel');
    case 'oom':
      return machine.printk.kind[ref] === LOG_OOM_KILL ? 'the OOM killer' : 'a page fault without memory';
    case 'fault':
      return faultText(play.policy?.run.faults[0]);
    case 'reclaim':
      return 'direct reclaim';
    case 'flush':
      return 'a flush of all TLBs';
    case 'goal':
      return '';
  }
}

/** Zones that would serve a request as Linux does, and those that had the pages for it without a block. */
function couldServe(
  { machine }: Play,
  gfp: number,
  order: number,
  ctx: number,
): 'served' | 'fragmentation' | 'pages' {
  const enough = causeZones(machine, gfp, order, ctx, []).filter(({ freePages, need }) => freePages >= need);
  if (enough.some(({ largest }) => largest >= order)) return 'served';
  return enough.length > 0 ? 'fragmentation' : 'pages';
}

const WHY = { served: 'kept from it by the policy', fragmentation: 'fragmentation', pages: 'want of pages' };

/** Played again as far as the failure, for the machine as it was then. */
function whyFailed(plan: ChallengePlan, play: Play, mark: number): string {
  const { incidents, tape } = play.player;
  const { marks } = play.marks!;
  const ref = marks.ref[mark];
  const ask = [incidents.gfp[ref], incidents.order[ref], tape.ctx[incidents.row[ref]]] as const;
  const again = new Play(plan, tape, play.policy);
  // What fails on a machine where nothing has happened yet fails in another way.
  const atBoot = couldServe(again, ...ask) === 'served' ? '' : ', from the start on';
  let why = '';
  again.whenFailed(ref, () => {
    why = WHY[couldServe(again, ...ask)] + atBoot;
  });
  again.playUntil(marks.op[mark]);
  return why;
}

/** Whether anybody could get a page before the workload begins. */
const hasPage = (play: Play): boolean => couldServe(play, GFP_KERNEL, 0, 0) === 'served';

/** What the zone bits of a mask ask for, whatever zones the machine has. Source: include/linux/gfp.h, GFP_ZONEMASK */
const MASKS = ['Normal', 'DMA', 'HighMem', 'DMA or HighMem'];

/** Hook and rule; of the rule what is the same for any block. */
function faultText(fault: PolicyFault | undefined): string {
  if (fault === undefined) return 'a fault of the policy';
  return `a fault of hook ${fault.hook} (${fault.code}): ${fault.message.replace(/\d+/g, 'N')}`;
}

/** Whether one of the ways in which a run fails is that of another run. */
export function sameFailure(of: Failure, failures: readonly Failure[]): Failure | undefined {
  return failures.find(
    one =>
      one.what === of.what &&
      one.trouble === of.trouble &&
      one.side === of.side &&
      (!of.needsWork || one.value >= of.value),
  );
}

export const failureText = ({ what, trouble }: Pick<Failure, 'what' | 'trouble'>): string =>
  trouble === '' ? what : `${what}; first by ${trouble}`;
