/**
 * What the kernel writes to its log, made from the entries of the machine and the incidents of the workload when somebody
 * reads it.
 */
import type { ChallengePlan } from '../contract/plan.ts';
import { CTX_HARDIRQ } from '../contract/tape.ts';
import type { KernelReport } from '../contract/verdict.ts';
import {
  __GFP_NOWARN,
  LOG_ALLOC_FAILURE,
  LOG_FORK_FAILED,
  LOG_KERNEL_BUG,
  LOG_OOM_KILL,
  LOG_OOPS,
  LOG_PLACE_PAGE_ALLOC,
  LOG_SLEEP_INVALID,
  LOG_UNPRINTED,
  LOG_VM_KILL,
} from '../engine/index.ts';
import { INCIDENT_FAILURE, INCIDENT_REFUSED } from '../workload/incidents.ts';
import type { TapePlayer } from '../workload/player.ts';
import { bugPlace } from './kernelCulprits.ts';
import { type Report, reportLines } from './kernelReports.ts';
import { KernelSymbols } from './kernelSymbols.ts';

export { comm, failureLine } from './kernelReports.ts';

export interface KernelLogLine {
  timeUs: number;
  /** Tape operation. */
  event: number;
  text: string;
}

/** __might_sleep() speaks at most once a second. Source: kernel/sched.c */
const SLEEP_REPORT_GAP_US = 1_000_000;

/** What a kernel prints that has no bug. */
const EVERYDAY: readonly number[] = [LOG_ALLOC_FAILURE, LOG_OOM_KILL, LOG_VM_KILL, LOG_FORK_FAILED];

/** Incidents stand in `spoken` as -1 - i, entries of the machine's log as i. */
type Spoken = number;

/**
 * The newest `count` lines, oldest first.
 *
 * Deviation: what a machine without kernel stacks prints has no back trace.
 */
export function kernelLog(plan: ChallengePlan, player: TapePlayer, count = Infinity): KernelLogLine[] {
  const { spoken, deaths } = whoSpeaks(player);
  // Which entries speak is known only from the start on; their text is made for the newest alone.
  const symbols = symbolsOf(plan, player);
  const blocks: KernelLogLine[][] = [];
  let nrLines = 0;
  for (let n = spoken.length - 1; n >= 0 && nrLines < count; n--) {
    const lines = linesOf(plan, player, symbols, spoken[n], deaths[n]);
    nrLines += lines.length;
    blocks.push(lines);
  }
  const all = blocks.reverse().flat();
  return count < all.length ? all.slice(all.length - count) : all;
}

const symbolsOf = (plan: ChallengePlan, { machine }: TapePlayer): KernelSymbols =>
  new KernelSymbols(machine.arch, plan.workload.named?.functions ?? []);

/** The first report of a bug, an Oops or a panic, without a final empty line; null when there was none. */
export function firstReport(plan: ChallengePlan, player: TapePlayer): KernelReport | null {
  const { spoken, deaths } = whoSpeaks(player);
  const { printk } = player.machine;
  const { kind } = player.incidents;
  const first = spoken.findIndex(at =>
    at >= 0 ? !EVERYDAY.includes(printk.kind[at]) : kind[-1 - at] !== INCIDENT_FAILURE,
  );
  if (first < 0) return null;
  const at = spoken[first];
  const lines = linesOf(plan, player, symbolsOf(plan, player), at, deaths[first]);
  if (lines.at(-1)?.text === '') lines.pop();
  if (lines.length === 0) return null;
  const [{ event, timeUs }] = lines;
  const by = bugPlace(plan, player, at < 0 ? event : (printk.contexts[at]?.row ?? event));
  return { event, timeUs, lines: lines.map(line => line.text), ...(by === null ? {} : { by }) };
}

/** What the kernel prints of one entry of its log, or of incident -1 - `entry`; nothing where it notices nothing. */
export function reportOf(plan: ChallengePlan, player: TapePlayer, entry: number): string[] {
  const { spoken, deaths } = whoSpeaks(player);
  const said = spoken.indexOf(entry);
  const lines = linesOf(plan, player, symbolsOf(plan, player), entry, said < 0 ? 0 : deaths[said]);
  return lines.map(({ text }) => text).filter(text => text !== '');
}

