/**
 * When memory has run out, and which process pays for it.
 * Source: mm/oom_kill.c of 2.6.0.
 *
 * Deviation: kernel threads and processes that only ever run in the kernel are nobody's choice, for they have no mm; of
 * capabilities a process has all (uid 0) or none; and a process has one thread, so nobody else dies with it.
 */
import { REQ_EVENT } from '../lib/hooks.ts';
import { EV_OOM_KILL, STAT_OOM_KILLS } from '../trace/events.ts';
import { LOG_OOM_KILL, LOG_PANIC, LOG_PLACE_OOM } from '../trace/printk.ts';
import { OBSERVED_TRACE } from './mmzone.ts';
import { NIL } from './page.ts';
import { type Pgdat, printk } from './pgdat.ts';
import {
  OOM_COUNT,
  OOM_FIRST,
  OOM_LAST,
  OOM_LASTKILL,
  P_ALIVE,
  P_CPU_US,
  P_KILLED,
  P_NICE,
  P_ROOT,
  P_START_US,
  P_STRIDE,
  P_TOTAL_VM,
  VC_NR_SWAP_PAGES,
  type Vm,
} from './vm.ts';

/** Seconds from the start of the clock tick counter to its wrap, so that drivers that cannot wrap show it. */
const SECONDS_TO_WRAP = 300;

function ticks(m: Pgdat, us: number): number {
  return Math.floor((us * m.arch.hz) / 1e6);
}

/** A difference or sum of `unsigned long`s. */
function unsignedLong(m: Pgdat, x: number): number {
  return m.arch.longBytes === 4 ? x >>> 0 : x;
}

/** `jiffies` at this moment. Source: include/linux/time.h, INITIAL_JIFFIES */
export function jiffiesOf(m: Pgdat): number {
  const initial = 2 ** 32 - SECONDS_TO_WRAP * m.arch.hz;
  return unsignedLong(m, initial + ticks(m, m.agenda.now[0]));
}

/**
 * A scan at priority 0 has failed. Kills a process when that has happened ten times with never more than 5 seconds in between,
 * over at least a second, and 5 seconds after the last kill.
 *
 * The second does not count in the first five minutes of a 32-bit machine: until the tick counter wraps, it is never "after"
 * the 0 that `first` starts as.
 *
 * Source: mm/oom_kill.c, out_of_memory()
 */
export function outOfMemory(vm: Vm): void {
  const { oom, pgdat: m } = vm;
  if (vm.count[VC_NR_SWAP_PAGES] > 0) return;
  const { hz } = m.arch;
  const now = jiffiesOf(m);
  const sinceLast = unsignedLong(m, now - oom[OOM_LAST]);
  oom[OOM_LAST] = now;
  if (sinceLast <= 5 * hz) {
    if (unsignedLong(m, now - oom[OOM_FIRST]) < hz) return;
    if (++oom[OOM_COUNT] < 10) return;
    if (unsignedLong(m, now - oom[OOM_LASTKILL]) < 5 * hz) return;
    oom[OOM_LASTKILL] = now;
    oomKill(vm);
  }
  const after = m.arch.longBytes === 4 ? ((oom[OOM_FIRST] - now) | 0) < 0 : now > oom[OOM_FIRST];
  if (after) oom[OOM_FIRST] = now;
  oom[OOM_COUNT] = 0;
}

/**
 * The worst process gets PF_MEMDIE and a signal: it is noted in `killed`, and whoever runs the processes ends it. With
 * nobody left to choose the kernel panics.
 *
 * Source: mm/oom_kill.c, oom_kill(), __oom_kill_task()
 */
export function oomKill(vm: Vm): void {
  const m = vm.pgdat;
  const victim = selectBadProcess(vm);
  if (victim === NIL) {
    vm.panicked = true;
    printk(m, LOG_PANIC, LOG_PLACE_OOM);
    return;
  }
  const points = badness(vm, victim);
  vm.process[victim * P_STRIDE + P_KILLED] = 1;
  vm.killed.push(victim);
  m.stat[STAT_OOM_KILLS]++;
  printk(m, LOG_OOM_KILL, victim, points);
  if ((m.observed & OBSERVED_TRACE) !== 0) {
    m.trace?.record(m.request[REQ_EVENT], EV_OOM_KILL, victim, points, 0);
  }
}

/**
 * The process with the most points; of equals the one forked first.
 *
 * @returns NIL when none has more than 0 points
 * Source:  mm/oom_kill.c, select_bad_process()
 */
export function selectBadProcess(vm: Vm): number {
  let chosen = NIL;
  let most = 0;
  for (let p = 0; p < vm.nrProcesses; p++) {
    const points = badness(vm, p);
    const earlier =
      points === most &&
      chosen !== NIL &&
      vm.process[p * P_STRIDE + P_START_US] < vm.process[chosen * P_STRIDE + P_START_US];
    if (points > most || earlier) {
      chosen = p;
      most = points;
    }
  }
  return chosen;
}

/**
 * Pages of address space, less for one that has run long or much, twice for a nice one, a sixteenth for root's: a quarter as
 * uid 0, and a quarter of that for CAP_SYS_RAWIO.
 *
 * @returns points, 0 for a process that is not alive or was killed already
 * Source:  mm/oom_kill.c, badness()
 */
export function badness(vm: Vm, process: number): number {
  const { process: column, pgdat: m } = vm;
  const at = process * P_STRIDE;
  if (column[at + P_ALIVE] === 0 || column[at + P_KILLED] !== 0) return 0;
  const second = 2 ** shiftHz(m.arch.hz);
  const cpuTime = Math.floor(ticks(m, column[at + P_CPU_US]) / (second * 8));
  const lived = ticks(m, m.agenda.now[0]) - ticks(m, column[at + P_START_US]);
  const runTime = Math.floor(lived / (second * 1024));
  let points = Math.floor(column[at + P_TOTAL_VM] / intSqrt(cpuTime));
  points = Math.floor(points / intSqrt(intSqrt(runTime)));
  if (column[at + P_NICE] > 0) points *= 2;
  if (column[at + P_ROOT] !== 0) points = (points >> 2) >> 2;
  return points;
}

/** The nearest power of two to HZ. Source: include/linux/timex.h, SHIFT_HZ */
function shiftHz(hz: number): number {
  return 31 - Math.clz32(Math.floor((hz * 4) / 3));
}

/** The kernel's rough square root, at least 1: exact for powers of four. Source: mm/oom_kill.c, int_sqrt() */
export function intSqrt(x: number): number {
  let root = x;
  let rest = x;
  for (; rest > 1; rest >>>= 2) root >>>= 1;
  if (rest === 1) root -= root >>> 2;
  return Math.max(root, 1);
}
