/**
 * Asking a policy where Linux has an answer of its own, and checking what it says.
 *
 * Whoever asks calls beginAsk(), writes the fields that its hook has, asks, and calls endAsk(): the request that the ask
 * came up in finds its own fields as they were. Nothing of the engine runs between the two but the policy.
 */
import {
  AS_LINUX,
  FAULT,
  HOOKS,
  REQ_CTX,
  REQ_GFP,
  REQ_LINUX,
  REQ_ORDER,
  REQ_OWNER,
  REQ_PASS,
  REQ_SITE,
  REQ_TASK,
} from '../lib/hooks.ts';
import { NIL } from './page.ts';
import type { Pgdat } from './pgdat.ts';

/** Fields from here on are each hook's own. */
const OWN_FIELDS = REQ_PASS;

/** The request's fields are kept; those of a hook's own begin as NIL. */
export function beginAsk(m: Pgdat): void {
  m.asked.set(m.request);
  m.request.fill(NIL, OWN_FIELDS);
}

/** The fields are as they were before beginAsk(). */
export function endAsk(m: Pgdat): void {
  m.request.set(m.asked);
}

/** What is asked is the kernel's own doing and nobody's request: of task, call site, mask and order there are none. */
export function inNobodysName(m: Pgdat): void {
  const { request } = m;
  for (const field of [REQ_TASK, REQ_SITE, REQ_OWNER, REQ_GFP, REQ_ORDER]) request[field] = NIL;
  request[REQ_CTX] = 0;
}

/**
 * Ask one of the hooks that have no method of their own.
 *
 * @param bit   HOOK_ bit, one that the policy has
 * @param linux what Linux does here
 * @returns     the answer, of any kind, or `linux` where the policy leaves it to Linux or gave none
 */
export function askAnything(m: Pgdat, bit: number, linux: number): number {
  m.request[REQ_LINUX] = linux;
  const answer = m.hooks!.decide(31 - Math.clz32(bit));
  return answer === AS_LINUX || answer === FAULT ? linux : answer;
}

/** The answer broke its rule, told in the words of `must ...`; the engine goes on as Linux. */
export function refuse(m: Pgdat, bit: number, answer: number, rule: string): void {
  m.hooks!.illegal(HOOKS[31 - Math.clz32(bit)], answer, rule);
}

/**
 * Ask for a number. Whoever asks has written the request down and made sure that the policy has the hook.
 *
 * @param bit   HOOK_ bit
 * @param linux what Linux does here
 * @param rule  what an answer outside low..high is told, in the words of `must ...`
 * @returns     the answer, or `linux` where the policy leaves it to Linux, gave none, or broke the rule
 */
export function askPolicy(
  m: Pgdat,
  bit: number,
  linux: number,
  low: number,
  high: number,
  rule: string,
): number {
  const answer = askAnything(m, bit, linux);
  if (answer === linux || (answer >= low && answer <= high)) return answer;
  refuse(m, bit, answer, rule);
  return linux;
}
