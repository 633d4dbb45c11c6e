/** Causes of what is no failed allocation: an overflow, a kill, a bug, a goal, a fault, and what is only worth seeing. */
import type { MetricName } from '../contract/metrics.ts';
import type { ChallengePlan } from '../contract/plan.ts';
import type { PolicyFault } from '../contract/policy.ts';
import { OP_BUFFER, OP_RETRY, OP_VFREE, OP_VMALLOC } from '../contract/tape.ts';
import type { GoalResult, StackFrame } from '../contract/verdict.ts';
import {
  badness,
  LOG_BAD_FREE,
  LOG_DEADLOCK,
  LOG_EXIT_ATOMIC,
  LOG_OOM_KILL,
  LOG_OOPS,
  LOG_SLAB_CORRUPTION,
  LOG_STACK_CORRUPTION,
  LOG_STACK_OVERFLOW,
  LOG_STALE_USE,
  type Machine,
  maxStack,
  NIL,
  P_ALIVE,
  P_KILLED,
  P_NICE,
  P_ROOT,
  P_RSS,
  P_STRIDE,
  P_TOTAL_VM,
  STACK_LIMIT,
  TASK_OWNER,
  TASK_STRIDE,
} from '../engine/index.ts';
import { SLOT_HELD } from '../workload/operations.ts';
import type { TapePlayer } from '../workload/player.ts';
import { type CauseOperation, operationOf } from './causePlaces.ts';
import { type GoalMakeup, goalMakeup } from './goalMakeup.ts';
import { reportOf } from './kernelLog.ts';
import { KernelSymbols } from './kernelSymbols.ts';
import { type Measured, unitOf } from './metrics.ts';
import { vmallocSpace } from './vmallocSpace.ts';

/** When and in the course of which operation. */
export interface Moment {
  event: number;
  timeUs: number;
  by: CauseOperation;
}

export interface StackCause extends Moment {
  kind: 'stack';
  /** Bytes of the stack above thread_info. */
  limit: number;
  /** Calls of the fullest stack so far, innermost first. */
  frames: StackFrame[];
  /** Index in `frames` of the one that went beyond the limit, -1 where none did. */
  crossed: number;
  report: string[];
}

/** What a process had when one had to die. */
export interface CauseProcess {
  process: number;
  task: string;
  /** Of the OOM killer; of the victim those that it was killed for. */
  points: number;
  /** Address space and what of it is in memory, pages. */
  totalVm: number;
  rss: number;
  nice: number;
  root: boolean;
  victim: boolean;
}

export interface KillCause extends Moment {
  kind: 'oom';
  /** `no memory`: a page fault found none, and the process that it happened to dies; nobody was chosen. */
  how: 'badness' | 'no memory';
  victim: string;
  processes: CauseProcess[];
  others: number;
  report: string[];
}

export interface BugCause extends Moment {
  kind: 'bug';
  /** As the kernel prints it; of what nothing in it notices a line of our own. */
  report: string[];
  noticed: boolean;
  /** Earlier operations on the same memory, stack or lock, oldest first: the first of them is where it began. */
  before: CauseOperation[];
}

export interface GoalCause extends Moment {
  kind: 'goal';
  text: string;
  unit: string;
  wanted: number;
  compare: 'at_most' | 'at_least' | 'equals';
  metric: MetricName;
  before: number;
  after: number;
  /** It is decided at the end of the run. */
  atEnd: boolean;
  /** It was not lost: what is told is how near it came. */
  held: boolean;
  makeup: GoalMakeup;
}

/** vmalloc() had no addresses left; of pages none was missing. */
export interface WindowCause extends Moment {
  kind: 'window';
  /** Asked for, pages. */
  pages: number;
  /** Of the window in use, and its largest hole: bytes, guard pages included. */
  used: number;
  largestHole: number;
  /** Areas by the task that has them, most bytes first. */
  holders: { task: string; areas: number; pages: number; oldestUs: number }[];
}

export interface FaultCause extends Moment {
  kind: 'fault';
  /** Null for a fault behind the first hundred. */
  fault: PolicyFault | null;
  nrFaults: number;
}

export interface MomentCause extends Moment {
  kind: 'reclaim' | 'flush';
}

const PROCESSES = 12;
const BEFORE = 4;

