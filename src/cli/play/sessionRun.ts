/** A recorded run of the harness as the game sees it. */
import { METRICS } from '../../contract/metrics.ts';
import type { ChallengePlan } from '../../contract/plan.ts';
import {
  OP_ALLOC,
  OP_FREE,
  OP_RETRY,
  OPF_COLD,
  OPF_VADDR,
  OPF_ZEROED,
  type Tape,
} from '../../contract/tape.ts';
import { type Machine, NIL, PAGE_ORDER, ZONE_NAMES, zoneOf } from '../../engine/index.ts';
import { Explainer } from '../../harness/cause.ts';
import type { Marks } from '../../harness/marks.ts';
import type { PageFacts } from '../../harness/pageFacts.ts';
import type { PlayedPolicy } from '../../harness/play.ts';
import type { Session } from '../../harness/session.ts';
import { gfpText } from '../../report/gfpText.ts';
import type { GameRun, LastOp, LiveGoal, LiveScore, LogLine } from '../../tui/gameRun.ts';

const UNKNOWN = -2;

const hex = (pfn: number): string => `0x${pfn.toString(16).padStart(5, '0')}`;

/** Lines of the policy's own that are kept beside the kernel's. */
const POLICY_LINES = 500;

/** What the policy printed and what it did wrong, in the order of the operations. */
function linesOf(policy: PlayedPolicy | null, tape: Tape): { event: number; line: LogLine }[] {
  if (policy === null) return [];
  const { console, faults } = policy.run;
  const lines = [
    ...console.map(({ event, file, line, text }) => ({ event, text: `policy: ${file}:${line}: ${text}` })),
    ...faults.map(({ event, file, line, hook, message }) => ({
      event,
      text: `policy fault: ${message} (${file}:${line}, ${hook})`,
    })),
  ];
  return lines
    .sort((a, b) => a.event - b.event)
    .map(({ event, text }) => ({ event, line: { timeUs: tape.timeUs[event] ?? 0, text } }));
}

/** Two lists, each ascending in time, as one; of equal times the first list's come first. */
function mergeByTime(first: readonly LogLine[], second: readonly LogLine[]): LogLine[] {
  const merged: LogLine[] = [];
  let j = 0;
  for (const line of first) {
    while (j < second.length && second[j].timeUs < line.timeUs) merged.push(second[j++]);
    merged.push(line);
  }
  for (; j < second.length; j++) merged.push(second[j]);
  return merged;
}

/** What the session computes when it is asked, kept until it moves. */
interface Seen {
  goals: LiveGoal[];
  scores: LiveScore[];
  log: LogLine[];
  lastOp: LastOp | null;
  tellingMark: number;
}

export class SessionRun implements GameRun {
  readonly seed: number;
  readonly lengthUs: number;
  readonly slotOwner: Uint8Array;
  private readonly session: Session;
  private readonly plan: ChallengePlan;
  private readonly tape: Tape;
  private readonly policy: PlayedPolicy | null;
  private readonly policyLines: { event: number; line: LogLine }[];
  private seen: Partial<Seen> = {};
  /** First PFN of the block that the last operation freed; NIL: it freed none, UNKNOWN: not looked up. */
  private freedPfn = UNKNOWN;
  private freedOrder = 0;

  constructor(plan: ChallengePlan, tape: Tape, policy: PlayedPolicy | null, session: Session) {
    const { seed } = session;
    this.session = session;
    this.plan = plan;
    this.tape = tape;
    this.policy = policy;
    this.policyLines = linesOf(policy, tape);
    this.seed = seed;
    this.lengthUs = this.session.lengthUs;
    this.slotOwner = this.session.slotOwner;
  }

  get machine(): Machine {
    return this.session.machine;
  }
  get nrOps(): number {
    return this.session.nrOps;
  }
  get op(): number {
    return this.session.op;
  }
  get timeUs(): number {
    return this.session.done ? this.lengthUs : this.session.timeUs;
  }
  get done(): boolean {
    return this.session.done;
  }

  get goals(): LiveGoal[] {
    return (this.seen.goals ??= this.session.goals.map((goal, i) => ({
      ...goal,
      lost: this.isLost(goal, i),
    })));
  }
  get scores(): LiveScore[] {
    return (this.seen.scores ??= this.session.scores);
  }
  get log(): LogLine[] {
    return (this.seen.log ??= this.spokenUpToNow());
  }
  get marks(): Marks {
    return this.session.marks;
  }
  get tellingMark(): number {
    return (this.seen.tellingMark ??= this.session.tellingMark());
  }
  get lastOp(): LastOp | null {
    if (this.seen.lastOp === undefined) this.seen.lastOp = this.describe();
    return this.seen.lastOp;
  }

