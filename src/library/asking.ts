/** How a caller of a machine asks, in the kernel's words, and what the engine makes of it. */
import { nearest } from '../contract/nearest.ts';
import {
  CTX_HARDIRQ,
  CTX_SOFTIRQ,
  doneResuming,
  GFP_NAMES,
  GFP_ZONEMASK,
  LOG_PANIC,
  type Machine,
  PATH_WAIT,
  runDue,
  SLEEP_QUEUE,
  SLEEP_UNTIL_US,
} from '../engine/index.ts';
import { parseTime } from '../spec/quantity.ts';
import { OomphError } from './errors.ts';
import type { Caller, Gfp, Time } from './machineTypes.ts';

const CONTEXTS = { process: 0, softirq: CTX_SOFTIRQ, hardirq: CTX_HARDIRQ } as const;
/** A task that has slept so often is one that the kernel lets wait for ever. */
const MAX_SLEEPS = 10_000;

export function gfpMask(gfp: Gfp): number {
  if (typeof gfp === 'number') {
    if (!Number.isInteger(gfp) || gfp < 0 || gfp > 0x3fff) throw bad(`${gfp} is no gfp mask: at most 0x3fff`);
    return withZonelist(gfp);
  }
  let mask = 0;
  for (const name of typeof gfp === 'string' ? [gfp] : gfp) {
    if (!Object.hasOwn(GFP_NAMES, name)) throw unknownName('gfp name', name, Object.keys(GFP_NAMES));
    mask |= GFP_NAMES[name];
  }
  return withZonelist(mask);
}

function withZonelist(mask: number): number {
  if ((mask & GFP_ZONEMASK) === GFP_ZONEMASK)
    throw bad('__GFP_DMA and __GFP_HIGHMEM name no zonelist together: ask for one of them');
  return mask;
}

export function cpuOf(m: { readonly cpus: number }, caller: Caller): number {
  const { cpu = 0 } = caller;
  return whole(cpu, 0, m.cpus - 1, 'a CPU of this machine');
}

export function contextOf({ context = 'process' }: Caller): number {
  if (!Object.hasOwn(CONTEXTS, context)) throw unknownName('context', context, Object.keys(CONTEXTS));
  return CONTEXTS[context];
}

/** @throws OomphError `bad-argument` */
export function whole(value: number, least: number, most: number, what: string): number {
  if (Number.isInteger(value) && value >= least && value <= most) return value;
  throw bad(`${String(value)} is not ${what}: a whole number from ${least} to ${most}`);
}

/** @throws OomphError `bad-argument` */
export function microseconds(time: Time): number {
  const us = typeof time === 'number' ? time : parseTime(time);
  if (us !== undefined && Number.isSafeInteger(us) && us >= 0) return us;
  throw bad(`${JSON.stringify(time)} is no time: whole microseconds, or a text such as '20ms'`);
}

export function unknownName(kind: string, name: unknown, names: readonly string[]): OomphError {
  const near = nearest(String(name), names);
  const guess = near.length > 0 ? `did you mean ${near.join(' or ')}?` : `there is ${names.join(', ')}`;
  return bad(`no ${kind} is called ${JSON.stringify(name)}: ${guess}`);
}

export const bad = (message: string): OomphError => new OomphError('bad-argument', message);

/** Everything of the machine's own that is due at or before a time. */
export function runUntil(m: Machine, us: number, after: () => void): void {
  while (m.agenda.next[0] <= us) {
    m.agenda.takeFirst();
    runDue(m, m.agenda.kind, m.agenda.arg);
    after();
  }
  m.agenda.now[0] = Math.max(us, m.agenda.now[0]);
}

/**
 * Call an operation until it is over; while its task sleeps, time passes and the rest of the machine goes on.
 *
 * @returns its last answer, undefined where it would sleep for ever
 */
export function sleepThrough<T>(m: Machine, operation: () => T, after: () => void): T | undefined {
  const printed = m.printk.length;
  for (let sleeps = 0; ; sleeps++) {
    const answer = operation();
    after();
    // Nobody wakes in a kernel that has stopped.
    if (m.path === PATH_WAIT && m.printk.kind.subarray(printed, m.printk.length).includes(LOG_PANIC)) {
      doneResuming(m);
      return undefined;
    }
    if (m.path !== PATH_WAIT) {
      doneResuming(m);
      return answer;
    }
    const control = m.control.slice();
    const until = m.sleep[SLEEP_UNTIL_US];
    const queue = m.sleep[SLEEP_QUEUE];
    const isWoken = (): boolean => queue !== 0 && (m.woken & (1 << queue)) !== 0;
    m.woken = 0;
    doneResuming(m);
    if (sleeps === MAX_SLEEPS) return undefined;
    while (m.agenda.next[0] <= until && m.agenda.length > 0 && !isWoken()) {
      m.agenda.takeFirst();
      runDue(m, m.agenda.kind, m.agenda.arg);
      after();
    }
    if (!isWoken()) {
      // Nobody is left who could wake it.
      if (until === Number.POSITIVE_INFINITY) return undefined;
      m.agenda.now[0] = Math.max(until, m.agenda.now[0]);
    }
    m.control.set(control);
  }
}