/** Both in the order of time, with the kernel's own silences; and how often the kernel had died before each. */
function whoSpeaks({ incidents, machine }: TapePlayer): { spoken: Spoken[]; deaths: number[] } {
  const { printk } = machine;
  const spoken: Spoken[] = [];
  const deaths: number[] = [];
  let lastSleepUs = -SLEEP_REPORT_GAP_US;
  let died = 0;
  let i = 0;
  let n = 0;
  while (i < incidents.length || n < printk.length) {
    const isEntry = i === incidents.length || (n < printk.length && printk.timeUs[n] <= incidents.timeUs[i]);
    const at = isEntry ? n++ : i++;
    // 2.6.0 says nothing when vmalloc finds no addresses.
    if (!isEntry && incidents.kind[at] === INCIDENT_REFUSED) continue;
    const kind = isEntry
      ? printk.kind[at]
      : incidents.kind[at] === INCIDENT_FAILURE
        ? LOG_ALLOC_FAILURE
        : LOG_SLEEP_INVALID;
    if (LOG_UNPRINTED.includes(kind)) continue;
    if (kind === LOG_ALLOC_FAILURE) {
      const gfp = isEntry ? printk.args[4 * at + 1] : incidents.gfp[at];
      if ((gfp & __GFP_NOWARN) !== 0) continue;
    } else if (kind === LOG_SLEEP_INVALID) {
      const timeUs = isEntry ? printk.timeUs[at] : incidents.timeUs[at];
      if (timeUs - lastSleepUs < SLEEP_REPORT_GAP_US) continue;
      lastSleepUs = timeUs;
    }
    spoken.push(isEntry ? at : -1 - at);
    deaths.push(died);
    if (kind === LOG_OOPS || kind === LOG_KERNEL_BUG) died++;
  }
  return { spoken, deaths };
}

function linesOf(
  plan: ChallengePlan,
  player: TapePlayer,
  symbols: KernelSymbols,
  spoken: Spoken,
  deaths: number,
): KernelLogLine[] {
  const { machine, tape } = player;
  const isEntry = spoken >= 0;
  const at = isEntry ? spoken : -1 - spoken;
  const log = machine.printk;
  const event = isEntry ? log.event[at] : player.incidents.row[at];
  const timeUs = isEntry ? log.timeUs[at] : player.incidents.timeUs[at];
  const task = isEntry ? log.task[at] : tape.task[event];
  const row = (isEntry ? log.contexts[at]?.row : event) ?? event;
  const report: Report = {
    machine,
    plan,
    symbols,
    ...(isEntry ? entry(player, at) : incident(player, at)),
    task: plan.workload.tasks[task]?.name ?? '',
    op: tape.op[row] ?? -1,
    deaths,
  };
  return reportLines(report).map(text => ({ timeUs, event, text }));
}

function entry({ machine: { printk } }: TapePlayer, at: number): Pick<Report, 'kind' | 'args' | 'context'> {
  const [a, b, c, d] = printk.args.subarray(4 * at, 4 * at + 4);
  return { kind: printk.kind[at], args: [a, b, c, d], context: printk.contexts[at] };
}

function incident({ incidents, tape }: TapePlayer, at: number): Pick<Report, 'kind' | 'args' | 'context'> {
  const row = incidents.row[at];
  if (incidents.kind[at] === INCIDENT_FAILURE) {
    const args = [incidents.order[at], incidents.gfp[at], 0, 0] as const;
    return { kind: LOG_ALLOC_FAILURE, args, context: undefined };
  }
  const irqsDisabled = (tape.ctx[row] & CTX_HARDIRQ) !== 0 ? 1 : 0;
  return { kind: LOG_SLEEP_INVALID, args: [LOG_PLACE_PAGE_ALLOC, 1, irqsDisabled, 0], context: undefined };
}