  page(pfn: number): PageFacts | null {
    return this.session.page(pfn);
  }

  /** A step by one looks up what a free gives back: that is known only before. */
  step(nrOps: number): void {
    if (nrOps < 1 || this.done) return;
    if (nrOps > 1) this.session.step(nrOps - 1);
    const row = this.session.op;
    const looked = nrOps === 1 && row < this.nrOps && this.tape.op[row] === OP_FREE;
    const { machine } = this.session;
    this.freedPfn = looked ? machine.tag.indexOf(this.tape.slot[row]) : UNKNOWN;
    this.freedOrder = this.freedPfn < 0 ? 0 : machine.state[this.freedPfn] & PAGE_ORDER;
    this.session.step(1);
    this.seen = {};
  }

  seek(op: number): void {
    const to = Math.max(0, Math.min(op, this.nrOps));
    this.session.seek(Math.max(0, to - 1));
    this.seen = {};
    this.freedPfn = UNKNOWN;
    if (to > 0) this.step(1);
  }

  explain(mark: number): Explainer {
    const explainer = new Explainer(this.session, mark);
    this.seen = {};
    this.freedPfn = UNKNOWN;
    return explainer;
  }

  opsUntil(timeUs: number): number {
    return timeUs >= this.lengthUs ? this.nrOps : this.session.opsUntil(timeUs);
  }

  private spokenUpToNow(): LogLine[] {
    const { session, policyLines } = this;
    if (policyLines.length === 0) return session.log;
    const past = policyLines.filter(({ event }) => event < session.op).slice(-POLICY_LINES);
    const lines = past.map(({ line }) => line);
    // Of a policy at fault in a loop only the first faults are kept; the marks know of the others.
    const { faults, nrFaults } = this.policy!.run;
    if (nrFaults > faults.length && session.nrFaults > faults.length) {
      const more = session.nrFaults - faults.length;
      lines.push({
        timeUs: session.timeUs,
        text: `policy fault: ${more} more than the ${faults.length} kept`,
      });
    }
    return mergeByTime(lines, session.log);
  }

  /** An `always` goal that was broken, or a total that is over its limit and can only grow. */
  private isLost(goal: Omit<LiveGoal, 'lost'>, i: number): boolean {
    if (goal.held) return false;
    if (goal.always || this.done) return true;
    if (METRICS[this.plan.goals[i].metric].kind !== 'total') return false;
    return goal.compare === 'at_most' || (goal.compare === 'equals' && goal.value > goal.wanted);
  }

  private describe(): LastOp | null {
    const { tape, plan, session } = this;
    const row = session.op - 1;
    if (row < 0) return null;
    const slot = tape.slot[row];
    const task = plan.workload.tasks[tape.task[row]].name;
    const flags = tape.flags[row];
    const order = tape.order[row];
    const timeUs = tape.timeUs[row];
    const op = tape.op[row] === OP_RETRY ? tape.b[row] : tape.op[row];
    if (op !== OP_FREE && op !== OP_ALLOC) return { timeUs, text: session.lastOp, ...session.lastBlock };
    if (op === OP_FREE) {
      const call = (flags & OPF_VADDR) !== 0 ? 'free_pages' : '__free_pages';
      const cold = (flags & OPF_COLD) !== 0 ? ', cold' : '';
      const pfn = this.freedPfn;
      if (pfn === UNKNOWN) return { timeUs, text: `${task}: ${call}()`, pfn: NIL, order: 0 };
      const what = pfn < 0 ? 'nothing held' : `pfn ${hex(pfn)}, ${this.freedOrder}`;
      const text = `${task}: ${call}(${what}${cold})`;
      return { timeUs, text, pfn, order: this.freedOrder };
    }
    const pfn = session.machine.tag.indexOf(slot);
    const gfp = gfpText(tape.gfp[row]);
    const zeroed = (flags & OPF_ZEROED) !== 0;
    const call = zeroed ? 'get_zeroed_page' : (flags & OPF_VADDR) !== 0 ? '__get_free_pages' : 'alloc_pages';
    const asked = `${task}: ${call}(${gfp}${zeroed ? '' : `, ${order}`})`;
    const again = tape.op[row] === OP_ALLOC ? '' : ' again';
    if (pfn < 0) return { timeUs, text: `${asked}${again} = none`, pfn: NIL, order: 0 };
    const zone = ZONE_NAMES[zoneOf(session.machine, pfn)];
    return { timeUs, text: `${asked}${again} = pfn ${hex(pfn)} in ${zone}`, pfn, order };
  }
}