const STACK_KINDS: readonly number[] = [LOG_STACK_OVERFLOW, LOG_STACK_CORRUPTION];
export const isStackEntry = (kind: number): boolean => STACK_KINDS.includes(kind);

export function stackCause(
  plan: ChallengePlan,
  player: TapePlayer,
  entry: number,
  moment: Moment,
): StackCause {
  const { machine } = player;
  const tasks = machine.tasks!;
  const symbols = new KernelSymbols(machine.arch, plan.workload.named?.functions ?? []);
  const chain = maxStack(tasks);
  const limit = chain.length === 0 ? 0 : tasks.stacks[chain[0].stack + STACK_LIMIT];
  const frames = chain.map(({ fn, depth, size }) => ({ depth, size, function: symbols.nameOf(fn) }));
  const crossed = frames.findLastIndex(({ depth }) => depth > limit);
  return { kind: 'stack', ...moment, limit, frames, crossed, report: reportOf(plan, player, entry) };
}

/** To be called where the goal was lost, or at the end. @param before value before the event */
export function goalCause(
  plan: ChallengePlan,
  run: Measured,
  goal: number,
  result: Pick<GoalResult, 'value' | 'held' | 'lostAtUs'>,
  before: number,
  moment: Moment,
): GoalCause {
  const { text, metric, value: wanted, compare } = plan.goals[goal];
  const { value: after, held, lostAtUs } = result;
  const makeup = goalMakeup(plan, run, plan.goals[goal]);
  const atEnd = lostAtUs < 0;
  return {
    kind: 'goal',
    ...moment,
    text,
    metric,
    unit: unitOf(metric),
    wanted,
    compare,
    before,
    after,
    atEnd,
    held,
    makeup,
  };
}

/** The workload's task that a process runs, '' for none. */
function taskOf(plan: ChallengePlan, { machine, tape }: TapePlayer, process: number): string {
  if (process === NIL) return '';
  const { tasks } = machine;
  const owner =
    tasks !== null && process < tasks.nrProcesses
      ? tasks.tasks[process * TASK_STRIDE + TASK_OWNER]
      : (tape.task[tape.daemon.indexOf(process)] ?? NIL);
  return plan.workload.tasks[owner]?.name ?? '';
}

/** Those alive, those with the most points first. */
export function processesOf(plan: ChallengePlan, player: TapePlayer): CauseProcess[] {
  const { vm } = player.machine;
  const processes: CauseProcess[] = [];
  for (let process = 0; vm !== null && process < vm.nrProcesses; process++) {
    const of = (field: number): number => vm.process[process * P_STRIDE + field];
    if (of(P_ALIVE) === 0 || of(P_KILLED) !== 0) continue;
    processes.push({
      process,
      task: taskOf(plan, player, process),
      points: badness(vm, process),
      totalVm: of(P_TOTAL_VM),
      rss: of(P_RSS),
      nice: of(P_NICE),
      root: of(P_ROOT) !== 0,
      victim: false,
    });
  }
  return processes.sort((a, b) => b.points - a.points || b.rss - a.rss || a.process - b.process);
}

/** @param before processes as they were just before: one that is killed gives its memory back at once */
export function killCause(
  plan: ChallengePlan,
  player: TapePlayer,
  entry: number,
  moment: Moment,
  before: readonly CauseProcess[],
): KillCause {
  const { printk } = player.machine;
  const victim = printk.args[4 * entry];
  const how = printk.kind[entry] === LOG_OOM_KILL ? 'badness' : 'no memory';
  const points = printk.args[4 * entry + 1];
  const processes = before.map(one =>
    one.process === victim ? { ...one, victim: true, points: how === 'badness' ? points : one.points } : one,
  );
  const shown = processes.slice(0, PROCESSES);
  const chosen = processes.find(process => process.victim);
  if (chosen !== undefined && !shown.includes(chosen)) shown.splice(PROCESSES - 1, 1, chosen);
  return {
    kind: 'oom',
    ...moment,
    how,
    victim: taskOf(plan, player, victim),
    processes: shown,
    others: processes.length - shown.length,
    report: reportOf(plan, player, entry),
  };
}

/** A slot that vmalloc() serves: by name, or as the memory of a buffer. */
function isArea({ tape, operations }: TapePlayer, slot: number, row: number): boolean {
  if (tape.op[row] === OP_BUFFER) return operations.answers.freeOf(slot) === OP_VFREE;
  return tape.op[row] === OP_VMALLOC;
}

