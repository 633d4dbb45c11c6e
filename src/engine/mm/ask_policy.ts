/** Asking a policy where Linux has an answer of its own, and checking what it says. */
import { AS_LINUX, FAULT, HOOKS, REQ_LINUX } from '../lib/hooks.ts';
import type { Pgdat } from './pgdat.ts';

/**
 * Ask one of the hooks that have no method of their own. Whoever asks has written the request down and made sure that the
 * policy has the hook.
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
  m.request[REQ_LINUX] = linux;
  const index = 31 - Math.clz32(bit);
  const answer = m.hooks!.decide(index);
  if (answer === AS_LINUX || answer === FAULT) return linux;
  if (answer >= low && answer <= high) return answer;
  m.hooks!.illegal(HOOKS[index], answer, rule);
  return linux;
}