/** A buffer is asked for in bytes. */
function areaPages({ machine, tape }: TapePlayer, row: number): number {
  const asked = tape.op[row] === OP_RETRY ? tape.b[row] : tape.op[row];
  return asked === OP_BUFFER ? Math.ceil(tape.a[row] / machine.arch.pageBytes) : (tape.a[row] ?? 0);
}

export function windowCause(plan: ChallengePlan, player: TapePlayer, moment: Moment): WindowCause {
  const { machine, tape, slotRow, slotPfn } = player;
  const { used, largest } = machine.vmalloc === null ? { used: 0, largest: 0 } : vmallocSpace(machine);
  const holders = new Map<string, WindowCause['holders'][number]>();
  for (let slot = 0; slot < tape.nrSlots; slot++) {
    const row = slotRow[slot];
    if (row === NIL || slotPfn[slot] === NIL || !isArea(player, slot, row)) continue;
    if (player.operations.slotState[slot] !== SLOT_HELD) continue;
    const task = plan.workload.tasks[tape.task[row]].name;
    const holder = holders.get(task) ?? { task, areas: 0, pages: 0, oldestUs: 0 };
    holder.areas++;
    holder.pages += areaPages(player, row);
    holder.oldestUs = Math.max(holder.oldestUs, moment.timeUs - tape.timeUs[row]);
    holders.set(task, holder);
  }
  return {
    kind: 'window',
    ...moment,
    pages: areaPages(player, moment.by.event),
    used,
    largestHole: largest,
    holders: [...holders.values()].sort((a, b) => b.pages - a.pages),
  };
}

/** Of what the kernel does not notice. */
function silentReport({ printk }: Machine, entry: number): string[] {
  switch (printk.kind[entry]) {
    case LOG_STALE_USE:
      return ['memory was used by who has no right to it, and nothing in the kernel noticed'];
    case LOG_DEADLOCK:
      return ['a CPU spins for a lock whose holder cannot run before it'];
    default:
      return ['something slept where one may not, and this build of the kernel cannot tell'];
  }
}

/** @param entry number in the kernel's log, or -1 - number in the incidents */
export function bugCause(plan: ChallengePlan, player: TapePlayer, entry: number, moment: Moment): BugCause {
  const { machine } = player;
  const report = reportOf(plan, player, entry);
  const noticed = report.length > 0;
  return {
    kind: 'bug',
    ...moment,
    report: noticed ? report : silentReport(machine, entry),
    noticed,
    before: rowsBefore(player, entry, moment.by.event)
      .slice(-BEFORE)
      .map(row => operationOf(plan, player, row)),
  };
}

/** Rows that had the same memory, stack or lock before, ascending. */
function rowsBefore(player: TapePlayer, entry: number, row: number): number[] {
  const { machine, tape } = player;
  const { printk } = machine;
  const rows = new Set<number>();
  if (entry >= 0) {
    for (let i = 0; i < entry; i++) {
      if (isRootOf(machine, i, entry)) rows.add(printk.contexts[i]?.row ?? printk.event[i]);
    }
  }
  const slot = row < tape.nrOps ? tape.slot[row] : NIL;
  if (slot !== NIL) for (let i = 0; i < row; i++) if (tape.slot[i] === slot) rows.add(i);
  rows.delete(row);
  rows.delete(NIL);
  return [...rows].sort((a, b) => a - b);
}

/** Whether an earlier entry of the log is of the same memory or process as a later one. */
function isRootOf({ printk }: Machine, earlier: number, later: number): boolean {
  const arg = (entry: number, n: number): number => printk.args[4 * entry + n];
  const of = printk.kind[later];
  switch (printk.kind[earlier]) {
    case LOG_STALE_USE:
      if (of === LOG_SLAB_CORRUPTION) return arg(earlier, 0) === arg(later, 1);
      return of === LOG_BAD_FREE && arg(earlier, 0) === arg(later, 0);
    case LOG_STACK_CORRUPTION:
      return (of === LOG_OOPS || of === LOG_EXIT_ATOMIC) && arg(earlier, 0) === arg(later, 0);
    default:
      return false;
  }
}
